"""Which idea gave what: the way from the Gluon article's recipe to ours, one step at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from logoflow.assessment import Assessment
from logoflow.datasets.subsets import few_photos
from logoflow.study_runs import assessment_of, run
from logoflow.utils.devices import Contexts


class Step(NamedTuple):
    """A line of a study's table.

    Parameters
    ----------
    name : str
        What is new in it.
    settings : dict
        For `logoflow.fit`. Two steps with the same are one training.
    views : int
        How closely the test photos are looked at (`logoflow.inference.windows.windows`).
    decided : str
        ``"likeliest"``, ``"calibrated"`` or ``"threshold"``: `logoflow.study_runs.assessment_of`.
    """

    name: str
    settings: dict[str, object]
    views: int = 1
    decided: str = "threshold"


def _each_adds(first: Step, *added: tuple[str, dict]) -> tuple[Step, ...]:
    """Steps that keep what those before them have: settings, or views and how it is decided."""
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
        Step("+ photos resized and normalised, Adam with a cosine", _PLAIN, 1, "likeliest"),
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
        ("+ looking closer", {"views": 3}),
        ("+ threshold at the wished false alarms", {"decided": "threshold"}),
        ("+ three networks", {"backbone": SEVERAL}),
        ("+ looking closer still", {"views": 4}),
        ("+ known logos looked for", {"views": 5}),
        ("+ names read", {"views": 6}),
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


def run_steps(
    root: Path | str,
    steps: Sequence[Step],
    folder: Path | str,
    *,
    seeds: Sequence[int] = (0,),
    num_workers: int = 0,
    ctx: Contexts | None = None,
    quiet: bool = True,
    **settings: object,
) -> Iterator[tuple[str, list[Assessment]]]:
    """Train and assess step by step; what is done is on disk before the next begins.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    steps : sequence of Step
        `STEPS`, some of them, or your own.
    folder : Path or str
        Where results are kept: an interrupted study goes on from there (`logoflow.study_runs.run`).
    seeds : sequence of int
        A training each.
    num_workers, ctx, quiet
        See `logoflow.fit`.
    **settings
        For all steps, unless a step has its own: what `logoflow.fit` takes.

    Yields
    ------
    (str, list of Assessment)
        A step's name, and the test photos' answers by seed.

    Examples
    --------
    >>> results = dict(run_steps(root, STEPS[2:], "study", num_epochs=24, image_size=192))
    >>> ablation_table(results)
    """
    looks = defaultdict(set)  # one training serves all the views that its steps want
    for step in steps:
        looks[repr(step.settings)].add(step.views)
    options = {"num_workers": num_workers, "ctx": ctx, "quiet": quiet}
    for step in steps:
        views, own = sorted(looks[repr(step.settings)]), {**settings, **step.settings}
        found = [run(root, folder, own, views=views, seed=seed, **options) for seed in seeds]
        how = {"views": step.views, "decided": step.decided}
        yield step.name, [assessment_of(one, root, **how) for one in found]


def photos_curve(
    root: Path | str,
    folder: Path | str,
    counts: Sequence[int | None] = (2, 5, 10, None),
    *,
    step: Step = SET_UPS[0],
    seeds: Sequence[int] = (0,),
    **settings: object,
) -> Iterator[tuple[str, list[Assessment]]]:
    """Train on fewer and fewer photos of each brand and assess on the same test photos.

    Parameters
    ----------
    counts : sequence of int or None
        Photos per brand; None: all there are.
    step : Step
        How to train and to decide.
    root, folder, seeds, **settings
        See `run_steps`.

    Yields
    ------
    (str, list of Assessment)
        The number of photos, as text, and the answers by seed; each seed drew photos of its own.
    """
    for count in counts:
        assessments = []
        for seed in seeds:
            few = Path(root)
            if count is not None:
                few = few_photos(root, Path(folder) / f"photos-{count}-{seed}", count, seed)
            ((_, found),) = run_steps(few, [step], folder, seeds=[seed], **settings)
            assessments += found
        yield "all" if count is None else str(count), assessments
