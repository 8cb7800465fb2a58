"""Three ways to train, by name: the Gluon article's, the PyTorch article's and ours."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run that are not the data or the net.

    Parameters
    ----------
    name : str
        ``"article"``, ``"pytorch-article"`` or ``"logoflow"``.
    batch_size : int
        Photos per step.
    learning_rate : float
        Peak learning rate.
    wd : float
        Weight decay.
    optimizer : str
        Name of an MXNet optimizer.
    schedule : str or None
        ``"cosine"`` or None for a constant rate.
    warmup_epochs : float
        Epochs of linear warm-up before the schedule.
    label_smoothing, head_multiplier, averaging : float
        See `logoflow.train`.
    backgrounds : float
        Crops beside the logos for each photo with boxes (`logoflow.PhotoFolder`).
    appearance : bool
        Whether training photos change their viewpoint, light and quality (`logoflow.appearance`).
    frozen : float
        Share of a pretrained net's blocks that stay as they are (`logoflow.freeze_lower`).
    keeps_best : bool
        Whether `logoflow.fit` keeps the epoch that is best on validation; else the last one's.
    """

    name: str
    batch_size: int
    learning_rate: float
    wd: float
    optimizer: str = "sgd"
    schedule: str | None = None
    warmup_epochs: float = 0.0
    label_smoothing: float = 0.0
    head_multiplier: float = 1.0
    averaging: float = 0.0
    backgrounds: float = 0.0
    appearance: bool = False
    frozen: float = 0.0
    keeps_best: bool = True

    def train_options(self) -> dict[str, object]:
        """Keyword arguments for `logoflow.train`, beyond the Gluon article's own."""
        return {
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "warmup_epochs": self.warmup_epochs,
            "label_smoothing": self.label_smoothing,
            "head_multiplier": self.head_multiplier,
            "averaging": self.averaging,
        }


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("article", batch_size=40, learning_rate=0.01, wd=0.001),
        Recipe("pytorch-article", batch_size=32, learning_rate=0.001, wd=0.0),
        Recipe(
            "logoflow",
            batch_size=32,
            learning_rate=0.001,
            wd=0.0001,
            optimizer="adam",
            schedule="cosine",
            warmup_epochs=0.5,
            label_smoothing=0.1,
            head_multiplier=3.0,
            averaging=0.99,
            backgrounds=0.25,
            appearance=True,
            frozen=0.34,
            keeps_best=False,
        ),
    )
}


def get_recipe(recipe: "str | Recipe", **settings: object) -> Recipe:
    """Settings of a recipe by name.

    Parameters
    ----------
    recipe : str or Recipe
        ``"article"``: the Gluon article's crops, mirroring and plain SGD, its pixels from 0 to 255.
        ``"pytorch-article"``: the whole photo resized, normalised by the training set's mean and
        deviation, or as a pretrained net wants it.
        ``"logoflow"``: crops that keep a logo in view or show what is beside it, other light and
        viewpoints, no mirroring, the backbone's own normalisation, Adam with a cosine, smoothed
        labels, averaged weights. A Recipe is taken as it is.
    **settings
        Take the place of the recipe's own, by the names of `Recipe`'s parameters. None leaves
        the recipe's own.

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
    known = {field.name for field in fields(Recipe)} - {"name"}
    if unknown := sorted(set(settings) - known):
        raise ValueError(
            f"A recipe has no setting {', '.join(unknown)}: it has {', '.join(sorted(known))}."
        )
    own = RECIPES[recipe] if isinstance(recipe, str) else recipe
    return replace(own, **{key: value for key, value in settings.items() if value is not None})
