"""Glyphs that belong to no brand: shapes, words, and letters in a frame.

A glyph is an array (H, W) of coverage, float32, 0 to 1, cropped to the shape.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

_WORDS = ("OPEN", "SALE", "EXIT", "BAKERY", "MARKET", "No. 12", "TAXI", "LIBRARY", "GARAGE",
          "Menu", "Hotel", "Fresh", "LOUNGE", "PARK", "Studio", "24 h", "ICE", "Flowers", "BOOKS",
          "Radio", "TICKETS", "Kiosk", "HARBOUR", "Team 7", "EXPRESS", "Garden",
          "MUSEUM", "North")  # fmt: skip


def other_glyph(rng: np.random.Generator) -> np.ndarray:
    """Draw a glyph that belongs to no brand: a shape, a word, or letters in a frame."""
    draw = (_word, _word, _star, _blob, _rings, _stripes, _monogram, _leaves)[rng.integers(8)]
    return trim(draw(rng))


def text_glyph(rng: np.random.Generator) -> np.ndarray:
    """Draw an everyday word."""
    return trim(_word(rng))


def trim(image: np.ndarray) -> np.ndarray:
    """Crop a grey image (uint8) to its ink and convert it to coverage, 0 to 1."""
    rows, columns = np.nonzero(image.max(1) > 8)[0], np.nonzero(image.max(0) > 8)[0]
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut.astype(np.float32) / 255


@lru_cache(maxsize=32)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / f"DejaVu{name}.ttf"), size)


def _word(rng, text=None) -> np.ndarray:
    size = 150  # pixels
    names = ("Sans-Bold", "Sans", "Serif-Bold", "Sans-BoldOblique", "Serif-BoldItalic")
    font = _font(names[rng.integers(len(names))], size)
    text = text or _WORDS[rng.integers(len(_WORDS))]
    canvas = Image.new("L", (int(font.getlength(text)) + 60, size * 2))
    ImageDraw.Draw(canvas).text((30, size // 3), text, 255, font)
    return np.asarray(canvas)


def _polygons(*rings: np.ndarray) -> np.ndarray:
    """Fill closed outlines, in coordinates from -1 to 1, by the even-odd rule."""
    canvas = np.zeros((480, 480), np.uint8)
    points = [np.round((ring * 0.95 + 1) * 240 * 16).astype(np.int32) for ring in rings]
    cv2.fillPoly(canvas, points, 255, cv2.LINE_AA, 4)
    return canvas


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)


def _star(rng) -> np.ndarray:
    spikes = int(rng.integers(3, 9))
    angle = np.arange(2 * spikes) * np.pi / spikes - np.pi / 2
    radius = np.where(np.arange(2 * spikes) % 2, rng.uniform(0.35, 0.8), 1.0)
    star = _polar(radius, angle)
    return _polygons(star, star * rng.uniform(0.3, 0.7)) if rng.random() < 0.6 else _polygons(star)


def _blob(rng) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    waves = [rng.uniform(0, 0.3) * np.cos(k * angle + rng.uniform(0, 6)) for k in (2, 3, 4)]
    outer = _polar((1 + sum(waves)) / 1.9, angle)
    holes = [
        outer * rng.uniform(0.12, 0.3) + rng.uniform(-0.25, 0.25, 2)
        for _ in range(rng.integers(1, 4))
    ]
    return _polygons(outer, *holes)


def _rings(rng) -> np.ndarray:
    canvas = np.zeros((480, 480), np.uint8)
    for radius in np.sort(rng.choice(np.arange(40, 230, 32), 3, replace=False)):
        start = int(rng.uniform(0, 360))
        sweep = int(rng.uniform(160, 361))
        thick = int(rng.integers(12, 30))
        cv2.ellipse(canvas, (240, 240), (radius, radius), start, 0, sweep, 255, thick, cv2.LINE_AA)
    return canvas


def _stripes(rng) -> np.ndarray:
    lean = rng.uniform(-0.5, 0.5)
    bars = []
    for x in np.linspace(-1, 0.7, int(rng.integers(3, 6))):
        height = rng.uniform(0.3, 0.95)
        bars.append(
            np.array(
                [[x, height], [x + 0.28, height], [x + 0.28 + lean, -height], [x + lean, -height]]
            )
        )
    return _polygons(*[bar / 1.4 for bar in bars])


def _monogram(rng) -> np.ndarray:
    letters = "".join(rng.choice(list("ABEGJKLMNQRTWXYZ"), 2))
    text = cv2.resize(trim(_word(rng, letters)), (260, 190), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((480, 480), np.uint8)
    if rng.random() < 0.5:
        cv2.circle(canvas, (240, 240), 225, 255, int(rng.integers(14, 34)), cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (20, 60), (460, 420), 255, int(rng.integers(14, 34)), cv2.LINE_AA)
    canvas[145:335, 110:370] = np.maximum(canvas[145:335, 110:370], text * 255)
    return 255 - canvas if rng.random() < 0.2 else canvas


def _leaves(rng) -> np.ndarray:
    petals = int(rng.integers(3, 8))
    spread = rng.uniform(np.pi * 0.6, 2 * np.pi)
    along = np.linspace(0, 1, 40)
    width = rng.uniform(0.1, 0.24) * np.sin(np.pi * along)
    leaf = np.concatenate([np.stack([along, width], -1), np.stack([along, -width], -1)[::-1]])
    rings = []
    for turn in np.arange(petals) * spread / petals + rng.uniform(0, 6):
        c, s = np.cos(turn), np.sin(turn)
        rings.append((leaf * [0.85, 1] + [0.12, 0]) @ np.array([[c, s], [-s, c]]))
    return _polygons(*rings)
