"""Write docs/parameters.md, the table of all parameters of the notebooks.

python -m tools.parameters
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import papermill

from tools.notebooks import notebook_paths

PAGE = Path(__file__).resolve().parent.parent / "docs" / "parameters.md"

TEXT = """\
# Parameters of the notebooks

The second cell of a notebook has its parameters. Change them there, or set them from outside:

```
make run EPOCHS=2 PHOTOS_PER_CLASS=5          # all notebooks; `make` alone lists the variables
papermill notebooks/03_transfer_learning.ipynb out.ipynb -p num_epochs 2 -p image_size 128
```

`make run` stops at a name that no notebook has. papermill only warns.

`python -m tools.parameters` makes this table from the notebooks.

"""


def rows_of(notebooks: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[str]:
    """Return the rows of the table, in the order in which the notebooks name the parameters.

    Notebooks for which a parameter has the same meaning and default share a row.

    Examples
    --------
    >>> epochs = {"num_epochs": {"help": "of training", "default": "4"}}
    >>> rows_of({"02": epochs, "03": epochs})
    ['| `num_epochs` | of training | `4` | 02 03 |']
    """
    shared: dict[str, dict[tuple[str, str], list[str]]] = {}
    for number, parameters in notebooks.items():
        for name, facts in parameters.items():
            same = shared.setdefault(name, {})
            same.setdefault((facts["help"], facts["default"]), []).append(number)
    return [
        f"| `{name}` | {escape(meaning, quote=False)} | `{default}` | {' '.join(numbers)} |"
        for name, same in shared.items()
        for (meaning, default), numbers in same.items()
    ]


def page() -> str:
    """Return the page."""
    notebooks = {path.name[:2]: papermill.inspect_notebook(str(path)) for path in notebook_paths()}
    head = ["| parameter | what it sets | default | notebooks |", "|---|---|---|---|"]
    return TEXT + "\n".join([*head, *rows_of(notebooks)]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
