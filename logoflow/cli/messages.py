"""What the command line says: errors as one sentence, warnings, and lines about progress."""

import logging
import sys
import warnings
from typing import Any

import click

from logoflow.errors import LogoflowError

INTERRUPTED = 130
"""The exit code of a program that was stopped by Ctrl-C."""


class ExplainedErrors(click.Group):
    """A group of commands whose errors are printed as a sentence, with the exit code 1.

    Errors that logoflow does not explain keep their traceback, because they are faults of its own.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of a pipe has seen enough, such as `head`
            raise
        except (LogoflowError, OSError, ValueError, ModuleNotFoundError) as error:
            raise click.ClickException(sentence(error)) from error
        except KeyboardInterrupt as error:
            click.echo(str(error) or "Stopped.", err=True)
            ctx.exit(INTERRUPTED)


def sentence(error: Exception) -> str:
    """Return the message of an error. For an error of the system, it names the file first.

    Examples
    --------
    >>> sentence(FileNotFoundError(2, "No such file or directory", "cup.jpg"))
    'cup.jpg: No such file or directory'
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def report_progress_and_warnings() -> None:
    """Print warnings as a sentence, and the log's lines about progress, to standard error."""
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    logger = logging.getLogger("logoflow")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def _show_warning(message: Warning, category: type[Warning], *_: object) -> None:
    if issubclass(category, UserWarning):  # other warnings are for programmers
        click.echo(f"Warning: {message}", err=True)
