"""Invented brand names, and pictures of words."""

import random
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_SIZE = 120
TEXT_FONT_SIZE = 28
ONSETS_TEXT = "b c d f g h j k l m n p r s t v w z br cr dr fl gl pr st tr ch sh th qu kr sp x y"
ONSETS = ONSETS_TEXT.split()
VOWELS_TEXT = "a e i o u a e i o ee oo ai ia io ou y"
VOWELS = VOWELS_TEXT.split()
CODAS = ["", "", "", "n", "r", "s", "l", "x", "m", "t", "k", "nd", "st", "ck", "z"]
SECOND_WORDS = [
    "& Co",
    "Bros",
    "Bank",
    "Air",
    "Food",
    "Tea",
    "Lab",
    "Motors",
    "Group",
    "24",
    "Plus",
]
COMMON_WORDS = ["the", "of", "and", "to"]

Colour = tuple[int, int, int]


def invent_name(rng: random.Random) -> str:
    """Invent a brand name of one to three syllables, or of two to four capitals.

    Examples
    --------
    >>> invent_name(random.Random(1)) == invent_name(random.Random(1))
    True
    """
    if rng.random() < 0.05:
        return "".join(rng.choices("ABCDEFGHIJKLMNOPRSTUVWXZ", k=rng.choice([2, 3, 3, 4])))
    name = "".join(syllable(rng) for _ in range(rng.choice([1, 2, 2, 2, 3, 3])))
    if len(name) < 3:
        name += rng.choice(["ex", "on", "ia", "us"])
    if rng.random() < 0.1:
        name += " " + rng.choice(SECOND_WORDS)
    change_case = rng.choice([str.upper, str.lower, str.capitalize, str.capitalize])
    return change_case(name)


def syllable(rng: random.Random) -> str:
    """Invent a syllable. Half of them end in a vowel."""
    coda = rng.choice(CODAS) if rng.random() < 0.5 else ""
    return rng.choice(ONSETS) + rng.choice(VOWELS) + coda


def draw_name(
    name: str, font: Path, colours: list[Colour], rng: random.Random
) -> Image.Image | None:
    """Draw a name as a wordmark: coloured, spaced, and sometimes outlined, slanted or bent.

    Parameters
    ----------
    name : str
        The text.
    font : Path
        File of the typeface.
    colours : list of tuple of int
        Colours of the brand, RGB. Most wordmarks use the first only.
    rng : random.Random
        Source of all choices.

    Returns
    -------
    PIL.Image.Image or None
        RGBA, cut to the letters. None if the typeface has none of them.
    """
    typeface = ImageFont.truetype(font, FONT_SIZE)
    spacing = FONT_SIZE * rng.choice([0, 0, 0, 0.02, 0.06, 0.15, -0.03])
    steps = [typeface.getlength(letter) + spacing for letter in name]
    picture = Image.new("RGBA", (int(sum(steps)) + FONT_SIZE, 2 * FONT_SIZE))
    pen, left = ImageDraw.Draw(picture), FONT_SIZE / 3
    outline = FONT_SIZE // 20 if rng.random() < 0.1 else 0
    inks = letter_colours(len(name), colours, rng)
    for letter, step, ink in zip(name, steps, inks, strict=True):
        place = left, 0.4 * FONT_SIZE
        pen.text(place, letter, ink, typeface, stroke_width=outline, stroke_fill=colours[-1])
        left += step
    if picture.getbbox() is None:
        return None
    picture = picture.crop(picture.getbbox())
    if rng.random() < 0.12:
        picture = slant(picture, rng.uniform(0.1, 0.35))
    if rng.random() < 0.1 and len(name) > 3:
        picture = arch(picture, rng.uniform(-0.5, 0.5))
    return picture


def letter_colours(count: int, colours: list[Colour], rng: random.Random) -> list[Colour]:
    """Colour letters alike, the first differently, two halves differently, or in turn."""
    pattern = rng.choices(["alike", "first", "halves", "in turn"], [7, 1, 1, 1])[0]
    if pattern == "alike":
        return [colours[0]] * count
    if pattern == "in turn":
        return [colours[number % len(colours)] for number in range(count)]
    change = 1 if pattern == "first" else rng.randint(1, max(1, count - 1))
    return [colours[number >= change] for number in range(count)]


def slant(picture: Image.Image, slope: float) -> Image.Image:
    """Lean a picture to the right."""
    lean = slope * picture.height
    size = int(picture.width + lean), picture.height
    matrix = (1, slope, -lean, 0, 1, 0)
    return picture.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def arch(picture: Image.Image, bend: float) -> Image.Image:
    """Bend a picture up or down at its ends, by a share of its height."""
    pixels = np.array(picture)
    height, width = pixels.shape[:2]
    rise = bend * height
    rows, columns = np.mgrid[0 : height + int(abs(rise)) + 1, 0:width].astype(np.float32)
    shift = rise * (columns / width * 2 - 1) ** 2 - min(0.0, rise)
    bent = cv2.remap(pixels, columns, (rows - shift).astype(np.float32), cv2.INTER_LINEAR)
    return Image.fromarray(bent)


def draw_text_block(fonts: list[Path], rng: random.Random) -> Image.Image | None:
    """Draw a few lines of invented text in black. They teach that text alone is no logo."""
    typeface = ImageFont.truetype(rng.choice(fonts), TEXT_FONT_SIZE)
    lines = [
        " ".join(text_word(rng) for _ in range(rng.randint(1, 5))) for _ in range(rng.randint(2, 9))
    ]
    picture = Image.new("RGBA", (600, 600))
    align = rng.choice(["left", "center", "right"])
    ImageDraw.Draw(picture).multiline_text((4, 4), "\n".join(lines), "black", typeface, align=align)
    box = picture.getbbox()
    return picture.crop(box) if box else None


def text_word(rng: random.Random) -> str:
    """Return an invented word, a number, a price or a common word."""
    price = f"{rng.randint(0, 99)}.{rng.randint(0, 99):02}"
    number = str(rng.randint(0, 9999))
    invented = [invent_name(rng).lower() for _ in range(2)]
    return rng.choice([*invented, number, price, *COMMON_WORDS])
