"""Run experiments with several seeds, and compare them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logoflow.datasets.subsets import subset_per_brand
from logoflow.evaluation.ablation import SET_UPS, Step
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.runs import assessment_of, run
from logoflow.inference.levels import LevelLike
from logoflow.utils.devices import Contexts


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
        Where results are kept. An interrupted study goes on from there
        (`logoflow.evaluation.runs.run`).
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
    # One training serves all the levels that its steps want.
    levels: dict[str, list[LevelLike]] = defaultdict(list)
    for step in steps:
        levels[repr(step.settings)].append(step.level)
    options: dict[str, Any] = {"num_workers": num_workers, "ctx": ctx, "quiet": quiet}
    for step in steps:
        wanted, merged = levels[repr(step.settings)], {**settings, **step.settings}
        runs = [run(root, folder, merged, levels=wanted, seed=seed, **options) for seed in seeds]
        yield (
            step.name,
            [assessment_of(one, root, level=step.level, decided=step.decided) for one in runs],
        )


def photos_curve(
    root: Path | str,
    folder: Path | str,
    counts: Sequence[int | None] = (2, 5, 10, None),
    *,
    step: Step = SET_UPS[0],
    seeds: Sequence[int] = (0,),
    **settings: Any,
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
                few = subset_per_brand(root, Path(folder) / f"photos-{count}-{seed}", count, seed)
            ((_, found),) = run_steps(few, [step], folder, seeds=[seed], **settings)
            assessments += found
        yield "all" if count is None else str(count), assessments
