"""Classify the pictures at one URL or at a million, and serve pictures to try it."""
