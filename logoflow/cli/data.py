"""``logoflow data``: prepare a data set."""

import click


@click.command()
@click.argument("source", required=False)
@click.option(
    "--dataset",
    type=click.Choice(["sample", "folder", "flickrlogos27", "flickrlogos32"]),
    help="How the data is laid out. By default, SOURCE has one folder per brand; without a SOURCE, "
    "the sample is built.",
)
@click.option("-o", "--output", metavar="ROOT", help="Folder for the prepared photos.")
@click.option("--no-logo-dir", metavar="DIR", help="Photos without a logo, for flickrlogos27.")
@click.option(
    "--photos-per-class", type=click.IntRange(min=1), help="Keep at most so many per brand."
)
@click.option(
    "--test-share",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of each brand's photos that is kept for testing, for folders. Default: a fifth.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random split.")
def data(
    source: str | None,
    dataset: str | None,
    output: str | None,
    no_logo_dir: str | None,
    photos_per_class: int | None,
    test_share: float | None,
    seed: int,
) -> None:
    """Prepare a data set for training.

    The folder is printed. SOURCE is a folder, an archive or a URL, for example ~/brands with the
    photos of a brand in ~/brands/<brand>/ and photos without a logo in ~/brands/no-logo/.
    """
    from logoflow.datasets.prepare import prepare_root
    from logoflow.datasets.prepared import read_summary

    root = prepare_root(
        dataset or ("folder" if source else "sample"),
        source,
        output,
        no_logo_dir=no_logo_dir,
        photos_per_class=photos_per_class,
        test_share=test_share,
        seed=seed,
    )
    click.echo(read_summary(root).strip(), err=True)
    click.echo(root)
