"""The backgrounds of the sample: real photos from installed packages, and painted scenes.

The source of a scene is a name such as ``photo:coffee``, or ``street:1042`` for a kind and a seed.
Each source belongs to one split.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from logoflow.datasets.sample.painters import PAINTERS, SIDE

# The real photos of each split, and the kind of scene that each shows.
_PHOTOS = {
    "train": {"skimage/data/astronaut.png": "view", "skimage/data/brick.png": "wall",
              "skimage/data/coffee.png": "close", "sklearn/datasets/images/china.jpg": "view"},
    "val": {"skimage/data/camera.png": "view", "skimage/data/chelsea.png": "close",
            "skimage/data/gravel.png": "wall", "sklearn/datasets/images/flower.jpg": "close"},
    "test": {"skimage/data/coins.png": "close", "skimage/data/grass.png": "wall",
             "skimage/data/motorcycle_left.png": "view", "skimage/data/rocket.jpg": "view"},
}  # fmt: skip
KINDS = tuple(PAINTERS)
_SCENES_PER_KIND = 6  # painted scenes of a split


class Scene(NamedTuple):
    """A background.

    Parameters
    ----------
    rgb : ndarray
        (H, W, 3), float32, 0 to 1.
    kind : str
        The kind of scene, a key of `carriers.BY_SCENE`.
    floor : float or None
        Height (0 top, 1 bottom) below which objects can stand; None if there is no floor.
    """

    rgb: np.ndarray
    kind: str
    floor: float | None


def sources_of(split: str, seed: int) -> list[str]:
    """List the sources of a split's scenes: real photos, and painted scenes with their own seeds.

    Parameters
    ----------
    split : str
        ``"train"``, ``"val"`` or ``"test"``.
    seed : int
        Seed of the sample.

    Returns
    -------
    list of str
        Real photos are listed twice, because they are to be used twice as often.

    Examples
    --------
    >>> sources_of("train", seed=0)[:2]
    ['wall:0', 'wall:1']
    """
    split_number = list(_PHOTOS).index(split)
    first_seed = 1000 * (3 * seed + split_number)
    painted = [f"{kind}:{first_seed + k}" for kind in KINDS for k in range(_SCENES_PER_KIND)]
    return painted + [f"photo:{Path(path).stem}" for path in _PHOTOS[split]] * 2


@lru_cache(maxsize=4)
def draw_scene(source: str) -> Scene:
    """Paint a scene, or read it from a photo, by the name of its source."""
    kind, _, name = source.partition(":")
    if kind == "photo":
        path, kind = _find(name)
        return Scene(_read(path), kind, None)
    rng = np.random.default_rng([KINDS.index(kind), int(name)])
    rgb, floor = PAINTERS[kind](rng)
    return Scene(np.clip(rgb, 0, 1).astype(np.float32), kind, floor)


def view(rng: np.random.Generator, scene: Scene, width: int, height: int) -> Scene:
    """Cut a random part out of a scene, perhaps mirrored, and resize it to the given size."""
    scene_height, scene_width = scene.rgb.shape[:2]
    part = rng.uniform(0.68, 1.0) * min(scene_width / width, scene_height / height)
    w, h = part * width, part * height
    x, y = rng.uniform(0, scene_width - w), rng.uniform(0, scene_height - h)
    if scene.floor is not None:  # keep the floor in view, with room for objects
        y = np.clip(y, scene.floor * scene_height - 0.75 * h, scene.floor * scene_height - 0.35 * h)
        y = np.clip(y, 0, scene_height - h)
    corners = np.array([[x, y], [x + w, y], [x, y + h]], np.float32)
    if rng.random() < 0.5:
        corners = corners[[1, 0]].tolist() + [[x + w, y + h]]
    target = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    turn = cv2.getAffineTransform(np.asarray(corners, np.float32), target)
    blur = max(0.0, part - 1) * 0.6
    rgb = cv2.GaussianBlur(scene.rgb, (0, 0), blur) if blur > 0.2 else scene.rgb
    rgb = cv2.warpAffine(rgb, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    floor = None if scene.floor is None else (scene.floor * scene_height - y) / h
    return Scene(rgb, scene.kind, floor)


def _find(stem: str) -> tuple[str, str]:
    """Find the path and the kind of a real photo by its file name without suffix."""
    return next(
        item for photos in _PHOTOS.values() for item in photos.items() if Path(item[0]).stem == stem
    )


def _read(path: str) -> np.ndarray:
    """Read a real photo as RGB, 0 to 1; tint a grey texture."""
    package, _, inside = path.partition("/")
    file = Path(find_spec(package).origin).parent / inside
    with Image.open(file) as picture:
        rgb = np.asarray(picture.convert("RGB"), np.float32) / 255
    tone = {"brick": (1.0, 0.72, 0.6), "grass": (0.75, 0.9, 0.5), "gravel": (1.0, 0.95, 0.88)}
    stem = Path(path).stem
    scale = SIDE / min(rgb.shape[:2])
    rgb = cv2.multiply(rgb, (*tone.get(stem, (1, 1, 1)), 1))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=method), 0, 1)
