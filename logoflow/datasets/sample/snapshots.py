"""Draw one photo of the sample: a scene, an object with a mark on it, and the camera."""

import zlib

import cv2
import numpy as np

from logoflow.datasets.sample import artwork, compositing, glyphs, painters, scenes
from logoflow.datasets.sample.artwork import BRANDS, Variant
from logoflow.datasets.sample.boards import Sprite
from logoflow.datasets.sample.carriers import BY_SCENE, CARRIERS
from logoflow.datasets.sample.textures import soften
from logoflow.labels import NO_LOGO

_ASPECT_RATIOS = ((4, 3), (4, 3), (4, 3), (3, 4), (3, 4), (3, 2), (2, 3), (1, 1))
_BLANK_SHARE = 0.12  # of no-logo photos: nothing is printed on the object


def draw_photo(photo: dict, longest_side: int) -> tuple[bytes, list[tuple[int, int, int, int]]]:
    """Draw a photo from its plan.

    Parameters
    ----------
    photo : dict
        ``file``, ``class``, ``scene`` and ``artwork``, from `logoflow.datasets.sample.build.plan`.
    longest_side : int
        Longest side of the photo, in pixels.

    Returns
    -------
    bytes
        The photo as JPEG.
    list of tuple
        Bounding boxes (x, y, width, height) of the logos, in pixels; empty for a no-logo photo.
    """
    rng = np.random.default_rng(zlib.crc32(photo["file"].encode()))
    width, height = _ASPECT_RATIOS[rng.integers(len(_ASPECT_RATIOS))]
    size = (
        round(longest_side * width / max(width, height)),
        round(longest_side * height / max(width, height)),
    )
    scene = scenes.view(rng, scenes.draw_scene(photo["scene"]), *size)
    rgb = scene.rgb
    if rng.random() < 0.2:  # an object with a mark of no brand, near the edge
        rgb, _ = _add(rng, rgb, scene, _other(rng), photo, rng.uniform(0.1, 0.2), main=False)
    share = 0.13 + 0.47 * rng.beta(2.0, 2.6)
    inks_behind = []
    if rng.random() < 0.15 and share < 0.4:
        rgb, layer = _add(rng, rgb, scene, _main(rng, photo), photo, share * 0.6, main=False)
        inks_behind.append(layer.ink)
    rgb, layer = _add(rng, rgb, scene, _main(rng, photo), photo, share)
    boxes = _boxes(inks_behind, layer)
    if rng.random() < 0.16:
        rgb = compositing.occlude(rng, rgb, boxes[-1])
    jpeg = compositing.encode(rng, compositing.shoot(rng, rgb))
    return jpeg, [] if photo["class"] == NO_LOGO else boxes


def _boxes(inks_behind: list[np.ndarray], front: Sprite) -> list[tuple[int, int, int, int]]:
    """List the boxes of the marks, the front one last; skip marks that are mostly hidden."""
    boxes = []
    for ink in inks_behind:
        visible = ink * (1 - front.alpha)
        if visible.sum() > 0.4 * ink.sum() and (box := compositing.bounds(visible)):
            boxes.append(box)
    return [*boxes, compositing.bounds(front.ink)]


def _main(rng, photo: dict):
    """Give the glyph of the brand or of no brand, its colours, and whether to print nothing."""
    # A separate generator, so that `rng` continues in the same way for every class.
    glyph_rng = np.random.default_rng(rng.integers(2**32))
    if photo["class"] != NO_LOGO:
        return artwork.brand_glyph(photo["class"]), artwork.brand_colours(photo["class"]), False
    colours = artwork.brand_colours(BRANDS[glyph_rng.integers(16)])
    return glyphs.other_glyph(glyph_rng), colours, glyph_rng.random() < _BLANK_SHARE


def _other(rng):
    """Give a glyph of no brand in the colours of a random brand."""
    glyph = glyphs.other_glyph(np.random.default_rng(rng.integers(2**32)))
    return glyph, artwork.brand_colours(BRANDS[rng.integers(16)]), False


def _add(rng, rgb, scene, printed, photo, share, *, main=True) -> tuple[np.ndarray, Sprite]:
    """Draw an object with a mark into the image; return the image and the object's layer."""
    height, width = rgb.shape[:2]
    names = BY_SCENE[scene.kind]
    name = names[rng.integers(len(names))]
    carry, tilt, foot, largest = CARRIERS[name]
    extent = max(8, round(min(share, largest) * max(height, width)))
    glyph, colours, blank = printed
    variant = Variant.parse(photo["artwork"])
    mark = artwork.draw_mark(rng, glyph, colours, variant, extent, blank)
    sprite = carry(rng, mark)
    floor = scene.floor
    if main and foot == "stand" and floor is None:
        rgb, floor = _ledge(rng, rgb)
    if foot == "fill":
        sprite = _extend(sprite, width, height)
    at = _position(rng, sprite, (width, height), foot, floor, main)
    quad = compositing.pose(rng, sprite, at, tilt, foot != "free")
    layer = compositing.warp_into(rgb, sprite, quad)
    soak = 0.9 if name == "painted" else 0.0
    return compositing.blend(rng, rgb, layer, soak=soak, glows=name == "lightbox"), layer


def _position(rng, sprite: Sprite, size, foot: str, floor, main: bool) -> tuple[float, float]:
    """Choose where the centre of the mark goes, so that the whole mark is in the image.

    An object that stands has its lower edge on the floor. An object that the frame cuts off has
    its lower edge below the frame.
    """
    width, height = size
    _, _, across, down = compositing.bounds(sprite.ink) or (0, 0, 60, 60)
    x = rng.normal(0.5, 0.12) * width
    if not main:
        x = (0.15 if rng.random() < 0.5 else 0.85) * width
    y = rng.normal(0.45, 0.1) * height
    below = sprite.alpha.shape[0] - compositing.mark_centre(sprite)[1]
    if foot in ("stand", "below"):
        lowest = 0.97 if foot == "stand" and floor is not None else 1.3
        highest = floor + 0.3 * (1 - floor) if foot == "stand" and floor is not None else 1.02
        y = rng.uniform(min(highest, lowest), lowest) * height - below
    margin_x, margin_y = across * 0.56 + 3, down * 0.56 + 3
    x = np.clip(x, min(margin_x, width / 2), max(width - margin_x, width / 2))
    y = np.clip(y, min(margin_y, height / 2), max(height - margin_y, height / 2))
    return float(x), float(y)


def _ledge(rng, rgb) -> tuple[np.ndarray, float]:
    """Add a table in front and blur the scene behind it; return the height of the floor too."""
    height, width = rgb.shape[:2]
    floor = rng.uniform(0.6, 0.75)
    edge = round(floor * height)
    rgb = soften(rgb, rng.uniform(1, 5) * max(height, width) / 512)
    rgb[edge:] = painters.surface(rng, height - edge, width)
    rgb[edge - 3 : edge + 3] = cv2.GaussianBlur(rgb, (0, 0), 1.5)[edge - 3 : edge + 3]
    return rgb, floor


def _extend(sprite: Sprite, width: int, height: int) -> Sprite:
    """Extend the edges of a sprite to the left, to the right and downwards, beyond the frame."""
    rgb, alpha = (
        cv2.copyMakeBorder(part, 0, height, width, width, cv2.BORDER_REPLICATE)
        for part in (sprite.rgb, sprite.alpha)
    )
    ink = cv2.copyMakeBorder(sprite.ink, 0, height, width, width, cv2.BORDER_CONSTANT)
    return Sprite(rgb, alpha, ink)
