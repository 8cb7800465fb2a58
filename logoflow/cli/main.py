"""The command ``logoflow`` and its subcommands."""

from importlib import import_module

import click

from logoflow import __version__
from logoflow.cli.messages import ExplainedErrors, report_progress_and_warnings

COMMANDS = {
    "data": "data",
    "fit": "fit",
    "predict": "predict",
    "identify": "identify",
    "add-brand": "add_brand",
    "classify-urls": "classify_urls",
    "assess": "assess",
    "report": "report",
    "export": "export",
    "serve": "serve",
    "app": "app",
    "notebooks": "notebooks",
}
"""The module of each command in this folder. It has a function of the same name."""


class Commands(ExplainedErrors):
    """The commands, each of which is imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of a project's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name]
        return getattr(import_module(f"logoflow.cli.{name}"), name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="logoflow")
def main() -> None:
    """Name the brand in a photo by its logo.

    \b
      logoflow data ~/brands --output root          prepare photos, one folder per brand
      logoflow fit root --model my-model            train a classifier
      logoflow predict cup.jpg photos/ -m my-model  name the brands in pictures

    Each command explains its options: logoflow predict --help. The exit code is 0, or 1 after an
    error that is explained, or 2 if the command was written wrongly.
    """
    report_progress_and_warnings()
