"""Look for known logos and brand names in a photo."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher, Matches
from logoflow.inference.ocr import BrandNameReader, Line

Boxes = Sequence[Sequence[float]]
"""Boxes around the logos of a photo: x, y, width and height of each, in pixels."""


class LogosAndText(NamedTuple):
    """What is found in a picture, before any part of it is left out.

    Parameters
    ----------
    matches : Matches or None
        Features like those of known logos. None if no level asks for them.
    lines : list of Line or None
        The text. None if no level asks for it.
    """

    matches: Matches | None
    lines: list[Line] | None


def find_logos_and_text(
    image: object,
    levels: Sequence[Level],
    matcher: LogoMatcher | None,
    reader: BrandNameReader,
) -> LogosAndText:
    """Look for known logos and text in a picture, where a level asks for it.

    Parameters
    ----------
    image : picture
        What `logoflow.images.decode.load_image` takes.
    levels : sequence of Level
        Their switches `match_logos` and `read_names` say what to look for.
    matcher : LogoMatcher or None
        Knows the training photos' logos. `match_logos` needs it.
    reader : BrandNameReader
        Reads the text.

    Returns
    -------
    LogosAndText

    Examples
    --------
    >>> reader = BrandNameReader(["bmw", "no-logo"])
    >>> find_logos_and_text("photo.jpg", [Level("windows")], None, reader)
    LogosAndText(matches=None, lines=None)
    """
    matches = lines = None
    if matcher and any(level.match_logos for level in levels):
        matches = matcher.match(image)
    if any(level.read_names for level in levels):
        lines = reader.read(image)
    return LogosAndText(matches, lines)


def match_and_read(
    found: LogosAndText,
    matcher: LogoMatcher | None,
    reader: BrandNameReader,
    ignore: Boxes = (),
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Count what speaks for each brand: features of known logos, and letters of names.

    Parameters
    ----------
    found : LogosAndText
        What `find_logos_and_text` returned.
    matcher : LogoMatcher or None
        The same as there.
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
    >>> match_and_read(LogosAndText(None, None), None, BrandNameReader(["bmw", "no-logo"]))
    (None, None)
    """
    matches = letters = None
    if matcher and found.matches is not None:
        matches = matcher.count(found.matches, len(reader.classes), ignore)
    if found.lines is not None:
        letters = reader.letters(found.lines, ignore)
    return matches, letters
