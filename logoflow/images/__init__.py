"""Decode images. Only this package decodes them."""
