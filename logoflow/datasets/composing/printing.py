"""Print artwork: choose its colours, and the plate behind it."""

import cv2
import numpy as np

from logoflow.datasets.composing.artwork import Artwork, Print

MIN_CONTRAST = 90
"""Smallest difference between a logo and what is behind it: the sum over three channels, at most
765."""

# How artwork in one colour is printed: colour of the logo, colour of the plate, share.
_PRINTS = (
    ("usual", "white", 0.22),
    ("white", "usual", 0.22),
    ("dark", "white", 0.09),
    ("white", "dark", 0.09),
    ("any", "other", 0.10),
    ("usual", "other", 0.06),
    ("white", None, 0.08),
    ("dark", None, 0.06),
    ("usual", None, 0.08),
)
_PLATES = (("white", 0.48), ("any", 0.14), ("dark", 0.10), (None, 0.28))
_SHAPES = ("rectangle", "rounded", "ellipse")


def print_artwork(
    rng: np.random.Generator, artwork: Artwork, side: int, background: np.ndarray
) -> Print:
    """Print a logo in one of the ways that brands do: in colour, in one colour, or inverted.

    Parameters
    ----------
    rng : Generator
        Makes all choices.
    artwork : Artwork
    side : int
        Longer side of the logo in pixels.
    background : ndarray
        (3,), RGB, 0 to 255: the mean colour of the place where the logo will be. A logo without a
        plate contrasts with it.

    Returns
    -------
    Print

    Examples
    --------
    >>> artwork = Artwork(np.full((100, 200, 4), 255, np.uint8), None)
    >>> printed = print_artwork(np.random.default_rng(0), artwork, 50, np.zeros(3))
    >>> printed.box[2:], printed.rgb.shape[:2] == printed.alpha.shape
    ((50, 25), True)
    """
    scale = side / max(artwork.picture.shape[:2])
    size = [max(2, round(length * scale)) for length in artwork.picture.shape[1::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    opaque = artwork.picture[..., 3].astype(np.float32) / 255
    alpha = np.clip(cv2.resize(opaque, size, interpolation=method), 0, 1)
    ink, plate = _inks(rng, artwork, background)
    if artwork.colour is not None:
        colours = np.broadcast_to(ink.astype(np.float32), (*alpha.shape, 3))
    else:
        # Weighted by their opacity, so that colours below transparent pixels do not show.
        weighted = cv2.resize(
            artwork.picture[..., :3] * opaque[..., None], size, None, 0, 0, method
        )
        tint = np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
        colours = weighted / np.maximum(alpha, 1e-3)[..., None] * tint
    return _on_plate(rng, colours, alpha, ink, plate)


def _inks(
    rng: np.random.Generator, artwork: Artwork, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Choose the colours of the logo and of the plate, with enough contrast between both."""
    palette = _palette(rng, artwork.colour)
    if artwork.colour is None:
        opaque = artwork.picture[..., 3] > 127
        ink = artwork.picture[opaque][:, :3].mean(0) if opaque.any() else palette["dark"]
        plate_name = _draw(rng, _PLATES)
    else:
        ink_name, plate_name = _draw(rng, [((ink, plate), share) for ink, plate, share in _PRINTS])
        ink = palette[ink_name]
    plate = None if plate_name is None else palette[plate_name]
    behind = background if plate is None else plate
    if np.abs(ink - behind).sum() < MIN_CONTRAST:
        if plate is not None:
            plate = palette["white" if ink.mean() < 128 else "dark"]
        elif artwork.colour is not None:
            ink = palette["white" if background.mean() < 128 else "dark"]
    return ink, plate


def _draw(rng: np.random.Generator, choices):
    """Draw one of several values, each with its share."""
    shares = np.array([share for _, share in choices])
    return choices[rng.choice(len(choices), p=shares / shares.sum())][0]


def _palette(rng: np.random.Generator, usual: np.ndarray | None) -> dict[str, np.ndarray]:
    """Draw the colours that a logo can be printed in."""
    strange, other = (_random_colour(rng) for _ in range(2))
    usual = strange if usual is None else usual + rng.normal(0, 18, 3)
    white = 255 - np.abs(rng.normal(0, 10, 3)) - rng.uniform(0, 25)
    dark = 20 + np.abs(rng.normal(0, 18)) + rng.normal(0, 4, 3)
    colours = {"usual": usual, "white": white, "dark": dark, "any": strange, "other": other}
    return {name: np.clip(colour, 0, 255) for name, colour in colours.items()}


def _random_colour(rng: np.random.Generator) -> np.ndarray:
    colour = rng.uniform(0, 255, 3)
    return colour.mean() + (colour - colour.mean()) * rng.uniform(0.3, 1.3)


def _on_plate(
    rng: np.random.Generator,
    colours: np.ndarray,
    alpha: np.ndarray,
    ink: np.ndarray,
    plate: np.ndarray | None,
) -> Print:
    """Put a logo on a plate. Without a plate, only an edge of empty pixels is added."""
    height, width = alpha.shape
    if plate is None:
        down = across = 2
    else:
        down, across = (round(max(height, width) * rng.uniform(0.05, 0.5)) for _ in range(2))
    pads = down, down, across, across
    alpha = cv2.copyMakeBorder(alpha, *pads, cv2.BORDER_CONSTANT, value=0)
    colours = cv2.copyMakeBorder(colours, *pads, cv2.BORDER_REPLICATE)
    box = across, down, width, height
    if plate is None:
        return Print(colours, alpha, box)
    covered = _plate_shape(rng, *alpha.shape)
    paper = np.broadcast_to(plate, colours.shape).astype(np.float32)
    if rng.random() < 0.2:  # a border in the colour of the logo
        border = covered - cv2.erode(covered, np.ones((3, 3)), iterations=max(1, width // 30))
        paper = paper + (ink - paper) * border[..., None]
    rgb = paper + (colours - paper) * alpha[..., None]
    return Print(rgb.astype(np.float32), np.maximum(covered, alpha), box)


def _plate_shape(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Draw the coverage of a plate."""
    shape, covered = (
        _SHAPES[rng.choice(3, p=[0.55, 0.25, 0.2])],
        np.zeros((height, width), np.uint8),
    )
    if shape == "ellipse":
        middle, axes = (width // 2, height // 2), (width // 2, height // 2)
        cv2.ellipse(covered, middle, axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    elif shape == "rounded":
        radius = max(1, round(min(height, width) * rng.uniform(0.1, 0.45)))
        covered[:, radius : width - radius] = covered[radius : height - radius] = 255
        for y in (radius, height - 1 - radius):
            for x in (radius, width - 1 - radius):
                cv2.circle(covered, (x, y), radius, 255, -1, cv2.LINE_AA)
    else:
        covered[:] = 255
    return covered.astype(np.float32) / 255
