"""Check the arguments of `logoflow.fit`, before anything starts."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path

import mxnet as mx

from logoflow.datasets.class_list import CLASS_FILE
from logoflow.datasets.prepared import photos_of
from logoflow.errors import NotPreparedError
from logoflow.inference.decision import check_rate
from logoflow.inference.fit_familiarity import check_unknown_rate
from logoflow.labels import no_logo_index
from logoflow.models.build import build_net
from logoflow.models.ensemble import ensemble_architecture
from logoflow.recipes import Recipe
from logoflow.training.losses import ClassWeights, balanced_weights, class_weight_list
from logoflow.utils.addresses import local_path
from logoflow.utils.devices import Contexts, as_list, default_ctx
from logoflow.values import number_between, true_or_false

NAMES_ELSEWHERE = {
    "lr": "learning_rate",
    "bs": "batch_size",
    "weight_decay": "wd",
    "model": "backbone",
    "callbacks": "patience",
    "device": "ctx",
    "class_weight": "class_weights",
    "random_state": "seed",
    "verbose": "quiet",
}
"""Our names of arguments, by their names in Keras, fastai, PyTorch or scikit-learn."""


def prepared_root(root: Path | str) -> Path:
    """Return the folder of a prepared data set, after a check.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` prepared. ``~`` is the home folder.

    Returns
    -------
    Path

    Raises
    ------
    NotPreparedError
        If it is no such folder. The message says what to call first.

    Examples
    --------
    >>> prepared_root("brands.zip")
    Traceback (most recent call last):
    logoflow.errors.NotPreparedError: brands.zip does not exist: give the folder that
    logoflow.prepare_root returned.
    """
    path = local_path(root)
    if (path / CLASS_FILE).is_file():
        return path
    if not path.exists():
        raise NotPreparedError(
            f"{path} does not exist: give the folder that logoflow.prepare_root returned."
        )
    message = (
        f"{path} has not been prepared: it contains no {CLASS_FILE}. Prepare the photos first: "
        f'root = logoflow.prepare_root("folder", {str(root)!r}), then fit(root).'
    )
    inner = sorted(file.parent for file in path.glob(f"*/{CLASS_FILE}"))
    raise NotPreparedError(message + (f" Or did you mean {inner[0]}?" if inner else ""))


def check_training_photos(root: Path, classes: Sequence[str], use_no_logo: bool) -> None:
    """Raise an error unless two classes have training photos: a network tells them apart.

    Parameters
    ----------
    root : Path
        Folder of a prepared data set.
    classes : sequence of str
        Class names in label order.
    use_no_logo : bool
        Whether no-logo photos count.

    Raises
    ------
    ValueError
        The message says which classes have photos.
    """
    left_out = None if use_no_logo else no_logo_index(classes)
    labels = {label for _, label in photos_of(root, "train_data")} - {left_out}
    if len(labels) < 2:
        names = ", ".join(classes[label] for label in sorted(labels)) or "no class"
        raise ValueError(
            f"Of the classes to train on, {names} has photos in {root / 'train_data'}. fit needs "
            "two classes with photos, such as two brands, or a brand and no-logo."
        )


def check_setting_names(settings: Iterable[str], arguments: Iterable[str]) -> None:
    """Raise an error for a setting that neither `fit` nor a recipe has, and suggest its name here.

    Parameters
    ----------
    settings : iterable of str
        Names that were passed as settings of the recipe.
    arguments : iterable of str
        Names of the arguments of `fit`.

    Raises
    ------
    ValueError
        With the most similar name, or with all names.

    Examples
    --------
    >>> check_setting_names(["epochs"], ["num_epochs"])
    Traceback (most recent call last):
    ValueError: fit has no argument epochs. Did you mean num_epochs?
    """
    known = [*arguments, *(field.name for field in fields(Recipe) if field.name != "name")]
    for name in settings:
        if name in known:
            continue
        alike = [NAMES_ELSEWHERE[name]] if name in NAMES_ELSEWHERE else []
        alike += get_close_matches(name, known, n=1)
        advice = f"Did you mean {alike[0]}?" if alike else f"It has {', '.join(sorted(known))}."
        raise ValueError(f"fit has no argument {name}. {advice}")


def check_switches(**switches: object) -> None:
    """Raise an error if an argument is neither True nor False. Any text would count as true.

    Parameters
    ----------
    **switches : object
        Values by the name of the argument.

    Raises
    ------
    ValueError
        With the name of the argument.
    """
    for name, value in switches.items():
        true_or_false(name, value)


def check_rates(false_positive_rate: object, unknown_acceptance_rate: object) -> None:
    """Raise an error if a decision cannot be fitted for these rates.

    Parameters
    ----------
    false_positive_rate : object
        A number above 0 and below 1.
    unknown_acceptance_rate : object
        The same, or None.

    Raises
    ------
    ValueError
        With the name of the argument.
    """
    check_rate(number_between("false_positive_rate", false_positive_rate, 0))
    if unknown_acceptance_rate is not None:
        check_unknown_rate(number_between("unknown_acceptance_rate", unknown_acceptance_rate, 0))


def checked_devices(ctx: Contexts | None) -> list[mx.Context]:
    """Return the devices as a list, after a check.

    Parameters
    ----------
    ctx : Context, sequence of Context, or None
        None: those of `logoflow.default_ctx`.

    Returns
    -------
    list of Context

    Raises
    ------
    ValueError
        If it is anything else.

    Examples
    --------
    >>> checked_devices("gpu")
    Traceback (most recent call last):
    ValueError: ctx is 'gpu': give a context such as mx.cpu() or mx.gpu(0), or a list of them.
    """
    if ctx is None:
        return default_ctx()
    is_list = isinstance(ctx, Sequence) and not isinstance(ctx, str)
    devices = as_list(ctx) if is_list or isinstance(ctx, mx.Context) else []
    if not devices or not all(isinstance(device, mx.Context) for device in devices):
        raise ValueError(
            f"ctx is {ctx!r}: give a context such as mx.cpu() or mx.gpu(0), or a list of them."
        )
    return devices


def as_backbones(backbone: object) -> list[str]:
    """Return the names of backbones as a list, after a check.

    Parameters
    ----------
    backbone : object
        A name, or a sequence of names.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If it is anything else, or if there is no name.

    Examples
    --------
    >>> as_backbones("lenet5")
    ['lenet5']
    """
    names = [backbone] if isinstance(backbone, str) else backbone
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"backbone is {backbone!r}: give the name of a backbone, or several.")
    if not names:
        raise ValueError("The list of backbones is empty: name at least one backbone.")
    return list(names)


def checked_architecture(backbones: list[str], image_size: int) -> str:
    """Return the name of the architecture, or raise an error before a long training.

    Parameters
    ----------
    backbones : list of str
    image_size : int
        Side of the network's input in pixels.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such architecture, or if the input is too small for it.

    Examples
    --------
    >>> checked_architecture(["lenet5"], 8)
    Traceback (most recent call last):
    ValueError: image_size is 8, too small for lenet5: give a larger one, such as 160.
    """
    architecture = ensemble_architecture(backbones)
    symbol = build_net(architecture, 2)(mx.sym.var("data"))
    try:
        symbol.infer_shape_partial(data=(1, 3, image_size, image_size))
    except mx.MXNetError as error:
        raise ValueError(
            f"image_size is {image_size}, too small for {architecture}: give a larger one, such as "
            "160."
        ) from error
    return architecture


def check_optimizer(recipe: Recipe) -> None:
    """Raise an error if MXNet has no optimizer of the recipe's name.

    Parameters
    ----------
    recipe : Recipe

    Raises
    ------
    ValueError
        The message lists the optimizers.
    """
    known = sorted(mx.optimizer.Optimizer.opt_registry)
    if str(recipe.optimizer).lower() not in known:
        raise ValueError(
            f"optimizer is {recipe.optimizer!r}: choose one of MXNet's, {', '.join(known)}."
        )


def checked_weights(
    class_weights: ClassWeights | str | None, root: Path, classes: Sequence[str]
) -> list[float] | None:
    """Return the class weights in label order, after a check.

    Parameters
    ----------
    class_weights : sequence of float, dict, "balanced" or None
        See `logoflow.fit`.
    root : Path
        Folder of a prepared data set.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    list of float or None

    Raises
    ------
    ValueError
        If they are anything else.
    """
    if class_weights is None:
        return None
    if isinstance(class_weights, str) and class_weights == "balanced":
        return balanced_weights(root)
    if isinstance(class_weights, str) or not hasattr(class_weights, "__len__"):
        raise ValueError(
            f'class_weights is {class_weights!r}: give numbers or "balanced", or a dict such as '
            f'{{"{classes[0]}": 2.0}}.'
        )
    return class_weight_list(class_weights, classes)
