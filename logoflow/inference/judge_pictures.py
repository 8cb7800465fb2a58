"""From pictures to answers: decode pictures, collect their evidence, and judge it."""

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.auto import Stages
from logoflow.inference.collect_evidence import check_can_score, collect_evidence
from logoflow.inference.decision import decision_for
from logoflow.inference.judge import Judgement, judge
from logoflow.inference.levels import Level
from logoflow.inference.pictures import Loaded, load_in_batches, read_pictures
from logoflow.loading.prefetch import prefetched
from logoflow.metrics.logo_score import against_no_logo
from logoflow.utils.progress import bar
from logoflow.utils.threads import network_lock

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier


def judge_pictures(
    classifier: "LogoClassifier",
    images: object,
    level: Level,
    batch_size: int = 32,
    on_error: str = "raise",
) -> Iterable[tuple[Loaded, Judgement | None]]:
    """Find the answer for each picture, a few at a time.

    Parameters
    ----------
    classifier : LogoClassifier
    images, batch_size, on_error
        See `LogoClassifier.predict`.
    level : Level
        How closely to look.

    Returns
    -------
    iterable of (Loaded, Judgement or None)
        Each picture with its answer; None if the picture could not be read.

    Raises
    ------
    ImageError, FileNotFoundError, TypeError, ValueError
        See `LogoClassifier.predict`.
    """
    stages = decision_for(classifier.decisions, level).stages
    if stages is None:
        check_can_score([level], classifier.matcher)
    pictures = read_pictures(images, on_error)
    batches = load_in_batches(pictures, batch_size, on_error)
    if isinstance(pictures, Sized):  # a generator may work in the caller's thread only
        batches = prefetched(batches)
    judged = (
        answer
        for batch in batches
        for answer in _judge_batch(classifier, batch, level, stages, batch_size)
    )
    total = len(pictures) if isinstance(pictures, Sized) else None
    return bar(judged, "pictures", total)


def judgements_of(
    classifier: "LogoClassifier", images: object, level: Level, batch_size: int = 32
) -> list[Judgement]:
    """Return the answer for each picture, in order. A picture that cannot be read is an error.

    Parameters
    ----------
    classifier, images, level, batch_size
        See `judge_pictures`.

    Returns
    -------
    list of Judgement

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> picture = np.full((300, 300, 3), 90, np.uint8)
    >>> judgements_of(classifier, picture, Level())[0].probabilities.shape
    (2,)
    """
    judged = judge_pictures(classifier, images, level, batch_size)
    return [judgement for _, judgement in judged if judgement is not None]


def _judge_batch(
    classifier: "LogoClassifier",
    batch: list[Loaded],
    level: Level,
    stages: Stages | None,
    batch_size: int,
) -> Iterator[tuple[Loaded, Judgement | None]]:
    """Judge the pictures of a batch that could be read."""
    photos = [loaded.pixels for loaded in batch if loaded.pixels is not None]
    with network_lock:
        if stages is None:
            judgements = iter(_judge(classifier, photos, level, batch_size))
        else:
            judgements = iter(_judge_in_stages(classifier, photos, stages, batch_size))
    for loaded in batch:
        yield loaded, None if loaded.pixels is None else next(judgements)


def _judge(
    classifier: "LogoClassifier", photos: Sequence[np.ndarray], level: Level, batch_size: int
) -> list[Judgement]:
    decision = decision_for(classifier.decisions, level)
    evidence = collect_evidence(classifier, photos, [level], batch_size)
    return [judge(photo, level, decision, classifier.no_logo) for photo in evidence]


def _judge_in_stages(
    classifier: "LogoClassifier", photos: Sequence[np.ndarray], stages: Stages, batch_size: int
) -> list[Judgement]:
    """Judge photos at the level "auto": look closer where the first look leaves the answer open."""
    judgements = _judge(classifier, photos, stages.first, batch_size)
    still_open = [
        position
        for position, judgement in enumerate(judgements)
        if stages.is_open(_logo_score(judgement, classifier.no_logo), judgement.reason is None)
    ]
    open_photos = [photos[position] for position in still_open]
    closer = _judge(classifier, open_photos, stages.closer, batch_size)
    for position, judgement in zip(still_open, closer, strict=True):
        judgements[position] = judgement
    return judgements


def _logo_score(judgement: Judgement, no_logo: int | None) -> float:
    return float(against_no_logo(judgement.probabilities[None], no_logo)[0])
