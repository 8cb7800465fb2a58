"""Classify the pictures at many URLs: safely, resumably, on one machine or many.

Nothing heavy is imported here. A Dask worker needs the module `worker` only, and starts faster.
"""

from logoflow.utils.extras import require_extra

require_extra("bulk")
