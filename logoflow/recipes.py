"""Three ways to train, by name: the Gluon article's, the PyTorch article's and ours."""

from dataclasses import dataclass, replace


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
    """

    name: str
    batch_size: int
    learning_rate: float
    wd: float
    optimizer: str = "sgd"
    schedule: str | None = None
    warmup_epochs: float = 0.0

    def train_options(self) -> dict[str, object]:
        """Keyword arguments for `logoflow.train`, beyond the article's own."""
        return {
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "warmup_epochs": self.warmup_epochs,
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
        ),
    )
}


def get_recipe(
    recipe: str,
    *,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    wd: float | None = None,
) -> Recipe:
    """Settings of a recipe by name.

    Parameters
    ----------
    recipe : str
        ``"article"``: the Gluon article's crops, mirroring and plain SGD, its pixels from 0 to 255.
        ``"pytorch-article"``: the whole photo resized, training-set mean and deviation.
        ``"logoflow"``: crops that keep a logo in view, no mirroring, the backbone's own
        normalisation, Adam with a cosine.
    batch_size, learning_rate, wd : optional
        Take the place of the recipe's own where given.

    Raises
    ------
    ValueError
        If there is no such recipe.

    Examples
    --------
    >>> get_recipe("article").batch_size
    40
    """
    if recipe not in RECIPES:
        raise ValueError(f"There is no recipe {recipe!r}: choose one of {', '.join(RECIPES)}.")
    own = {"batch_size": batch_size, "learning_rate": learning_rate, "wd": wd}
    return replace(RECIPES[recipe], **{k: v for k, v in own.items() if v is not None})
