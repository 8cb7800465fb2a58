"""Which idea gave what: the way from the Gluon article's recipe to ours, one step at a time."""

from typing import NamedTuple

from logoflow.inference.levels import Level, LevelLike


class Step(NamedTuple):
    """A line of a study's table.

    Parameters
    ----------
    name : str
        What is new in it.
    settings : dict
        For `logoflow.fit`. Two steps with the same are one training.
    level : Level or str
        How closely the test photos are looked at.
    decided : str
        ``"likeliest"``, ``"calibrated"`` or ``"threshold"``
        (`logoflow.evaluation.runs.assessment_of`).
    """

    name: str
    settings: dict[str, object]
    level: LevelLike = Level()
    decided: str = "threshold"


def _each_adds(first: Step, *added: tuple[str, dict]) -> tuple[Step, ...]:
    """Steps that keep what those before them have: settings, or level and how it is decided."""
    steps = [first]
    for name, new in added:
        last = steps[-1]
        about = {key: new[key] for key in new if key in Step._fields}
        rest = {key: new[key] for key in new if key not in Step._fields}
        steps.append(
            last._replace(name=name, settings={**last.settings, **rest}, **about),
        )
    return tuple(steps)


SEVERAL = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
"""Backbones that are better together: each errs on other photos."""

_ARTICLE = {"recipe": "article", "image_size": 224}

_PLAIN = {
    "use_boxes": False,
    "backgrounds": 0.0,
    "appearance": False,
    "label_smoothing": 0.0,
    "head_lr_multiplier": 1.0,
    "ema_decay": 0.0,
    "frozen": 0.0,
    "hard_negative_rounds": 1,
}

STEPS = (
    Step(
        # The article's own learning rate, 0.01, diverges here (notebook 02): a hundredth of it.
        "the Gluon article's network and recipe, learning rate .0001, 20 epochs",
        {"backbone": "alexnet_cnn", "num_epochs": 20, "learning_rate": 0.0001, **_ARTICLE},
        decided="likeliest",
    ),
    Step(
        "a pretrained network, the Gluon article's recipe",
        {"hard_negative_rounds": 1, **_ARTICLE},
        decided="likeliest",
    ),
    # None is the recipe's own value.
    *_each_adds(
        Step("+ photos resized and normalised, Adam with a cosine", _PLAIN, decided="likeliest"),
        # Early, since with it each of the trainings that follow takes half the time.
        ("+ lower third frozen", {"frozen": None}),
        ("+ crops around the boxes", {"use_boxes": True}),
        ("+ backgrounds beside the logos", {"backgrounds": None}),
        ("+ other light and viewpoints", {"appearance": None}),
        (
            "+ smoothed labels, faster head, averaged weights",
            {"label_smoothing": None, "head_lr_multiplier": None, "ema_decay": None},
        ),
        ("+ hard negatives", {"hard_negative_rounds": 2}),
        ("+ probabilities calibrated", {"decided": "calibrated"}),
        ("+ looking closer", {"level": Level("windows")}),
        ("+ threshold at the wished false alarms", {"decided": "threshold"}),
        ("+ three networks", {"backbone": SEVERAL}),
        ("+ looking closer still", {"level": Level("more-windows")}),
        ("+ known logos looked for", {"level": Level("more-windows", match_logos=True)}),
        ("+ names read", {"level": Level("more-windows", match_logos=True, read_names=True)}),
        ("+ four last epochs on validation photos too", {"refit_epochs": 4}),
    ),
)
"""From the Gluon article's network to ours; each step has all that those before it added."""

SET_UPS = (
    Step("no-logo is a class", {}),
    Step("no-logo is a class, classes weighted", {"class_weights": "balanced"}),
    Step("no photo without a logo in training", {"use_no_logo": False}),
    Step("no-logo is a class, no boxes", {"use_boxes": False}),
)
"""Three ways to a "no logo", all decided by a threshold from validation; and without boxes."""
