"""Brands in the pictures at many URLs: safe, resumable, on one machine or many.

Nothing is imported here: a worker needs `tasks` alone, and comes back sooner without the rest.
"""

from logoflow.utils.extras import require_extra

require_extra("bulk")
