"""The Gluon article's training loop; what the article does not have is off by default."""

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

from logoflow.datasets.class_list import check_classes
from logoflow.errors import ResumeError
from logoflow.models.build import check_outputs
from logoflow.plots.training import LivePlot
from logoflow.recipes import FORMER_FIELDS, Recipe, get_recipe, with_new_names
from logoflow.training.averaging import WeightAverage
from logoflow.training.batches import _get_batch, evaluate_accuracy
from logoflow.training.checkpoint import load_state, read_facts, save_state
from logoflow.training.history import History
from logoflow.training.losses import make_loss
from logoflow.training.schedules import learning_rate_options, speed_up_head
from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.progress import bar


def train(
    net: gluon.Block,
    ctx: Contexts,
    train_data: Iterable,
    val_data: Iterable,
    test_data: Iterable | None,
    batch_size: int,
    num_epochs: int,
    model_prefix: str | Path,
    hybridize: bool = False,
    learning_rate: float | None = 0.01,
    wd: float | None = 0.001,
    *,
    recipe: str | Recipe = "article",
    seed: int | None = None,
    class_weights: Sequence[float] | None = None,
    patience: int | None = None,
    resume: bool = False,
    train_acc_in_passing: bool = False,
    after_epoch: Callable[[int], None] | None = None,
    quiet: bool = False,
) -> History:
    """Train a network and keep the epoch that is best on validation.

    Prints the Gluon article's line per epoch. The best epoch's weights are in
    ``<model_prefix>-<epoch>.params``, written by ``collect_params().save``; the file before it is
    deleted only when the new one is safely on disk. The network ends with the last epoch's weights
    (with a recipe that averages, their average): `History.load_best` brings the best back.

    Parameters
    ----------
    net : Block
        Initialised; logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices.
    train_data, val_data, test_data : iterable of (data, label)
        DataLoaders. Without `test_data` (None) the test set is not looked at every epoch.
    batch_size : int
        Photos per batch, at its place in the article's argument order; the loaders decide, and
        each step uses its batch's own size.
    num_epochs : int
        Passes over `train_data`.
    model_prefix : str or Path
        Start of the checkpoint's file name.
    hybridize : bool
        Compile the network first.
    learning_rate, wd : float or None
        Peak learning rate and weight decay. None takes those of `recipe`.
    recipe : str or Recipe
        Its optimizer, schedule, warm-up, label smoothing, learning rate of the head and average of
        the weights count here (`logoflow.get_recipe`). ``"article"``: plain SGD and nothing else.
    seed : int, optional
        Makes shuffling, augmentation and dropout repeatable on one machine, as far as its cores add
        up alike: loaders of `logoflow.make_loaders` whatever their workers, others without any.
    class_weights : sequence of float, optional
        Weight of each class in the loss.
    patience : int, optional
        Stop after this many epochs without a better one on validation.
    resume : bool
        Keep ``<model_prefix>.resume.npz`` up to date after every epoch, and go on from it if it
        is there. A run killed at any moment ends with the same epochs done.
    train_acc_in_passing : bool
        Count training accuracy while training instead of in a second pass.
    after_epoch : callable, optional
        Called with the number of each epoch that is done, the network being as it was measured.
    quiet : bool
        Print no lines.

    Returns
    -------
    History
        A line per epoch, the best epoch, the checkpoint's path.

    Raises
    ------
    ClassListError
        If the loaders' folders are not the same classes, or not as many as the network has outputs:
        their labels would mean other brands.
    FloatingPointError
        If the loss is not a number any more.
    ResumeError
        If the resume file belongs to another run.

    Examples
    --------
    >>> history = train(net, mx.cpu(), train_data, val_data, test_data, 40, 20, "cnn")
    Epoch 0. Loss: 53.771, Train acc 0.77, Val acc 0.58, Test acc 0.72, Time 224.9 sec
    """
    recipe = get_recipe(recipe, batch_size=batch_size, learning_rate=learning_rate, wd=wd)
    ctx = as_list(ctx)
    classes = _shared_classes(train_data, val_data, test_data)
    if classes:
        check_outputs(net, classes)
    net.collect_params().reset_ctx(ctx)
    if hybridize:
        net.hybridize(static_alloc=True, static_shape=True)  # a step takes 0.7 of the time
    trainer = _make_trainer(net, recipe, num_epochs, len(train_data))
    average = WeightAverage(net, recipe.ema_decay)
    loss = make_loss(class_weights, recipe.label_smoothing)
    history = History(Path(model_prefix), quiet)
    settings = _settings(recipe, num_epochs, seed, class_weights, classes)
    if resume:
        _resume(history, net, trainer, average, settings)
    else:
        history.resume_path.unlink(missing_ok=True)  # an older run's
    live = LivePlot()
    for epoch in range(len(history.rows), num_epochs):
        if history.out_of_patience(patience):
            break
        start = time()
        seed_epoch(seed, epoch)
        train_loss, train_acc = _train_epoch(net, ctx, train_data, trainer, loss, average, epoch)
        with average.in_place():
            if not train_acc_in_passing:
                train_acc = evaluate_accuracy(train_data, net, ctx)
            val_acc = evaluate_accuracy(val_data, net, ctx)
            test_acc = None if test_data is None else evaluate_accuracy(test_data, net, ctx)
            history.add(epoch, train_loss, train_acc, val_acc, test_acc, time() - start)
            replaced = history.keep_if_best(net)
            if after_epoch:
                after_epoch(epoch)
        if resume:
            save_state(history.resume_path, net, trainer, average, settings | history.facts())
        if replaced is not None:
            replaced.unlink(missing_ok=True)
        live.update(history.frame)
    average.put_in_place()
    return history


def _make_trainer(net: gluon.Block, recipe: Recipe, num_epochs: int, batches: int) -> gluon.Trainer:
    """Gluon's trainer with a recipe's optimizer, schedule and learning rate of the head."""
    speed_up_head(net, recipe.head_lr_multiplier)
    rates = learning_rate_options(
        recipe.schedule, recipe.learning_rate, recipe.warmup_epochs, num_epochs, batches
    )
    return gluon.Trainer(
        net.collect_params(), recipe.optimizer, {"wd": recipe.wd, **rates}, update_on_kvstore=False
    )


def _settings(
    recipe: Recipe,
    num_epochs: int,
    seed: int | None,
    class_weights: Sequence[float] | None,
    classes: list[str] | None,
) -> dict[str, object]:
    """What has to be the same for an interrupted run to go on; the resume file keeps it."""
    settings = {
        "optimizer": recipe.optimizer,
        "learning_rate": recipe.learning_rate,
        "wd": recipe.wd,
        "seed": seed,
        "warmup_epochs": recipe.warmup_epochs,
        "batch_size": recipe.batch_size,
        "class_weights": None if class_weights is None else [float(w) for w in class_weights],
        "label_smoothing": recipe.label_smoothing,
        "head_lr_multiplier": recipe.head_lr_multiplier,
        "ema_decay": recipe.ema_decay,
        "classes": classes,
    }
    if recipe.schedule:
        settings |= {"schedule": recipe.schedule, "num_epochs": num_epochs}
    return settings


def _shared_classes(*loaders: Iterable | None) -> list[str] | None:
    """Class folders of ImageFolderDatasets, the article's own ones too, if they agree."""
    lists = [found for loader in loaders if (found := _folder_classes(loader)) is not None]
    for synsets in lists[1:]:
        check_classes(synsets, lists[0], "the folders of another split")
    return lists[0] if lists else None


def _folder_classes(loader: Iterable | None) -> list[str] | None:
    """Class folders that a loader's labels number; None where it does not say."""
    # Gluon's own DataLoader, which the article uses, has no public name for its data set. It is
    # asked all the same: labels of other folders would mean other brands.
    photos = getattr(loader, "dataset", getattr(loader, "_dataset", None))
    return getattr(photos, "synsets", None)


def _train_epoch(net, ctx, train_data, trainer, loss, average, epoch) -> tuple[float, float]:
    """One pass: mean loss per photo, and share answered right on the way."""
    total = right = n = 0.0
    for batch in bar(train_data, f"epoch {epoch}"):
        data, label, batch_size = _get_batch(batch, ctx)
        with autograd.record():
            outputs = [net(X) for X in data]
            losses = [loss(yhat, y) for yhat, y in zip(outputs, label, strict=True)]
            idle = [_no_loss(net, loss, data[0], label[0], spare) for spare in ctx[len(data) :]]
        autograd.backward(losses + idle)
        trainer.step(batch_size)
        average.update()
        total += sum(float(part.sum().asscalar()) for part in losses)
        right += sum(
            float((yhat.argmax(axis=1) == y).sum().asscalar())
            for yhat, y in zip(outputs, label, strict=True)
        )
        n += batch_size
    mx.nd.waitall()  # running statistics, as in `WeightAverage.update`
    if not np.isfinite(total):
        raise FloatingPointError(
            f"The loss is {total} in epoch {epoch}: the run has diverged. Lower learning_rate."
        )
    return total / n, right / n


def _no_loss(net, loss, data, label, ctx):
    """A loss of zero on a device that a small last batch left without photos.

    The trainer adds up the gradients of all devices: those of an idle one have to be zero, not
    what the batch before left there.
    """
    photo, y = data[:1].as_in_context(ctx), label[:1].as_in_context(ctx)
    return 0 * loss(net(photo), y)


def seed_epoch(seed: int | None, epoch: int) -> None:
    """Seed all generators from (seed, epoch), so that a resumed run draws what it would have."""
    if seed is None:
        return
    random.seed(f"{seed} {epoch}")
    np.random.seed((seed * 100_003 + epoch) % 2**32)  # noqa: NPY002 - Gluon's sampler uses it
    mx.random.seed((seed * 100_003 + epoch) % 2**31)


def _resume(history: History, net, trainer, average, settings: dict) -> None:
    """Continue an interrupted run from its resume file, if there is one."""
    path = history.resume_path
    history.drop_leftovers()
    if not path.exists():
        return
    facts = with_new_names(read_facts(path), FORMER_FIELDS)
    different = {key for key, value in settings.items() if facts.get(key) != value}
    if different:
        raise ResumeError(
            f"{path} is of a run with other settings ({', '.join(sorted(different))}): "
            "use the same ones, or delete the file to start afresh."
        )
    load_state(path, net, trainer, average)
    history.restore(facts)
