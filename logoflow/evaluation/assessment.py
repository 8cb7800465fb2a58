"""A classifier's answers for all photos of a split, and the metrics that follow from them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from logoflow.labels import no_logo_index
from logoflow.metrics.bootstrap import bootstrap
from logoflow.metrics.reliability import calibration_error
from logoflow.metrics.report import Report
from logoflow.metrics.scores import auroc, brand_top1
from logoflow.metrics.thresholds import recall_at

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Assessment:
    """A classifier's answers for some photos, and their metrics.

    Parameters
    ----------
    classes : tuple of str
        Class names in label order.
    paths : tuple of Path
        The photos.
    truth : ndarray of int
        (photos,): true labels.
    probabilities : ndarray
        (photos, classes), 0 to 1: calibrated probabilities. Each row adds up to 1.
    answers : ndarray of int
        (photos,): the labels that the classifier answers.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    >>> paths, truth = (Path("1.jpg"), Path("2.jpg"), Path("3.jpg")), np.array([0, 0, 1])
    >>> answers = probabilities.argmax(axis=1)
    >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, probabilities, answers)
    >>> round(assessment.report.accuracy, 2), assessment.recall_at(0.02)
    (0.67, 1.0)
    """

    classes: tuple[str, ...]
    paths: tuple[Path, ...]
    truth: np.ndarray
    probabilities: np.ndarray
    answers: np.ndarray

    @property
    def report(self) -> Report:
        """The classification report: the confusion matrix and its metrics."""
        return Report.from_labels(self.truth, self.answers, self.classes)

    @property
    def confidence(self) -> np.ndarray:
        """(photos,), 0 to 1: the probability of each answer."""
        return self.probabilities[np.arange(len(self.answers)), self.answers]

    @property
    def brand_top1(self) -> float:
        """Share of the photos with a logo whose likeliest brand is right, 0 to 1.

        NaN if no photo shows a logo.
        """
        if not self.shows_logo.any():
            return NAN
        return brand_top1(self.truth, self.probabilities, self.classes)

    @property
    def auroc(self) -> float:
        """Area under the ROC curve of the logo scores, 0 to 1, for logo against no-logo.

        NaN if all photos show a logo, or if none does.
        """
        if not self._has_both:
            return NAN
        return auroc(self.truth, self.probabilities, self.classes)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error in 15 bins, 0 to 1: confidence against right answers."""
        return calibration_error(self.confidence, self.answers == self.truth, bins=15)

    def recall_at(self, false_positive_rate: float = 0.02) -> float:
        """Compute the recall of the right brand at a given false-positive rate.

        Parameters
        ----------
        false_positive_rate : float
            Share of the photos without a logo that may be given a brand, 0 to 1. The threshold
            is chosen on these photos. The classifier's own threshold is not used.

        Returns
        -------
        float
            Share of the photos with a logo that are given the right brand, 0 to 1. NaN if all
            photos show a logo, or if none does.

        Examples
        --------
        >>> paths, truth = (Path("1.jpg"), Path("2.jpg")), np.array([0, 1])
        >>> probabilities = np.array([[0.2, 0.8], [0.1, 0.9]])
        >>> answers = probabilities.argmax(axis=1)
        >>> Assessment(("bmw", "no-logo"), paths, truth, probabilities, answers).recall_at(0.02)
        1.0
        """
        if not self._has_both:
            return NAN
        return recall_at(self.truth, self.probabilities, self.classes, false_positive_rate)

    @property
    def shows_logo(self) -> np.ndarray:
        """(photos,) of bool: whether the photo shows a logo."""
        no_logo = no_logo_index(self.classes)
        return np.full(len(self.truth), True) if no_logo is None else self.truth != no_logo

    @property
    def _has_both(self) -> bool:
        return bool(self.shows_logo.any() and not self.shows_logo.all())

    def summary(self, intervals: bool = True, seed: int = 0, samples: int = 1000) -> pd.DataFrame:
        """Compute the main metrics and their confidence intervals.

        Parameters
        ----------
        intervals : bool
            Whether to compute 95 % bootstrap intervals, which takes some seconds. Photos with
            and without a logo are resampled separately (`logoflow.bootstrap`).
        seed : int
            Seed of the resampling.
        samples : int
            Number of bootstrap resamples.

        Returns
        -------
        DataFrame
            One row per metric of `METRICS`, with the columns ``value``, ``low`` and ``high``, 0
            to 1. A metric is NaN if there are no photos for it. Without `intervals`, ``low`` and
            ``high`` are NaN.

        Examples
        --------
        >>> paths, truth = (Path("1.jpg"), Path("2.jpg")), np.array([0, 1])
        >>> probabilities = np.array([[0.9, 0.1], [0.1, 0.9]])
        >>> answers = probabilities.argmax(axis=1)
        >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, probabilities, answers)
        >>> assessment.summary(samples=10).loc["accuracy"].tolist()
        [1.0, 1.0, 1.0]
        """
        rows = {}
        for name, metric in METRICS.items():
            value = metric(self)
            low, high = NAN, NAN
            if intervals:
                low, high = bootstrap(
                    partial(self._metric_on, metric),
                    np.arange(len(self.truth)),
                    samples=samples,
                    seed=seed,
                    strata=self.shows_logo,
                    around=value if name in BIASED_METRICS else None,
                )
            rows[name] = {"value": value, "low": low, "high": high}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])

    def _metric_on(self, metric: Callable[["Assessment"], float], rows: np.ndarray) -> float:
        return metric(self.take(rows))

    def without(self, paths: Iterable[Path | str]) -> "Assessment":
        """Leave out photos, for example near-duplicates of training photos.

        Parameters
        ----------
        paths : iterable of Path or str
            The photos to leave out.

        Returns
        -------
        Assessment
            The other photos.

        Raises
        ------
        ValueError
            If a path is not one of the assessed photos.

        Examples
        --------
        >>> paths, truth = (Path("1.jpg"), Path("2.jpg")), np.array([0, 1])
        >>> probabilities = np.array([[0.9, 0.1], [0.1, 0.9]])
        >>> answers = probabilities.argmax(axis=1)
        >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, probabilities, answers)
        >>> assessment.without(["2.jpg"]).truth
        array([0])
        """
        unwanted = {Path(path) for path in paths}
        assessed = [Path(path) for path in self.paths]
        unknown = sorted(map(str, unwanted - set(assessed)))
        if unknown:
            raise ValueError(
                f"{len(unknown)} of the photos to leave out were not assessed: "
                f"{', '.join(unknown)}. Give paths as in assessment.paths."
            )
        return self.take(np.flatnonzero([path not in unwanted for path in assessed]))

    def take(self, rows: np.ndarray) -> "Assessment":
        """Select photos by position. A photo may be selected several times.

        Parameters
        ----------
        rows : ndarray of int
            Positions of the photos, in the new order.

        Returns
        -------
        Assessment

        Examples
        --------
        >>> paths, truth = (Path("1.jpg"), Path("2.jpg")), np.array([0, 1])
        >>> probabilities = np.array([[0.9, 0.1], [0.1, 0.9]])
        >>> answers = probabilities.argmax(axis=1)
        >>> assessment = Assessment(("bmw", "no-logo"), paths, truth, probabilities, answers)
        >>> assessment.take(np.array([1, 1])).answers
        array([1, 1])
        """
        return Assessment(
            self.classes,
            tuple(self.paths[row] for row in rows),
            self.truth[rows],
            self.probabilities[rows],
            self.answers[rows],
        )


METRICS: dict[str, Callable[[Assessment], float]] = {
    "accuracy": lambda assessment: assessment.report.accuracy,
    "balanced accuracy": lambda assessment: assessment.report.balanced_accuracy,
    "brand top-1": lambda assessment: assessment.brand_top1,
    "recall at 2%": lambda assessment: assessment.recall_at(0.02),
    "AUROC": lambda assessment: assessment.auroc,
    "false alarms": lambda assessment: assessment.report.no_logo_false_positive_rate,
    "calibration error": lambda assessment: assessment.calibration_error,
}
"""The metrics of `Assessment.summary` and of `logoflow.ablation_table`, by the name of the row."""

BIASED_METRICS = ("calibration error",)
"""Metrics that are larger on resamples. Their intervals are shifted (`bootstrap`'s ``around``)."""
