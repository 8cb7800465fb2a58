"""Fit a decision for each level to validation photos, in one pass over their windows."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from logoflow.inference.decision import Decision, fit_decision
from logoflow.inference.levels import Level, quoted
from logoflow.inference.scoring import BackgroundWindows, Evidence
from logoflow.labels import no_logo_index


def fit_decisions(
    photos: Iterable[Evidence],
    truth: Sequence[int],
    classes: Sequence[str],
    levels: Sequence[Level],
    false_positive_rate: float,
    background: Sequence[BackgroundWindows] | None = None,
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
        See `logoflow.inference.decision.fit_decision`.
    background : sequence of BackgroundWindows, optional
        (photos,), the windows of each photo that contain no logo. A photo with background
        windows counts as one more no-logo photo. These examples resemble the logo photos; no-logo
        photos from another source may not.

    Returns
    -------
    dict of Level to Decision

    Raises
    ------
    ValueError
        See `logoflow.inference.decision.fit_decision`.

    Examples
    --------
    >>> logits = np.log([[[0.8, 0.2]], [[0.7, 0.3]], [[0.1, 0.9]], [[0.6, 0.4]]])
    >>> photos = [Evidence(windows) for windows in logits]
    >>> fitted = fit_decisions(photos, [0, 0, 1, 1], ["bmw", "no-logo"], [Level()], 0.4)
    >>> fitted[Level()].no_logo_photos
    2
    """
    no_logo = no_logo_index(classes)
    scores = {level: [np.zeros((0, len(classes)))] for level in levels}
    extra_scores: dict[Level, list[np.ndarray]] = {level: [] for level in levels}
    for index, photo in enumerate(photos):
        for level in levels:
            scores[level].append(photo.scores(level, no_logo))
            example = background[index].scores(photo, level, no_logo) if background else None
            if example is not None:
                extra_scores[level].append(example)
    return {
        level: fit_decision(
            np.concatenate(scores[level] + extra_scores[level]),
            [*truth, *([no_logo] * len(extra_scores[level]))],  # type: ignore[list-item]
            classes,
            false_positive_rate,
        )
        for level in levels
    }


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
    >>> warn_if_unreliable({Level(): Decision(0.9, 0.1, 0.5, 0.02, 90, 50)})
    """
    undecided = [level for level, decision in decisions.items() if decision.threshold is None]
    if undecided:
        warnings.warn(
            f"Every photo will be given a brand (level {quoted(undecided)}): there are no photos "
            "without a logo to pick a threshold on. Add some, in a class folder no-logo.",
            stacklevel=3,
        )
        return
    for level, decision in decisions.items():
        rate, photos = decision.false_positive_rate, decision.no_logo_photos
        if rate * photos < 1:  # type: ignore[operator]
            warnings.warn(
                f"The threshold for {rate:.1%} false alarms (level {quoted([level])}) rests on "
                f"{photos} photos without a logo, so the actual rate may be much higher: it takes "
                f"{math.ceil(1 / rate)} or more to show such a rate.",  # type: ignore[operator]
                stacklevel=3,
            )
            return
