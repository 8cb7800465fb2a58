"""Collect the evidence of photos: logits of windows and regions, known logos and brand names."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import tee
from typing import TYPE_CHECKING

import numpy as np

from logoflow.images.decode import load_image
from logoflow.inference.evidence import Evidence
from logoflow.inference.levels import AUTO, Level, largest_layout, one_pass_layouts
from logoflow.inference.match_and_read import (
    LogosAndText,
    find_logos_and_text,
    match_and_read,
)
from logoflow.inference.region_evidence import region_evidence
from logoflow.inference.window_logits import iter_window_logits

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.matching import LogoMatcher


def collect_evidence(
    classifier: "LogoClassifier",
    photos: Iterable,
    levels: Sequence[Level],
    batch_size: int = 32,
    logos_and_text: Iterable[LogosAndText] | None = None,
) -> Iterator[Evidence]:
    """Yield the evidence of each photo.

    Parameters
    ----------
    classifier : LogoClassifier
    photos : iterable of pictures
        Each as `logoflow.images.decode.load_image` takes it.
    levels : sequence of Level
        How closely to look. The evidence can score the photo at each of these levels.
    batch_size : int
        Windows per pass through the network.
    logos_and_text : iterable of LogosAndText, optional
        (photos,), if the photos have been searched for known logos and text already.

    Yields
    ------
    Evidence

    Raises
    ------
    ImageError
        If a photo cannot be decoded. The message names the photo.
    ValueError
        If a level needs a matcher and the classifier has none, or needs regions and the network
        does not pool its features.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> photo = np.full((300, 300, 3), 90, np.uint8)
    >>> (evidence,) = collect_evidence(classifier, [photo], [Level("few-windows")])
    >>> evidence.logits.shape, evidence.matches is None
    ((5, 2), True)
    """
    check_can_score(levels, classifier.matcher)
    photos, same_photos = tee(photos)
    layout, region_layouts = largest_layout(levels), one_pass_layouts(levels)
    no_windows = np.zeros((0, len(classifier.classes)), np.float32)
    logits_of_photos = (
        iter_window_logits(photos, layout, classifier.logits, batch_size)
        if layout
        else (no_windows for _ in photos)
    )
    same_photos, searched_photos = tee(same_photos)
    matcher, reader = classifier.matcher, classifier.reader
    if logos_and_text is None:
        logos_and_text = (
            find_logos_and_text(photo, levels, matcher, reader) for photo in searched_photos
        )
    for logits, photo, found in zip(logits_of_photos, same_photos, logos_and_text, strict=True):
        matches, letters = match_and_read(found, matcher, reader)
        regions = {}
        if region_layouts:
            nets, pixels = classifier.nets_for_regions(), load_image(photo)
            regions = region_evidence(nets, pixels, region_layouts, classifier.prototypes)
        yield Evidence(logits, matches, letters, regions)


def check_can_score(levels: Iterable[Level], matcher: "LogoMatcher | None") -> None:
    """Raise an error if photos cannot be scored at a level.

    Parameters
    ----------
    levels : iterable of Level
    matcher : LogoMatcher or None
        What the classifier knows of the logos of its training photos.

    Raises
    ------
    ValueError
        If a level is ``"auto"``, or needs a matcher and there is none.
    """
    for level in levels:
        check_matcher(level, matcher)
        if level.windows == AUTO:
            raise ValueError(
                'The level "auto" has no scores of its own. Call predict or lf.assess, or give '
                'another level, such as "regions".'
            )


def check_matcher(level: Level, matcher: "LogoMatcher | None") -> None:
    """Raise a ValueError if a level needs a matcher and there is none."""
    if level.match_logos and matcher is None:
        raise ValueError(
            f'The level "{level}" compares photos with the logos of the training photos, but '
            "this classifier knows no logos. Train it with fit(root, ..., match_logos=True) on "
            "photos with boxes, or leave match_logos off."
        )
