"""One training of an experiment: train or load its scores, then turn them into answers."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from logoflow.datasets.prepared import photos_of
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.results import TrainingResult, load_result, save_result
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.decision import Decision, decide, probabilities
from logoflow.inference.levels import AUTO, Level, LevelLike, as_level, as_levels
from logoflow.inference.model_folder import MODEL_JSON, read_json
from logoflow.labels import no_logo_index
from logoflow.recipes import FORMER_ARGUMENTS, get_recipe
from logoflow.training.fit import fit
from logoflow.training.fit_defaults import default_epochs, default_recipe
from logoflow.training.resume import photo_sizes
from logoflow.utils.devices import Contexts
from logoflow.values import refuse_former_names

NOT_IN_KEY = (
    # The photos are part of the key, but not the folder that contains them.
    "root",
    # The recipe's fields are part of the key, but not its name.
    "recipe",
    # The levels and the seed are stored separately.
    "levels",
    "match_logos",
    "read_names",
    "seed",
    # These arguments do not change the result.
    "num_workers",
    "ctx",
    "resume_dir",
    "quiet",
)
"""Arguments of `logoflow.fit` that are not part of a training's key (`training_key`)."""

DECISION_RULES = ("likeliest", "calibrated", "threshold")
"""The names of the ways from scores to answers (`assess_result`)."""


def train_or_load(
    root: Path | str,
    folder: Path | str,
    settings: Mapping[str, Any],
    *,
    levels: Sequence[LevelLike] = ("whole",),
    seed: int = 0,
    model_folder: Path | str | None = None,
    num_workers: int = 0,
    ctx: Contexts | None = None,
    quiet: bool = False,
) -> TrainingResult:
    """Train a classifier and score the test photos, or load the scores of an earlier training.

    Each training has a file in `folder`. It is loaded if the settings, the seed, the photos and
    the fields of the recipe are the same. After other changes to logoflow itself, use another
    folder.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    folder : Path or str
        Folder for the results.
    settings : mapping of str to object
        Arguments of `logoflow.fit`.
    levels : sequence of Level or str
        The levels to score the test photos at. If the file lacks a level, the network is trained
        again, for these levels and those in the file.
    seed : int
        Seed of the training.
    model_folder : Path or str, optional
        Folder to save the classifier in. If it holds another classifier, the network is trained
        again.
    num_workers, ctx, quiet
        See `logoflow.fit`.

    Returns
    -------
    TrainingResult

    Raises
    ------
    ValueError
        If a level is ``"auto"``, before the training.
    RuntimeError
        If the last epochs (``refit_epochs``) failed. Nothing is stored then.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> settings = {"backbone": "lenet5", "num_epochs": 1, "image_size": 64}
    >>> result = train_or_load(root, "results", settings, quiet=True)
    >>> result.scores[lf.Level("whole")].shape
    (4, 3)
    """
    path = Path(folder) / f"{training_key(root, settings)}-seed-{seed}.npz"
    stored = load_result(path) if path.is_file() else None
    has_model = model_folder is None or _training_of_model(model_folder) == path.stem
    levels_to_score = as_levels(levels)
    if any(level.windows == AUTO for level in levels_to_score):
        raise ValueError(
            'The level "auto" has no scores to store: give its two looks, such as "regions" and '
            '"more-regions".'
        )
    if stored and has_model and set(levels_to_score) <= set(stored.scores):
        return stored
    if stored:
        others = [level for level in stored.scores if level not in levels_to_score]
        levels_to_score = (*others, *levels_to_score)
    start = time.monotonic()
    classifier = fit(
        root,
        levels=levels_to_score,
        seed=seed,
        num_workers=num_workers,
        ctx=ctx,
        quiet=quiet,
        **settings,
    )
    seconds = time.monotonic() - start
    if classifier.metadata.get("refit_epochs", 0) != settings.get("refit_epochs", 0):
        raise RuntimeError(
            "The last epochs on all photos failed, so the result was not stored: its key stands "
            "for a training with these epochs. Fix the problem that the warning of fit names, then "
            "make the same call again."
        )
    classifier.metadata["run"] = path.stem
    result = _score_test_photos(classifier, root, levels_to_score, seconds)
    if model_folder is not None:
        classifier.save(model_folder)
    save_result(path, result)
    return result


def training_key(root: Path | str, settings: Mapping[str, Any]) -> str:
    """Compute a hash of all that determines a training, except for the seed and the code.

    Parameters
    ----------
    root : Path or str
        A prepared data set. The names and sizes of its photos are part of the key.
    settings : mapping of str to object
        Arguments of `logoflow.fit`. An argument with its default value has the same key as no
        argument.

    Returns
    -------
    str
        12 hexadecimal digits.

    Raises
    ------
    ValueError
        If a setting has its name of an earlier version, or there is no such setting.

    Examples
    --------
    >>> for split in ("train_data", "val_data", "test_data"):
    ...     Path("root", split).mkdir(parents=True)
    >>> mlp = {"backbone": "mlp"}
    >>> training_key("root", mlp) == training_key("root", {**mlp, "num_epochs": 10})
    True
    >>> training_key("root", mlp) == training_key("root", {**mlp, "num_epochs": 20})
    False
    """
    refuse_former_names(settings, FORMER_ARGUMENTS)
    photos = photo_sizes(root)
    defaults = {
        name: parameter.default
        for name, parameter in signature(fit).parameters.items()
        if name != "settings"
    }
    values = {name: value for name, value in settings.items() if value is not None}
    arguments = {name: values.get(name, default) for name, default in defaults.items()}
    replaced_fields = {name: value for name, value in values.items() if name not in defaults}
    backbone = arguments["backbone"]
    backbones = [backbone] if isinstance(backbone, str) else list(backbone)
    recipe = get_recipe(arguments.pop("recipe") or default_recipe(backbones), **replaced_fields)
    if arguments["num_epochs"] is None:
        arguments["num_epochs"] = default_epochs(recipe, Path(root))
    if arguments["patience"] is None:  # the results of earlier versions have no such argument
        del arguments["patience"]
    recipe_fields = asdict(recipe)
    del recipe_fields["name"]
    key_arguments = {name: value for name, value in arguments.items() if name not in NOT_IN_KEY}
    text = json.dumps([key_arguments, recipe_fields, photos], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _training_of_model(model_folder: Path | str) -> str | None:
    """Return the name of the training that made a saved classifier; None without a classifier."""
    path = Path(model_folder) / MODEL_JSON
    return read_json(path)["metadata"].get("run") if path.is_file() else None


def _score_test_photos(
    classifier: LogoClassifier, root: Path | str, levels: Sequence[Level], seconds: float
) -> TrainingResult:
    """Score the test photos at every level in one pass over their windows."""
    paths, truth = zip(*photos_of(root, "test_data"), strict=True)
    scores: dict[Level, list[np.ndarray]] = {level: [] for level in levels}
    features: dict[Level, list[np.ndarray]] = {level: [] for level in levels}
    for evidence in collect_evidence(classifier, paths, levels):
        for level in levels:
            row = evidence.scores(level, classifier.no_logo)
            scores[level].append(row)
            features[level].append(evidence.familiarity_features(level, classifier.no_logo, row))
    return TrainingResult(
        classifier.classes,
        tuple(f"{path.parent.name}/{path.name}" for path in paths),
        np.array(truth),
        {level: np.concatenate(rows) for level, rows in scores.items()},
        {level: classifier.decisions[level] for level in levels},
        seconds,
        {level: np.concatenate(rows) for level, rows in features.items()},
    )


def assess_result(
    result: TrainingResult,
    root: Path | str,
    *,
    level: LevelLike = "whole",
    decision_rule: str = "threshold",
) -> Assessment:
    """Turn the scores of a training into answers.

    Parameters
    ----------
    result : TrainingResult
        The scores.
    root : Path or str
        The prepared data set that contains the test photos.
    level : Level or str
        A level of the result.
    decision_rule : {"likeliest", "calibrated", "threshold"}
        How scores become answers.

        - ``"likeliest"``: the class with the highest score of the network.
        - ``"calibrated"``: the class with the highest calibrated probability.
        - ``"threshold"``: the answer of the classifier. This is the likeliest brand, or no-logo if
          there is a reason not to name a brand
          (`logoflow.inference.decision.reasons_against`). The probabilities are calibrated.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If the result has no such level, or there is no such decision rule.

    Examples
    --------
    >>> from logoflow.inference.calibration import fit_decision
    >>> scores, truth = np.log([[0.8, 0.2], [0.6, 0.4]]), np.array([0, 1])
    >>> classes, whole = ("bmw", "no-logo"), Level("whole")
    >>> decisions = {whole: fit_decision(scores, truth, classes)}
    >>> paths = ("bmw/1.jpg", "no-logo/2.jpg")
    >>> result = TrainingResult(classes, paths, truth, {whole: scores}, decisions, 60.0)
    >>> assess_result(result, "root", decision_rule="likeliest").answers
    array([0, 0])
    >>> assess_result(result, "root", decision_rule="threshold").answers
    array([0, 1])
    """
    level = as_level(level)
    if level not in result.scores:
        stored = ", ".join(f'"{stored}"' for stored in result.scores)
        raise ValueError(
            f'There are no scores for level "{level}", only for {stored}: pass it to '
            "train_or_load(levels=...) too."
        )
    decision = _decision_by_rule(result.decisions[level], decision_rule)
    no_logo = no_logo_index(result.classes)
    calibrated = probabilities(result.scores[level], decision, no_logo)
    answers = decide(calibrated, decision, no_logo, result.features.get(level))
    paths = tuple(Path(root) / "test_data" / name for name in result.paths)
    return Assessment(result.classes, paths, result.truth, calibrated, answers)


def _decision_by_rule(fitted: Decision, decision_rule: str) -> Decision:
    """Keep the parts of a fitted decision that a rule uses."""
    if decision_rule == "likeliest":
        return Decision()
    if decision_rule == "calibrated":
        return Decision(fitted.temperature, fitted.no_logo_bias)
    if decision_rule == "threshold":
        return fitted
    raise ValueError(
        f"There is no decision rule {decision_rule!r}: choose one of {', '.join(DECISION_RULES)}."
    )
