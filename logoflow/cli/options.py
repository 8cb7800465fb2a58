"""Options that several commands have."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def model_option(command: Command) -> Command:
    """Add the option for the folder of a trained model."""
    return click.option(
        "-m", "--model", required=True, metavar="MODEL", help="Folder of a trained model."
    )(command)


def address_options(command: Command) -> Command:
    """Add the options of a server: its address, its port, and where it may fetch pictures."""
    for option in (
        click.option(
            "--allow-private", is_flag=True, help="Fetch from servers of your own network too."
        ),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            default=8000,
            show_default=True,
            help="0: any.",
        ),
        click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on. 0.0.0.0 lets other machines in.",
        ),
    ):
        command = option(command)
    return command


def level_option(command: Command) -> Command:
    """Add the option for how closely to look."""
    return click.option(
        "--level",
        metavar="LEVEL",
        callback=check_level,
        help='How closely to look, such as whole, regions, auto or "regions, read_names". '
        "Default: the level that the model was trained for.",
    )(command)


def top_k_option(command: Command) -> Command:
    """Add the option for the number of the likeliest classes."""
    return click.option(
        "--top-k",
        type=click.IntRange(min=1),
        default=3,
        show_default=True,
        help="Number of the likeliest classes to list.",
    )(command)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Make an option for the format of the output. The first format is the default."""
    return click.option(
        "-f",
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Format of the output.",
    )


def check_level(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse an unknown level as wrong usage, before a model is loaded."""
    if value is None:
        return None
    from logoflow.inference.levels import as_level

    try:
        as_level(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return value
