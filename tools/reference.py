"""Write the pages of the reference: mkdocstrings fills them from the docstrings."""

import ast
from functools import cache
from pathlib import Path

import griffe

PACKAGE = Path(__file__).resolve().parent.parent / "logoflow"

INDEX = """\
# Reference

`import logoflow as lf` gives these names. Everything else is imported from its room, for example
`from logoflow.loading.crops import LogoCropAug`. The [structure](../docs/design.md#the-rooms) says
what a room is for.

"""


def public_names() -> dict[str, str]:
    """Return each name of `lf` with the module that holds it, from the package's stub."""
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    return {
        alias.name: f"logoflow.{node.module}"
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def room_of(module: str) -> str:
    """Return the room that holds a module, or the module itself if it is in none.

    Examples
    --------
    >>> room_of("logoflow.datasets.sample.build"), room_of("logoflow.recipes")
    ('datasets', 'recipes')
    """
    return module.split(".")[1]


def rooms() -> list[str]:
    """Return the names of all rooms and single modules, in alphabetical order.

    The command line is left out: `logoflow --help` describes it.
    """
    paths = [path for path in PACKAGE.iterdir() if not path.name.startswith(("_", "cli"))]
    folders = [path.name for path in paths if (path / "__init__.py").exists()]
    return sorted(folders + [path.stem for path in paths if path.suffix == ".py"])


def modules_of(room: str) -> list[Path]:
    """Return the files of a room, without package files and the exercises of single notebooks."""
    single = PACKAGE / f"{room}.py"
    if single.exists():
        return [single]
    left_out = "__init__.py", "notebook_"
    return sorted(p for p in (PACKAGE / room).rglob("*.py") if not p.name.startswith(left_out))


@cache
def package() -> griffe.Module:
    """Return the package as griffe reads it: without importing it."""
    return griffe.load("logoflow", search_paths=[PACKAGE.parent])


def definitions(module: str) -> list[str]:
    """Return the public functions and classes that a module defines."""
    members = package()[module.removeprefix("logoflow.")].members.values()
    own_members = [member for member in members if not member.is_alias]
    return [m.name for m in own_members if (m.is_function or m.is_class) and m.is_public]


def summary_of(name: str) -> str:
    """Return the first sentence about a name."""
    docstring = package()[name.removeprefix("logoflow.")].docstring
    return docstring.value.split("\n\n")[0].replace("\n", " ")


def entry(name: str, **options: object) -> str:
    """Return the lines that let mkdocstrings put the docstring of a name here."""
    lines = [f"      {key}: {value}" for key, value in options.items()]
    return "\n".join([f"::: {name}", "    options:", *lines, ""])


def module_entry(path: Path, names: dict[str, str]) -> str:
    """Return the entry of a module: its public functions and classes without a short name."""
    module = ".".join(("logoflow", *path.relative_to(PACKAGE).with_suffix("").parts))
    short = [name for name, home in names.items() if home == module]
    others = [name for name in definitions(module) if name not in short]
    return entry(module, show_root_full_path="true", members=others or "false")


def room_page(room: str) -> str:
    """Return the page of a room: first its names of `lf`, then its modules."""
    names = public_names()
    folder = PACKAGE / room / "__init__.py"
    docstring = ast.get_docstring(ast.parse(folder.read_text())) if folder.exists() else ""
    title = f"logoflow.{room}"
    short = [
        entry(f"{module}.{name}", heading=f"lf.{name}", toc_label=f"lf.{name}")
        for name, module in names.items()
        if room_of(module) == room
    ]
    modules = [module_entry(path, names) for path in modules_of(room)]
    parts = [f"# {title}\n", f"{docstring}\n"]
    if short:
        parts += ["## Names of `lf`\n", *short]
    return "\n".join([*parts, "## Modules\n", *modules])


def index_page() -> str:
    """Return the page that lists every name of `lf` with its first sentence."""
    rows = ["| name | what it is or does |", "|---|---|"]
    for name, module in sorted(public_names().items(), key=lambda item: item[0].lower()):
        rows.append(f"| [`lf.{name}`][{module}.{name}] | {summary_of(f'{module}.{name}')} |")
    return INDEX + "\n".join(rows) + "\n"


@cache
def reference_pages() -> dict[str, str]:
    """Return the Markdown of each page by its path in the site."""
    pages = {"reference/README.md": index_page()}
    return pages | {f"reference/{room}.md": room_page(room) for room in rooms()}
