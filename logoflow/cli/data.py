"""``logoflow data``: prepare a data set."""

import click

DATASETS = ("sample", "folder", "table", "coco", "yolo", "flickrlogos27", "flickrlogos32")
LAYOUTS = ("class", "split/class", "class/split", "group/class")


@click.command()
@click.argument("source", required=False)
@click.option(
    "--dataset",
    type=click.Choice(DATASETS),
    help="How the data is laid out. By default, SOURCE has one folder per brand; without a SOURCE, "
    "the sample is built. A table is a CSV or Parquet file with the columns path and label.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="What the folders stand for, if their names leave it open.",
)
@click.option("-o", "--output", metavar="ROOT", help="Folder for the prepared photos.")
@click.option("--no-logo-dir", metavar="DIR", help="Photos without a logo, for flickrlogos27.")
@click.option(
    "--photos-per-class",
    type=click.IntRange(min=1),
    help="Keep at most this many photos per brand and split.",
)
@click.option(
    "--test-share",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of each brand's photos that is kept for testing, for folders. Default: a fifth.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random split.")
@click.option(
    "--check", is_flag=True, help="Also look for near-duplicates, wrong labels and small photos."
)
def data(
    source: str | None,
    dataset: str | None,
    layout: str | None,
    output: str | None,
    no_logo_dir: str | None,
    photos_per_class: int | None,
    test_share: float | None,
    seed: int,
    check: bool,
) -> None:
    """Prepare a data set for training.

    The folder is printed. SOURCE is a folder, a file, an archive or a URL, for example ~/brands
    with the photos of a brand in ~/brands/<brand>/ and photos without a logo in ~/brands/no-logo/.
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
        layout=layout,
        seed=seed,
    )
    click.echo(read_summary(root).strip(), err=True)
    if check:
        from logoflow.evaluation.check_data import kept_check  # slow to import

        click.echo(kept_check(root), err=True)
    click.echo(root)
