"""From the evidence of a photo to its answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from logoflow.inference.auto import Stages
from logoflow.inference.decision import Decision, decide, probabilities, reasons_against
from logoflow.inference.evidence import Evidence
from logoflow.inference.levels import Level
from logoflow.metrics.logo_score import against_no_logo

Collect = Callable[[Sequence, Level], Iterable[Evidence]]
"""A function that takes pictures and a level and returns the evidence of each picture."""


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
    (label,) = decide(calibrated, decision, no_logo, features)
    (reason,) = reasons_against(calibrated, decision, no_logo, features)
    return Judgement(calibrated[0], int(label), reason)


def judge_in_stages(
    pictures: Iterable,
    stages: Stages,
    decisions: Mapping[Level, Decision],
    collect: Collect,
    no_logo: int | None,
    batch_size: int,
) -> Iterator[Judgement]:
    """Judge pictures at the level ``"auto"``.

    Parameters
    ----------
    pictures : iterable of pictures
    stages : Stages
        The two looks, and the bounds between which the closer one decides.
    decisions : mapping of Level to Decision
        It has those of both looks.
    collect : function
        It collects evidence (`Collect`).
    no_logo : int or None
        Label of no-logo. None if there is no such class.
    batch_size : int
        Pictures in memory at once.

    Yields
    ------
    Judgement
        In the order of the pictures.
    """
    remaining = iter(pictures)
    while batch := list(islice(remaining, batch_size)):
        judgements = _judge_all(batch, stages.first, decisions, collect, no_logo)
        still_open = [
            position
            for position, judgement in enumerate(judgements)
            if stages.is_open(_logo_score(judgement, no_logo), judgement.reason is None)
        ]
        photos = [batch[position] for position in still_open]
        closer = _judge_all(photos, stages.closer, decisions, collect, no_logo)
        for position, judgement in zip(still_open, closer, strict=True):
            judgements[position] = judgement
        yield from judgements


def _judge_all(
    pictures: Sequence,
    level: Level,
    decisions: Mapping[Level, Decision],
    collect: Collect,
    no_logo: int | None,
) -> list[Judgement]:
    decision = decisions[level]
    return [judge(photo, level, decision, no_logo) for photo in collect(pictures, level)]


def _logo_score(judgement: Judgement, no_logo: int | None) -> float:
    return float(against_no_logo(judgement.probabilities[None], no_logo)[0])
