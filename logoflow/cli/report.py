"""``logoflow report``: one page about a classifier."""

import click

from logoflow.cli.options import model_option


@click.command()
@click.argument("root")
@click.argument("page", default="report.html")
@model_option
def report(root: str, page: str, model: str) -> None:
    """Write one HTML page about a classifier: metrics, thresholds, mistakes with heat maps.

    ROOT is the folder that `logoflow data` printed, PAGE the file to write.
    """
    from logoflow.evaluation.report_page import report as write
    from logoflow.inference.classifier import LogoClassifier

    click.echo(write(LogoClassifier.load(model), root, page))
