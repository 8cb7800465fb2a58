"""The scores of one training on the test photos, and the file that keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from logoflow.inference.decision import Decision
from logoflow.inference.decisions_json import decisions_from_json, decisions_to_json
from logoflow.inference.levels import Level
from logoflow.utils.files import verified_file
from logoflow.utils.npz_files import read_npz


class TrainingResult(NamedTuple):
    """The scores of a trained network on the test photos, before any decision.

    Parameters
    ----------
    classes : tuple of str
        Class names in label order.
    paths : tuple of str
        The test photos as ``<class>/<file>``.
    truth : ndarray of int
        (photos,): their labels.
    scores : dict of Level to ndarray
        (photos, classes): log-scores at each level (`logoflow.LogoClassifier.scores`).
    decisions : dict of Level to Decision
        The decision that was fitted to the validation photos, for each level.
    seconds : float
        Time of the training and the calibration, in seconds.
    features : dict of Level to ndarray
        (photos, features), for the test for unknown brands
        (`logoflow.inference.familiarity.familiarity_features`). Results of earlier versions have
        none.
    """

    classes: tuple[str, ...]
    paths: tuple[str, ...]
    truth: np.ndarray
    scores: dict[Level, np.ndarray]
    decisions: dict[Level, Decision]
    seconds: float
    features: Mapping[Level, np.ndarray] = MappingProxyType({})


def save_result(path: Path, result: TrainingResult) -> None:
    """Write a result to one file. An interruption leaves no partial file.

    Parameters
    ----------
    path : Path
        The file, ``*.npz``.
    result : TrainingResult
        The scores.

    Examples
    --------
    >>> result = TrainingResult(("bmw", "no-logo"), (), np.zeros(0, int), {}, {}, 60.0)
    >>> save_result(Path("result.npz"), result)
    >>> load_result(Path("result.npz")).classes
    ('bmw', 'no-logo')
    """
    metadata = {
        "classes": result.classes,
        "paths": result.paths,
        "decisions": decisions_to_json(result.decisions),
        "seconds": result.seconds,
    }
    arrays: dict[str, Any] = {f"scores-{level}": scores for level, scores in result.scores.items()}
    arrays |= {f"features-{level}": rows for level, rows in result.features.items()}
    arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), dtype=np.uint8)
    with verified_file(path) as file:
        np.savez_compressed(file, truth=result.truth, **arrays)


def load_result(path: Path) -> TrainingResult:
    """Read a file of `save_result`. Nothing in it is unpickled.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    TrainingResult

    Raises
    ------
    DamagedFileError
        If the file is cut or altered.

    Examples
    --------
    See `save_result`.
    """
    arrays = read_npz(path)
    metadata = json.loads(arrays["metadata"].tobytes())
    scores, features = (_by_level(arrays, kind) for kind in ("scores", "features"))
    truth = arrays["truth"]
    return TrainingResult(
        tuple(metadata["classes"]),
        tuple(metadata["paths"]),
        truth,
        scores,
        decisions_from_json(metadata["decisions"]),
        metadata["seconds"],
        features,
    )


def _by_level(arrays: dict[str, np.ndarray], kind: str) -> dict[Level, np.ndarray]:
    """Return the arrays of one kind."""
    return {
        Level.from_text(name.removeprefix(f"{kind}-")): arrays[name]
        for name in arrays
        if name.startswith(f"{kind}-")
    }
