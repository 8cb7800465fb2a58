"""Classify pictures by their URLs, one or a million."""
