"""``logoflow fit``: train a classifier."""

import click

from logoflow.cli.options import format_option


@click.command()
@click.argument("root")
@click.option("-m", "--model", required=True, metavar="MODEL", help="Folder for the model.")
@click.option("--backbone", help="Pretrained network. Default: logo_lite0.")
@click.option("--recipe", help="Settings of the training. Default: those for the backbone.")
@click.option("--epochs", type=click.IntRange(min=1), help="Default: as many as suit the data.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Longest time of the training, in minutes.",
)
@click.option("--no-fine-tune", is_flag=True, help="Fit the last layer only. Takes seconds.")
@click.option("--match-logos", is_flag=True, help="Remember the logos of the photos. Needs boxes.")
@click.option("--read-names", is_flag=True, help="Read brand names. Needs the extra read.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the training.")
@format_option("table", "json")
def fit(
    root: str,
    model: str,
    backbone: str | None,
    recipe: str | None,
    epochs: int | None,
    minutes: float | None,
    no_fine_tune: bool,
    match_logos: bool,
    read_names: bool,
    seed: int,
    format_: str,
) -> None:
    """Train a classifier and save it.

    ROOT is the folder that `logoflow data` printed.
    """
    from logoflow.cli.tables import model_facts
    from logoflow.training.fit import fit as train
    from logoflow.utils.addresses import local_path, storage_address

    options = {"backbone": backbone, "recipe": recipe, "num_epochs": epochs, "minutes": minutes}
    chosen = {name: value for name, value in options.items() if value is not None}
    classifier = train(
        local_path(root),
        fine_tune=not no_fine_tune,
        match_logos=match_logos,
        read_names=read_names,
        seed=seed,
        quiet=True,
        **chosen,
    )
    folder = classifier.save(model)
    click.echo(model_facts(classifier, str(storage_address(model) or folder), format_))
