"""From the evidence of a photo to its answer."""

from typing import NamedTuple

import numpy as np

from logoflow.inference.decision import Decision, likeliest_brands, probabilities, reasons_against
from logoflow.inference.evidence import Evidence
from logoflow.inference.levels import Level


class Judgement(NamedTuple):
    """The answer for a photo.

    Parameters
    ----------
    probabilities : ndarray
        (classes,), calibrated, 0 to 1.
    label : int
        The answer. Without a class no-logo, it is the likeliest brand even if there is a reason.
    reason : str or None
        Why no brand is named (`logoflow.inference.decision.REASONS`). None if one is.
    """

    probabilities: np.ndarray
    label: int
    reason: str | None


def judge(photo: Evidence, level: Level, decision: Decision, no_logo: int | None) -> Judgement:
    """Judge a photo at a level.

    Parameters
    ----------
    photo : Evidence
    level : Level
    decision : Decision
        The decision for this level.
    no_logo : int or None
        Label of no-logo. None if there is no such class.

    Returns
    -------
    Judgement

    Examples
    --------
    >>> photo = Evidence(np.log([[0.7, 0.1, 0.2]]))
    >>> answer = judge(photo, Level(), Decision(threshold=0.9), no_logo=2)
    >>> answer.label, answer.reason
    (2, 'no logo')
    """
    scores, features = photo.scores(level, no_logo), None
    calibrated = probabilities(scores, decision, no_logo)
    if decision.familiarity is not None:
        features = photo.familiarity_features(level, no_logo, scores)
    (label,) = likeliest_brands(calibrated, no_logo)
    (reason,) = reasons_against(calibrated, decision, no_logo, features)
    if reason is not None and no_logo is not None:
        label = no_logo
    return Judgement(calibrated[0], int(label), reason)
