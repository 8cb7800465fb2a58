"""``logoflow identify``: name the brands in a picture without training."""

import click

from logoflow.cli.options import format_option


@click.command()
@click.argument("picture")
@click.option("--top-k", type=click.IntRange(min=1), default=5, show_default=True,
              help="Number of brands to list.")  # fmt: skip
@click.option("--brands", metavar="FILE", help="File that KnownBrands.save wrote.")
@format_option("table", "json", "csv")
def identify(picture: str, top_k: int, brands: str | None, format_: str) -> None:
    """Name the brands that PICTURE may show, without any training.

    The picture is compared with the artwork of 3,459 brands. Each row says where the logo
    probably is, in pixels.
    """
    from logoflow.cli.tables import table_text
    from logoflow.inference.identify import identify as name_brands
    from logoflow.inference.known_brands import read_brands

    known = read_brands(brands) if brands else None
    answers = name_brands(picture, top_k=top_k, brands=known)
    click.echo(table_text(answers.set_index("brand"), "brand", format_))
