"""Brands in the pictures at many URLs: safe, resumable, on one machine or many."""

from logoflow.bulk.runs import BulkSummary, classify_urls

__all__ = ["BulkSummary", "classify_urls"]
