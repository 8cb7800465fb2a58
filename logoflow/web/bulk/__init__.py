"""Many URLs to Parquet files, on Dask."""
