"""Fit the decisions of a classifier to the evidence of photos."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from logoflow.inference.auto import Stages, fit_stages
from logoflow.inference.calibration import fit_decision
from logoflow.inference.decision import Decision, decide, probabilities, reasons_against
from logoflow.inference.evidence import Evidence
from logoflow.inference.familiarity import FamiliarityTest
from logoflow.inference.fit_familiarity import MIN_BRANDS, fit_familiarity
from logoflow.inference.levels import Level, quoted
from logoflow.labels import no_logo_index
from logoflow.metrics.logo_score import against_no_logo
from logoflow.metrics.thresholds import photos_needed, upper_end

if TYPE_CHECKING:
    from logoflow.inference.backgrounds import BackgroundWindows


class LevelExamples(NamedTuple):
    """What the decision for a level is fitted to, as rows.

    Parameters
    ----------
    scores : list of ndarray
        (1, classes) for each photo.
    background : list of ndarray
        (1, classes) for the background of photos with boxes.
    familiarity : list of ndarray
        (1, features) for each photo.
    stranger_scores, stranger_familiarity : list of ndarray
        The same rows for each photo of a brand, as if the classifier did not know its brand.
    """

    scores: list[np.ndarray]
    background: list[np.ndarray]
    familiarity: list[np.ndarray]
    stranger_scores: list[np.ndarray]
    stranger_familiarity: list[np.ndarray]


def fit_decisions(
    photos: Iterable[Evidence],
    truth: Sequence[int],
    classes: Sequence[str],
    levels: Sequence[Level],
    false_positive_rate: float,
    background: Iterable["BackgroundWindows"] | None = None,
    unknown_acceptance_rate: float | None = None,
    looks: Mapping[Level, tuple[Level, Level]] = MappingProxyType({}),
) -> dict[Level, Decision]:
    """Fit a decision for each level.

    Parameters
    ----------
    photos : iterable of Evidence
        The evidence of each photo, for all of the levels.
    truth : sequence of int
        (photos,), labels.
    classes : sequence of str
        Names in label order.
    levels : sequence of Level
        The levels to fit a decision for.
    false_positive_rate : float
        See `fit_decision`.
    background : iterable of BackgroundWindows, optional
        (photos,), the windows of each photo that contain no logo. A photo with background
        windows counts as one more no-logo photo. These examples resemble the logo photos; no-logo
        photos from another source may not.
    unknown_acceptance_rate : float, optional
        Share of the photos of unknown brands that may be given a brand, above 0 and below 1. Each
        photo of a brand serves as such a photo, scored without its brand. None: there is no test
        for unknown brands. There is none either with fewer than three brands, or with too few
        photos for the rate.
    looks : mapping of Level to (Level, Level)
        The two looks of each level ``"auto"`` (`logoflow.inference.auto.looks_of`). Both must be
        among `levels`. The level ``"auto"`` gets the decision of the closer look, and bounds.

    Returns
    -------
    dict of Level to Decision

    Raises
    ------
    ValueError
        See `fit_decision`.

    Examples
    --------
    >>> logits = np.log([[[0.8, 0.2]], [[0.7, 0.3]], [[0.1, 0.9]], [[0.6, 0.4]]])
    >>> photos = [Evidence(windows) for windows in logits]
    >>> fitted = fit_decisions(photos, [0, 0, 1, 1], ["bmw", "no-logo"], [Level()], 0.4)
    >>> fitted[Level()].no_logo_photos
    2
    """
    no_logo = no_logo_index(classes)
    brands = len(classes) - (no_logo is not None)
    finds_strangers = unknown_acceptance_rate is not None and brands >= MIN_BRANDS
    examples = {level: LevelExamples([], [], [], [], []) for level in levels}
    windows_of_photos = repeat(None) if background is None else iter(background)
    for index, (photo, windows) in enumerate(zip(photos, windows_of_photos, strict=False)):
        for level in levels:
            scores = photo.scores(level, no_logo)
            examples[level].scores.append(scores)
            features = photo.familiarity_features(level, no_logo, scores)
            examples[level].familiarity.append(features)
            if finds_strangers and index < len(truth) and truth[index] != no_logo:
                _add_stranger(examples[level], photo, truth[index], level, no_logo)
            extra = windows.scores(photo, level, no_logo) if windows else None
            if extra is not None:
                examples[level].background.append(extra)
    decisions = {}
    for level in levels:
        decision = _decision_of(examples[level], truth, classes, false_positive_rate)
        if examples[level].stranger_scores and unknown_acceptance_rate is not None:
            test = _test_of(examples[level], truth, decision, no_logo, unknown_acceptance_rate)
            decision = replace(decision, familiarity=test)
        decisions[level] = decision
    for level, (first, closer) in looks.items():
        stages = _stages_of((first, closer), examples, decisions, truth, no_logo)
        decisions[level] = replace(decisions[closer], stages=stages)
    return decisions


def _add_stranger(
    examples: LevelExamples, photo: Evidence, label: int, level: Level, no_logo: int | None
) -> None:
    """Add a photo as if the classifier did not know its brand."""
    stranger = photo.without(label)
    scores = stranger.scores(level, no_logo)
    examples.stranger_scores.append(scores)
    features = stranger.familiarity_features(level, no_logo, scores)
    examples.stranger_familiarity.append(features)


def _decision_of(
    examples: LevelExamples,
    truth: Sequence[int],
    classes: Sequence[str],
    false_positive_rate: float,
) -> Decision:
    none = np.zeros((0, len(classes)))
    return fit_decision(
        np.concatenate([none, *examples.scores]),
        truth,
        classes,
        false_positive_rate,
        np.concatenate([none, *examples.background]),
    )


def _test_of(
    examples: LevelExamples,
    truth: Sequence[int],
    decision: Decision,
    no_logo: int | None,
    unknown_acceptance_rate: float,
) -> FamiliarityTest | None:
    """Fit the test for unknown brands. Each brand in turn is left out and becomes a stranger."""
    labels, scores = np.array(truth), np.concatenate(examples.scores)
    if no_logo is not None:
        scores[:, no_logo] = -np.inf
    is_brand = labels != (-1 if no_logo is None else no_logo)
    is_right = (scores.argmax(axis=1) == labels)[is_brand]
    strangers = probabilities(np.concatenate(examples.stranger_scores), decision, no_logo)
    reasons = reasons_against(strangers, decision, no_logo)
    return fit_familiarity(
        np.concatenate(examples.familiarity)[is_brand][is_right],
        np.concatenate(examples.stranger_familiarity),
        np.array([reason is None for reason in reasons]),
        unknown_acceptance_rate,
    )


def _stages_of(
    looks: tuple[Level, Level],
    examples: Mapping[Level, LevelExamples],
    decisions: Mapping[Level, Decision],
    truth: Sequence[int],
    no_logo: int | None,
) -> Stages:
    """Fit the bounds of a level "auto" to the answers of its two looks."""
    shares, answers = {}, {}
    for look in looks:
        features = np.concatenate(examples[look].familiarity)
        scores = np.concatenate(examples[look].scores)
        shares[look] = probabilities(scores, decisions[look], no_logo)
        answers[look] = decide(shares[look], decisions[look], no_logo, features)
    first, closer = looks
    labels = np.asarray(truth)
    return fit_stages(
        looks,
        decisions[first].threshold,
        against_no_logo(shares[first], no_logo),
        answers[first] != (-1 if no_logo is None else no_logo),
        (answers[closer] == labels) & (answers[first] != labels),
    )


def warn_if_unreliable(decisions: Mapping[Level, Decision]) -> None:
    """Warn if a threshold is missing or rests on too few photos.

    Parameters
    ----------
    decisions : mapping of Level to Decision
        The fitted decisions of a classifier.

    Warns
    -----
    UserWarning
        At most one warning per call.

    Examples
    --------
    >>> warn_if_unreliable({Level(): Decision(0.9, 0.1, 0.5, 0.02, 180, 90)})
    """
    undecided = [level for level, decision in decisions.items() if decision.threshold is None]
    if undecided:
        warnings.warn(
            f"Photos without a logo may be given a brand (level {quoted(undecided)}): there are no "
            "such photos to choose a threshold on. Add some, in a class folder no-logo.",
            stacklevel=3,
        )
        return
    for level, decision in decisions.items():
        rate, photos = decision.false_positive_rate, decision.no_logo_photos
        if rate is not None and photos < photos_needed(rate):
            warnings.warn(
                f"The threshold for {rate:.1%} false alarms (level {quoted([level])}) rests on "
                f"{photos} photos without a logo, so the actual rate may be up to "
                f"{upper_end(photos, rate):.0%}. Use {photos_needed(rate)} or more such photos.",
                stacklevel=3,
            )
            return


def rates_table(decisions: Mapping[Level, Decision]) -> pd.DataFrame:
    """List the rates that the thresholds of decisions were chosen for.

    Parameters
    ----------
    decisions : mapping of Level to Decision
        The decisions of a classifier.

    Returns
    -------
    DataFrame
        A row for each level and threshold. ``limit`` is the target rate, ``photos`` the number of
        photos that the threshold was chosen on, and ``up_to`` the upper end of the 95% interval of
        the true rate, 0 to 1, on photos of the same kind.

    Examples
    --------
    >>> decisions = {Level(): Decision(0.9, 0.1, 0.5, 0.02, photos=200, no_logo_photos=100)}
    >>> rates_table(decisions).round(3).iloc[0].to_dict()
    {'photos that get a brand': 'without a logo', 'limit': 0.02, 'photos': 100, 'up_to': 0.062}
    """
    rows = []
    for level, decision in decisions.items():
        limits = [("without a logo", decision.false_positive_rate, decision.no_logo_photos)]
        test = decision.familiarity
        if test is not None:
            limits.append(("of an unknown brand", test.unknown_acceptance_rate, test.strangers))
        rows += [
            (str(level), kind, limit, photos, upper_end(photos, limit))
            for kind, limit, photos in limits
            if limit is not None
        ]
    columns = ["level", "photos that get a brand", "limit", "photos", "up_to"]
    return pd.DataFrame(rows, columns=columns).set_index("level")
