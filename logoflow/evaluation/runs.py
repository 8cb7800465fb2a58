"""One training of a study: what it says about the test photos, kept on disk once it is done."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import numpy as np

from logoflow.datasets.prepared import SPLITS, photos_of
from logoflow.evaluation.assessment import Assessment
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import (
    Decision,
    decide,
    decisions_from_json,
    decisions_to_json,
    probabilities,
)
from logoflow.inference.levels import Level, LevelLike, as_level, as_levels, covering_level
from logoflow.inference.model_folder import MODEL_JSON, read_json
from logoflow.labels import no_logo_index
from logoflow.recipes import FORMER_ARGUMENTS, get_recipe, refuse_former_names
from logoflow.training.fit import fit
from logoflow.utils.files import atomic_path

# Arguments of `fit` that are not part of a run's key: where the photos are, what does not change
# the result, the seed and the levels, which are stored elsewhere, and the recipe, whose fields are
# part of the key but not its name.
NOT_IN_KEY = (
    "root",
    "recipe",
    "levels",
    "match_logos",
    "read_names",
    "seed",
    "num_workers",
    "ctx",
    "quiet",
)


class Run(NamedTuple):
    """A training's scores on the test photos, before any decision.

    Parameters
    ----------
    classes : tuple of str
        In label order.
    paths : tuple of str
        The test photos, ``<class>/<file>``.
    truth : ndarray of int
        (photos,), their class numbers.
    scores : dict of Level to ndarray
        (photos, classes) log-scores at each level (`LogoClassifier.scores`).
    decisions : dict of Level to Decision
        Fitted on validation at each level.
    seconds : float
        Of training and calibrating.
    """

    classes: tuple[str, ...]
    paths: tuple[str, ...]
    truth: np.ndarray
    scores: dict[Level, np.ndarray]
    decisions: dict[Level, Decision]
    seconds: float


def run(
    root: Path | str,
    folder: Path | str,
    settings: Mapping[str, object],
    *,
    levels: Sequence[LevelLike] = ("whole",),
    seed: int = 0,
    keep: Path | str | None = None,
    **options: object,
) -> Run:
    """Train, look at the test photos, keep what was found; or take what was kept before.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    folder : Path or str
        Where results are kept, a file a training. One is used again where settings, seed,
        photos and the recipe's own settings are the same; after other changes to logoflow itself,
        give another folder.
    settings : mapping
        For `logoflow.fit`.
    levels : sequence of Level or str
        How closely to look at the test photos.
    seed : int
        Of the training.
    keep : Path or str, optional
        Folder to save the classifier in.
    **options
        For them too, what does not change the result: ``num_workers``, ``ctx``, ``quiet``.

    Returns
    -------
    Run

    Raises
    ------
    RuntimeError
        If `fit` had to leave out the last epochs (``refit_epochs``) that were asked for.

    Examples
    --------
    >>> found = run(root, "results", {"num_epochs": 24}, levels=("whole", "windows"))
    >>> assessment_of(found, root, level="windows", decided="threshold").summary()
    """
    path = Path(folder) / f"{_digest(root, settings)}-seed-{seed}.npz"
    known = _load(path) if path.is_file() else None
    kept = keep is None or _run_of(keep) == path.stem
    wanted = as_levels(levels)
    if known and kept and set(wanted) <= set(known.scores):
        return known
    if known:
        wanted = (*(level for level in known.scores if level not in wanted), *wanted)
    start = time.monotonic()
    classifier = fit(root, levels=wanted, seed=seed, **settings, **options)
    if classifier.metadata.get("refit_epochs", 0) != settings.get("refit_epochs", 0):
        raise RuntimeError(
            "The last epochs on all photos failed, as fit's warning says: nothing was kept, since "
            "it would stand for another training. Mend what it names and run it again."
        )
    classifier.metadata["run"] = path.stem
    found = _look(classifier, root, wanted, time.monotonic() - start)
    if keep is not None:
        classifier.save(keep)
    _save(path, found)
    return found


def assessment_of(
    found: Run, root: Path | str, *, level: LevelLike = "whole", decided: str = "threshold"
) -> Assessment:
    """Decide on a run's scores.

    Parameters
    ----------
    found : Run
    root : Path or str
        The prepared data set, for the photos' paths.
    level : Level or str
        A level of the run.
    decided : str
        ``"likeliest"``: the likeliest class as the net scores it; ``"calibrated"``: the
        likeliest after calibration on validation; ``"threshold"``: by the threshold fitted there.

    Returns
    -------
    Assessment

    Raises
    ------
    KeyError
        If the run has no such level, or there is no such way to decide.
    """
    level = as_level(level)
    fitted = found.decisions[level]
    decision = {
        "likeliest": Decision(),
        "calibrated": replace(fitted, threshold=None),
        "threshold": fitted,
    }[decided]
    no_logo = no_logo_index(found.classes)
    given = probabilities(found.scores[level], decision, no_logo)
    paths = tuple(Path(root) / "test_data" / name for name in found.paths)
    return Assessment(found.classes, paths, found.truth, given, decide(given, decision, no_logo))


def _run_of(folder: Path | str) -> str | None:
    """Which run the classifier in a folder is of; None if there is none."""
    path = Path(folder) / MODEL_JSON
    return read_json(path)["metadata"].get("run") if path.is_file() else None


def _look(
    classifier: LogoClassifier, root: Path | str, levels: Sequence[Level], seconds: float
) -> Run:
    """Score the test photos at every level in one pass over their windows."""
    paths, truth = zip(*photos_of(root, "test_data"), strict=True)
    scores: dict[Level, list[np.ndarray]] = {level: [] for level in levels}
    for photo in classifier.evidence(paths, covering_level(levels)):
        for level in levels:
            scores[level].append(photo.scores(level, classifier.no_logo))
    return Run(
        classifier.classes,
        tuple(f"{path.parent.name}/{path.name}" for path in paths),
        np.array(truth),
        {level: np.concatenate(rows) for level, rows in scores.items()},
        {level: classifier.decisions[level] for level in levels},
        seconds,
    )


def _digest(root: Path | str, settings: Mapping[str, object]) -> str:
    """Short name of all that decides a run's result but the seed, the levels and the code."""
    photos = [
        (split, path.parent.name, path.name, path.stat().st_size)
        for split in SPLITS
        for path, _ in photos_of(root, split)
    ]
    refuse_former_names(settings, FORMER_ARGUMENTS)
    # Defaults count too, so that a value is the same run whether it is given or left out.
    known = {key: p.default for key, p in signature(fit).parameters.items() if key != "settings"}
    given = known | {key: value for key, value in settings.items() if value is not None}
    named = {key: given[key] for key in settings if key not in known and key in given}
    plan = asdict(get_recipe(given["recipe"], **named))
    del plan["name"]
    own = {key: given[key] for key in known if key not in NOT_IN_KEY}
    text = json.dumps([own, plan, photos], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _save(path: Path, found: Run) -> None:
    """Write a run to one file of numbers and text, whole or not at all."""
    facts = {
        "classes": found.classes,
        "paths": found.paths,
        "decisions": decisions_to_json(found.decisions),
        "seconds": found.seconds,
    }
    arrays = {f"scores-{level}": rows for level, rows in found.scores.items()}
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    with atomic_path(path) as tmp, open(tmp, "wb") as file:
        np.savez_compressed(file, truth=found.truth, **arrays)


def _load(path: Path) -> Run:
    """Read what `_save` wrote; nothing in it is ever unpickled."""
    with np.load(path, allow_pickle=False) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
        scores = {
            Level.from_text(name.removeprefix("scores-")): arrays[name]
            for name in arrays.files
            if name.startswith("scores-")
        }
        truth = arrays["truth"]
    decisions = decisions_from_json(facts["decisions"])
    names = tuple(facts["classes"]), tuple(facts["paths"])
    return Run(*names, truth, scores, decisions, facts["seconds"])
