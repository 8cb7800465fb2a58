"""The classification report: a confusion matrix and the metrics that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from logoflow.labels import NO_LOGO


@dataclass(frozen=True)
class Report:
    """A confusion matrix and the metrics that follow from it.

    Parameters
    ----------
    classes : tuple of str
        Class names in label order.
    confusion : ndarray of int
        (classes, classes): number of photos by true class (rows) and answer (columns).

    Examples
    --------
    >>> report = Report.from_labels([0, 0, 1], [0, 1, 1], ["bmw", "no-logo"])
    >>> round(report.accuracy, 2), round(report.majority_baseline, 2)
    (0.67, 0.67)
    """

    classes: tuple[str, ...]
    confusion: np.ndarray

    @classmethod
    def from_labels(
        cls,
        truth: Sequence[int] | np.ndarray,
        answers: Sequence[int] | np.ndarray,
        classes: Sequence[str],
    ) -> "Report":
        """Count the answers by true class.

        Parameters
        ----------
        truth, answers : sequence of int
            Labels, one per photo.
        classes : sequence of str
            Class names in label order.

        Returns
        -------
        Report

        Raises
        ------
        ValueError
            If there are no photos, the two lists differ in length, or a label is out of range.

        Examples
        --------
        >>> Report.from_labels([0, 0, 1], [0, 1, 1], ["bmw", "no-logo"]).confusion
        array([[1, 1],
               [0, 1]])
        """
        truth, answers = np.asarray(truth, dtype=int), np.asarray(answers, dtype=int)
        if len(truth) == 0 or len(truth) != len(answers):
            raise ValueError(
                f"A report needs one answer per photo, but there are {len(truth)} photos and "
                f"{len(answers)} answers."
            )
        labels = np.concatenate([truth, answers])
        smallest, largest = labels.min(), labels.max()
        if smallest < 0 or largest >= len(classes):
            raise ValueError(
                f"Labels go from {smallest} to {largest}, but there are {len(classes)} classes: "
                "the network or the photos belong to another class list."
            )
        confusion = confusion_matrix(truth, answers, labels=np.arange(len(classes)))
        return cls(tuple(classes), confusion)

    @property
    def accuracy(self) -> float:
        """Share of photos with the right answer, 0 to 1."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def majority_baseline(self) -> float:
        """Accuracy of always answering the most frequent class, 0 to 1."""
        return float(self._photos.max() / self.confusion.sum())

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have photos; 1 / classes for a constant answer."""
        return float(self.recall.dropna().mean())

    @property
    def recall(self) -> pd.Series:
        """Share of each class's photos with the right answer, 0 to 1; NaN without photos."""
        with np.errstate(invalid="ignore"):
            values = np.diag(self.confusion) / self._photos
        return pd.Series(values, index=list(self.classes), name="recall")

    @property
    def precision(self) -> pd.Series:
        """Share of each class's answers that are right, 0 to 1; NaN without answers."""
        with np.errstate(invalid="ignore"):
            values = np.diag(self.confusion) / self.confusion.sum(axis=0)
        return pd.Series(values, index=list(self.classes), name="precision")

    @property
    def f1(self) -> pd.Series:
        """Harmonic mean of precision and recall, 0 to 1; NaN without photos and answers."""
        total = self._photos + self.confusion.sum(axis=0)
        with np.errstate(invalid="ignore"):
            values = 2 * np.diag(self.confusion) / total
        return pd.Series(values, index=list(self.classes), name="f1")

    @property
    def macro_precision(self) -> float:
        """Mean precision of the classes that have photos, 0 to 1; 0 for a class without answers."""
        return float(self.precision[self._photos > 0].fillna(0.0).mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that have photos, 0 to 1."""
        return float(self.f1[self._photos > 0].mean())

    @property
    def brand_recall(self) -> float:
        """Mean recall of the brands, without no-logo, 0 to 1: the share of logos that are found."""
        return float(self.recall.drop(NO_LOGO, errors="ignore").dropna().mean())

    @property
    def no_logo_false_positive_rate(self) -> float:
        """Share of the no-logo photos that were answered with a brand, 0 to 1; NaN without any."""
        if NO_LOGO not in self.classes:
            return float("nan")
        return float(1.0 - self.recall[NO_LOGO])

    @property
    def _photos(self) -> np.ndarray:
        return self.confusion.sum(axis=1)

    def summary(self) -> pd.Series:
        """Give the main metrics, the accuracy together with its baseline.

        Returns
        -------
        Series
            ``photos``, ``accuracy``, ``majority baseline``, ``balanced accuracy``,
            ``brand recall`` and ``no-logo false-positive rate``.

        Examples
        --------
        >>> report = Report.from_labels([0, 0, 1], [0, 1, 1], ["bmw", "no-logo"])
        >>> report.summary()["brand recall"]
        np.float64(0.5)
        """
        return pd.Series(
            {
                "photos": int(self.confusion.sum()),
                "accuracy": self.accuracy,
                "majority baseline": self.majority_baseline,
                "balanced accuracy": self.balanced_accuracy,
                "brand recall": self.brand_recall,
                "no-logo false-positive rate": self.no_logo_false_positive_rate,
            },
            name="value",
        )

    def per_class(self) -> pd.DataFrame:
        """Give the metrics of every class.

        Returns
        -------
        DataFrame
            One row per class: ``photos``, ``found`` (photos with the right answer), ``recall``,
            ``precision`` and ``f1``.

        Examples
        --------
        >>> report = Report.from_labels([0, 0, 1], [0, 1, 1], ["bmw", "no-logo"])
        >>> report.per_class().loc["bmw", ["photos", "found", "recall"]].tolist()
        [2.0, 1.0, 0.5]
        """
        return pd.DataFrame(
            {
                "photos": self._photos,
                "found": np.diag(self.confusion),
                "recall": self.recall.to_numpy(),
                "precision": self.precision.to_numpy(),
                "f1": self.f1.to_numpy(),
            },
            index=list(self.classes),
        )

    def flickrlogos32_scores(self) -> pd.Series:
        """Compute precision, recall and accuracy as FlickrLogos-32's evaluation script does.

        This precision ignores logos that the network sees on no-logo photos. A network that sees
        logos everywhere can have a high precision; only its accuracy is low.

        Returns
        -------
        Series
            ``precision``: of the brand photos answered with a brand, the share with the right
            brand. ``recall``: of all brand photos, the share with the right brand. ``accuracy``:
            of all photos, the share with the right answer. 0 to 1, NaN if undefined.

        Notes
        -----
        S. Romberg et al., Scalable Logo Recognition in Real-World Images, ICMR 2011.

        Examples
        --------
        >>> Report.from_labels([0, 1], [0, 0], ["bmw", "no-logo"]).flickrlogos32_scores()
        precision    1.0
        recall       1.0
        accuracy     0.5
        Name: value, dtype: float64
        """
        brands = np.array(self.classes) != NO_LOGO
        correct = np.diag(self.confusion)[brands].sum()
        with np.errstate(invalid="ignore"):
            precision = correct / self.confusion[np.ix_(brands, brands)].sum()
            recall = correct / self._photos[brands].sum()
        scores = {"precision": precision, "recall": recall, "accuracy": self.accuracy}
        return pd.Series(scores, name="value")

    def __str__(self) -> str:
        return "\n".join(
            f"{name}: {value:.0f}" if name == "photos" else f"{name}: {value:.3f}"
            for name, value in self.summary().items()
        )
