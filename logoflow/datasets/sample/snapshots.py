"""One photo of the sample: a scene, what carries the mark, the camera."""

import zlib

import cv2
import numpy as np

from logoflow.datasets.sample import artwork, compositing, glyphs, painters, scenes
from logoflow.datasets.sample.artwork import BRANDS, Variant
from logoflow.datasets.sample.boards import Sprite
from logoflow.datasets.sample.carriers import BY_SCENE, CARRIERS
from logoflow.datasets.sample.textures import soften
from logoflow.labels import NO_LOGO

_SHAPES = ((4, 3), (4, 3), (4, 3), (3, 4), (3, 4), (3, 2), (2, 3), (1, 1))
_BLANK = 0.12  # share of no-logo photos in which nothing at all is printed


def take(photo: dict, longest_side: int) -> tuple[bytes, list[tuple[int, int, int, int]]]:
    """Make one photo from its plan.

    Parameters
    ----------
    photo : dict
        ``file``, ``class``, ``scene`` and ``artwork`` (`logoflow.datasets.sample.build.plan`).
    longest_side : int
        In pixels.

    Returns
    -------
    bytes
        The JPEG.
    list of tuple
        Boxes (x, y, width, height) of the logos, whole pixels; empty for a no-logo photo.
    """
    rng = np.random.default_rng(zlib.crc32(photo["file"].encode()))
    wide, high = _SHAPES[rng.integers(len(_SHAPES))]
    size = (
        round(longest_side * wide / max(wide, high)),
        round(longest_side * high / max(wide, high)),
    )
    scene = scenes.view(rng, scenes.draw_scene(photo["scene"]), *size)
    rgb = scene.rgb
    if rng.random() < 0.2:  # somebody else's sign, with or without a logo elsewhere
        rgb, _ = _add(rng, rgb, scene, _other(rng), photo, rng.uniform(0.1, 0.2), main=False)
    share = 0.13 + 0.47 * rng.beta(2.0, 2.6)
    behind = []
    if rng.random() < 0.15 and share < 0.4:
        rgb, layer = _add(rng, rgb, scene, _main(rng, photo), photo, share * 0.6, main=False)
        behind.append(layer.ink)
    rgb, layer = _add(rng, rgb, scene, _main(rng, photo), photo, share)
    boxes = _boxes(behind, layer)
    if rng.random() < 0.16:
        rgb = compositing.occlude(rng, rgb, boxes[-1])
    jpeg = compositing.encode(rng, compositing.shoot(rng, rgb))
    return jpeg, [] if photo["class"] == NO_LOGO else boxes


def _boxes(behind: list[np.ndarray], front: Sprite) -> list[tuple[int, int, int, int]]:
    """Boxes of the marks, the front one's last; one that is mostly hidden behind it has none."""
    boxes = []
    for ink in behind:
        visible = ink * (1 - front.alpha)
        if visible.sum() > 0.4 * ink.sum() and (box := compositing.bounds(visible)):
            boxes.append(box)
    return [*boxes, compositing.bounds(front.ink)]


def _main(rng, photo: dict):
    """What is printed in this photo: the brand's icon, or something that is no brand's."""
    aside = np.random.default_rng(rng.integers(2**32))  # `rng` goes on alike for every class
    if photo["class"] != NO_LOGO:
        return artwork.brand_glyph(photo["class"]), artwork.brand_colours(photo["class"]), False
    colours = artwork.brand_colours(BRANDS[aside.integers(16)])
    return glyphs.other_glyph(aside), colours, aside.random() < _BLANK


def _other(rng):
    """A mark that is no brand's, in some brand's colours."""
    glyph = glyphs.other_glyph(np.random.default_rng(rng.integers(2**32)))
    return glyph, artwork.brand_colours(BRANDS[rng.integers(16)]), False


def _add(rng, rgb, scene, printed, photo, share, *, main=True) -> tuple[np.ndarray, Sprite]:
    """Put a thing with a mark into the picture; gives the picture and the thing within it."""
    high, wide = rgb.shape[:2]
    names = BY_SCENE[scene.kind]
    name = names[rng.integers(len(names))]
    carry, tilt, foot, largest = CARRIERS[name]
    extent = max(8, round(min(share, largest) * max(high, wide)))
    glyph, colours, blank = printed
    variant = Variant.parse(photo["artwork"])
    mark = artwork.draw_mark(rng, glyph, colours, variant, extent, blank)
    sprite = carry(rng, mark)
    floor = scene.floor
    if main and foot == "stand" and floor is None:
        rgb, floor = _ledge(rng, rgb)
    if foot == "fill":
        sprite = _extend(sprite, wide, high)
    at = _position(rng, sprite, (wide, high), foot, floor, main)
    quad = compositing.pose(rng, sprite, at, tilt, foot != "free")
    layer = compositing.place(rgb, sprite, quad)
    soak = 0.9 if name == "painted" else 0.0
    return compositing.blend(rng, rgb, layer, soak=soak, glows=name == "lightbox"), layer


def _position(rng, sprite: Sprite, size, foot: str, floor, main: bool) -> tuple[float, float]:
    """Where the middle of the mark goes: anywhere that keeps it in the picture.

    What stands has its foot on the floor, what is cut by the frame has it below.
    """
    wide, high = size
    _, _, across, down = compositing.bounds(sprite.ink) or (0, 0, 60, 60)
    x = rng.normal(0.5, 0.12) * wide
    if not main:
        x = (0.15 if rng.random() < 0.5 else 0.85) * wide
    y = rng.normal(0.45, 0.1) * high
    below = sprite.alpha.shape[0] - compositing.mark_centre(sprite)[1]
    if foot in ("stand", "below"):
        lowest = 0.97 if foot == "stand" and floor is not None else 1.3
        highest = floor + 0.3 * (1 - floor) if foot == "stand" and floor is not None else 1.02
        y = rng.uniform(min(highest, lowest), lowest) * high - below
    margin_x, margin_y = across * 0.56 + 3, down * 0.56 + 3
    x = np.clip(x, min(margin_x, wide / 2), max(wide - margin_x, wide / 2))
    y = np.clip(y, min(margin_y, high / 2), max(high - margin_y, high / 2))
    return float(x), float(y)


def _ledge(rng, rgb) -> tuple[np.ndarray, float]:
    """Put a table in front, and what is behind it out of focus."""
    high, wide = rgb.shape[:2]
    floor = rng.uniform(0.6, 0.75)
    edge = round(floor * high)
    rgb = soften(rgb, rng.uniform(1, 5) * max(high, wide) / 512)
    rgb[edge:] = painters.surface(rng, high - edge, wide)
    rgb[edge - 3 : edge + 3] = cv2.GaussianBlur(rgb, (0, 0), 1.5)[edge - 3 : edge + 3]
    return rgb, floor


def _extend(sprite: Sprite, wide: int, high: int) -> Sprite:
    """Go on with a sprite's edges to the left, the right and below, beyond the frame."""
    rgb, alpha = (
        cv2.copyMakeBorder(part, 0, high, wide, wide, cv2.BORDER_REPLICATE)
        for part in (sprite.rgb, sprite.alpha)
    )
    ink = cv2.copyMakeBorder(sprite.ink, 0, high, wide, wide, cv2.BORDER_CONSTANT)
    return Sprite(rgb, alpha, ink)
