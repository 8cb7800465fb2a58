"""Paint the scenes of the sample: a wall, a street, a park, a room, a table, a shelf, a night.

Each function takes a random generator and returns an image (SIDE, SIDE, 3), float32, and the height
of the floor (0 top, 1 bottom) below which objects can stand, or None if there is no floor.
"""

import cv2
import numpy as np

from logoflow.datasets.sample import textures
from logoflow.datasets.sample.textures import deep, fractal, mix, soften, tint

SIDE = 576  # pixels; a photo shows a part of the scene
_WALLS = {
    textures.brick: [(0.55, 0.27, 0.2), (0.66, 0.5, 0.4), (0.42, 0.3, 0.27), (0.7, 0.66, 0.6)],
    textures.plaster: [(0.85, 0.8, 0.68), (0.62, 0.7, 0.72), (0.78, 0.6, 0.45), (0.9, 0.9, 0.88)],
    textures.concrete: [(0.6, 0.6, 0.58), (0.5, 0.5, 0.53)],
    textures.wood: [(0.5, 0.34, 0.2), (0.68, 0.55, 0.4), (0.35, 0.45, 0.5)],
    textures.tiles: [(0.88, 0.9, 0.9), (0.55, 0.72, 0.7)],
}


def surface(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Paint a table top or ledge in perspective, for objects to stand on."""
    make = (textures.wood, textures.wood, textures.concrete, textures.cloth, textures.plaster)
    colours = [(0.5, 0.33, 0.2), (0.7, 0.56, 0.4), (0.75, 0.74, 0.72), (0.3, 0.26, 0.25)]
    flat = make[rng.integers(len(make))](rng, 400, SIDE, colours[rng.integers(len(colours))])
    lean = rng.uniform(0.3, 0.8) * width
    corners = np.array([[0, 0], [width, 0], [width + lean, height], [-lean, height]], np.float32)
    flat_corners = np.array([[0, 0], [SIDE, 0], [SIDE, 400], [0, 400]], np.float32)
    turn = cv2.getPerspectiveTransform(flat_corners, corners)
    top = cv2.warpPerspective(flat, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    light = np.linspace(rng.uniform(0.95, 1.25), rng.uniform(0.7, 1.0), height)
    return np.clip(top * light[:, None, None].astype(np.float32), 0, 1)


def _pick(rng, choices):
    return choices[rng.integers(len(choices))]


def _light(rng, rgb: np.ndarray, amount: float) -> np.ndarray:
    """Apply uneven light: a gradient across the image and one soft spot."""
    height, width = rgb.shape[:2]
    y = np.linspace(0, height / max(height, width), height, dtype=np.float32)[:, None]
    x = np.linspace(0, width / max(height, width), width, dtype=np.float32)[None]
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    pool_x, pool_y = (
        np.exp(-((x - rng.uniform(0, 1)) ** 2) / 0.12),
        np.exp(-((y - rng.uniform(0, 0.7)) ** 2) / 0.12),
    )
    shade = 1 - amount / 4 + amount * (slope + 0.8 * pool_x * pool_y)
    return rgb * deep(shade)


def wall(rng):
    """Paint a wall, perhaps seen from the side, perhaps with a shadow."""
    make = _pick(rng, list(_WALLS))
    colour = np.asarray(_pick(rng, _WALLS[make])) * rng.uniform(0.8, 1.1)
    rgb = _light(rng, make(rng, SIDE, SIDE, colour), rng.uniform(0.2, 0.6))
    if rng.random() < 0.6:  # seen from the side
        depth = rng.uniform(0.05, 0.25) * SIDE
        square = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
        slant = square + np.array([[0, 0], [0, -depth], [0, depth], [0, 0]], np.float32)
        turn = cv2.getPerspectiveTransform(square, slant)
        rgb = cv2.warpPerspective(rgb, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
    if rng.random() < 0.4:  # the shadow of an object outside the image
        cut = (np.array([[rng.uniform(-0.2, 0.5), -0.1], [1.2, -0.1], [1.2, 0.9],
                         [rng.uniform(0.3, 1), 1.1]]) * SIDE).astype(np.int32)  # fmt: skip
        shade = cv2.fillPoly(np.zeros((SIDE, SIDE), np.float32), [cut], 1)
        shade = soften(shade, rng.uniform(2, 14))
        rgb = rgb * deep(1 - 0.45 * shade)
    return rgb, None


def _house(rng, rgb, left, right, top, bottom):
    """Draw a house front with rows of windows into the image."""
    colour = np.asarray(_pick(rng, _WALLS[textures.brick] + _WALLS[textures.plaster]))
    width, height = right - left, bottom - top
    make = _pick(rng, (textures.plaster, textures.plaster, textures.brick, textures.concrete))
    front = make(rng, height, width, colour * rng.uniform(0.6, 1.0))
    columns, rows = max(1, width // int(rng.integers(34, 60))), max(1, height // 62)
    cell_w, cell_h = width / columns, height / rows
    for row in range(rows):
        for column in range(columns):
            x0, y0 = int((column + 0.25) * cell_w), int((row + 0.2) * cell_h)
            x1, y1 = int((column + 0.75) * cell_w), int((row + 0.78) * cell_h)
            glass = np.array([0.2, 0.24, 0.28]) * rng.uniform(0.5, 2.6)
            cv2.rectangle(front, (x0 - 2, y0 - 2), (x1 + 2, y1 + 2), (colour * 1.2).tolist(), -1)
            cv2.rectangle(front, (x0, y0), (x1, y1), glass.tolist(), -1)
            cv2.line(front, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), (colour * 1.1).tolist(), 2)
            cv2.rectangle(front, (x0 - 3, y1 + 2), (x1 + 3, y1 + 5), (0.7, 0.7, 0.68), -1)
    rgb[top:bottom, left:right] = np.clip(front, 0, 1)


def street(rng):
    """Paint a street with houses, and perhaps a tree and parked cars."""
    rgb = textures.sky(rng, SIDE, SIDE)
    ground = int(SIDE * rng.uniform(0.62, 0.74))
    left = -int(rng.integers(0, 80))
    while left < SIDE:
        right = left + int(rng.integers(110, 260))
        top = int(rng.uniform(-0.1, 0.45) * SIDE)
        _house(rng, rgb, max(0, left), min(SIDE, right), max(0, top), ground)
        left = right
    if rng.random() < 0.7:
        _bush(rng, rgb, rng.uniform(0, 1) * SIDE, ground * rng.uniform(0.5, 0.9), 130)
    road = _ground(rng, textures.concrete, SIDE - ground, (0.36, 0.36, 0.38))
    rgb[ground:] = road
    kerb = int(rng.integers(8, 20))
    rgb[ground : ground + kerb] = rgb[ground : ground + kerb] * 0.3 + 0.45
    for _ in range(rng.integers(0, 3)):
        _car(rng, rgb, int(rng.uniform(0, SIDE)), ground + int(rng.uniform(0, 30)))
    return _soften(rng, _light(rng, rgb, 0.25), 1.2, 4), ground / SIDE


def _ground(rng, make, height: int, colour) -> np.ndarray:
    """Paint ground in perspective, across the whole scene."""
    flat = make(rng, SIDE, SIDE, colour)
    corners = np.array([[0, 0], [SIDE, 0], [SIDE * 1.9, height], [-SIDE * 0.9, height]], np.float32)
    square = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    turn = cv2.getPerspectiveTransform(square, corners)
    return cv2.warpPerspective(flat, turn, (SIDE, height), borderMode=cv2.BORDER_REFLECT)


def _bush(rng, rgb, x, y, radius):
    """Draw a tree or bush with a ragged outline into the image."""
    reach = radius * 1.35
    left, right = (int(np.clip(x + d, 0, SIDE)) for d in (-reach, reach))
    top, low = (int(np.clip(y + d, 0, SIDE)) for d in (-reach, reach))
    height, width = low - top, right - left
    if min(height, width) < 8:
        return
    green = np.array([0.33, 0.5, 0.2]) * rng.uniform(0.7, 1.4) * rng.uniform(0.9, 1.1, 3)
    leaves = textures.foliage(rng, height, width, green)
    down = np.arange(top, low, dtype=np.float32)[:, None] - np.float32(y)
    across = np.arange(left, right, dtype=np.float32)[None] - np.float32(x)
    away = np.hypot(across / np.float32(1.1), down) / np.float32(radius)
    mask = np.clip((1.05 - away + fractal(rng, height, width, 9, 4) * 0.13) * 14, 0, 1)
    light = np.clip(1.2 - 0.35 * (down / radius + 1) / 2, 0.4, 1.3)
    light = deep(np.repeat(light, width, 1))
    rgb[top:low, left:right] = mix(rgb[top:low, left:right], leaves * light, mask)


def _car(rng, rgb, x, y):
    """Draw a parked car from the side into the image; its wheels stand at (x, y)."""
    paint = np.array(_pick(rng, [(0.6, 0.1, 0.1), (0.15, 0.2, 0.35), (0.75, 0.75, 0.77),
                                 (0.1, 0.1, 0.11), (0.85, 0.85, 0.82)]))  # fmt: skip
    unit = rng.uniform(1.0, 1.8)
    outline = np.array([[-70, 0], [-72, -20], [-45, -26], [-25, -46], [25, -46], [48, -25],
                        [70, -20], [72, 0]])  # fmt: skip
    glass = np.array([[-36, -26], [-21, -42], [22, -42], [38, -26]])
    for shape, colour in ((outline, paint), (glass, np.array([0.2, 0.25, 0.3]))):
        points = (shape * unit * 16 + np.array([x, y]) * 16).astype(np.int32)
        cv2.fillPoly(rgb, [points], colour.tolist(), cv2.LINE_AA, 4)
    for wheel in (-42, 42):
        centre = int(x + wheel * unit), int(y)
        cv2.circle(rgb, centre, int(13 * unit), (0.06, 0.06, 0.06), -1, cv2.LINE_AA)
        cv2.circle(rgb, centre, int(6 * unit), (0.5, 0.5, 0.52), -1, cv2.LINE_AA)


def _soften(rng, rgb, low, high):
    """Blur an image like a background that is out of focus."""
    return soften(rgb.astype(np.float32, copy=False), rng.uniform(low, high))


def park(rng):
    """Paint bushes behind grass or a path."""
    rgb = textures.sky(rng, SIDE, SIDE)
    ground = int(SIDE * rng.uniform(0.55, 0.7))
    for x in np.linspace(0, SIDE, int(rng.integers(3, 5))):
        _bush(rng, rgb, x + rng.normal(0, 40), ground - rng.uniform(20, 160), rng.uniform(90, 200))
    grass = textures.foliage if rng.random() < 0.5 else textures.concrete
    rgb[ground:] = _ground(rng, grass, SIDE - ground, np.array([0.42, 0.55, 0.22]))
    return _soften(rng, _light(rng, rgb, 0.4), 1, 5), ground / SIDE


def room(rng):
    """Paint a room with a sofa and perhaps a window."""
    colour = np.asarray(_pick(rng, _WALLS[textures.plaster])) * rng.uniform(0.75, 1.0)
    rgb = textures.plaster(rng, SIDE, SIDE, colour)
    ground = int(SIDE * rng.uniform(0.68, 0.8))
    rgb[ground:] = _ground(rng, textures.wood, SIDE - ground, (0.5, 0.36, 0.24))
    cv2.rectangle(rgb, (0, ground - 14), (SIDE, ground), (0.85, 0.84, 0.8), -1)
    x = int(rng.uniform(0, 0.6) * SIDE)
    if rng.random() < 0.6:  # a window
        pane = textures.sky(rng, 230, 170)
        rgb[60:290, x : x + 170] = pane
        cv2.rectangle(rgb, (x, 60), (x + 170, 290), (0.92, 0.92, 0.9), 9)
        cv2.line(rgb, (x + 85, 60), (x + 85, 290), (0.92, 0.92, 0.9), 6)
    sofa = np.array(_pick(rng, [(0.45, 0.2, 0.2), (0.25, 0.32, 0.4), (0.55, 0.5, 0.42)]))
    left, width = int(rng.uniform(-0.1, 0.6) * SIDE), int(rng.uniform(180, 330))
    for box in ((0, -150, width, 30), (-24, -95, 24, 40), (width - 12, -95, width + 36, 40)):
        ends = (left + box[0], ground + box[1]), (left + box[2], ground + box[3])
        cv2.rectangle(rgb, *ends, (sofa * rng.uniform(0.8, 1.15)).tolist(), -1)
    rgb = cv2.multiply(rgb, (1.0, rng.uniform(0.86, 1), rng.uniform(0.7, 1), 1.0))
    return _soften(rng, _light(rng, rgb, rng.uniform(0.4, 0.9)), 1, 5), ground / SIDE


def table(rng):
    """Paint a table in front of another scene."""
    rgb, _ = _pick(rng, (room, wall, shelf, night))(rng)
    edge = int(SIDE * rng.uniform(0.5, 0.66))
    rgb = _soften(rng, rgb, 2, 6)
    rgb[edge:] = surface(rng, SIDE - edge, SIDE)
    blend = cv2.GaussianBlur(rgb, (0, 0), 2)
    rgb[edge - 4 : edge + 5] = blend[edge - 4 : edge + 5]
    return _light(rng, rgb, 0.35), edge / SIDE


def shelf(rng):
    """Paint a shelf with boxes or books."""
    back = np.asarray(_pick(rng, _WALLS[textures.plaster])) * 0.5
    rgb = textures.plaster(rng, SIDE, SIDE, back)
    boards = int(rng.integers(3, 5))
    height = SIDE // boards
    for board in range(1, boards + 1):
        x, base = -20, board * height - 14
        while x < SIDE:
            width, tall = int(rng.integers(28, 80)), int(height * rng.uniform(0.45, 0.85))
            hue = 0.1 + 0.75 * rng.uniform(0.3, 1) * (0.45 + 0.55 * rng.beta(0.6, 0.6, 3))
            cv2.rectangle(rgb, (x, base - tall), (x + width, base), hue.tolist(), -1)
            cv2.rectangle(rgb, (x, base - tall), (x + width // 4, base), (hue * 0.75).tolist(), -1)
            band = np.clip(1.1 - hue * rng.uniform(0.2, 1), 0, 1).tolist()
            middle = base - int(tall * rng.uniform(0.3, 0.7))
            cv2.rectangle(rgb, (x + 3, middle), (x + width - 3, middle + tall // 5), band, -1)
            x += width + int(rng.integers(1, 14))
        cv2.rectangle(rgb, (0, base), (SIDE, base + 14), (0.55, 0.45, 0.35), -1)
        rgb[base - 12 : base] *= 0.75
    return _soften(rng, _light(rng, rgb, 0.5), 1.5, 5), 1 - 14 / SIDE


def night(rng):
    """Paint blurred lights at night and their reflection on the ground."""
    rgb = tint(1.3 + 0.4 * fractal(rng, SIDE, SIDE, 3, 4), (0.05, 0.05, 0.09))
    hues = [(1, 0.75, 0.4), (1, 0.4, 0.2), (0.9, 0.9, 1), (0.4, 0.9, 0.5), (1, 0.2, 0.25)]
    size = rng.uniform(7, 26)
    for _ in range(rng.integers(25, 70)):
        centre = int(rng.uniform(0, SIDE)), int(rng.beta(2, 2) * SIDE)
        radius = int(size * rng.uniform(0.6, 1.3)) + 2
        x0, y0 = max(0, centre[0] - radius - 3), max(0, centre[1] - radius - 3)
        part = rgb[y0 : centre[1] + radius + 3, x0 : centre[0] + radius + 3]
        disc = np.zeros(part.shape[:2], np.float32)
        cv2.circle(disc, (centre[0] - x0, centre[1] - y0), radius, 1.0, -1, cv2.LINE_AA)
        hue = np.float32(_pick(rng, hues)) * np.float32(rng.uniform(0.15, 0.75))
        part += tint(disc, hue)
    ground = int(SIDE * rng.uniform(0.7, 0.85))
    mirrored = rgb[ground - (SIDE - ground) : ground][::-1]
    rgb[ground:] = cv2.blur(mirrored, (9, 61)) * 0.6 + 0.02
    return _soften(rng, rgb, 0.8, 2), ground / SIDE


PAINTERS = {
    "wall": wall, "street": street, "park": park, "room": room,
    "table": table, "shelf": shelf, "night": night,
}  # fmt: skip
