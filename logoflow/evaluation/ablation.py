"""The experiments of the ablation study, and the training setups for photos without a logo."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from logoflow.inference.levels import Level, LevelLike


class Experiment(NamedTuple):
    """The settings of a training, and how its network answers. It gives a row of a table.

    Experiments with the same settings share one training.

    Parameters
    ----------
    name : str
        Label of the row.
    settings : mapping of str to object
        Arguments of `logoflow.fit`. None stands for the recipe's own value.
    level : Level or str
        How closely to look at the test photos.
    decision_rule : {"likeliest", "calibrated", "threshold"}
        How scores become answers (`logoflow.evaluation.runs.assess_result`).

    Examples
    --------
    >>> Experiment("without boxes", {"use_boxes": False}, level="windows").decision_rule
    'threshold'
    """

    name: str
    settings: Mapping[str, Any]
    level: LevelLike = Level()
    decision_rule: str = "threshold"


class Change(NamedTuple):
    """The difference between an experiment and the one before it. None changes nothing."""

    name: str
    settings: Mapping[str, Any] = {}
    level: LevelLike | None = None
    decision_rule: str | None = None


def accumulate_changes(start: Experiment, changes: Sequence[Change]) -> tuple[Experiment, ...]:
    """Make a series of experiments in which each keeps all changes before its own.

    Parameters
    ----------
    start : Experiment
        The first experiment of the series.
    changes : sequence of Change
        One per further experiment.

    Returns
    -------
    tuple of Experiment

    Examples
    --------
    >>> start = Experiment("plain", {"use_boxes": False})
    >>> changes = [Change("+ boxes", {"use_boxes": True}), Change("+ windows", level="windows")]
    >>> accumulate_changes(start, changes)[-1].settings
    {'use_boxes': True}
    """
    experiments = [start]
    for change in changes:
        previous = experiments[-1]
        experiments.append(
            Experiment(
                change.name,
                {**previous.settings, **change.settings},
                change.level or previous.level,
                change.decision_rule or previous.decision_rule,
            )
        )
    return tuple(experiments)


ENSEMBLE_BACKBONES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
"""The backbones of the ensemble. They differ, so that the networks make different mistakes."""

ARTICLE_NETWORK = Experiment(
    "the Gluon article's network and recipe, learning rate .0001, 20 epochs",
    {
        "backbone": "alexnet_cnn",
        "recipe": "article",
        "image_size": 224,
        "num_epochs": 20,
        # The article's own rate of 0.01 diverges on these photos (notebook 02).
        "learning_rate": 0.0001,
    },
    decision_rule="likeliest",
)

PRETRAINED_NETWORK = Experiment(
    "a pretrained network, the Gluon article's recipe",
    {"recipe": "article", "image_size": 224, "hard_negative_rounds": 1},
    decision_rule="likeliest",
)

PLAIN_RECIPE = Experiment(
    "+ photos resized and normalised, Adam with a cosine",
    {
        "use_boxes": False,
        "backgrounds": 0.0,
        "appearance": False,
        "label_smoothing": 0.0,
        "head_lr_multiplier": 1.0,
        "ema_decay": 0.0,
        "frozen": 0.0,
        "hard_negative_rounds": 1,
    },
    decision_rule="likeliest",
)

CHANGES = (
    # Freezing comes early, because it halves the time of every training after it.
    Change("+ lower third frozen", {"frozen": None}),
    Change("+ crops around the boxes", {"use_boxes": True}),
    Change("+ background crops from photos with logos", {"backgrounds": None}),
    Change("+ varied light and viewpoints", {"appearance": None}),
    Change(
        "+ smoothed labels, faster head, averaged weights",
        {"label_smoothing": None, "head_lr_multiplier": None, "ema_decay": None},
    ),
    Change("+ hard negatives", {"hard_negative_rounds": 2}),
    Change("+ probabilities calibrated", decision_rule="calibrated"),
    Change("+ looking closer", level=Level("windows")),
    Change("+ threshold for the target rate of false alarms", decision_rule="threshold"),
    Change("+ three networks", {"backbone": ENSEMBLE_BACKBONES}),
    Change("+ looking even closer", level=Level("more-windows")),
    Change("+ known logos matched", level=Level("more-windows", match_logos=True)),
    Change("+ names read", level=Level("more-windows", match_logos=True, read_names=True)),
    Change("+ last four epochs also on validation photos", {"refit_epochs": 4}),
)

ABLATION = (
    ARTICLE_NETWORK,
    PRETRAINED_NETWORK,
    *accumulate_changes(PLAIN_RECIPE, CHANGES),
)
"""The ablation study, from the Gluon article's network to logoflow's.

From the third experiment on, each keeps all changes before its own.
"""

SETUPS = (
    Experiment("no-logo is a class", {}),
    Experiment("no-logo is a class, classes weighted", {"class_weights": "balanced"}),
    Experiment("no training photos without a logo", {"use_no_logo": False}),
    Experiment("no-logo is a class, no boxes", {"use_boxes": False}),
)
"""Three ways to train the rejection of photos without a logo, and a training without boxes.

In all four, a threshold that was fitted to the validation photos decides.
"""
