"""The objects that carry a mark: signs, posters, boxes, cups, cloth, vans and others.

Each function takes a random generator and a mark, and returns a `Sprite` at the size that it will
have in the photo.
"""

import cv2
import numpy as np

from logoflow.datasets.sample import textures
from logoflow.datasets.sample.artwork import Mark
from logoflow.datasets.sample.boards import (  # fmt: skip
    PAINTS,
    Sprite,
    across,
    add_gloss,
    add_rim,
    add_text,
    bend,
    fill,
    main_colour,
    pad,
    print_on,
    ripple,
    round_corners,
)
from logoflow.datasets.sample.textures import deep, fractal, mix, tint


def poster(rng, mark: Mark) -> Sprite:
    """Draw a poster: creased paper with the mark, often with a line of text."""
    up = rng.uniform(0, 0.3)
    paper = print_on(rng, mark, (1.15, 1.5), (1.5, 2.6), textures.plaster, raise_by=up)
    height, width = paper.alpha.shape
    rgb = add_text(rng, paper, 0.8)
    rgb *= deep(1 + 0.035 * fractal(rng, height, width, 2, 3))
    printed = Sprite(rgb, paper.alpha, paper.ink)
    return add_rim(rng, printed) if rng.random() < 0.5 else printed


def sign(rng, mark: Mark) -> Sprite:
    """Draw a weathered metal or wooden board with a rim."""
    make = textures.wood if rng.random() < 0.2 else textures.plaster
    board = print_on(rng, mark, (1.15, 1.7), (1.15, 1.8), make)
    height, width = board.alpha.shape
    rgb = add_text(rng, board, 0.75) if rng.random() < 0.5 else board.rgb
    grime = np.clip(fractal(rng, height, width, 3, 5) - 0.6, 0, 1) * rng.uniform(0, 0.4)
    rgb = add_gloss(rng, rgb * deep(1 - grime), 0.22)
    alpha = round_corners(board.alpha, rng.uniform(0, 0.12))
    return add_rim(rng, Sprite(rgb, alpha, board.ink))


def post_sign(rng, mark: Mark) -> Sprite:
    """Draw a sign on one or two posts."""
    board = sign(rng, mark)
    height, width = board.alpha.shape
    legs = int(height * rng.uniform(0.8, 2.0))
    sprite = pad(board, 0, legs)
    steel = np.clip(rng.uniform(0.25, 0.7) + 0.1 * rng.standard_normal(3), 0, 1)
    thick = max(3, int(width * rng.uniform(0.025, 0.06)))
    for x in (0.5,) if rng.random() < 0.5 else (0.15, 0.85):
        left = int(x * width - thick / 2)
        round_light = np.sin(np.linspace(0.3, 2.8, thick))[None, :, None]
        sprite.rgb[height:, left : left + thick] = steel * (0.35 + 0.7 * round_light)
        sprite.alpha[height:, left : left + thick] = 1
    return sprite


def lightbox(rng, mark: Mark) -> Sprite:
    """Draw an illuminated sign in a dark case."""
    board = print_on(rng, mark, (1.2, 1.7), (1.2, 1.7), textures.plaster)
    height, width = board.alpha.shape
    y, x = across(height, width)
    tubes = 1.25 - 0.35 * (x**2 + y**2) + 0.05 * np.cos(y * rng.integers(4, 9))
    lit = board.rgb * deep(tubes) + np.float32(0.06)
    return add_rim(rng, Sprite(lit, board.alpha, board.ink), dark=True)


def fascia(rng, mark: Mark) -> Sprite:
    """Draw a shop front: the mark on a band above shop windows."""
    band = print_on(rng, mark, (3.0, 5.0), (1.25, 1.7), textures.plaster, slide=0.3)
    height, width = band.alpha.shape
    below = int(height * rng.uniform(1.2, 2.5))
    sprite = pad(Sprite(add_gloss(rng, band.rgb, 0.15), band.alpha, band.ink), 0, below)
    inside = 1 + 0.25 * fractal(rng, below, width, (3, 9), 3)
    shop = tint(inside, 0.2 + rng.uniform(0, 0.2, 3))
    glow = np.exp(-(np.linspace(-0.3, 1, below) ** 2) / 0.2)[:, None, None]
    shop += (
        glow.astype(np.float32) * np.float32([0.35, 0.28, 0.18]) * np.float32(rng.uniform(0, 1.2))
    )
    frame = PAINTS[rng.integers(len(PAINTS))] * 0.7
    for x in np.linspace(0, width, int(rng.integers(4, 8))).astype(int):
        cv2.line(shop, (x, 0), (x, below), frame.tolist(), max(3, width // 90))
    cv2.rectangle(shop, (0, int(below * 0.85)), (width, below), frame.tolist(), -1)
    shop[: max(2, below // 12)] *= 0.45
    sprite.rgb[height:], sprite.alpha[height:] = shop, 1
    return sprite


def painted(rng, mark: Mark) -> Sprite:
    """Draw weathered paint on a wall."""
    board = print_on(rng, mark, (1.1, 1.5), (1.1, 1.5), textures.plaster)
    wear = np.clip(1.15 - 0.3 * np.abs(fractal(rng, *board.alpha.shape, 5, 5)), 0.3, 0.93)
    return Sprite(board.rgb, board.alpha * wear, board.ink)


def box(rng, mark: Mark) -> Sprite:
    """Draw a carton: the mark is on the front; one side and the top are visible."""
    kraft = rng.random() < 0.35
    colour = np.array([0.72, 0.56, 0.38], np.float32) if kraft else None
    front = print_on(rng, mark, (1.15, 1.9), (1.15, 1.8), textures.cardboard, colour=colour)
    height, width = front.alpha.shape
    depth = int(width * rng.uniform(0.2, 0.5))
    rise = int(depth * rng.uniform(0.3, 0.7))
    body = pad(Sprite(add_gloss(rng, front.rgb, 0.08), front.alpha, front.ink), rise, 0, depth)
    base = main_colour(front)
    side = np.array(
        [[width, rise], [width + depth, 0], [width + depth, height], [width, height + rise]]
    )
    top = np.array([[0, rise], [depth, 0], [width + depth, 0], [width, rise]])
    for face, light in ((side, rng.uniform(0.4, 0.75)), (top, rng.uniform(1.0, 1.25))):
        cv2.fillPoly(body.rgb, [face], np.clip(base * light, 0, 1).tolist(), cv2.LINE_AA)
        cv2.fillPoly(body.alpha, [face], 1.0)
    if kraft:
        tape = np.array([[0.46, 1], [0.46, 0], [0.54, 0], [0.54, 1]])
        points = np.stack([tape[:, 0] * width + (1 - tape[:, 1]) * depth, tape[:, 1] * rise], -1)
        cv2.fillPoly(body.rgb, [points.astype(np.int32)], (0.8, 0.7, 0.52), cv2.LINE_AA)
    grain = deep(1 + 0.03 * fractal(rng, *body.alpha.shape, 12, 3))
    return Sprite(np.clip(body.rgb * grain, 0, 1), body.alpha, body.ink)


def bag(rng, mark: Mark) -> Sprite:
    """Draw a paper bag with handles."""
    front = print_on(rng, mark, (1.25, 1.7), (1.5, 2.1), textures.plaster)
    height, width = front.alpha.shape
    crease = 1 - 0.25 * np.clip(np.linspace(-1, 1, width) - 0.62, 0, 1) ** 0.5
    folds = 1 + 0.06 * fractal(rng, height, width, 3, 3)
    rgb = front.rgb * deep(crease[None] * folds)
    sprite = pad(Sprite(np.clip(rgb, 0, 1), front.alpha, front.ink), int(width * 0.4), 0)
    for shift, light in ((0.06, 0.45), (0, 0.8)):
        centre = int(width * (0.5 + shift)), int(width * 0.4)
        axes = int(width * 0.17), int(width * 0.34)
        thick = max(2, width // 45)
        for target, colour in ((sprite.rgb, (light, light * 0.9, light * 0.8)), (sprite.alpha, 1)):
            cv2.ellipse(target, centre, axes, 0, 180, 360, colour, thick, cv2.LINE_AA)
    return sprite


def laptop(rng, mark: Mark) -> Sprite:
    """Draw the lid of a laptop: brushed metal with rounded corners."""
    metal = PAINTS[[0, 1, 1, 2, 8][rng.integers(5)]]
    lid = print_on(rng, mark, (1.7, 2.6), (1.7, 2.2), textures.plaster, colour=metal)
    height, width = lid.alpha.shape
    brushed = deep(1 + 0.02 * fractal(rng, height, width, (90, 2), 2))
    rgb = add_gloss(rng, lid.rgb * brushed, 0.4)
    return Sprite(np.clip(rgb, 0, 1), round_corners(lid.alpha, 0.06), lid.ink)


def cup(rng, mark: Mark) -> Sprite:
    """Draw a mug, a paper cup or a tin, seen from slightly above."""
    label = print_on(rng, mark, (1.5, 2.0), (1.35, 2.2), textures.plaster)
    kind = ("mug", "paper", "tin")[rng.integers(3)]
    body = bend(rng, label, taper=rng.uniform(0.1, 0.22) if kind == "paper" else 0.0)
    height, width = body.alpha.shape
    bow = int(0.09 * width)
    sprite = pad(body, bow * 2, 0, int(width * 0.35) if kind == "mug" else 0)
    if kind == "mug":
        _handle(sprite, main_colour(body), width, bow * 2 + int(height * 0.45), int(height * 0.25))
    middle = int(width / 2), bow * 2 + 1
    rim, inside = {
        "mug": ((0.95, 0.94, 0.92), (0.16, 0.09, 0.05)),
        "paper": ((0.93, 0.92, 0.9), (0.25, 0.18, 0.14)),
        "tin": ((0.7, 0.71, 0.73), (0.5, 0.5, 0.52)),
    }[kind]
    layers = (sprite.alpha, 1.0, 1), (sprite.rgb, rim, 1), (sprite.rgb, inside, 0.93)
    for target, colour, size in layers:
        axes = int((middle[0] - 1) * size), int(bow * size**2)
        cv2.ellipse(target, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    return sprite


def _handle(sprite: Sprite, colour, x: int, y: int, reach: int) -> None:
    """Draw the handle of a mug into the sprite, behind the right edge."""
    free = sprite.alpha < 0.5
    ring = np.zeros_like(sprite.alpha)
    axes = int(x * 0.22), reach
    cv2.ellipse(ring, (int(x * 0.98), y), axes, 0, -90, 90, 1.0, max(4, x // 14), cv2.LINE_AA)
    sprite.rgb[:] = mix(sprite.rgb, np.float32(colour) * 0.55, ring * free)
    sprite.alpha[:] = np.maximum(sprite.alpha, ring * free)


def shirt(rng, mark: Mark) -> Sprite:
    """Draw the front of a T-shirt that somebody wears, without head and legs."""
    chest = print_on(rng, mark, (1.7, 2.6), (2.0, 2.8), textures.cloth, slide=0.12, raise_by=0.12)
    height, width = chest.alpha.shape
    wide_all = int(width * 1.5)
    shift = (wide_all - width) // 2
    whole = pad(chest, int(height * 0.1), 0, shift, shift)
    height = whole.alpha.shape[0]
    edge = main_colour(chest)
    fabric = textures.cloth(rng, height, whole.alpha.shape[1], edge)
    rgb = mix(fabric, whole.rgb, whole.alpha)
    outline = np.array([(0.4, 0.06), (0.25, 0.1), (0.02, 0.4), (0.0, 0.55), (0.16, 0.6),
                        (0.2, 0.42), (0.19, 1.05), (0.81, 1.05), (0.8, 0.42), (0.84, 0.6),
                        (1.0, 0.55), (0.98, 0.4), (0.75, 0.1), (0.6, 0.06)])  # fmt: skip
    alpha = fill(outline, *whole.alpha.shape)
    skin = np.array([0.85, 0.65, 0.52]) * rng.uniform(0.35, 1.05)
    neck = fill(np.array([(0.42, -0.1), (0.41, 0.1), (0.5, 0.19), (0.59, 0.1), (0.58, -0.1)]),
                 *whole.alpha.shape)  # fmt: skip
    rgb = mix(rgb, skin, neck)
    folded = ripple(rng, Sprite(rgb, np.maximum(alpha, neck), whole.ink), 0.012, 0.22)
    return folded


def flag(rng, mark: Mark) -> Sprite:
    """Draw a flag in the wind."""
    cloth = print_on(rng, mark, (1.25, 1.9), (1.25, 1.7), textures.cloth)
    room = int(0.08 * cloth.alpha.shape[0]) + 4
    return ripple(rng, pad(cloth, room, room, room, room), 0.022, 0.3)


def van(rng, mark: Mark) -> Sprite:
    """Draw a delivery van from the side: painted metal that reflects the sky, a cab, wheels."""
    side = print_on(rng, mark, (1.6, 2.3), (1.5, 2.0), textures.plaster, paint=True)
    height, width = side.alpha.shape
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    shine = 1.12 - 0.3 * y + 0.18 * np.exp(-(((y - rng.uniform(0.1, 0.3)) / 0.07) ** 2))
    panel = Sprite(np.clip(side.rgb * shine, 0, 1), side.alpha, side.ink)
    cab = int(width * rng.uniform(0.35, 0.5))
    sprite = pad(panel, 0, int(height * 0.18), cab)
    _cab(sprite, main_colour(side), width, cab, height)
    cv2.rectangle(sprite.rgb, (0, int(height * 0.94)), (width + cab, height), (0.1, 0.1, 0.1), -1)
    for x in (width * 0.22, width + cab * 0.45):
        centre, radius = (int(x), height), int(height * 0.17)
        cv2.circle(sprite.alpha, centre, radius, 1.0, -1, cv2.LINE_AA)
        cv2.circle(sprite.rgb, centre, radius, (0.05, 0.05, 0.05), -1, cv2.LINE_AA)
        cv2.circle(sprite.rgb, centre, int(radius * 0.55), (0.55, 0.55, 0.57), -1, cv2.LINE_AA)
    return sprite


_NOSE = ((0, 0.02), (0.45, 0.06), (0.75, 0.5), (0.97, 0.6), (0.98, 1), (0, 1))
_GLASS = ((0.12, 0.12), (0.42, 0.13), (0.66, 0.48), (0.12, 0.48))


def _cab(sprite: Sprite, colour, x: int, width: int, height: int) -> None:
    """Draw the cab of a van into the sprite, to the right of `x`."""
    nose, glass = (
        (np.array(shape) * [width, height] + [x, 0]).astype(np.int32) for shape in (_NOSE, _GLASS)
    )
    cv2.fillPoly(sprite.rgb, [nose], (colour * 0.9).tolist(), cv2.LINE_AA)
    cv2.fillPoly(sprite.alpha, [nose], 1.0, cv2.LINE_AA)
    cv2.fillPoly(sprite.rgb, [glass], (0.17, 0.2, 0.24), cv2.LINE_AA)
    cv2.line(sprite.rgb, (x, 0), (x, height), (colour * 0.45).tolist(), 2, cv2.LINE_AA)


def bonnet(rng, mark: Mark) -> Sprite:
    """Draw a car bonnet from close by: a curved panel that reflects the horizon."""
    panel = print_on(rng, mark, (2.2, 3.2), (2.4, 3.4), textures.plaster, slide=0.2, paint=True)
    height, width = panel.alpha.shape
    y, x = across(height, width)
    line = y + rng.uniform(-0.5, 0.5) + rng.uniform(-0.4, 0.4) * x**2 + 0.1 * x
    above = 1 / (1 + np.exp(-line / rng.uniform(0.02, 0.1)))
    streak = np.exp(-(((line + rng.uniform(0.1, 0.4)) / 0.06) ** 2))
    rgb = panel.rgb * deep(1.15 - 0.55 * above) + deep(0.3 * streak)
    seam = (int(width * rng.uniform(0.05, 0.3)), 0), (int(width * rng.uniform(0.1, 0.4)), height)
    if not panel.ink[:, : max(seam[0][0], seam[1][0]) + 4].any():
        cv2.line(rgb, *seam, (0.05, 0.05, 0.06), max(2, width // 150), cv2.LINE_AA)
    return Sprite(np.clip(rgb, 0, 1).astype(np.float32), panel.alpha, panel.ink)


# For each object: the function that draws it; how far it may be tilted away from the camera; where
# its lower edge is ("stand": on the floor, "below": below the frame, "fill": the object fills the
# frame to the sides and below, "free": anywhere); and the largest mark, as a share of the photo.
CARRIERS = {
    "poster": (poster, 0.25, "free", 0.6), "sign": (sign, 0.3, "free", 0.6),
    "post_sign": (post_sign, 0.15, "below", 0.6), "lightbox": (lightbox, 0.25, "free", 0.55),
    "fascia": (fascia, 0.25, "fill", 0.4), "painted": (painted, 0.25, "free", 0.6),
    "box": (box, 0.06, "stand", 0.5), "bag": (bag, 0.06, "stand", 0.5),
    "laptop": (laptop, 0.12, "stand", 0.4), "cup": (cup, 0.02, "stand", 0.45),
    "shirt": (shirt, 0.05, "below", 0.34), "flag": (flag, 0.2, "free", 0.55),
    "van": (van, 0.1, "stand", 0.38), "bonnet": (bonnet, 0.3, "fill", 0.4),
}  # fmt: skip
# The objects that may appear in each kind of scene. A repeated name is more likely.
BY_SCENE = {
    "wall": ("poster", "poster", "sign", "painted", "painted", "lightbox", "fascia", "shirt"),
    "street": ("sign", "post_sign", "post_sign", "flag", "van", "van", "fascia", "fascia", "shirt"),
    "park": ("post_sign", "post_sign", "sign", "flag", "shirt", "van", "box"),
    "room": ("poster", "poster", "shirt", "laptop", "box", "bag", "cup"),
    "table": ("cup", "cup", "cup", "box", "box", "laptop", "bag"),
    "shelf": ("cup", "cup", "box", "bag", "sign", "poster"),
    "night": ("lightbox", "lightbox", "van", "sign", "bonnet"),
    "close": ("cup", "box", "bag", "laptop"),
    "view": ("cup", "box", "bag", "laptop", "post_sign", "flag", "shirt", "sign"),
}  # fmt: skip
