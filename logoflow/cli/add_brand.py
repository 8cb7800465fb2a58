"""``logoflow add-brand``: teach a trained model one more brand."""

import click

from logoflow.cli.options import format_option, model_option


@click.command()
@click.argument("name")
@model_option
@click.option("-a", "--artwork", multiple=True, metavar="FILE",
              help="A logo of the brand: SVG, PNG or JPEG. May be repeated.")  # fmt: skip
@click.option("-p", "--photo", "photos", multiple=True, metavar="FILE",
              help="A photo that shows the brand. May be repeated.")  # fmt: skip
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Folder of the new model.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Seed of the pictures that are composed of the artwork.")  # fmt: skip
@format_option("text", "json")
def add_brand(
    name: str,
    model: str,
    artwork: tuple[str, ...],
    photos: tuple[str, ...],
    output: str,
    seed: int,
    format_: str,
) -> None:
    """Teach a trained model the brand NAME, from its logo, from photos, or from both.

    The answers for the other brands hardly change.
    """
    from logoflow.cli.tables import model_facts
    from logoflow.inference.classifier import LogoClassifier

    classifier = LogoClassifier.load(model)
    classifier.add_brand(name, artwork=artwork, photos=photos, seed=seed)
    folder = classifier.save(output)
    click.echo(model_facts(classifier, str(folder), format_))
