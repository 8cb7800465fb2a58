"""The Gluon article's training loop; what the article does not have is off by default."""

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

from logoflow.averaging import WeightAverage
from logoflow.classes import check_classes, check_outputs
from logoflow.evaluation import Contexts, _get_batch, as_list, evaluate_accuracy
from logoflow.history import History
from logoflow.losses import make_loss
from logoflow.plots import LivePlot
from logoflow.progress import bar
from logoflow.resume import ResumeError, load_state, read_facts, save_state
from logoflow.schedules import learning_rate_options, speed_up_head


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
    learning_rate: float = 0.01,
    wd: float = 0.001,
    *,
    seed: int | None = None,
    optimizer: str = "sgd",
    schedule: str | None = None,
    warmup_epochs: float = 0.0,
    class_weights: Sequence[float] | None = None,
    label_smoothing: float = 0.0,
    head_multiplier: float = 1.0,
    averaging: float = 0.0,
    patience: int | None = None,
    resume: bool = False,
    train_acc_in_passing: bool = False,
    after_epoch: Callable[[int], None] | None = None,
    quiet: bool = False,
) -> History:
    """Train a net and keep the epoch that is best on validation.

    Prints the Gluon article's line per epoch. The best epoch's weights are in
    ``<model_prefix>-<epoch>.params``, written by ``collect_params().save``; the one before
    goes only when the new one is safely on disk. The net ends with the last epoch's weights (with
    `averaging`, their average): `History.load_best` brings the best back.

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
        Compile the net first.
    learning_rate, wd : float
        Of the optimizer.
    seed : int, optional
        Makes shuffling, augmentation and dropout repeatable on one machine, as far as its cores add
        up alike: loaders of `logoflow.make_loaders` whatever their workers, others without any.
    optimizer : str
        Name of an MXNet optimizer.
    schedule : {None, "cosine"}
        How the learning rate falls.
    warmup_epochs : float
        Linear warm-up before the schedule.
    class_weights : sequence of float, optional
        Weight of each class in the loss.
    label_smoothing : float
        Share of each label that is spread over all classes (`logoflow.losses.make_loss`).
    head_multiplier : float
        ``net.output`` learns so many times as fast as the rest.
    averaging : float
        Decay of a running average of the weights, 0.99 say (`logoflow.averaging`). What is
        measured, kept as best and left in the net is then the average. 0: none.
    patience : int, optional
        Stop after this many epochs without a better one on validation.
    resume : bool
        Keep ``<model_prefix>.resume.npz`` up to date after every epoch, and go on from it if it
        is there. A run killed at any moment ends with the same epochs done.
    train_acc_in_passing : bool
        Count training accuracy while training instead of in a second pass.
    after_epoch : callable, optional
        Called with the number of each epoch that is done, the net being as it was measured.
    quiet : bool
        Print no lines.

    Returns
    -------
    History
        A line per epoch, the best epoch, the checkpoint's path.

    Raises
    ------
    ClassListError
        If the loaders' folders are not the same classes, or not as many as the net has outputs:
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
    ctx = as_list(ctx)
    classes = _shared_classes(train_data, val_data, test_data)
    if classes:
        check_outputs(net, classes)
    net.collect_params().reset_ctx(ctx)
    if hybridize:
        net.hybridize(static_alloc=True, static_shape=True)  # a step takes 0.7 of the time
    speed_up_head(net, head_multiplier)
    trainer = gluon.Trainer(
        net.collect_params(),
        optimizer,
        {
            "wd": wd,
            **learning_rate_options(
                schedule, learning_rate, warmup_epochs, num_epochs, len(train_data)
            ),
        },
        update_on_kvstore=False,
    )
    history = History(Path(model_prefix), quiet)
    settings = {
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "wd": wd,
        "seed": seed,
        "warmup_epochs": warmup_epochs,
        "batch_size": batch_size,
        "class_weights": None if class_weights is None else [float(w) for w in class_weights],
        "label_smoothing": label_smoothing,
        "head_multiplier": head_multiplier,
        "averaging": averaging,
        "classes": classes,
    }
    if schedule:
        settings |= {"schedule": schedule, "num_epochs": num_epochs}
    average = WeightAverage(net, averaging)
    if resume:
        _go_on(history, net, trainer, average, settings)
    else:
        history.resume_path.unlink(missing_ok=True)  # an older run's
    loss = make_loss(class_weights, label_smoothing)
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
            facts = {**settings, **history.facts()}
            save_state(history.resume_path, net, trainer, average, facts)
        if replaced is not None:
            replaced.unlink(missing_ok=True)
        live.update(history.frame)
    average.put_in_place()
    return history


def _shared_classes(*loaders: Iterable | None) -> list[str] | None:
    """Class folders of ImageFolderDatasets, the article's own ones too, if they agree."""
    lists = [found for loader in loaders if (found := _folder_classes(loader))]
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


def _go_on(history: History, net, trainer, average, settings: dict) -> None:
    """Take up an interrupted run where its resume file says it was."""
    path = history.resume_path
    history.drop_leftovers()
    if not path.exists():
        return
    facts = read_facts(path)
    different = {key for key, value in settings.items() if facts.get(key) != value}
    if different:
        raise ResumeError(
            f"{path} is of a run with other settings ({', '.join(sorted(different))}): "
            "use the same ones, or delete the file to start afresh."
        )
    load_state(path, net, trainer, average)
    history.restore(facts)
