"""Read and check the JSON file of a saved model, which may come from an untrusted source."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logoflow.errors import ClassifierError
from logoflow.inference.former_views import former_level
from logoflow.inference.levels import AUTO, ONE_PASS, Level
from logoflow.models.ensemble import SEPARATOR
from logoflow.models.graph import INT8

MODEL_JSON = "classifier.json"
FORMAT = "logoflow-classifier-2"
FORMER_FORMAT = "logoflow-classifier-1"
MAX_JSON_BYTES = 16 << 20
MAX_CLASSES = 100_000
MAX_NETWORKS = 16
MAX_SIDE = 2048
"""Largest width and height of the input of a network, in pixels."""
MAX_PIXELS = 1024 * 1024
"""Largest area of the input of a network, in pixels."""
FILE_NAMES = {
    "weights": r"model-[0-9a-f]{8}\.params",
    "graph": r"graph-[0-9a-f]{8}\.json",
    "logos": r"logos-[0-9a-f]{8}\.npz",
    "prototypes": r"prototypes-[0-9a-f]{8}\.npz",
}
_SIZED = ("forceresizeaug", "centercropaug")
_NUMBERS = (
    "temperature", "no_logo_bias", "threshold", "false_positive_rate", "photos", "no_logo_photos",
    "min_lead", "offset", "unknown_acceptance_rate", "strangers", "reject_below", "accept_above",
)  # fmt: skip


def read_json(path: Path) -> dict:
    """Read the JSON file of a model, and give its content the keys of today.

    Parameters
    ----------
    path : Path
        The file `MODEL_JSON` in the folder of a model.

    Returns
    -------
    dict

    Raises
    ------
    ClassifierError
        If it is not the file of a model.
    """
    try:
        stored = json.loads(read_json_text(path))
        stored_format = stored["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ClassifierError(f"{path} is not a classifier's file ({error}).") from error
    if stored_format == FORMER_FORMAT:
        stored = _with_keys_of_today(stored, path)
    elif stored_format != FORMAT:
        raise ClassifierError(
            f"{path} has an unknown format {stored_format!r}. If a later version of logoflow wrote "
            "it, update logoflow."
        )
    try:
        check_stored(stored)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ClassifierError(
            f"{path} is not a file that LogoClassifier.save wrote ({error}). Get the folder again."
        ) from error
    return stored


def read_json_text(path: Path) -> str:
    """Read the text of a JSON file of a model, unless it is far larger than any model's.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str

    Raises
    ------
    ClassifierError
        If it is too large, or no text.
    """
    if path.stat().st_size > MAX_JSON_BYTES:
        raise ClassifierError(f"{path} has more than {MAX_JSON_BYTES:,} bytes.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ClassifierError(f"{path} is no text ({error}).") from error


def check_stored(stored: dict) -> None:
    """Check the content of the JSON file of a model, before anything is built from it.

    Parameters
    ----------
    stored : dict
        Content of the file, with the keys of today.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        If it has another form than `LogoClassifier.save` gives it.
    """
    classes, networks = stored["classes"], stored["architecture"].split(SEPARATOR)
    _require(len(networks) <= MAX_NETWORKS, f"it has {len(networks)} networks")
    _require(isinstance(classes, list) and 1 <= len(classes) <= MAX_CLASSES, "it has no classes")
    _require(all(isinstance(name, str) for name in classes), "a class has no name")
    _require(len(set(classes)) == len(classes), "two classes have one name")
    _require(isinstance(stored["metadata"], dict), "its metadata is no dictionary")
    _require(isinstance(stored["level"], str), f"its level is {stored['level']!r}")
    input_size(stored["preprocessing"])
    for key, pattern in FILE_NAMES.items():
        if key in stored or key == "weights":
            _require(re.fullmatch(pattern, stored[key]) is not None, f"its {key} are {stored[key]}")
            digest = stored[f"{key}_sha256"]
            _require(isinstance(digest, str) and len(digest) == 64, f"{key} have no hash")
    is_int8 = stored["architecture"].startswith(INT8)
    _require(("graph" in stored) == is_int8, "a graph belongs to an INT8 network and to no other")
    layout = Level.from_text(stored["level"]).windows
    _require(not is_int8 or layout not in ONE_PASS, f"an INT8 network cannot score {layout}")
    decisions = stored["decisions"]
    if isinstance(decisions, Mapping) and decisions:  # decisions_from_json refuses other types
        _require(
            stored["level"] in decisions, f"These are not decisions by level: {layout} is missing"
        )
        for level, decision in decisions.items():
            _check_decision(level, decision, "prototypes" in stored)


def input_size(steps: list) -> tuple[int, int]:
    """Find the size of the pictures that a network takes, and check the preprocessing.

    Parameters
    ----------
    steps : list of [name, options]
        See `logoflow.loading.augment.augs_to_json`.

    Returns
    -------
    (width, height) in pixels
        That of a square if the preprocessing only shortens the shorter side.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        If a step has other options than it takes, or the pictures are larger than any network's.

    Examples
    --------
    >>> input_size([["forceresizeaug", {"size": [160, 120], "interp": 9}]])
    (160, 120)
    """
    width = height = 224
    for name, options in steps:
        if name in _SIZED:
            width, height = options["size"]
        elif name == "resizeaug":
            width = height = options["size"]
        elif name == "colornormalizeaug":
            _require(set(options) == {"mean", "std"}, f"{name} has the options {list(options)}")
            values = [*options["mean"], *options["std"]]
            _require(len(options["mean"]) == len(options["std"]) == 3, f"{name} needs 3 numbers")
            _require(all(_is_number(value) for value in values), f"{name} has {values}")
            _require(all(value > 0 for value in options["std"]), f"{name} divides by 0")
        if name in (*_SIZED, "resizeaug"):
            _require(set(options) <= {"size", "interp"}, f"{name} has the options {list(options)}")
            _require(options.get("interp", 2) in (0, 1, 2, 3, 4, 9, 10), f"{name} has no interp")
    _require(type(width) is int and type(height) is int, f"the size is {width} x {height}")
    _require(min(width, height) >= 1 and max(width, height) <= MAX_SIDE, f"{width} x {height} px")
    _require(width * height <= MAX_PIXELS, f"the size is {width} x {height} pixels")
    return width, height


def _check_decision(level: str, decision: Mapping, has_prototypes: bool) -> None:
    """Check the numbers of a decision. Unknown keys and levels are refused when it is built."""
    test, stages = decision.get("familiarity"), decision.get("stages")
    for part in (decision, test or {}, stages or {}):
        for key, value in part.items():
            if key in _NUMBERS:
                none_allowed = key in ("threshold", "false_positive_rate") and part is decision
                allowed = _is_number(value) or (value is None and none_allowed)
                _require(allowed, f"{key} of {level} is {value!r}")
    _require(decision.get("temperature", 1.0) > 0, f"the temperature of {level} is not above 0")
    layout = level.partition(",")[0].strip()
    if test is not None and layout != AUTO:
        features = 3 if has_prototypes and layout in ONE_PASS else 2
        weights = test["weights"]
        _require(len(weights) == features, f"the test of {level} has {len(weights)} weights")
        _require(all(_is_number(weight) for weight in weights), f"{level} has {weights}")
    _require((stages is not None) <= (layout == AUTO), f"{level} has the stages of another level")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e30  # which no NaN is


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)


def _with_keys_of_today(stored: dict, path: Path) -> dict:
    """Convert the JSON of an earlier version, which numbered the levels.

    The earliest models have neither levels nor decisions.
    """
    stored, knows_logos = dict(stored), "logos" in stored
    try:
        stored["metadata"] = stored.pop("facts")
        stored["level"] = str(former_level(stored.pop("views", 1), knows_logos))
        stored["decisions"] = {
            str(former_level(int(views), knows_logos)): decision
            for views, decision in stored.get("decisions", {}).items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ClassifierError(f"{path}: These are not decisions by views ({error}).") from error
    return stored
