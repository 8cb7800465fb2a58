"""``logoflow assess``: measure a classifier on a prepared data set."""

import click

from logoflow.cli.options import format_option, level_option, model_option


@click.command()
@click.argument("root")
@model_option
@level_option
@click.option(
    "--split",
    type=click.Choice(["test", "val", "train"]),
    default="test",
    show_default=True,
    help="Which photos.",
)
@format_option("table", "json", "csv")
def assess(root: str, model: str, level: str | None, split: str, format_: str) -> None:
    """Measure a classifier on a data set.

    The table has 95% intervals. ROOT is the folder that `logoflow data` printed.
    """
    from logoflow.cli.tables import table_text
    from logoflow.evaluation.measure import assess as measure
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.utils.addresses import local_path

    folder = local_path(root)
    assessment = measure(LogoClassifier.load(model), folder, f"{split}_data", level=level)
    click.echo(table_text(assessment.summary(), "metric", format_))
