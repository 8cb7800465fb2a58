"""The arguments of a call of `logoflow.fit`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mxnet as mx

from logoflow.datasets.composing.artwork import Artwork
from logoflow.inference.levels import Level
from logoflow.inference.matching import LogoMatcher
from logoflow.recipes import Recipe


class Plan(NamedTuple):
    """The checked arguments of a call of `logoflow.fit`.

    Parameters
    ----------
    root : Path
        Folder of a prepared data set.
    backbones : list of str
        One network is trained for each.
    recipe : Recipe
    levels : sequence of Level
        A decision is fitted for each.
    matcher : LogoMatcher or None
        Known logos, if a level needs them.
    false_positive_rate : float
        Share of no-logo photos that may get a brand, above 0 and below 1.
    unknown_acceptance_rate : float or None
        Share of photos of unknown brands that may get a brand. None: there is no test for them.
    fine_tune : bool
        Whether to train the layers below the output layer.
    num_epochs : int
        Passes over the training photos.
    deadline : float or None
        Time of `time.monotonic` after which no further fine-tuning step starts.
    rounds : int
        Rounds of training, with a search for hard negatives between them.
    image_size : int
        Side of the network's input in pixels.
    use_no_logo, use_boxes : bool
        Whether to train on no-logo photos, and to use boxes.
    class_weights : list of float or None
        Weight of each class in the loss.
    artwork : dict of int to list of Artwork, or None
        Logos by label, to learn from beside the photos.
    num_workers : int
        Processes that decode photos.
    ctx : list of Context
        Devices.
    seed : int
    patience : int or None
        Epochs without a better validation accuracy after which a network's training stops.
    log_dir : Path or None
        Folder for TensorBoard's learning curves.
    resume_dir : Path or None
        Folder for finished stages, from which an interrupted call continues.
    quiet : bool
        Whether to print nothing.
    """

    root: Path
    backbones: list[str]
    recipe: Recipe
    levels: Sequence[Level]
    matcher: LogoMatcher | None
    false_positive_rate: float
    unknown_acceptance_rate: float | None
    fine_tune: bool
    num_epochs: int
    deadline: float | None
    rounds: int
    image_size: int
    use_no_logo: bool
    use_boxes: bool
    class_weights: list[float] | None
    artwork: dict[int, list[Artwork]] | None
    num_workers: int
    ctx: list[mx.Context]
    seed: int
    patience: int | None
    log_dir: Path | None
    resume_dir: Path | None
    quiet: bool
