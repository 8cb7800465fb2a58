"""The default recipe, epochs and levels of `logoflow.fit`."""

import math
from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.prepared import photos_of
from logoflow.inference.levels import GRID, REGIONS
from logoflow.loading.photo_folder import split_boxes
from logoflow.recipes import Recipe

STEPS_PER_ROOT = 10.0
"""Fine-tuning steps on regions, for each square root of the number of training photos."""


def default_recipe(backbones: Sequence[str]) -> str:
    """Name the default recipe of `fit`. Regions need features that were trained for photo parts.

    Parameters
    ----------
    backbones : sequence of str

    Returns
    -------
    str

    Examples
    --------
    >>> default_recipe(["efficientnet_lite0"])
    'logoflow'
    """
    return "regions" if set(backbones) == {"logo_lite0"} else "logoflow"


def default_epochs(recipe: Recipe, root: Path) -> int:
    """Choose the number of epochs: 10, or for regions a number that depends on the photos.

    For regions, the number of steps grows with the square root of the number of photos.

    Parameters
    ----------
    recipe : Recipe
    root : Path
        Folder of a prepared data set.

    Returns
    -------
    int
    """
    if recipe.crops != "regions":
        return 10
    photos = len(photos_of(root, "train_data"))
    steps = STEPS_PER_ROOT * math.sqrt(photos)
    return max(1, round(steps * recipe.batch_size / max(1, photos)))


def default_levels(recipe: Recipe, root: Path, use_boxes: bool) -> tuple[str, str]:
    """Name the levels that suit a recipe and the photos.

    Parameters
    ----------
    recipe : Recipe
    root : Path
        Folder of a prepared data set.
    use_boxes : bool
        Whether the training uses boxes.

    Returns
    -------
    tuple of str
    """
    if recipe.crops != "regions":
        return "whole", "windows"
    has_boxes = use_boxes and bool(split_boxes(root, "train_data"))
    return ("whole", REGIONS) if has_boxes else ("whole", GRID)
