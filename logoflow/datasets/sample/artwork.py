"""The brand artwork of the sample: Simple Icons (CC0), in variants that differ between splits.

A mark is a glyph with colours and a plate (its background shape), ready to be printed on an object.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw

from logoflow.datasets.sample.glyphs import trim
from logoflow.datasets.sample.textures import deep, mix, sheet

BRANDS = (
    "adidas", "aldi", "apple", "bmw", "carlsberg", "cocacola", "dhl", "fedex",
    "ferrari", "ford", "google", "HP", "nvidia", "shell", "starbucks", "ups",
    "citroen", "mcdonalds", "mini", "nbc", "nike", "intel", "porsche", "puma",
    "redbull", "vodafone", "audi", "burgerking", "honda", "mastercard", "toyota", "volkswagen",
)  # fmt: skip
_ICON_NAME = {"aldi": "aldinord", "carlsberg": "carlsberggroup", "HP": "hp"}
# Simple Icons has one colour per brand. These brands get a second colour, because their first one
# has too little contrast to white.
_SECOND_COLOUR = {"shell": "#DD1D21", "dhl": "#D40511", "mcdonalds": "#DA291C", "nvidia": "#000000"}

INKS = ("colour-on-white", "white-on-colour", "dark-on-light", "light-on-dark",
        "colour-on-pale", "pale-on-shade")  # fmt: skip
PLATES = ("none", "rounded", "disc", "band", "ring", "hexagon")
FINISHES = ("flat", "embossed", "outlined", "worn")
SPLITS = ("train", "val", "test")


class Variant(NamedTuple):
    """A way to print a mark.

    Parameters
    ----------
    ink : str
        Colour scheme, one of `INKS`.
    plate : str
        Shape behind the glyph, one of `PLATES`.
    finish : str
        One of `FINISHES`.

    Examples
    --------
    >>> str(Variant("dark-on-light", "disc", "flat"))
    'dark-on-light/disc/flat'
    """

    ink: str
    plate: str
    finish: str

    def __str__(self) -> str:
        return "/".join(self)

    @classmethod
    def parse(cls, text: str) -> "Variant":
        """Convert the result of ``str(variant)`` back to a variant."""
        return cls(*text.split("/"))


class Mark(NamedTuple):
    """A printed mark.

    Parameters
    ----------
    rgb : ndarray
        (H, W, 3), float32, 0 to 1.
    alpha : ndarray
        (H, W): coverage of the mark and its plate, 0 to 1.
    ink : ndarray
        (H, W): coverage of the glyph, 0 to 1.
    ground : ndarray
        (3,): colour around the glyph.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    ink: np.ndarray
    ground: np.ndarray


def variants_of(split: str) -> list[Variant]:
    """List the artwork variants of a split. No two splits share a variant.

    A Latin square distributes the pairs of colour scheme and plate: every split has all colour
    schemes and all plates, but no split has a pair of another split.

    Parameters
    ----------
    split : str
        One of `SPLITS`.

    Returns
    -------
    list of Variant

    Examples
    --------
    >>> len(variants_of("train")), len(set(variants_of("train")) & set(variants_of("test")))
    (12, 0)
    """
    split_number = SPLITS.index(split)
    return [
        Variant(ink, plate, FINISHES[(i + j // 2) % len(FINISHES)])
        for i, ink in enumerate(INKS)
        for j, plate in enumerate(PLATES)
        if (i + j) % len(SPLITS) == split_number
    ]


@lru_cache(maxsize=64)
def _icon(brand: str):
    from simplepycons import all_icons

    name = _ICON_NAME.get(brand, brand)
    try:
        return all_icons[name]
    except KeyError:
        raise LookupError(
            f"simplepycons has no icon {name!r}, which the sample needs for {brand!r}: "
            "install the version of simplepycons in requirements.txt"
        ) from None


@lru_cache(maxsize=64)
def brand_glyph(brand: str) -> np.ndarray:
    """Draw the icon of a brand as coverage, (H, W), 0 to 1; the longer side is 480 pixels."""
    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=_icon(brand).raw_svg, width=480))
    return trim(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3])


def brand_colours(brand: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the first and second colour of a brand; equal unless the first is too pale."""
    first = _icon(brand).primary_color
    return _hex(first), _hex(_SECOND_COLOUR.get(brand, first))


def draw_mark(
    rng: np.random.Generator,
    glyph: np.ndarray,
    colours: tuple[np.ndarray, np.ndarray],
    variant: Variant,
    extent: int,
    blank: bool = False,
) -> Mark:
    """Print a glyph on a plate, in the colours of a variant.

    Parameters
    ----------
    rng : Generator
        Chooses the exact tints.
    glyph : ndarray
        (H, W): coverage, cropped to the glyph.
    colours : pair of ndarray
        First and second colour of the brand, RGB, 0 to 1.
    variant : Variant
        Colours, plate and finish.
    extent : int
        Longer side of the glyph in the result, in pixels.
    blank : bool
        Leave the plate empty. `ink` still contains the glyph that is missing.

    Returns
    -------
    Mark
        As large as the plate, or as the glyph with a small margin if there is no plate.
    """
    ink_colour, ground = _colours(rng, variant.ink, colours)
    scale = extent / max(glyph.shape)
    size = [max(2, round(n * scale)) for n in glyph.shape[::-1]]
    ink = cv2.resize(glyph, size, interpolation=cv2.INTER_AREA)
    plate, ink = _plate(variant.plate, ink)
    rgb = sheet(*ink.shape, ground)
    if variant.plate in ("ring", "hexagon"):
        rim = plate - cv2.erode(plate, np.ones((3, 3)), iterations=max(1, extent // 40))
        rgb = mix(rgb, ink_colour, rim)
    if blank:
        return Mark(np.clip(rgb, 0, 1), plate, ink, ground)
    rgb = _finish(rng, variant.finish, rgb, ink, ink_colour)
    return Mark(np.clip(rgb, 0, 1), np.maximum(plate, ink), ink, ground)


def _hex(code: str) -> np.ndarray:
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def _luma(colour: np.ndarray) -> float:
    return float(colour @ np.array([0.299, 0.587, 0.114]))


def _colours(rng, scheme, colours) -> tuple[np.ndarray, np.ndarray]:
    """Choose the ink and ground colour of a scheme, with enough contrast to be readable."""
    first, second = colours
    dark = np.full(3, rng.uniform(0.04, 0.14), np.float32)
    light = np.float32(1) - np.abs(rng.normal(0, 0.03, 3)).astype(np.float32)
    pale = np.array([0.82, 0.78, 0.7]) + rng.normal(0, 0.06, 3)
    deep = second if _luma(second) < 0.55 else second * 0.5
    ink, ground = {
        "colour-on-white": (deep if _luma(first) > 0.7 else first, light),
        "white-on-colour": (light, deep if _luma(first) > 0.62 else first),
        "dark-on-light": (dark, np.clip(0.72 + 0.28 * light + rng.normal(0, 0.04, 3), 0, 0.95)),
        "light-on-dark": (light * 0.93, dark),
        "colour-on-pale": (deep, np.clip(pale, 0.6, 0.95)),
        "pale-on-shade": (0.75 * light + 0.25 * first, deep * 0.65),
    }[scheme]
    return np.asarray(ink, np.float32), np.asarray(ground, np.float32)


def _plate(kind: str, ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw a plate around a glyph; return its coverage, and the glyph's at the same size."""
    height, width = ink.shape
    pad = max(height, width)
    margin = {"none": (0.02, 0.02), "rounded": (0.14, 0.14), "band": (0.1, 0.3)}.get(kind)
    if margin:
        down, across = round(margin[0] * pad), round(margin[1] * pad)
    else:
        side = round(np.hypot(height, width) * 1.18)
        down, across = (side - height) // 2 + 1, (side - width) // 2 + 1
    ink = cv2.copyMakeBorder(ink, down, down, across, across, cv2.BORDER_CONSTANT)
    plate = np.zeros_like(ink) if kind == "none" else _outline(kind, *ink.shape)
    return np.pad(plate, 2), np.pad(ink, 2)


def _outline(kind: str, height: int, width: int) -> np.ndarray:
    """Draw the filled outline of a plate, at four times the size to get smooth edges."""
    big = Image.new("L", (width * 4, height * 4))
    draw = ImageDraw.Draw(big)
    box = (0, 0, width * 4 - 1, height * 4 - 1)
    if kind == "hexagon":
        draw.regular_polygon((width * 2, height * 2, min(width, height) * 2), 6, fill=255)
    elif kind in ("disc", "ring"):
        draw.ellipse(box, fill=255)
    else:
        draw.rounded_rectangle(box, min(height, width) * (0.6 if kind == "rounded" else 0.1), 255)
    return np.asarray(big.resize((width, height), Image.BOX), np.float32) / 255


def _finish(rng, finish, rgb, ink, colour) -> np.ndarray:
    """Print the ink on the ground with one of the finishes."""
    if finish == "worn":
        specks = cv2.resize(rng.random((24, 24), np.float32), ink.shape[::-1])
        ink = ink * np.clip(1.25 - specks * 0.55, 0, 1)
    if finish == "outlined":
        halo = cv2.dilate(ink, np.ones((3, 3)), iterations=max(1, max(ink.shape) // 70))
        edge = np.full(3, 1 if _luma(colour) < 0.5 else 0.08, np.float32)
        rgb = mix(rgb, edge, halo * 0.85)
    rgb = mix(rgb, colour, ink)
    if finish == "embossed":
        soft = cv2.GaussianBlur(ink, (0, 0), max(1.0, max(ink.shape) / 130))
        relief = soft - np.roll(soft, (2, 2), (0, 1))
        rgb = rgb + deep(relief * 0.9)
    return rgb
