"""The two walks that walk.py counts, each in a process of its own; it works for older commits too.

    python benchmarks/walk_cases.py train photos model      # a folder of photos into a saved model
    python benchmarks/walk_cases.py answer photo.jpg model  # a saved model and a photo to an answer
    python benchmarks/walk_cases.py answer photo.jpg model logoflow.labels  # imports these first

The last line printed is JSON: for each file of logoflow, the lines that ran.
"""

import argparse
import importlib.util
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from coverage import Coverage

COMPAT = Path(__file__).resolve().parents[1] / "logoflow" / "utils" / "mxnet_compat.py"


def train(photos: Path, model: Path) -> None:
    """Prepare a folder of photos, train a classifier for two epochs, and save it."""
    import logoflow as lf

    with tempfile.TemporaryDirectory() as root:
        prepared = lf.prepare_root("folder", photos, output_dir=root)
        lf.fit(prepared, num_epochs=2, quiet=True).save(model)


def answer(photo: Path, model: Path) -> None:
    """Load a classifier and ask it about one photo."""
    import logoflow as lf

    lf.LogoClassifier.load(model).predict(photo)


WALKS = {"train": train, "answer": answer}


def lines_run(walk: Callable[[], None], package: str = "logoflow") -> dict[str, list[int]]:
    """Run a function and list the lines of a package that ran, as coverage.py counts them.

    Parameters
    ----------
    walk : callable
        Takes nothing. It imports the package.
    package : str
        Name of the package.

    Returns
    -------
    dict
        From each file that was imported to the first lines of its statements that ran.
    """
    coverage = Coverage(source_pkgs=[package], data_file=None, config_file=False)
    with coverage.collect():
        walk()
    ran = {}
    for file in coverage.get_data().measured_files():
        _, statements, _, missing, _ = coverage.analysis2(file)
        ran[file] = sorted(set(statements) - set(missing))
    return ran


def restore_numpy_names() -> None:
    """Do for an older logoflow what this one does itself: make NumPy fit MXNet 1.9.1."""
    measured = Path(importlib.util.find_spec("logoflow").origin).parent  # does not import it
    if (measured / "utils" / "mxnet_compat.py").exists():
        return
    spec = importlib.util.spec_from_file_location("mxnet_compat", COMPAT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.restore_numpy_names()
    module.start_workers_by_fork()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("walk", choices=WALKS)
    parser.add_argument("source", type=Path, help="a folder of photos, or a photo")
    parser.add_argument("model", type=Path, help="the folder of the model")
    parser.add_argument("modules", nargs="*", help="modules to import before counting starts")
    arguments = parser.parse_args()
    restore_numpy_names()
    for module in arguments.modules:
        importlib.import_module(module)
    print(json.dumps(lines_run(lambda: WALKS[arguments.walk](arguments.source, arguments.model))))
