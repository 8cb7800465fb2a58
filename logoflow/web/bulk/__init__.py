"""Brands in the pictures at many URLs: safe, resumable, on one machine or many.

This module imports nothing heavy: a Dask worker needs only `worker`, and starts sooner so.
"""

from logoflow.utils.extras import require_extra

require_extra("bulk")
