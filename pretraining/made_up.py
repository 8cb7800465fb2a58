"""Made-up brands: an invented name, an emblem, or both."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pretraining.drawing import cut_to_mark, render_svg
from pretraining.emblems import draw_emblem, invent_colour
from pretraining.lettering import Colour, draw_name, draw_text_block, invent_name
from pretraining.marks import Mark


def made_up_brand(seed: int, fonts: Sequence[Path], icon: str | None = None) -> list[Mark]:
    """Invent a brand and draw its marks.

    Parameters
    ----------
    seed : int
        Decides everything.
    fonts : sequence of Path
        Files of typefaces. Without them, every brand is an emblem without a name.
    icon : str, optional
        SVG text of an icon in the colour ``currentColor``, to serve as the emblem.

    Returns
    -------
    list of Mark
        The mark, and of some brands the emblem alone. Empty if nothing could be drawn.

    Examples
    --------
    >>> [mark.brand for mark in made_up_brand(3, fonts=[])]
    ['made-up 3']
    """
    rng = random.Random(seed)
    colours = [invent_colour(rng) for _ in range(3)]
    emblem = invent_emblem(colours, icon, rng)
    has_name = bool(fonts) and (emblem is None or rng.random() > 0.1)
    name = draw_name(invent_name(rng), rng.choice(fonts), colours, rng) if has_name else None
    if name is None:
        pictures = [emblem or draw_emblem(colours, rng)]
    elif emblem is None:
        pictures = [knock_out(name, colours[2], rng) if rng.random() < 0.25 else name]
    else:
        pictures = [join(name, emblem, rng)]
        if icon and rng.random() < 0.5:
            pictures.append(emblem)
    marks = [as_mark(picture, f"made-up {seed}", rng) for picture in pictures]
    return [mark for mark in marks if mark is not None]


def text_block(seed: int, fonts: list[Path]) -> Mark | None:
    """Draw a block of text, a mark without a brand."""
    picture = draw_text_block(fonts, random.Random(seed))
    pixels = None if picture is None else cut_to_mark(bgra(picture))
    return None if pixels is None else Mark(f"text {seed}", "", pixels, is_one_colour=True)


def invent_emblem(
    colours: list[Colour], icon: str | None, rng: random.Random
) -> Image.Image | None:
    """Draw an icon or shapes in a brand's colours, some on a plate. Half of all have none."""
    if icon:
        colour = "#" + bytes(rng.choice(colours[:2])).hex()
        pixels = render_svg(icon.replace("currentColor", colour))
        emblem = None if pixels is None else Image.fromarray(pixels[..., [2, 1, 0, 3]])
    else:
        emblem = draw_emblem(colours, rng) if rng.random() < 0.45 else None
    if emblem is not None and rng.random() < 0.25:
        emblem = put_on_plate(emblem, rng)
    return emblem


def put_on_plate(emblem: Image.Image, rng: random.Random) -> Image.Image:
    """Put an emblem on a disc or on a square with sharp or round corners."""
    side = int(max(emblem.size) * rng.uniform(1.3, 1.6))
    plate = Image.new("RGBA", (side, side))
    fill_shape(plate, invent_colour(rng), rng)
    return overlay(plate, emblem, 0.5, 0.5)


def knock_out(name: Image.Image, colour: Colour, rng: random.Random) -> Image.Image:
    """Put a name on an ellipse or a box."""
    width = name.width + int(name.height * rng.uniform(0.6, 1.6))
    height = int(name.height * rng.uniform(1.5, 2.4))
    plate = Image.new("RGBA", (width, height))
    fill_shape(plate, colour, rng)
    return overlay(plate, name, 0.5, 0.5)


def fill_shape(plate: Image.Image, colour: Colour, rng: random.Random) -> None:
    """Fill a picture with an ellipse, or a box with sharp or round corners."""
    pen, box = ImageDraw.Draw(plate), (0, 0, plate.width - 1, plate.height - 1)
    kind = rng.choice(["ellipse", "box", "round box"])
    if kind == "ellipse":
        pen.ellipse(box, fill=colour)
    else:
        radius = min(plate.size) // 4 if kind == "round box" else 0
        pen.rounded_rectangle(box, radius, fill=colour)


def join(name: Image.Image, emblem: Image.Image, rng: random.Random) -> Image.Image:
    """Put an emblem to the left of a name, above it, or behind it."""
    place = rng.choice(["left", "left", "above", "above", "behind"])
    gap = int(name.height * rng.uniform(0.12, 0.4))
    if place == "left":
        emblem = scaled(emblem, name.height * rng.uniform(1, 1.8))
        size = emblem.width + gap + name.width, max(emblem.height, name.height)
        canvas = overlay(Image.new("RGBA", size), emblem, 0, 0.5)
        return overlay(canvas, name, 1, 0.5)
    if place == "above":
        emblem = scaled(emblem, name.width * rng.uniform(0.3, 0.7))
        size = max(emblem.width, name.width), emblem.height + gap + name.height
        canvas = overlay(Image.new("RGBA", size), emblem, 0.5, 0)
        return overlay(canvas, name, 0.5, 1)
    emblem = scaled(emblem, name.width * rng.uniform(0.9, 1.1))
    emblem.putalpha(emblem.getchannel("A").point(lambda value: int(0.8 * value)))
    size = max(emblem.width, name.width), max(emblem.height, name.height)
    canvas = overlay(Image.new("RGBA", size), emblem, 0.5, 0.5)
    return overlay(canvas, name, 0.5, 0.5)


def scaled(picture: Image.Image, longer_side: float) -> Image.Image:
    """Scale a picture to a longer side in pixels."""
    scale = longer_side / max(picture.size)
    size = [max(4, int(scale * length)) for length in picture.size]
    return picture.resize(size, Image.Resampling.LANCZOS)


def overlay(canvas: Image.Image, picture: Image.Image, x: float, y: float) -> Image.Image:
    """Lay a picture on a larger one: at the left if x is 0, at the right if x is 1."""
    place = int(x * (canvas.width - picture.width)), int(y * (canvas.height - picture.height))
    canvas.alpha_composite(picture, place)
    return canvas


def as_mark(picture: Image.Image, brand: str, rng: random.Random) -> Mark | None:
    """Cut a picture to a mark. Some marks in one colour may be drawn in any colour."""
    pixels = cut_to_mark(bgra(picture))
    if pixels is None:
        return None
    inked = pixels[pixels[..., 3] > 128][:, :3].astype(int)
    is_plain = len(inked) > 0 and np.ptp(inked, axis=0).max() < 60
    if is_plain and rng.random() < 0.2:
        colour = "#" + bytes(inked.mean(axis=0).astype(np.uint8)[::-1]).hex()
        return Mark(brand, brand, pixels, is_one_colour=True, colour=colour)
    return Mark(brand, brand, pixels, is_one_colour=False)


def bgra(picture: Image.Image) -> np.ndarray:
    """Return the pixels of an RGBA picture in OpenCV's order."""
    return np.ascontiguousarray(np.asarray(picture)[..., [2, 1, 0, 3]])
