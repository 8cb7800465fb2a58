"""``logoflow notebooks``: copy the notebooks that come with the package."""

import click


@click.command()
@click.argument("folder")
def notebooks(folder: str) -> None:
    """Copy the notebooks to FOLDER.

    Their paths are printed. A notebook that is there already and differs is never replaced.
    """
    from logoflow.run_notebooks import copy_notebooks

    for path in copy_notebooks(folder):
        click.echo(path)
