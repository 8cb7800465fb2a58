"""Fit a decision for each level to validation photos, in one pass over their windows."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from logoflow.inference.decision import Decision, fit_decision, quoted
from logoflow.inference.levels import Level
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
        One per photo, with everything that the levels look at.
    truth : sequence of int
        (photos,), labels.
    classes : sequence of str
        Names in label order.
    levels : sequence of Level
        The levels to fit a decision for.
    false_positive_rate : float
        See `logoflow.fit_decision`.
    background : sequence of BackgroundWindows, optional
        (photos,), the windows of each photo that contain no logo. Each photo that has some
        counts as one more no-logo photo. Such examples resemble the logo photos, which no-logo
        photos from elsewhere may not.

    Returns
    -------
    dict of Level to Decision

    Raises
    ------
    ValueError
        As `logoflow.fit_decision` does.

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
    extra: dict[Level, list[np.ndarray]] = {level: [] for level in levels}
    for index, photo in enumerate(photos):
        for level in levels:
            scores[level].append(photo.scores(level, no_logo))
            example = background[index].scores(photo, level, no_logo) if background else None
            if example is not None:
                extra[level].append(example)
    return {
        level: fit_decision(
            np.concatenate(scores[level] + extra[level]),
            [*truth, *([no_logo] * len(extra[level]))],  # type: ignore[list-item]
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

    Warns
    -----
    UserWarning
        At most once.

    Examples
    --------
    >>> warn_if_unreliable({Level(): Decision(0.9, 0.1, 0.5, 0.02, 90, 50)})
    """
    without = [level for level, decision in decisions.items() if decision.threshold is None]
    if without:
        warnings.warn(
            f"Every photo will be given a brand (level {quoted(without)}): there are no photos "
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
