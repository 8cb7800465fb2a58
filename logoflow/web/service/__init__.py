"""A small HTTP service that names brands in pictures."""
