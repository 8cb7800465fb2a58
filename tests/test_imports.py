"""Imports go one way only, so that a module can be read without the modules that use it."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import logoflow

PACKAGE = Path(logoflow.__file__).parent
ENTRY_POINTS = {"__main__", "cli", "run_notebooks"}
"""What a shell starts. They stand on top of the rooms and hold no ideas of their own."""


def module_name(path: Path, package: Path) -> str:
    """Return ``logoflow.datasets.folder`` for ``logoflow/datasets/folder.py``."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def import_statements(node: ast.AST):
    """Yield the imports in a piece of code, including those inside functions.

    Imports under ``if TYPE_CHECKING`` are left out, since they never run.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    children = node.orelse if is_type_checking(node) else ast.iter_child_nodes(node)
    for child in children:
        yield from import_statements(child)


def imported_names(statement: ast.Import | ast.ImportFrom):
    """Yield, for each name that a statement imports, the modules that it may come from."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield f"{statement.module}.{alias.name}", statement.module
        else:
            yield (alias.name,)


def module_graph(package: Path) -> dict[str, set[str]]:
    """Map each module of a package to the modules of the package that it imports."""
    paths = {module_name(path, package): path for path in package.rglob("*.py")}
    graph = {}
    for name, path in paths.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        candidates = [
            names for statement in import_statements(tree) for names in imported_names(statement)
        ]
        known = [[name for name in names if name in paths] for names in candidates]
        graph[name] = {names[0] for names in known if names}
    return graph


def test_no_modules_import_one_another_in_a_circle():
    graph = module_graph(PACKAGE)
    assert graph["logoflow.errors"] == set()
    assert "logoflow.datasets.sample.build" in graph["logoflow.datasets.load"], (
        "an import inside a function"
    )
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"These modules import one another: {' <- '.join(error.args[1])}")


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """How high each node of a graph stands: 1 if it imports nothing, else one above its imports."""
    heights: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        heights[name] = 1 + max((heights[below] for below in graph[name]), default=0)
    return heights


def room_graph(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Map each room, or module directly under the package, to those that it imports."""

    def room(module: str) -> str:
        return module.split(".")[1] if "." in module else "__init__"

    rooms: dict[str, set[str]] = {room(module): set() for module in graph}
    for module, imports in graph.items():
        rooms[room(module)] |= {room(other) for other in imports} - {room(module)}
    return rooms


def test_the_tower_of_modules_and_rooms_is_low():
    """A reader of a module has at most so many layers of ours below it."""
    graph = module_graph(PACKAGE)
    modules, rooms = floors(graph), floors(room_graph(graph))
    highest = max(modules, key=modules.__getitem__)
    assert modules[highest] <= 12, f"{highest} stands on floor {modules[highest]}"
    without_entries = {room: floor for room, floor in rooms.items() if room not in ENTRY_POINTS}
    assert max(without_entries.values()) <= 9, rooms


def test_floors_are_counted_through_functions(tmp_path):
    package = tmp_path / "house"
    (package / "roof").mkdir(parents=True)
    for file in ("__init__.py", "roof/__init__.py", "cellar.py"):
        (package / file).write_text("")
    (package / "wall.py").write_text("from house import cellar\n")
    (package / "roof" / "tile.py").write_text("def lay():\n    import house.wall\n")
    (package / "roof" / "ridge.py").write_text("from house.roof.tile import lay\n")
    graph = module_graph(package)
    assert floors(graph)["house.roof.ridge"] == 4
    assert floors(room_graph(graph)) == {"__init__": 1, "cellar": 1, "wall": 2, "roof": 3}


def test_few_modules_stand_outside_the_rooms():
    # `python -m logoflow` needs the name __main__.
    modules = [path.stem for path in PACKAGE.glob("*.py") if path.stem != "__main__"]
    assert len(modules) <= 8, modules


def test_imports_are_absolute():
    """`module_graph` does not know relative imports."""
    relative = [
        f"{path.name}:{statement.lineno}"
        for path in PACKAGE.rglob("*.py")
        for statement in import_statements(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(statement, ast.ImportFrom) and statement.level
    ]
    assert relative == []


def test_the_graph_sees_a_circle_through_a_function(tmp_path):
    package = tmp_path / "house"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "door.py").write_text("import house.wall\n")
    (package / "wall.py").write_text("def paint():\n    from house import door\n")
    graph = module_graph(package)
    assert graph == {"house": set(), "house.door": {"house.wall"}, "house.wall": {"house.door"}}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


def test_the_graph_leaves_out_what_only_a_type_checker_imports(tmp_path):
    package = tmp_path / "house"
    package.mkdir()
    (package / "door.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.wall import Wall\n"
    )
    (package / "wall.py").write_text("import house.door\n")
    assert module_graph(package) == {"house.door": set(), "house.wall": {"house.door"}}
