"""Look for known logos and brand names in a photo."""

from collections.abc import Sequence

import numpy as np

from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher
from logoflow.inference.ocr import BrandNameReader

Boxes = Sequence[Sequence[float]]
"""Boxes around the logos of a photo: x, y, width and height of each, in pixels."""


def match_and_read(
    image: object,
    levels: Sequence[Level],
    matcher: LogoMatcher | None,
    reader: BrandNameReader,
    ignore: Boxes = (),
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Look for known logos and brand names in a picture, where a level asks for it.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes.
    levels : sequence of Level
        Their switches `match_logos` and `read_names` say what to look for.
    matcher : LogoMatcher or None
        Knows the training photos' logos. `match_logos` needs it.
    reader : BrandNameReader
        Knows the brand names.
    ignore : sequence of (x, y, width, height)
        Parts of the picture to leave out, in pixels.

    Returns
    -------
    matches : ndarray of int or None
        (classes,), matching features. None if no level asks for them.
    letters : ndarray or None
        (classes,), letters of names. None if no level asks for them.

    Examples
    --------
    >>> match_and_read("photo.jpg", [Level("windows")], None, BrandNameReader(["bmw", "no-logo"]))
    (None, None)
    """
    matches = letters = None
    if matcher and any(level.match_logos for level in levels):
        matches = matcher.count_inliers(image, len(reader.classes), ignore)
    if any(level.read_names for level in levels):
        letters = reader.matched_letters(image, ignore)
    return matches, letters
