"""Build the package with the notebooks inside, so that a wheel is enough to read and run them."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithNotebooks(build_py):
    """Copy ``notebooks/`` into the package that is built. An editable install uses it in place."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib) / "logoflow" / "notebooks"
        folder.mkdir(parents=True, exist_ok=True)
        for notebook in Path("notebooks").glob("[0-9][0-9]_*.ipynb"):
            shutil.copyfile(notebook, folder / notebook.name)


setup(cmdclass={"build_py": BuildWithNotebooks})
