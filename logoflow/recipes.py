"""Recipes: the settings of a training run, for both articles and for logoflow itself."""

from dataclasses import dataclass, fields, replace
from typing import Any

from logoflow.values import (
    number_between,
    refuse_former_names,
    true_or_false,
    whole_number,
    with_new_names,
)


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run, without the data and the network.

    Only the fields below decide what a run does. Two recipes that differ only in `name` train
    alike.

    Parameters
    ----------
    name : str
        Name of the recipe in messages and in saved models.
    batch_size : int
        Number of photos per training step.
    learning_rate : float
        Peak learning rate.
    wd : float
        Weight decay.
    crops : {"random", "whole", "around-logos", "regions"}
        Which part of a photo the network sees.

        - ``"random"``: in training, a square at a random place, mirrored half of the time; in
          validation, the square at the centre. This is the Gluon article's way.
        - ``"whole"``: the whole photo, resized.
        - ``"around-logos"``: in training, a crop around one of the boxes of logos
          (`logoflow.loading.crops.LogoCropAug`); in validation, the whole photo, resized.
        - ``"regions"``: `logoflow.fit` trains on the regions of photos
          (`logoflow.inference.regions`); in validation, the whole photo, resized.
    normalise_by : {"nothing", "training-set", "backbone"}
        Source of the mean and standard deviation that normalise the pixels. ``"nothing"`` keeps
        values from 0 to 255. ``"backbone"`` takes the values that the pretrained backbone was
        trained with; for a network with random weights it takes those of the training set.
    fixed_size : int or None
        Side of the network's input in pixels, if the recipe allows only one. None: any side.
    cache_oversampling : float or None
        Photos are cached with a shorter side of this many times the network's input, so that a
        tight crop still has enough pixels. None: full size.
    backgrounds : float
        Number of background crops per photo with boxes
        (`logoflow.loading.photo_folder.PhotoFolder`).
    appearance : bool
        Whether to vary the viewpoint, light and quality of training photos
        (`logoflow.loading.appearance`).
    mines_hard_negatives : bool
        Whether `logoflow.fit` looks for hard negatives during training
        (`logoflow.training.hard_negatives.hard_negatives`).
    optimizer : str
        Name of an MXNet optimizer.
    schedule : {None, "cosine"}
        How the learning rate decreases. None keeps it constant.
    warmup_epochs : float
        Number of epochs of linear warm-up before the schedule.
    label_smoothing : float
        Fraction of each label that is spread over all classes
        (`logoflow.training.losses.make_loss`).
    head_lr_multiplier : float
        Learning rate of the output layer, as a multiple of the rate of all other layers.
    ema_decay : float
        Decay per step of an exponential moving average of the weights, for example 0.99
        (`logoflow.training.averaging`). The averaged weights are then the ones that are validated,
        saved and left in the network. 0: no average.
    frozen : float
        Fraction of a pretrained network's blocks that are not trained (`logoflow.freeze_lower`).
    freezes_depthwise : bool
        Whether the kernels of a pretrained network's depthwise convolutions are not trained
        (`logoflow.models.freezing.freeze_depthwise`).
    keeps_best : bool
        Whether `logoflow.fit` keeps the weights of the epoch with the best validation accuracy.
        Otherwise it keeps those of the last epoch.

    Raises
    ------
    ValueError
        If `crops`, `normalise_by` or `schedule` has an unknown value, if a number is out of range,
        or if the crops cannot show background alone and the recipe asks for backgrounds or hard
        negatives.

    Examples
    --------
    >>> from dataclasses import replace
    >>> mine = replace(get_recipe("logoflow"), name="mine", learning_rate=0.0005)
    >>> mine.optimizer
    'adam'
    """

    name: str
    batch_size: int
    learning_rate: float
    wd: float
    crops: str = "random"
    normalise_by: str = "nothing"
    fixed_size: int | None = None
    cache_oversampling: float | None = None
    backgrounds: float = 0.0
    appearance: bool = False
    mines_hard_negatives: bool = False
    optimizer: str = "sgd"
    schedule: str | None = None
    warmup_epochs: float = 0.0
    label_smoothing: float = 0.0
    head_lr_multiplier: float = 1.0
    ema_decay: float = 0.0
    frozen: float = 0.0
    freezes_depthwise: bool = False
    keeps_best: bool = True

    def __post_init__(self) -> None:
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"{field} is {getattr(self, field)!r}: choose one of "
                    f"{', '.join(map(str, choices))}."
                )
        for field, value in _checked_values(self).items():
            object.__setattr__(self, field, value)  # the class is frozen
        # Other crops may contain the logo, and the network would learn the logo as no-logo.
        if self.crops not in ("around-logos", "regions") and (
            self.backgrounds or self.mines_hard_negatives
        ):
            raise ValueError(
                f"crops={self.crops!r} cannot show the background alone: "
                "set backgrounds=0.0 and mines_hard_negatives=False too."
            )


CHOICES = {
    "crops": ("random", "whole", "around-logos", "regions"),
    "normalise_by": ("nothing", "training-set", "backbone"),
    "schedule": (None, "cosine"),
}


def _checked_values(recipe: Recipe) -> dict[str, Any]:
    """Return the numbers of a recipe as Python's own, which JSON can hold, after a check."""
    values: dict[str, Any] = {"batch_size": whole_number("batch_size", recipe.batch_size, least=1)}
    if recipe.fixed_size is not None:
        values["fixed_size"] = whole_number("fixed_size", recipe.fixed_size, least=1)
    if recipe.cache_oversampling is not None:
        oversampling = number_between("cache_oversampling", recipe.cache_oversampling, 1)
        values["cache_oversampling"] = oversampling
    for name in ("learning_rate", "wd", "backgrounds", "warmup_epochs", "head_lr_multiplier"):
        values[name] = number_between(name, getattr(recipe, name), 0)
    for name in ("label_smoothing", "ema_decay"):
        values[name] = number_between(name, getattr(recipe, name), 0, 1, below=True)
    values["frozen"] = number_between("frozen", recipe.frozen, 0, 1)
    for name in ("appearance", "mines_hard_negatives", "freezes_depthwise", "keeps_best"):
        values[name] = true_or_false(name, getattr(recipe, name))
    return values


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("article", batch_size=40, learning_rate=0.01, wd=0.001, fixed_size=224),
        Recipe(
            "pytorch-article",
            batch_size=32,
            learning_rate=0.001,
            wd=0.0,
            crops="whole",
            normalise_by="backbone",
            fixed_size=224,
        ),
        Recipe(
            "logoflow",
            batch_size=32,
            learning_rate=0.001,
            wd=0.0001,
            crops="around-logos",
            normalise_by="backbone",
            cache_oversampling=2.5,
            backgrounds=0.25,
            appearance=True,
            mines_hard_negatives=True,
            optimizer="adam",
            schedule="cosine",
            warmup_epochs=0.5,
            label_smoothing=0.1,
            head_lr_multiplier=3.0,
            ema_decay=0.99,
            frozen=0.34,
            keeps_best=False,
        ),
        Recipe(
            "regions",
            batch_size=16,
            learning_rate=0.0003,
            wd=0.0001,
            crops="regions",
            normalise_by="backbone",
            appearance=True,
            optimizer="adam",
            schedule="cosine",
            ema_decay=0.99,
            frozen=0.34,
            freezes_depthwise=True,
            keeps_best=False,
        ),
    )
}

FORMER_FIELDS = {"averaging": "ema_decay", "head_multiplier": "head_lr_multiplier"}
"""New names of recipe fields, by their names in earlier versions and in the files of these."""

FORMER_ARGUMENTS = {
    "size": "image_size",
    "rounds": "hard_negative_rounds",
    "negatives": "use_no_logo",
    "boxes": "use_boxes",
}
"""New names of arguments of `logoflow.fit`, by their names in earlier versions."""


def get_recipe(recipe: str | Recipe, **settings: object) -> Recipe:
    """Get a recipe by name, with some of its settings replaced.

    Parameters
    ----------
    recipe : str or Recipe
        A recipe, or the name of one of these:

        - ``"article"``: the Gluon article's random crops, mirroring and plain SGD. Pixels keep
          values from 0 to 255.
        - ``"pytorch-article"``: the whole photo, resized, with plain SGD. Pixels are normalised as
          the pretrained backbone expects, or else with the training set's mean and deviation.
        - ``"logoflow"``: crops around the logos and from the background, varied light and
          viewpoints, and no mirroring. Pixels are normalised as the backbone expects. The
          optimizer is Adam with a cosine schedule; labels are smoothed and weights averaged.
        - ``"regions"``: the default of `logoflow.fit`. The output layer is fitted to the regions of
          photos first, and then the layers below it are trained on regions too.
    **settings : object
        New values for fields of `Recipe`. None keeps the recipe's own value.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there is no such recipe, no such setting or no such value.

    Examples
    --------
    >>> get_recipe("article").batch_size
    40
    >>> get_recipe("logoflow", batch_size=None, label_smoothing=0.0).batch_size
    32
    """
    if isinstance(recipe, str) and recipe not in RECIPES:
        raise ValueError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    refuse_former_names(settings, FORMER_FIELDS)
    names = {field.name for field in fields(Recipe)} - {"name"}
    if unknown := sorted(set(settings) - names):
        raise ValueError(
            f"A recipe has no setting {', '.join(unknown)}: it has {', '.join(sorted(names))}."
        )
    base = RECIPES[recipe] if isinstance(recipe, str) else recipe
    changes = {name: value for name, value in settings.items() if value is not None}
    return replace(base, **changes)


def recipe_from_json(stored: dict[str, object]) -> Recipe:
    """Read the recipe of a model that this version of logoflow or an earlier one saved.

    Earlier versions had fewer fields. A missing field gets its value from the recipe of the same
    name.

    Parameters
    ----------
    stored : dict of str to object
        The fields of the recipe, as the model's JSON file has them.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there are unknown fields, or if fields are missing and no recipe has that name.

    Examples
    --------
    >>> recipe_from_json({"name": "logoflow", "averaging": 0.9}).ema_decay
    0.9
    """
    values = with_new_names(stored, FORMER_FIELDS)
    names = {field.name for field in fields(Recipe)}
    base = RECIPES.get(str(values.get("name")))
    if set(values) - names or (base is None and names - set(values)):
        raise ValueError(
            f"This model's recipe {values.get('name')!r} was saved by another version of logoflow, "
            "and this version cannot read it: train the model again."
        )
    return replace(base, **values) if base else Recipe(**values)
