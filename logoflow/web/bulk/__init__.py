"""Classify the pictures at many URLs, in a run that can be continued, on one machine or many.

`logoflow.fetch.retries` repeats a request that failed. `jobs` decides which URLs of an earlier run
are fetched again, and `dispatch` repeats a task whose worker crashed.

Nothing heavy is imported here. A Dask worker imports only the module `worker`, so it starts fast.
"""

from logoflow.utils.extras import require_extra

require_extra("bulk")
