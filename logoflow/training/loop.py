"""The Gluon article's training loop. Everything that goes beyond the article is off by default."""

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
from logoflow.recipes import FORMER_FIELDS, Recipe, get_recipe
from logoflow.training.averaging import WeightAverage
from logoflow.training.batches import _get_batch, evaluate_accuracy
from logoflow.training.checkpoint import load_state, read_run_state, save_state
from logoflow.training.curves import OnRow
from logoflow.training.history import History
from logoflow.training.losses import ClassWeights, class_weight_list, make_loss
from logoflow.training.schedules import learning_rate_options, set_head_lr_multiplier
from logoflow.utils.devices import Contexts, as_list
from logoflow.utils.parameters import as_switch
from logoflow.utils.progress import bar, in_notebook, watched
from logoflow.values import whole_number, with_new_names


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
    class_weights: ClassWeights | None = None,
    patience: int | None = None,
    resume: bool = False,
    train_acc_in_passing: bool = False,
    after_epoch: Callable[[int], None] | None = None,
    on_row: OnRow | None = None,
    on_interrupt: Callable[[str], None] | None = None,
    quiet: bool = False,
) -> History:
    """Train a network and keep the epoch that is best on validation.

    Each epoch prints the same line as in the Gluon article. The weights of the best epoch are
    saved as ``<model_prefix>-<epoch>.params`` with ``collect_params().save``. The previous
    checkpoint is deleted only after the new one is on disk. After training, the network has the
    weights of the last epoch, or their moving average if the recipe has one. `History.load_best`
    loads the best epoch.

    Parameters
    ----------
    net : Block
        Initialised. Returns logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices.
    train_data, val_data, test_data : iterable of (data, label)
        Data loaders. If `test_data` is None, no test accuracy is computed.
    batch_size : int
        Photos per batch, kept for the article's argument order. The loaders set the actual size,
        and each step uses the size of its own batch.
    num_epochs : int
        Passes over `train_data`.
    model_prefix : str or Path
        Beginning of the checkpoint's file name.
    hybridize : bool
        Whether to compile the network before training.
    learning_rate, wd : float or None
        Peak learning rate and weight decay. If None, those of `recipe`.
    recipe : str or Recipe
        `train` uses its optimizer, schedule, warm-up, label smoothing, learning rate of the output
        layer and moving average of the weights (`logoflow.get_recipe`). ``"article"`` is plain SGD.
    seed : int, optional
        Makes shuffling, augmentation and dropout repeatable on one machine. Loaders of
        `logoflow.make_loaders` are repeatable with any number of workers, other loaders only
        without workers.
    class_weights : sequence of float or dict, optional
        Weight of each class in the loss: in label order, or by name or label. Classes that a dict
        does not have get the weight 1.
    patience : int, optional
        Stop after this many epochs without a better validation accuracy.
    resume : bool
        Whether to update ``<model_prefix>.resume.npz`` after every epoch, and to continue from that
        file if it exists. A run that was killed then loses at most one epoch.
    train_acc_in_passing : bool
        Whether to count training accuracy during training instead of in a second pass.
    after_epoch : callable, optional
        Called with the epoch's number after each epoch, while the network has the weights that
        were evaluated.
    on_row : callable, optional
        Called with the epoch's number and its loss and accuracies, 0 to 1.
    on_interrupt : callable, optional
        If given, an interrupt (Ctrl-C, or *Interrupt* in a notebook) ends the training once there
        is a best epoch, and `train` returns. The function is called with the number of epochs, as
        text. By default, KeyboardInterrupt is raised as usual.
    quiet : bool
        Whether to print nothing.

    Returns
    -------
    History
        One row per epoch, the best epoch, and the path of its checkpoint.

    Raises
    ------
    ValueError
        Before the training starts, if a value is out of range.
    ClassListError
        If the loaders' folders have different classes, or the network has more or fewer outputs
        than there are classes. A label would then stand for another brand.
    FloatingPointError
        If the loss becomes infinite or NaN.
    ResumeError
        If the resume file belongs to a run with other settings or another network.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> train_data, val_data, test_data = lf.make_loaders(root, "article", batch_size=2)
    >>> net = lf.lenet5(3)
    >>> net.initialize()
    >>> history = train(net, mx.cpu(), train_data, val_data, test_data, 2, 1, "cnn")
    Epoch 0. Loss: ..., Train acc ..., Val acc ..., Test acc ..., Time ... sec
    Best validation accuracy found. Checkpointing...
    >>> history.best_path.name
    'cnn-0.params'
    """
    recipe = get_recipe(recipe, batch_size=batch_size, learning_rate=learning_rate, wd=wd)
    ctx, resume = as_list(ctx), as_switch("resume", resume)
    classes = _shared_classes(train_data, val_data, test_data)
    num_epochs = whole_number("num_epochs", num_epochs, least=1)
    if patience is not None:
        patience = whole_number("patience", patience, least=1)
    if classes:
        check_outputs(net, classes)
    if class_weights is not None and classes:
        class_weights = class_weight_list(class_weights, classes)
    net.collect_params().reset_ctx(ctx)
    if hybridize:
        # With a static graph, a step takes 0.7 of the time.
        net.hybridize(static_alloc=True, static_shape=True)
    trainer = _make_trainer(net, recipe, num_epochs, len(train_data))
    average = WeightAverage(net, recipe.ema_decay)
    loss = make_loss(class_weights, recipe.label_smoothing)
    history = History(Path(model_prefix), quiet)
    if resume:
        settings = _settings(recipe, num_epochs, seed, class_weights, classes)
        _resume(history, net, trainer, average, settings)
    else:
        history.resume_path.unlink(missing_ok=True)  # a previous run wrote it
    live_plot = LivePlot() if watched() and in_notebook() else None
    try:
        for epoch in range(len(history.rows), num_epochs):
            if history.out_of_patience(patience):
                break
            start = time()
            seed_epoch(seed, epoch)
            train_loss, train_acc = _train_epoch(
                net, ctx, train_data, trainer, loss, average, epoch
            )
            with average.applied():
                if not train_acc_in_passing:
                    train_acc = evaluate_accuracy(train_data, net, ctx)
                val_acc = evaluate_accuracy(val_data, net, ctx)
                test_acc = None if test_data is None else evaluate_accuracy(test_data, net, ctx)
                history.add(epoch, train_loss, train_acc, val_acc, test_acc, time() - start)
                if on_row is not None:
                    row = {"loss": train_loss, "train_acc": train_acc, "val_acc": val_acc}
                    on_row(epoch, row if test_acc is None else {**row, "test_acc": test_acc})
                replaced_checkpoint = history.keep_if_best(net)
                if after_epoch:
                    after_epoch(epoch)
            if resume:
                save_state(history.resume_path, net, trainer, average, settings | history.state())
            if replaced_checkpoint is not None:
                replaced_checkpoint.unlink(missing_ok=True)
            if live_plot:
                live_plot.update(history.frame)
    except KeyboardInterrupt:
        if on_interrupt is None or history.best_path is None:
            raise
        on_interrupt(f"{len(history.rows)} of {num_epochs} epochs")
    average.apply()
    return history


def _make_trainer(net: gluon.Block, recipe: Recipe, num_epochs: int, batches: int) -> gluon.Trainer:
    """Make a trainer with the recipe's optimizer, schedule and rate of the output layer."""
    set_head_lr_multiplier(net, recipe.head_lr_multiplier)
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
    """Collect the settings that must be the same when an interrupted run is resumed."""
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
    """Return the class list that the loaders' data sets share; None if no data set has a list.

    Gluon's own DataLoader does not give access to its data set, so its classes are not checked
    here. `prepare_datasets` checked them when it made the folders.
    """
    datasets = [getattr(loader, "dataset", None) for loader in loaders]
    class_lists = [dataset.synsets for dataset in datasets if hasattr(dataset, "synsets")]
    for synsets in class_lists[1:]:
        check_classes(synsets, class_lists[0], "the folders of another split")
    return class_lists[0] if class_lists else None


def _train_epoch(net, ctx, train_data, trainer, loss, average, epoch) -> tuple[float, float]:
    """Train for one epoch; return the mean loss per photo and the training accuracy."""
    total_loss = num_right = num_photos = 0.0
    for batch in bar(train_data, f"epoch {epoch}"):
        data, label, batch_size = _get_batch(batch, ctx)
        with autograd.record():
            outputs = [net(X) for X in data]
            losses = [loss(yhat, y) for yhat, y in zip(outputs, label, strict=True)]
            idle_devices = ctx[len(data) :]
            zero_losses = [
                _zero_loss(net, loss, data[0], label[0], device) for device in idle_devices
            ]
        autograd.backward(losses + zero_losses)
        trainer.step(batch_size)
        average.update()
        total_loss += sum(float(part.sum().asscalar()) for part in losses)
        num_right += sum(
            float((yhat.argmax(axis=1) == y).sum().asscalar())
            for yhat, y in zip(outputs, label, strict=True)
        )
        num_photos += batch_size
    mx.nd.waitall()  # for BatchNorm's running statistics (see `WeightAverage.update`)
    if not np.isfinite(total_loss):
        raise FloatingPointError(
            f"The loss is {total_loss} in epoch {epoch}: the run has diverged. Lower learning_rate."
        )
    return total_loss / num_photos, num_right / num_photos


def _zero_loss(net, loss, data, label, ctx):
    """Return a loss of zero for a device that gets no photo of a small last batch.

    The trainer adds up the gradients of all devices. Without this loss, the idle device would
    contribute its gradients of the previous batch.
    """
    photo, y = data[:1].as_in_context(ctx), label[:1].as_in_context(ctx)
    return 0 * loss(net(photo), y)


def seed_epoch(seed: int | None, epoch: int) -> None:
    """Seed all generators from the seed and the epoch, so that a resumed run draws the same."""
    if seed is None:
        return
    random.seed(f"{seed} {epoch}")
    np.random.seed((seed * 100_003 + epoch) % 2**32)  # noqa: NPY002 - Gluon's sampler uses this generator
    mx.random.seed((seed * 100_003 + epoch) % 2**31)


def _resume(history: History, net, trainer, average, settings: dict) -> None:
    """Continue an interrupted run from its resume file, if there is one."""
    path = history.resume_path
    history.remove_partial_files()
    if not path.exists():
        return
    run_state = with_new_names(read_run_state(path), FORMER_FIELDS)
    changed = {key for key, value in settings.items() if run_state.get(key) != value}
    if changed:
        raise ResumeError(
            f"{path} belongs to a run with other settings ({', '.join(sorted(changed))}). "
            "Use the same settings, or delete the file to start again."
        )
    load_state(path, net, trainer, average)
    history.restore(run_state)
