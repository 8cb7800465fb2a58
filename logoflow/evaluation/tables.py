"""A study's tables: means over seeds, changes from step to step, and their intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from logoflow.evaluation.assessment import BIASED, FIGURES, Assessment
from logoflow.metrics.bootstrap import bootstrap


def mean_summary(
    assessments: Sequence[Assessment],
    figures: Sequence[str] = tuple(FIGURES),
    samples: int = 1000,
) -> pd.DataFrame:
    """Give the headline figures of several seeds' answers on the same photos.

    Parameters
    ----------
    assessments : sequence of Assessment
        One a seed.
    figures : sequence of str
        Which.
    samples : int
        Draws of the bootstrap.

    Returns
    -------
    DataFrame
        As `Assessment.summary`: each figure's mean, and its 95 % interval over photos.
    """
    table = {
        name: (_mean(name, assessments), *_interval(name, assessments, (), samples))
        for name in figures
    }
    return pd.DataFrame.from_dict(table, orient="index", columns=["value", "low", "high"])


def ablation_table(
    results: Mapping[str, Sequence[Assessment]],
    figure: str = "accuracy",
    samples: int = 1000,
    *,
    against_first: bool = False,
) -> pd.DataFrame:
    """Lay out a study, each step compared with the one before on the same photos.

    Parameters
    ----------
    results : mapping of str to sequence of Assessment
        ``dict(run_steps(...))``: by step, the answers by seed.
    figure : str
        Which figure's change is followed, a row of `Assessment.summary`.
    samples : int
        Draws of the bootstrap.
    against_first : bool
        Compare with the first step instead: where each is a way of its own, not one more idea.

    Returns
    -------
    DataFrame
        A row per step: every figure, the mean over the seeds; ``change`` of `figure` to the row
        before, or the first; ``low`` and ``high``, its paired 95 % interval. What holds 0 may be
        luck.

    Raises
    ------
    ValueError
        If two steps are not of the same photos.
    """
    rows, before = {}, ()
    for name, assessments in results.items():
        row = {key: _mean(key, assessments) for key in FIGURES}
        if before:
            change = row[figure] - _mean(figure, before)
            ends = _interval(figure, assessments, before, samples)
            row |= dict(zip(("change", "low", "high"), (change, *ends), strict=True))
        rows[name] = row
        before = before if before and against_first else assessments
    columns = [*FIGURES, "change", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _mean(figure: str, assessments: Sequence[Assessment]) -> float:
    return float(np.mean([FIGURES[figure](assessment) for assessment in assessments]))


def _interval(
    figure: str, after: Sequence[Assessment], before: Sequence[Assessment], samples: int
) -> tuple[float, float]:
    """Interval of a mean figure, or of its change: in each draw the same photos for all."""
    first = after[0]
    names = {tuple(path.parts[-2:] for path in map(Path, a.paths)) for a in (*after, *before)}
    if len(names) != 1:
        raise ValueError("Two steps are of different test photos: there is nothing to compare.")

    def change(rows: np.ndarray) -> float:
        means = [
            float(np.mean([FIGURES[figure](a.take(rows)) for a in group]))
            for group in (after, before)
            if group
        ]
        return means[0] - means[1] if before else means[0]

    rows = np.arange(len(first.truth))
    around = change(rows) if figure in BIASED else None
    return bootstrap(change, rows, samples=samples, strata=first.shows_logo, around=around)
