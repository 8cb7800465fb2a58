"""``logoflow classify-urls``: classify the pictures at many URLs."""

import click

from logoflow.cli.options import format_option, level_option, model_option, top_k_option


@click.command("classify-urls")
@click.argument("urls", nargs=-1, required=True)
@model_option
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder for the answers.")
@click.option("--column", default="url", show_default=True, help="Name of the column of URLs.")
@level_option
@top_k_option
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler. Default: this machine.")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Pictures that a worker fetches at once.",
)
@click.option(
    "--per-host",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Pictures that a worker fetches at once from one host.",
)
@click.option("--allow-private", is_flag=True, help="Fetch from servers of your own network too.")
@click.option(
    "--allow-files",
    is_flag=True,
    help="Read paths of pictures and addresses such as s3:// too. Only for lists that you trust.",
)
@click.option("--max-bytes", type=click.IntRange(min=1), help="Largest picture.  [20,000,000]")
@click.option(
    "--ignore-opt-out",
    is_flag=True,
    help="Use pictures whose server opts out (X-Robots-Tag), if you are allowed to.",
)
@click.option("--retry-failed", is_flag=True, help="Try again what failed in an earlier run.")
@format_option("table", "json")
def classify_urls(
    urls: tuple[str, ...],
    model: str,
    output: str,
    column: str,
    level: str | None,
    top_k: int,
    cluster: str | None,
    threads: int,
    per_host: int,
    allow_private: bool,
    allow_files: bool,
    max_bytes: int | None,
    ignore_opt_out: bool,
    retry_failed: bool,
    format_: str,
) -> None:
    """Name the brands in the pictures at many URLs.

    URLS is a text, CSV, TSV or Parquet file, or one or several addresses. With --allow-files, the
    file may name pictures on this machine too. The answers are Parquet files. If the command is
    stopped, the same command continues.
    """
    from logoflow.cli.tables import summary_text
    from logoflow.fetch.fetch_image import MAX_BYTES
    from logoflow.web.bulk.classify_urls import classify_urls as classify

    are_urls = all(url.lower().startswith(("http://", "https://")) for url in urls)
    if len(urls) > 1 and not are_urls and not allow_files:
        raise click.UsageError(
            "Give one file, or addresses that begin with http:// or https://. With --allow-files, "
            "several entries may be pictures."
        )
    summary = classify(
        urls[0] if len(urls) == 1 else list(urls),
        model,
        output,
        cluster=cluster,
        column=column,
        level=level,
        top_k=top_k,
        threads=threads,
        per_host=per_host,
        allow_private=allow_private,
        allow_files=allow_files,
        honour_opt_out=not ignore_opt_out,
        retry_failed=retry_failed,
        max_bytes=max_bytes or MAX_BYTES,
    )
    click.echo(summary_text(summary, format_))
