"""Run experiments: train and assess each of them with several seeds."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from logoflow.datasets.subsets import subset_per_brand
from logoflow.evaluation.ablation import SETUPS, Experiment
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.runs import assess_result, train_or_load
from logoflow.utils.devices import Contexts


def run_experiments(
    root: Path | str,
    experiments: Sequence[Experiment],
    folder: Path | str,
    *,
    seeds: Sequence[int] = (0,),
    num_workers: int = 0,
    ctx: Contexts | None = None,
    quiet: bool = True,
    **settings: Any,
) -> Iterator[tuple[str, list[Assessment]]]:
    """Train and assess one experiment after another.

    The result of every training is stored. If the run is interrupted, call the function again: it
    continues with the first training that has no result.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    experiments : sequence of Experiment
        `logoflow.ABLATION`, a part of it, or your own.
    folder : Path or str
        Folder for the results (`logoflow.evaluation.runs.train_or_load`).
    seeds : sequence of int
        Every experiment is trained once per seed.
    num_workers : int
        Number of processes that decode photos. With 0, the calling process decodes them.
    ctx : Context or sequence of Context, optional
        Devices. By default, those of `logoflow.default_ctx`.
    quiet : bool
        Whether to print nothing.
    **settings : object
        Arguments of `logoflow.fit` for all experiments. The settings of an experiment replace
        them.

    Yields
    ------
    (str, list of Assessment)
        The experiment's name, and its answers for the test photos, one assessment per seed.

    Raises
    ------
    ValueError
        If there is no such setting, level or decision rule.
    RuntimeError
        If the last epochs of a training (``refit_epochs``) failed. Nothing is stored of it then.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> settings = {"backbone": "lenet5", "num_epochs": 1, "image_size": 64}
    >>> experiments = [SETUPS[0], SETUPS[0]._replace(name="closer", level="few-windows")]
    >>> results = dict(run_experiments(root, experiments, "results", **settings))
    >>> lf.ablation_table(results, samples=10).index.tolist()
    ['no-logo is a class', 'closer']
    """
    for experiment in experiments:
        # One training serves all experiments with the same settings, so it needs their levels.
        levels = [other.level for other in experiments if other.settings == experiment.settings]
        assessments = []
        for seed in seeds:
            result = train_or_load(
                root,
                folder,
                {**settings, **experiment.settings},
                levels=levels,
                seed=seed,
                num_workers=num_workers,
                ctx=ctx,
                quiet=quiet,
            )
            assessment = assess_result(
                result, root, level=experiment.level, decision_rule=experiment.decision_rule
            )
            assessments.append(assessment)
        yield experiment.name, assessments


def photos_curve(
    root: Path | str,
    folder: Path | str,
    counts: Sequence[int | None] = (2, 5, 10, None),
    *,
    experiment: Experiment = SETUPS[0],
    seeds: Sequence[int] = (0,),
    **settings: Any,
) -> Iterator[tuple[str, list[Assessment]]]:
    """Train on different numbers of photos per brand, and assess on the same test photos.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    folder : Path or str
        Folder for the results and for the smaller data sets.
    counts : sequence of int or None
        Training photos per brand. None: all.
    experiment : Experiment
        How to train and to decide.
    seeds : sequence of int
        Every count is trained once per seed. Each seed chooses its own photos.
    **settings
        See `run_experiments`.

    Yields
    ------
    (str, list of Assessment)
        The number of photos as text, or ``"all"``, and one assessment per seed.

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> settings = {"backbone": "lenet5", "num_epochs": 1, "image_size": 64}
    >>> [count for count, assessments in photos_curve(root, "results", (1, None), **settings)]
    ['1', 'all']
    """
    for count in counts:
        assessments = []
        for seed in seeds:
            subset = Path(root)
            if count is not None:
                subset = subset_per_brand(
                    root, Path(folder) / f"photos-{count}-{seed}", count, seed
                )
            results = dict(run_experiments(subset, [experiment], folder, seeds=[seed], **settings))
            assessments += results[experiment.name]
        yield "all" if count is None else str(count), assessments
