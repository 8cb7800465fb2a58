"""``logoflow predict``: name the brands in pictures."""

import click

from logoflow.cli.options import format_option, level_option, model_option, top_k_option


@click.command()
@click.argument("pictures", nargs=-1, required=True)
@model_option
@level_option
@top_k_option
@format_option("table", "json", "csv")
@click.option("-o", "--output", metavar="FILE", help="Write the answers to a file.")
@click.pass_context
def predict(
    ctx: click.Context,
    pictures: tuple[str, ...],
    model: str,
    level: str | None,
    top_k: int,
    format_: str,
    output: str | None,
) -> None:
    """Name the brands in pictures.

    PICTURES are files, folders and patterns, such as photo.jpg folder/ '*.png'. A folder stands for
    all pictures below it. A picture that cannot be read gets an answer that says why; the exit code
    is then 1.
    """
    from logoflow.cli.tables import answers_text
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.utils.addresses import local_path
    from logoflow.utils.files import write_text

    destination = local_path(output) if output else None
    classifier = LogoClassifier.load(model)
    answers = classifier.predict(list(pictures), level=level, top_k=top_k, on_error="row")
    text = answers_text(answers, format_)
    if destination:
        write_text(destination, text + "\n")
    else:
        click.echo(text)
    failed = int((answers.status != "ok").sum())
    if failed:
        click.echo(f"{failed} of {len(answers)} pictures could not be read.", err=True)
        ctx.exit(1)
