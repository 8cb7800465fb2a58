"""Brands that must not be learnt from, because the networks are measured on them.

They are the brands of FlickrLogos-27 and FlickrLogos-32. Names catch almost all of their marks.
`near_copies` lists marks of the same shape under other names, for a person to look at.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

# These words leave a mark out wherever its name starts with them.
PREFIXES_TEXT = """
adidas aldinord aldisud apple becksbeer bmw carlsberg chimay citroen cocacola disney erdinger
fedex ferrari fosters google guiness guinness heineken intel mcdonalds milkachocolate nike
nvidia paulaner pepsi porsche puma redbull rittersport singha starbucks stellaartois texaco
tsingtao unicef vodafone yahoo
"""
PREFIXES = PREFIXES_TEXT.split()

# These are too short or too common for that. They leave a mark out as a word of its name.
WORDS_TEXT = """
aldi becks corona dhl esso ford heinekens hp mcdonald milka mini nbc shell singha sprite ups
"""
WORDS = WORDS_TEXT.split()

# The same brands' products, and their marks under other names. The last line was found by shape.
ALIASES_TEXT = """
antigravity appscript chrome chromecast chromewebstore cuda gcloud gcp playstore hewlettpackard
"""
ALIASES = ALIASES_TEXT.split()

NAMES = {*PREFIXES, *WORDS, *ALIASES}

# Marks in the colour and shape of a brand above, though the name does not tell.
MARKS = {"bxl:gemini"}

GRID = 32  # pixels of the side at which shapes are compared


def is_left_out(name: str, source: str = "") -> bool:
    """Tell whether a mark may belong to a brand that is left out.

    Parameters
    ----------
    name : str
        Name of the icon, such as "google-cloud".
    source : str
        Name of the package.

    Returns
    -------
    bool
        True also for some other brands whose names begin alike.

    Examples
    --------
    >>> is_left_out("google-cloud"), is_left_out("ups"), is_left_out("upstash")
    (True, True, False)
    """
    words = re.split(r"[^a-z0-9]+", name.lower())
    joined = {"".join(pair) for pair in pairwise(words)} | set(words)
    whole = "".join(words)
    return (
        f"{source}:{name}" in MARKS
        or not joined.isdisjoint(NAMES)
        or whole in WORDS
        or whole.startswith((*PREFIXES, *ALIASES))
    )


class NearCopy(NamedTuple):
    """A mark that looks like one of a brand that is left out."""

    likeness: float  # correlation of the two shapes, 1 at most
    mark: int
    reference: int


def near_copies(
    marks: Sequence[np.ndarray], references: Sequence[np.ndarray], least: float = 0.8
) -> list[NearCopy]:
    """List the marks whose shape is close to that of a reference, the closest first.

    Parameters
    ----------
    marks : sequence of ndarray
        Opacity of each mark, (height, width), uint8.
    references : sequence of ndarray
        The same of the brands that are left out.
    least : float
        Least correlation.

    Returns
    -------
    list of NearCopy
        The best reference of each mark, as drawn or with dark and light exchanged.

    Examples
    --------
    >>> bar = np.zeros((32, 32), np.uint8)
    >>> bar[8:16] = 255
    >>> [(copy.mark, copy.reference) for copy in near_copies([bar.T, bar], [bar])]
    [(1, 0)]
    """
    shapes = np.stack([shape(mark) for mark in marks])
    likeness = np.abs(shapes @ np.stack([shape(reference) for reference in references]).T)
    best = likeness.argmax(axis=1)
    found = [
        NearCopy(float(likeness[mark, reference]), mark, int(reference))
        for mark, reference in enumerate(best)
        if likeness[mark, reference] >= least
    ]
    return sorted(found, reverse=True)


def shape(opacity: np.ndarray) -> np.ndarray:
    """Describe a shape by a small picture of mean 0 and length 1."""
    side = max(opacity.shape)
    square = np.zeros((side, side), np.float32)
    top, left = ((side - length) // 2 for length in opacity.shape)
    square[top : top + opacity.shape[0], left : left + opacity.shape[1]] = opacity
    small = cv2.resize(square, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)
