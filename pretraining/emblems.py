"""Emblems of made-up brands: simple shapes in a brand's colours."""

import colorsys
import math
import random

from PIL import Image, ImageDraw

from pretraining.lettering import Colour

SIDE = 220
CENTRE = SIDE / 2
CLEAR = (0, 0, 0, 0)


def invent_colour(rng: random.Random) -> Colour:
    """Invent a colour. Every fifth is grey, black or white."""
    hue, saturation, value = rng.random(), rng.uniform(0.55, 1), rng.uniform(0.35, 1)
    if rng.random() < 0.2:
        saturation = rng.uniform(0, 0.1)
        value = rng.choice([rng.uniform(0, 0.25), rng.uniform(0.85, 1)])
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * red), int(255 * green), int(255 * blue)


def draw_emblem(colours: list[Colour], rng: random.Random) -> Image.Image:
    """Draw a random emblem.

    Parameters
    ----------
    colours : list of tuple of int
        At least two colours of the brand, RGB.
    rng : random.Random
        Source of all choices.

    Returns
    -------
    PIL.Image.Image
        RGBA, cut to the emblem.
    """
    picture = Image.new("RGBA", (SIDE, SIDE))
    rng.choice(PAINTERS)(ImageDraw.Draw(picture), colours, rng)
    picture = picture.crop(picture.getbbox() or (0, 0, SIDE, SIDE))
    if rng.random() < 0.25:
        picture = picture.rotate(rng.choice([15, 30, 45, 90, 180]), expand=True)
    return picture


def corners(count: int, radius: float, turn: float = 0.0) -> list[tuple[float, float]]:
    """Return the corners of a regular polygon around the centre."""
    angles = [2 * math.pi * number / count + turn for number in range(count)]
    return [
        (CENTRE + radius * math.sin(angle), CENTRE - radius * math.cos(angle)) for angle in angles
    ]


def square(radius: float, x: float = CENTRE, y: float = CENTRE) -> tuple[float, ...]:
    """Return the box around a circle."""
    return x - radius, y - radius, x + radius, y + radius


def polygon(pen, colours, rng):
    """Draw a polygon with a smaller one inside, or with a hole."""
    pen.polygon(corners(rng.randint(3, 8), CENTRE - 2), fill=colours[0])
    inner = corners(rng.randint(3, 8), CENTRE * rng.uniform(0.3, 0.65), rng.random())
    pen.polygon(inner, fill=colours[1] if rng.random() < 0.7 else CLEAR)


def star(pen, colours, rng):
    """Draw a star of 4 to 12 points."""
    points = rng.randint(4, 12)
    outer = corners(points, CENTRE - 2)
    inner = corners(points, CENTRE * rng.uniform(0.3, 0.75), math.pi / points)
    pen.polygon([corner for pair in zip(outer, inner, strict=True) for corner in pair], colours[0])


def arcs(pen, colours, rng):
    """Draw up to three arcs or rings around each other."""
    for number in range(rng.randint(1, 3)):
        start, length = rng.randint(0, 360), rng.randint(150, 360)
        box = square(CENTRE - 2 - 42 * number)
        pen.arc(box, start, start + length, fill=colours[number % 2], width=rng.randint(10, 34))


def slices(pen, colours, rng):
    """Draw the slices of a pie, some of them with a hole in the middle."""
    count, gap = rng.randint(3, 7), rng.choice([0, 8, 14])
    for number in range(count):
        start, end = 360 * number / count, 360 * (number + 1) / count - gap
        pen.pieslice(square(CENTRE - 2), start, end, fill=colours[number % len(colours)])
    if rng.random() < 0.6:
        pen.ellipse(square(rng.uniform(0.15, 0.35) * SIDE), fill=CLEAR)


def bars(pen, colours, rng):
    """Draw upright or slanted bars of equal or different heights."""
    count, slope = rng.randint(2, 6), rng.choice([0, 0, 40, -40])
    step = (SIDE - 80) / count
    equal = rng.random() < 0.4
    for number in range(count):
        top = 0 if equal else rng.uniform(0, 0.7) * SIDE
        left, right = 40 + number * step, 40 + (number + rng.choice([0.6, 0.75])) * step
        outline = [(left + slope, top), (right + slope, top), (right - slope, SIDE)]
        pen.polygon([*outline, (left - slope, SIDE)], fill=colours[number % 2])


def swooshes(pen, colours, rng):
    """Draw up to three curved strokes that are thick in the middle."""
    for number in range(rng.randint(1, 3)):
        start, bend, end = (rng.uniform(0, SIDE) for _ in range(3))
        thickness, upper, lower = rng.uniform(14, 50), [], []
        for step in range(40):
            t = step / 39
            y = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
            half = thickness * math.sin(math.pi * t) / 2 + 1
            upper.append((t * SIDE, y - half))
            lower.insert(0, (t * SIDE, y + half))
        pen.polygon(upper + lower, fill=colours[number % 2])


def dots(pen, colours, rng):
    """Draw dots of different sizes in rows, with gaps."""
    count = rng.randint(2, 4)
    step = SIDE / count
    for row in range(count):
        for column in range(count):
            if rng.random() < 0.75:
                x, y = (column + 0.5) * step, (row + 0.5) * step
                pen.ellipse(square(step * rng.uniform(0.2, 0.48), x, y), rng.choice(colours[:2]))


def shield(pen, colours, rng):
    """Draw a shield whose right half or lower part has the second colour."""
    left, right, middle = 20, SIDE - 20, 0.55 * SIDE
    tip = (CENTRE, SIDE - 4)
    pen.polygon([(left, 8), (right, 8), (right, middle), tip, (left, middle)], fill=colours[0])
    if rng.random() < 0.5:
        part = [(CENTRE, 8), (right, 8), (right, middle), tip]
    else:
        part = [(left, 0.4 * SIDE), (right, 0.4 * SIDE), (right, middle), tip, (left, middle)]
    pen.polygon(part, fill=colours[1])


def cross(pen, colours, rng):
    """Draw two bars across each other."""
    low = CENTRE - rng.uniform(0.1, 0.25) * SIDE
    pen.rectangle((low, 0, SIDE - low, SIDE), fill=colours[0])
    pen.rectangle((0, low, SIDE, SIDE - low), fill=rng.choice(colours[:2]))


def waves(pen, colours, rng):
    """Draw two to four wavy lines."""
    for number in range(rng.randint(2, 4)):
        height, phase = rng.uniform(10, 26), rng.uniform(0, 6)
        line = [
            (x, 30 + 55 * number + height * math.sin(2 * math.pi * x / SIDE + phase))
            for x in range(0, SIDE + 1, 4)
        ]
        pen.line(line, fill=colours[number % 2], width=rng.randint(14, 30))


def chevrons(pen, colours, rng):
    """Draw up to three roofs above each other."""
    width = rng.choice([30, 40])
    for number in range(rng.randint(1, 3)):
        top = 60 * number
        roof = [(0, top + 80), (CENTRE, top), (SIDE, top + 80)]
        under = [(x, y + width) for x, y in reversed(roof)]
        pen.polygon(roof + under, fill=colours[number % 2])


def bubbles(pen, colours, rng):
    """Draw two to five circles, opaque or half transparent."""
    for number in range(rng.randint(2, 5)):
        x, y = rng.uniform(40, SIDE - 40), rng.uniform(40, SIDE - 40)
        colour = colours[number % len(colours)] + (rng.choice([255, 160]),)
        pen.ellipse(square(rng.uniform(25, 70), x, y), fill=colour)


PAINTERS = (
    polygon,
    star,
    arcs,
    slices,
    bars,
    swooshes,
    dots,
    shield,
    cross,
    waves,
    chevrons,
    bubbles,
)
