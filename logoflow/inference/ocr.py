"""Read brand names in photos: many logos are the brand's name in legible letters."""

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

SIDE = 960  # pixels: photos are resized to this longer side
MIN_SIDE = 64  # pixels: a shorter side below this is padded
MIN_SIMILARITY = 0.8  # a word that is less similar to a name does not count
MAX_LETTERS = 5  # letters of a name that count: five are as good as certain
MAX_WORDS = 4  # words that a name may be split into, on one line or on several

Boxes = Sequence[Sequence[float]]


class Line(NamedTuple):
    """A line of text in a picture.

    Parameters
    ----------
    text : str
        The text, in any script.
    x, y : float
        Middle of the line, in pixels.
    """

    text: str
    x: float
    y: float


class BrandNameReader:
    """Read the text in pictures and look for brand names in it.

    A classification network must see a brand's letters in training in every typeface. A text
    reader knows them in any typeface. It needs no training photos, and it does not find logos
    without letters.

    Parameters
    ----------
    classes : sequence of str
        Names in label order. Case, accents, spaces and punctuation do not matter. No-logo is not
        looked for.

    Notes
    -----
    The reader is RapidOCR with PaddleOCR's networks, which were trained on other pictures. A
    brand name that is also a common word, such as "apple", always counts as the brand.

    Examples
    --------
    >>> reader = BrandNameReader(["google", "hp", "no-logo"])
    >>> reader.matched_letters(np.full((200, 300, 3), 90, np.uint8))  # a grey picture
    array([0., 0., 0.])
    """

    def __init__(self, classes: Sequence[str]):
        self.classes = tuple(classes)

    @cached_property
    def _engine(self):
        require_extra("read")
        from rapidocr import RapidOCR  # the import takes a second: only when something is read

        return RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # whether text is upside down
                "Det.limit_type": "max",
                "Det.limit_side_len": SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": wanted_threads(),
            }
        )

    def read(self, image: object) -> list[Line]:
        """Read the text in a picture.

        Parameters
        ----------
        image : picture
            What `logoflow.images.decode.load_image` takes.

        Returns
        -------
        list of Line
            From top to bottom.

        Examples
        --------
        >>> picture = np.full((120, 480, 3), 255, np.uint8)
        >>> _ = cv2.putText(picture, "google", (40, 80), 0, 2.5, (0, 0, 0), 5)
        >>> [line.text for line in BrandNameReader(["google"]).read(picture)]
        ['google']
        """
        pixels, scale = _resized(load_image(image))
        output = self._engine(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        if output.txts is None:
            return []
        middles = np.asarray(output.boxes).mean(axis=1) / scale
        return [
            Line(text, float(x), float(y))
            for text, (x, y) in zip(output.txts, middles, strict=True)
        ]

    def matched_letters(self, image: object, ignore: Boxes = ()) -> np.ndarray:
        """Count the letters of each brand's name that are read in a picture.

        Parameters
        ----------
        image : picture
            What `logoflow.images.decode.load_image` takes.
        ignore : sequence of (x, y, width, height)
            Parts of the picture whose text does not count, in pixels.

        Returns
        -------
        ndarray
            (classes,), float64, from 0 (the name was not read) to 5. A word that only resembles
            the name counts less.

        Examples
        --------
        >>> reader = BrandNameReader(["google", "hp", "no-logo"])
        >>> picture = np.full((120, 480, 3), 255, np.uint8)
        >>> _ = cv2.putText(picture, "google", (40, 80), 0, 2.5, (0, 0, 0), 5)
        >>> reader.matched_letters(picture).round()
        array([5., 0., 0.])
        """
        return self.letters(self.read(image), ignore)

    def letters(self, lines: Sequence[Line], ignore: Boxes = ()) -> np.ndarray:
        """Count the letters of each brand's name in lines of text.

        Parameters
        ----------
        lines : sequence of Line
            What `read` returned.
        ignore : sequence of (x, y, width, height)
            Parts of the picture whose text does not count, in pixels.

        Returns
        -------
        ndarray
            See `matched_letters`.

        Examples
        --------
        >>> BrandNameReader(["google", "hp"]).letters([Line("google", 5, 5)])
        array([5., 0.])
        """
        texts = [line.text for line in lines if not _is_inside(line, ignore)]
        return letters_in_lines(texts, self.classes)


def letters_in_lines(lines: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Count the letters of brand names in lines of text: see `BrandNameReader.matched_letters`.

    Examples
    --------
    >>> letters_in_lines(["Coca-", "Cola", "vodafona"], ["Cocacola", "vodafone", "hp"]).round(1)
    array([5. , 1.9, 0. ])
    """
    words = sorted(set(_joined([word for line in lines for word in _words(line)])))
    return np.array([_letters("".join(_words(name)), words) for name in _names(classes)])


def _names(classes: Sequence[str]) -> list[str]:
    """List the names to look for, in label order. The empty name, for no-logo, matches no word."""
    return ["" if name == NO_LOGO else name for name in classes]


def _letters(name: str, words: Sequence[str]) -> float:
    """Count the letters of one name: all if a word is the name, none at a similarity of 0.8.

    The similarity is twice the length of the longest common subsequence of word and name, divided
    by the sum of their lengths.
    """
    # rapidfuzz comes with the extra `read`; this module is imported without it too.
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import extractOne

    closest = extractOne(
        name, words, scorer=Indel.normalized_similarity, score_cutoff=MIN_SIMILARITY
    )
    if closest is None:
        return 0.0
    _, similarity, _ = closest
    return min(len(name), MAX_LETTERS) * (similarity - MIN_SIMILARITY) / (1 - MIN_SIMILARITY)


def _words(text: str) -> list[str]:
    """Split text into words of lower-case letters and digits without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """List single words, and neighbouring words joined."""
    for count in range(1, MAX_WORDS + 1):
        for start in range(len(words) - count + 1):
            yield "".join(words[start : start + count])


def _resized(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Resize a picture for reading, and return the scale factor.

    All pictures, even the narrowest, then take about the same time and memory.
    """
    scale = SIDE / max(pixels.shape[:2])
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    interpolation = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    resized = cv2.resize(pixels, (width, height), interpolation=interpolation)
    bottom, right = max(0, MIN_SIDE - height), max(0, MIN_SIDE - width)
    return cv2.copyMakeBorder(resized, 0, bottom, 0, right, cv2.BORDER_REPLICATE), scale


def _is_inside(line: Line, boxes: Boxes) -> bool:
    return any(x <= line.x <= x + w and y <= line.y <= y + h for x, y, w, h in boxes)
