"""Prepare a user's folder, `fit` and ask: a process of small.py, for older commits too.

    python benchmarks/small_cases.py case.json

The file has the folder of the training photos (``photos``), a list of test photos (``test``), the
``seed`` and the arguments of `fit` (``settings``). The last line printed is JSON: the answers, or
why the photos were refused.
"""

import inspect
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

from walk_cases import restore_numpy_names

import logoflow as lf


def main(path: Path) -> None:
    """Run a case and print its result."""
    warnings.simplefilter("ignore")  # there are always too few photos for some promise
    case = json.loads(path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as root:
        try:
            result = train_and_answer(root=Path(root), **case)
        except ValueError as error:
            result = {"refused": str(error)}
    print(json.dumps(result))


def train_and_answer(root: Path, photos: str, test: list[str], seed: int, settings: dict) -> dict:
    """Train on a folder of photos, and answer for the test photos."""
    check_settings(settings)
    prepared = prepare(photos, root)
    start = time.monotonic()
    classifier = lf.fit(prepared, seed=seed, quiet=True, **settings)
    trained = time.monotonic()
    answers = classifier.predict(test, top_k=len(classifier.classes))
    end = time.monotonic()
    classes = list(classifier.classes)
    return {
        "classes": classes,
        "probabilities": [[dict(row)[name] for name in classes] for row in answers["top_k"]],
        "seconds": trained - start,
        "answer_seconds": end - trained,
        "prepared": {
            split: len(list(prepared.glob(f"{split}_data/*/*")))
            for split in ("train", "val", "test")
        },
    }


def check_settings(settings: dict) -> None:
    """Refuse arguments that this `fit` does not have. It would take them for a recipe's."""
    unknown = sorted(set(settings) - set(inspect.signature(lf.fit).parameters))
    if unknown:
        raise ValueError(f"This version's fit has no argument {', '.join(unknown)}.")


def prepare(photos: str, root: Path) -> Path:
    """Prepare a folder of photos, as a user with test photos of their own does."""
    options = {"output_dir": root}
    if "test_share" in inspect.signature(lf.prepare_root).parameters:  # not in older commits
        options["test_share"] = 0
    return lf.prepare_root("folder", photos, **options)


if __name__ == "__main__":
    restore_numpy_names()  # before MXNet is imported, when lf.fit is first used
    main(Path(sys.argv[1]))
