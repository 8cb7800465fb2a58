"""Fine-tune a network on the regions of random patches of photos."""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

from logoflow.inference.region_grid import CELL, REGION_SHAPES, pooling_matrix
from logoflow.inference.regions import split_at_pooling
from logoflow.loading.prefetch import prefetched
from logoflow.models.freezing import freeze_depthwise, freeze_lower, keep_running_statistics
from logoflow.models.release import release_graphs
from logoflow.recipes import Recipe
from logoflow.training.averaging import WeightAverage
from logoflow.training.checkpoint import save_state
from logoflow.training.curves import OnRow
from logoflow.training.early_stopping import EarlyStopping
from logoflow.training.loop import seed_epoch
from logoflow.training.patch_batches import patch_batches
from logoflow.training.region_examples import PhotoWithBoxes
from logoflow.training.region_patches import PATCH_SIDE, UNKNOWN
from logoflow.training.region_state import region_state, restore_region_state
from logoflow.training.schedules import learning_rate_options, set_head_lr_multiplier
from logoflow.utils.progress import bar

HARDEST = 8
"""Regions without a logo that count in each patch: those with the largest loss."""

STEPS_PER_ROW = 20
"""Steps that a row of the history sums up. A resume file is written after each row."""

WARMUP_SHARE = 0.1  # share of the steps during which the learning rate rises


class PatchNet(gluon.HybridBlock):
    """A network that returns the logits of the regions of patches.

    Parameters
    ----------
    net : Block
        Network with pooled features. The weights are shared.
    """

    def __init__(self, net: gluon.HybridBlock):
        super().__init__()
        before, after = split_at_pooling(net)
        self.convolutions, self.after_pooling = nn.HybridSequential(), nn.HybridSequential()
        self.convolutions.add(*before)
        self.after_pooling.add(*after)
        self.output = net.output

    def hybrid_forward(self, F: Any, patches: Any, pooling: Any) -> Any:
        """Map (batch, 3, side, side) and (regions, cells) to (batch * regions, classes)."""
        cells = F.reshape(self.convolutions(patches), (0, 0, -1))
        pooled = F.transpose(F.dot(cells, pooling, transpose_b=True), (0, 2, 1))
        return self.output(self.after_pooling(F.reshape(pooled, (-3, 0))))


def train_on_patches(
    net: gluon.HybridBlock,
    photos: Sequence[PhotoWithBoxes],
    no_logo: int | None,
    recipe: Recipe,
    *,
    num_steps: int,
    augs: list,
    ctx: mx.Context,
    seed: int,
    cache: Path | None = None,
    class_weights: Sequence[float] | None = None,
    deadline: float | None = None,
    early_stopping: EarlyStopping | None = None,
    resume_path: Path | None = None,
    on_row: OnRow | None = None,
    on_interrupt: Callable[[str], None] | None = None,
) -> dict[str, list]:
    """Train a network on patches. Afterwards it has the moving average of its weights.

    With `early_stopping`, it has the best of these averages.

    Parameters
    ----------
    net : Block
        Network with pooled features and a fitted output layer.
    photos : sequence of PhotoWithBoxes
        Photos of brands without boxes are left out, because no region of them has a label.
    no_logo : int or None
        Label of no-logo.
    recipe : Recipe
        Its batch size, learning rate, optimizer and so on are used.
    num_steps : int
        Number of batches.
    augs : list of callable
        The preprocessing of validation photos. Its normalisation is used.
    ctx : Context
        Device.
    seed : int
        Seed of the order of the photos and of the patches.
    cache : Path, optional
        Folder for the decoded photos. None decodes each photo when it is needed.
    class_weights : sequence of float, optional
        Weight of each class in the loss.
    deadline : float, optional
        Time of `time.monotonic` after which no further step starts.
    early_stopping : EarlyStopping, optional
        It checks the network after each pass over the photos.
    resume_path : Path, optional
        File for the state of the training. If it exists, the training continues from it. It must
        belong to the same data set and settings.
    on_row : callable, optional
        Called with each new row of the history: the step and the loss.
    on_interrupt : callable, optional
        If given, an interrupt ends the training, and this function is called with the number of
        steps, as text. By default, KeyboardInterrupt is raised as usual.

    Returns
    -------
    dict of str to list
        The columns ``step`` and ``loss``, the mean loss of the steps up to this one.

    Raises
    ------
    FloatingPointError
        If the loss becomes infinite or NaN.
    """
    photos = [photo for photo in photos if photo[2] or photo[1] == no_logo]
    patch_net, trainer = _trainable(net, recipe), _make_trainer(net, recipe, num_steps)
    average = WeightAverage(net, recipe.ema_decay)
    side = PATCH_SIDE // CELL
    pooling = nd.array(pooling_matrix(side, side, REGION_SHAPES), ctx=ctx)
    weights = None if class_weights is None else nd.array(class_weights, ctx=ctx)
    history: dict[str, list] = {"step": [], "loss": []}
    losses: list[nd.NDArray] = []
    order: list[int] = []
    seed_epoch(seed, 0)  # for dropout
    generator = random.Random(f"{seed} 0")
    first = step = 0
    if resume_path is not None and resume_path.exists():
        first = step = restore_region_state(
            resume_path, net, trainer, average, history, order, generator, early_stopping
        )
    steps_per_epoch = math.ceil(len(photos) / recipe.batch_size)
    batches = prefetched(patch_batches(photos, no_logo, recipe, cache, generator, order))
    try:
        for step in bar(range(first + 1, num_steps + 1), "steps"):
            if deadline is not None and monotonic() > deadline:
                break
            batch = next(batches)
            data = _normalise(nd.array(batch.patches, ctx=ctx), augs)
            with autograd.record():
                logits = patch_net(data, pooling)
                loss = patch_loss(logits, nd.array(batch.labels, ctx=ctx), no_logo, weights)
            loss.backward()
            trainer.step(len(data))
            average.update()
            losses.append(loss.mean())
            if early_stopping is not None and step % steps_per_epoch == 0:
                with average.applied():
                    if early_stopping.is_over():
                        break
            if step % STEPS_PER_ROW == 0 or step == num_steps:
                _add_row(history, step, losses)
                losses = []
                if on_row is not None:
                    on_row(step, {"loss": history["loss"][-1]})
                if resume_path is not None:
                    run_state = region_state(
                        step, history, batch.order, batch.random_state, early_stopping
                    )
                    save_state(resume_path, net, trainer, average, run_state)
    except KeyboardInterrupt:
        if on_interrupt is None:
            raise
        on_interrupt(f"{step} of {num_steps} steps")
    finally:
        batches.close()
        nd.waitall()
        release_graphs(patch_net)
    average.apply()
    if early_stopping is not None:
        early_stopping.load_best()
    nd.waitall()
    return history


def _trainable(net: gluon.HybridBlock, recipe: Recipe) -> PatchNet:
    """Freeze the layers that the recipe names, and compile the network for patches."""
    freeze_lower(net, recipe.frozen)
    if recipe.freezes_depthwise:
        freeze_depthwise(net)
    keep_running_statistics(net)
    patch_net = PatchNet(net)
    patch_net.hybridize(static_alloc=True, static_shape=True)
    return patch_net


def _normalise(patches: nd.NDArray, augs: list) -> nd.NDArray:
    """Normalise (batch, side, side, 3) as `augs` do, and return (batch, 3, side, side)."""
    for aug in augs:
        if isinstance(aug, mx.image.ColorNormalizeAug):
            mean, std = (values.as_in_context(patches.context) for values in (aug.mean, aug.std))
            patches = (patches - mean) / std
    return patches.transpose((0, 3, 1, 2))


def _add_row(history: dict[str, list], step: int, losses: list[nd.NDArray]) -> None:
    mean_loss = float(nd.stack(*losses).mean().asscalar())
    if not np.isfinite(mean_loss):
        raise FloatingPointError(
            f"The loss is {mean_loss} in step {step}: the run has diverged. Lower learning_rate."
        )
    history["step"].append(step)
    history["loss"].append(round(mean_loss, 4))


def _make_trainer(net: gluon.HybridBlock, recipe: Recipe, num_steps: int) -> gluon.Trainer:
    set_head_lr_multiplier(net, recipe.head_lr_multiplier)
    rates = learning_rate_options(
        recipe.schedule, recipe.learning_rate, WARMUP_SHARE * num_steps, num_steps, 1
    )
    return gluon.Trainer(
        net.collect_params(), recipe.optimizer, {"wd": recipe.wd, **rates}, update_on_kvstore=False
    )


def patch_loss(
    logits: nd.NDArray,
    labels: nd.NDArray,
    no_logo: int | None,
    class_weights: nd.NDArray | None = None,
) -> nd.NDArray:
    """Compute the loss of patches: their logo regions, and their hardest regions without a logo.

    Parameters
    ----------
    logits : NDArray
        (batch * regions, classes).
    labels : NDArray
        (batch, regions). `UNKNOWN` regions do not count.
    no_logo : int or None
        Label of no-logo.
    class_weights : NDArray, optional
        (classes,), weight of each class.

    Returns
    -------
    NDArray
        (batch,). The sum of the mean cross-entropy of the logo regions and that of the hardest
        regions without a logo.

    Notes
    -----
    Training on the hardest regions is from Shrivastava, Gupta and Girshick, Training Region-based
    Object Detectors with Online Hard Example Mining (CVPR 2016).

    Examples
    --------
    >>> logits, labels = nd.array([[2.0, 0.0], [0.0, 2.0]]), nd.array([[0, 1]])
    >>> patch_loss(logits, labels, no_logo=1).asnumpy().round(3)  # 2 * log(1 + exp(-2))
    array([0.254], dtype=float32)
    """
    known_labels = nd.maximum(labels, 0)
    losses = -nd.pick(nd.log_softmax(logits), known_labels.reshape((-1,))).reshape(labels.shape)
    if class_weights is not None:
        losses = losses * class_weights[known_labels]
    has_none = labels == (UNKNOWN - 1 if no_logo is None else no_logo)
    shows_logo = (labels != UNKNOWN) * (1 - has_none)
    with autograd.pause():
        ranks = losses * has_none - 1e3 * (1 - has_none)
        count = min(HARDEST, labels.shape[1])
        hardest = nd.topk(ranks, k=count, ret_typ="mask", axis=1) * has_none
    return _mean_of(losses, shows_logo) + _mean_of(losses, hardest)


def _mean_of(losses: nd.NDArray, mask: nd.NDArray) -> nd.NDArray:
    """Compute the mean over the regions that a mask of 0 and 1 chooses; 0 if it chooses none."""
    return (losses * mask).sum(axis=1) / nd.maximum(mask.sum(axis=1), 1)
