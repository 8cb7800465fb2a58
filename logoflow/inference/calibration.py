"""Validation photos into decisions, one for each number of views, in one pass over the windows."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from logoflow.inference.decision import Decision, fit_decision
from logoflow.inference.scoring import Beside, Evidence
from logoflow.labels import no_logo_index


def fit_decisions(
    photos: Iterable[Evidence],
    truth: Sequence[int],
    classes: Sequence[str],
    views: Sequence[int],
    false_positive_rate: float,
    beside: Sequence[Beside] | None = None,
) -> dict[int, Decision]:
    """Fit a decision for each number of views.

    Parameters
    ----------
    photos : iterable of Evidence
        Of the most of `views` at least.
    truth : sequence of int
        (photos,), class numbers.
    classes : sequence of str
        Names in label order.
    views : sequence of int
        Numbers of views, each 1 to 6.
    false_positive_rate : float
        See `logoflow.fit_decision`.
    beside : sequence of Beside, optional
        Per photo. What of it shows no logo counts as one more photo without a logo: one of the
        same kind as the photos with logos, which those from elsewhere may not be.

    Returns
    -------
    dict of int to Decision

    Raises
    ------
    ValueError
        For another number of views, or as `logoflow.fit_decision` does.
    """
    no_logo = no_logo_index(classes)
    scores = {number: [np.zeros((0, len(classes)))] for number in views}
    extra: dict[int, list[np.ndarray]] = {number: [] for number in views}
    for index, photo in enumerate(photos):
        for number in views:
            scores[number].append(photo.scores(number, no_logo))
            found = beside[index].of(photo, number, no_logo) if beside else None
            extra[number] += [] if found is None else [found]
    return {
        number: fit_decision(
            np.concatenate(scores[number] + extra[number]),
            [*truth, *([no_logo] * len(extra[number]))],  # type: ignore[list-item]
            classes,
            false_positive_rate,
        )
        for number in views
    }


def warn_of_weak(decisions: Mapping[int, Decision]) -> None:
    """Tell the user of a threshold that is missing or rests on too few photos.

    Parameters
    ----------
    decisions : mapping of int to Decision
        By number of views.

    Warns
    -----
    UserWarning
        One at most.
    """
    without = [views for views, one in decisions.items() if one.threshold is None]
    if without:
        warnings.warn(
            f"Every photo will be given a brand (views {_listed(without)}): there was no photo "
            "without a logo to pick a threshold on. Add some, as a class folder no-logo.",
            stacklevel=3,
        )
        return
    for views, one in decisions.items():
        wished, photos = one.false_positive_rate, one.no_logo_photos
        if wished * photos < 1:  # type: ignore[operator]
            warnings.warn(
                f"The threshold for {wished:.1%} of false alarms (views {views}) rests on {photos} "
                f"photos without a logo, and may let many more through: {math.ceil(1 / wished)} "  # type: ignore[operator]
                "are the least that can show such a share.",
                stacklevel=3,
            )
            return


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
