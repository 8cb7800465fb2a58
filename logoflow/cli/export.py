"""``logoflow export``: write a model for programs without MXNet."""

import click

from logoflow.cli.options import model_option


@click.command()
@click.argument("folder")
@model_option
def export(folder: str, model: str) -> None:
    """Write a model for programs without MXNet.

    FOLDER gets serve.py, a program that answers as `logoflow predict --level whole` does, and the
    model as ONNX and in MXNet's own format. Their paths are printed.
    """
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.export import export as write

    for path in write(LogoClassifier.load(model), folder):
        click.echo(path)
