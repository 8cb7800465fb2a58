"""Three ways to train, by name: the Gluon article's, the PyTorch article's and ours."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run that are neither the data nor the network.

    The fields alone decide what a run does. Two recipes that differ in `name` only train alike.

    Parameters
    ----------
    name : str
        What the recipe is called in messages and in saved models.
    batch_size : int
        Photos per step.
    learning_rate : float
        Peak learning rate.
    wd : float
        Weight decay.
    crops : {"random", "whole", "around-logos"}
        What a training step sees of a photo. ``"random"``: a square at a random place, mirrored
        half of the time; validation sees the centre (the Gluon article). ``"whole"``: the whole
        photo, resized. ``"around-logos"``: a crop around one of the logos' boxes
        (`logoflow.loading.crops.LogoCropAug`); validation sees the whole photo, resized.
    normalise_by : {"nothing", "training-set", "backbone"}
        Whose mean and standard deviation normalise the pixels. ``"nothing"`` leaves them on 0 to
        255. ``"backbone"`` takes those that the pretrained backbone was trained with, and those
        of the training set for a network that starts from random weights.
    fixed_size : int or None
        Side of the square that the network sees, in pixels, where the recipe allows only one.
    cache_oversampling : float or None
        Photos are shrunk until their shorter side is this many times the side of the square that
        the network sees, so that a tight crop still has enough pixels. None: full size.
    backgrounds : float
        Background crops for each photo with boxes (`logoflow.loading.photo_folder.PhotoFolder`).
    appearance : bool
        Whether training photos change in viewpoint, light and quality
        (`logoflow.loading.appearance`).
    mines_hard_negatives : bool
        Whether `logoflow.fit` looks for hard negatives between rounds
        (`logoflow.training.hard_negatives.hard_negatives`).
    optimizer : str
        Name of an MXNet optimizer.
    schedule : {None, "cosine"}
        How the learning rate falls; None keeps it constant.
    warmup_epochs : float
        Epochs of linear warm-up before the schedule.
    label_smoothing : float
        Share of each label that is spread over all classes (`logoflow.training.losses.make_loss`).
    head_lr_multiplier : float
        The learning rate of ``net.output``, as a multiple of the rate of all other layers.
    ema_decay : float
        Decay of the exponential moving average of the weights, 0.99 for example
        (`logoflow.training.averaging`). The average is then measured, kept as best and left in
        the network. 0: no average.
    frozen : float
        Share of a pretrained network's blocks that stay as they are (`logoflow.freeze_lower`).
    keeps_best : bool
        Whether `logoflow.fit` keeps the epoch that is best on validation; if not, the last one.

    Examples
    --------
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
    keeps_best: bool = True

    def __post_init__(self) -> None:
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"{field} is {getattr(self, field)!r}: choose one of {', '.join(choices)}."
                )
        # Other crops show the logo too, which would then be learnt as no logo.
        if self.crops != "around-logos" and (self.backgrounds or self.mines_hard_negatives):
            raise ValueError(
                f"crops={self.crops!r} cannot show the background alone: "
                "give backgrounds=0.0 and mines_hard_negatives=False with it."
            )


CHOICES = {
    "crops": ("random", "whole", "around-logos"),
    "normalise_by": ("nothing", "training-set", "backbone"),
}

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
    )
}

FORMER_FIELDS = {"averaging": "ema_decay", "head_multiplier": "head_lr_multiplier"}
"""Fields of a recipe that had another name in earlier versions, and in the files they wrote."""

FORMER_ARGUMENTS = {
    "size": "image_size",
    "rounds": "hard_negative_rounds",
    "negatives": "use_no_logo",
    "boxes": "use_boxes",
}
"""Arguments of `logoflow.fit` that had another name in earlier versions, and in saved models."""


def get_recipe(recipe: str | Recipe, **settings: object) -> Recipe:
    """Look a recipe up by name, and replace some of its settings.

    Parameters
    ----------
    recipe : str or Recipe
        ``"article"``: the Gluon article's crops, mirroring and plain SGD, its pixels from 0 to 255.
        ``"pytorch-article"``: the whole photo resized, normalised as the pretrained backbone wants
        it or by the training set's mean and deviation. ``"logoflow"``: crops around the logos and
        from the background, other light and viewpoints, no mirroring, the backbone's own
        normalisation, Adam with a cosine schedule, smoothed labels, averaged weights. A Recipe is
        taken as it is.
    **settings
        Values that replace the recipe's own, by the names of `Recipe`'s fields. None keeps the
        recipe's own value.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there is no such recipe or no such setting.

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
    known = {field.name for field in fields(Recipe)} - {"name"}
    if unknown := sorted(set(settings) - known):
        raise ValueError(
            f"A recipe has no setting {', '.join(unknown)}: it has {', '.join(sorted(known))}."
        )
    own = RECIPES[recipe] if isinstance(recipe, str) else recipe
    changes = {name: value for name, value in settings.items() if value is not None}
    return replace(own, **changes)


def refuse_former_names(settings: Mapping[str, object], former: dict[str, str]) -> None:
    """Raise ValueError, with the new name, for a setting that has another name now.

    Examples
    --------
    >>> refuse_former_names({"rounds": 2}, {"rounds": "hard_negative_rounds"})
    Traceback (most recent call last):
    ValueError: rounds has a new name: pass hard_negative_rounds=2.
    """
    for name, new in former.items():
        if name in settings:
            raise ValueError(f"{name} has a new name: pass {new}={settings[name]!r}.")


def with_new_names(values: Mapping[str, Any], former: dict[str, str]) -> dict[str, Any]:
    """Give values that an earlier version of logoflow wrote their names of today.

    Examples
    --------
    >>> with_new_names({"averaging": 0.9, "wd": 0.0}, FORMER_FIELDS)
    {'ema_decay': 0.9, 'wd': 0.0}
    """
    return {former.get(name, name): value for name, value in values.items()}


def recipe_from_json(stored: dict[str, object]) -> Recipe:
    """Read the recipe of a saved model, by this version of logoflow or an earlier one.

    An earlier version had fewer fields. For those the recipe of the same name counts.

    Raises
    ------
    ValueError
        If it has unknown fields, or too few and a name that is none of `RECIPES`.

    Examples
    --------
    >>> recipe_from_json({"name": "logoflow", "averaging": 0.9}).ema_decay
    0.9
    """
    values = with_new_names(stored, FORMER_FIELDS)
    names = {field.name for field in fields(Recipe)}
    own = RECIPES.get(str(values.get("name")))
    if set(values) - names or (own is None and names - set(values)):
        raise ValueError(
            f"This model's recipe {values.get('name')!r} was saved by another version of logoflow, "
            "and this one cannot read it: train the model again."
        )
    return replace(own, **values) if own else Recipe(**values)
