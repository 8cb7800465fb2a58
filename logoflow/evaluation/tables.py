"""Tables of experiments: means over seeds, changes between rows, and confidence intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from logoflow.evaluation.assessment import BIASED_METRICS, METRICS, Assessment
from logoflow.metrics.bootstrap import bootstrap


def mean_summary(
    assessments: Sequence[Assessment],
    metrics: Sequence[str] = tuple(METRICS),
    samples: int = 1000,
) -> pd.DataFrame:
    """Average the metrics of several trainings, with confidence intervals.

    Parameters
    ----------
    assessments : sequence of Assessment
        One per seed, all of the same test photos.
    metrics : sequence of str
        Names of metrics, see `METRICS` in `logoflow.evaluation.assessment`.
    samples : int
        Number of bootstrap resamples.

    Returns
    -------
    DataFrame
        One row per metric, with the columns ``value``, ``low`` and ``high``: the mean over the
        seeds and its 95 % interval over the photos.

    Raises
    ------
    ValueError
        If the assessments are of different photos.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.3, 0.7]])
    >>> paths, truth, answers = ("bmw/1.jpg", "no-logo/2.jpg"), np.array([0, 1]), np.array([0, 1])
    >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, shares, answers)
    >>> mean_summary([assessment, assessment], ["accuracy"], samples=10)
              value  low  high
    accuracy    1.0  1.0   1.0
    """
    rows = {}
    for metric in metrics:
        low, high = _interval(metric, assessments, (), samples)
        rows[metric] = {"value": _mean(metric, assessments), "low": low, "high": high}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])


def ablation_table(
    results: Mapping[str, Sequence[Assessment]],
    metric: str = "accuracy",
    samples: int = 1000,
    *,
    against_first: bool = False,
) -> pd.DataFrame:
    """Compare each experiment with the one before it.

    Parameters
    ----------
    results : mapping of str to sequence of Assessment
        ``dict(run_experiments(...))``: assessments by experiment, one per seed.
    metric : str
        The metric whose change is shown, a row of `Assessment.summary`.
    samples : int
        Number of bootstrap resamples.
    against_first : bool
        Compare with the first experiment instead. Use this for alternatives that do not build on
        each other.

    Returns
    -------
    DataFrame
        One row per experiment. It has a column for every metric with the mean over the seeds,
        ``change`` with the change of `metric`, and ``low`` and ``high`` with the paired 95 %
        interval of the change. A change whose interval contains 0 may be chance.

    Raises
    ------
    ValueError
        If two experiments are assessed on different photos.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.3, 0.7]])
    >>> paths, truth = ("bmw/1.jpg", "no-logo/2.jpg"), np.array([0, 1])
    >>> wrong = Assessment(("bmw", "no-logo"), paths, truth, shares, 1 - truth)
    >>> right = Assessment(("bmw", "no-logo"), paths, truth, shares, truth)
    >>> table = ablation_table({"before": [wrong], "after": [right]}, samples=10)
    >>> table.loc["after", ["accuracy", "change", "low", "high"]].tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    rows = {}
    reference: Sequence[Assessment] = ()
    for name, assessments in results.items():
        row = {column: _mean(column, assessments) for column in METRICS}
        if reference:
            row["change"] = row[metric] - _mean(metric, reference)
            row["low"], row["high"] = _interval(metric, assessments, reference, samples)
        rows[name] = row
        if not reference or not against_first:
            reference = assessments
    columns = [*METRICS, "change", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _mean(metric: str, assessments: Sequence[Assessment]) -> float:
    return float(np.mean([METRICS[metric](assessment) for assessment in assessments]))


def _interval(
    metric: str,
    assessments: Sequence[Assessment],
    reference: Sequence[Assessment],
    samples: int,
) -> tuple[float, float]:
    """Compute the interval of a mean, or of its difference to the mean of a reference.

    Every resample has the same photos in all assessments. An empty reference stands for 0.
    """
    _check_same_photos([*assessments, *reference])

    def difference(rows: np.ndarray) -> float:
        mean = _mean(metric, [assessment.take(rows) for assessment in assessments])
        if not reference:
            return mean
        return mean - _mean(metric, [assessment.take(rows) for assessment in reference])

    first = assessments[0]
    rows = np.arange(len(first.truth))
    around = difference(rows) if metric in BIASED_METRICS else None
    return bootstrap(difference, rows, samples=samples, strata=first.shows_logo, around=around)


def _check_same_photos(assessments: Sequence[Assessment]) -> None:
    photos = {
        tuple(Path(path).parts[-2:] for path in assessment.paths)  # the class and the file
        for assessment in assessments
    }
    if len(photos) > 1:
        raise ValueError(
            "Two experiments were assessed on different test photos, so they cannot be compared: "
            "run both on the same data set."
        )
