"""Reading brands' names: a logo is often the name itself, written in letters that can be read."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from logoflow.images.decode import load_image
from logoflow.labels import NO_LOGO
from logoflow.utils.extras import require_extra
from logoflow.utils.threads import wanted_threads

SIDE = 960  # pixels that a photo's longer side is brought to before it is read
LEAST_SIDE = 64  # pixels of the shorter one; narrower ones get a rim
ALIKE = 0.8  # share of letters that a word and a name have in common, to be taken for it
MOST_LETTERS = 5  # of a name count: a longer one is as good as certain
MOST_WORDS = 4  # of a name written apart, or below each other

Boxes = Sequence[Sequence[float]]


class Line(NamedTuple):
    """A line of text in a picture.

    Parameters
    ----------
    text : str
        As it was read, any script.
    x, y : float
        Its middle, pixels.
    """

    text: str
    x: float
    y: float


class NameReader:
    """Reads the text in pictures and looks for brands' names in it.

    A net has to see a brand's letters in training in each shape that they take; who reads knows
    a name in any. It needs no training photos, and it finds nothing where a logo has no letters.

    Parameters
    ----------
    classes : sequence of str
        Names in label order; capitals, accents, spaces and signs in them do not matter. No-logo
        is nobody's name.

    Notes
    -----
    The reader is RapidOCR with PaddleOCR's networks, which learnt to read on other pictures.
    A word that the brand shares with a dictionary, "apple", is taken for the brand.

    Examples
    --------
    >>> NameReader(["google", "hp", "no-logo"]).letters("shop-window.jpg")
    array([5., 0., 0.])
    """

    def __init__(self, classes: Sequence[str]):
        self.classes = tuple(classes)

    @cached_property
    def _engine(self):
        require_extra("read")
        from rapidocr import RapidOCR  # takes a second to import: only where something is read

        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # upside down
                "Det.limit_type": "max",
                "Det.limit_side_len": SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": wanted_threads(),
            }
        )

    def read(self, image: object) -> list[Line]:
        """Read what is written in a picture.

        Parameters
        ----------
        image : picture
            What `logoflow.load_image` takes.

        Returns
        -------
        list of Line
            From top to bottom.
        """
        pixels, scale = _sized(load_image(image))
        found = self._engine(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        if found.txts is None:
            return []
        middles = np.asarray(found.boxes).mean(axis=1) / scale
        return [Line(text, *map(float, at)) for text, at in zip(found.txts, middles, strict=True)]

    def letters(self, image: object, ignore: Boxes = ()) -> np.ndarray:
        """Count the letters of each brand's name that were read in a picture.

        Parameters
        ----------
        image : picture
            What `logoflow.load_image` takes.
        ignore : sequence of (x, y, width, height)
            Parts of the picture whose lines do not count, pixels.

        Returns
        -------
        ndarray
            (classes,) float64, 0 (its name was not read) to 5; fewer for a word that resembles
            the name and is not the same.
        """
        lines = [line for line in self.read(image) if not _inside(line, ignore)]
        return letters_of([line.text for line in lines], self.classes)


def letters_of(lines: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Count the letters of brands' names in lines of text: see `NameReader.letters`.

    Examples
    --------
    >>> letters_of(["Coca-", "Cola", "vodafona"], ["Cocacola", "vodafone", "hp"]).round(2)
    array([5.  , 1.88, 0.  ])
    """
    words = sorted(set(_joined([word for line in lines for word in _words(line)])))
    return np.array([_letters("".join(_words(name)), words) for name in _names(classes)])


def _names(classes: Sequence[str]) -> list[str]:
    return ["" if name == NO_LOGO else name for name in classes]


def _letters(name: str, words: Sequence[str]) -> float:
    """Letters of one name: all of them for the word itself, 0 for a word with a share of ALIKE.

    The similarity is twice the length of the longest common subsequence of word and name, divided
    by the sum of their lengths.
    """
    # rapidfuzz comes with the extra `read`; this module is imported without it too.
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import extractOne

    closest = extractOne(name, words, scorer=Indel.normalized_similarity, score_cutoff=ALIKE)
    if closest is None:
        return 0.0
    _, similarity, _ = closest
    return min(len(name), MOST_LETTERS) * (similarity - ALIKE) / (1 - ALIKE)


def _words(text: str) -> list[str]:
    """Letters and digits without accents and capitals, word by word."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Words, and neighbours as one word."""
    for count in range(1, MOST_WORDS + 1):
        for start in range(len(words) - count + 1):
            yield "".join(words[start : start + count])


def _sized(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """A picture of the size to read, and how many times as large as it was.

    All pictures take about as long and as much memory to read then, the narrowest too.
    """
    scale = SIDE / max(pixels.shape[:2])
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    kind = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(pixels, (width, height), interpolation=kind)
    below, right = max(0, LEAST_SIDE - height), max(0, LEAST_SIDE - width)
    return cv2.copyMakeBorder(sized, 0, below, 0, right, cv2.BORDER_REPLICATE), scale


def _inside(line: Line, boxes: Boxes) -> bool:
    return any(x <= line.x <= x + w and y <= line.y <= y + h for x, y, w, h in boxes)
