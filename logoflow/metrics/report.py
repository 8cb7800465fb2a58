"""Answers counted against the truth: never accuracy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from logoflow.labels import NO_LOGO


@dataclass(frozen=True)
class Report:
    """Answers against the truth, counted once and read in several ways.

    Parameters
    ----------
    classes : tuple of str
        In label order.
    confusion : ndarray of int
        (classes, classes): rows are the truth, columns the answers.

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
        """Count answers against the truth.

        Parameters
        ----------
        truth, answers : sequence of int
            Class numbers, one per photo.
        classes : sequence of str
            Names in label order.

        Raises
        ------
        ValueError
            If there are no photos, the two lists differ in length, or a number is no class's.
        """
        truth, answers = np.asarray(truth, dtype=int), np.asarray(answers, dtype=int)
        if len(truth) == 0 or len(truth) != len(answers):
            raise ValueError(
                f"A report needs one answer per photo: {len(truth)} photos, {len(answers)} answers."
            )
        both = np.concatenate([truth, answers])
        smallest, largest = both.min(), both.max()
        if smallest < 0 or largest >= len(classes):
            raise ValueError(
                f"Class numbers {smallest} to {largest}, of {len(classes)} classes: "
                "the net or the photos are of another class list."
            )
        labels = np.arange(len(classes))
        return cls(tuple(classes), confusion_matrix(truth, answers, labels=labels))

    @property
    def accuracy(self) -> float:
        """Share of photos answered right, 0 to 1."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def majority_baseline(self) -> float:
        """Accuracy of always answering the most frequent class, 0 to 1."""
        return float(self._photos.max() / self.confusion.sum())

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur, 0 to 1: 1 / classes for a constant answer."""
        return float(self.recall.dropna().mean())

    @property
    def recall(self) -> pd.Series:
        """Share of each class's photos that were found, 0 to 1; NaN where it has none."""
        with np.errstate(invalid="ignore"):
            values = np.diag(self.confusion) / self._photos
        return pd.Series(values, index=list(self.classes), name="recall")

    @property
    def precision(self) -> pd.Series:
        """Share of each class's answers that are right, 0 to 1; NaN where it was never given."""
        with np.errstate(invalid="ignore"):
            values = np.diag(self.confusion) / self.confusion.sum(axis=0)
        return pd.Series(values, index=list(self.classes), name="precision")

    @property
    def f1(self) -> pd.Series:
        """Harmonic mean of precision and recall, 0 to 1; NaN without photos and answers."""
        both = self._photos + self.confusion.sum(axis=0)
        with np.errstate(invalid="ignore"):
            values = 2 * np.diag(self.confusion) / both
        return pd.Series(values, index=list(self.classes), name="f1")

    @property
    def macro_precision(self) -> float:
        """Mean precision of the classes that occur, 0 to 1; one never answered counts as 0."""
        return float(self.precision[self._photos > 0].fillna(0.0).mean())

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that occur, 0 to 1."""
        return float(self.f1[self._photos > 0].mean())

    @property
    def brand_recall(self) -> float:
        """Mean recall of the brands, no-logo left out: how many logos are found, 0 to 1."""
        return float(self.recall.drop(NO_LOGO, errors="ignore").dropna().mean())

    @property
    def no_logo_false_positive_rate(self) -> float:
        """Share of the photos without a logo that were given a brand, 0 to 1; NaN without any."""
        if NO_LOGO not in self.classes:
            return float("nan")
        return float(1.0 - self.recall[NO_LOGO])

    @property
    def _photos(self) -> np.ndarray:
        return self.confusion.sum(axis=1)

    def summary(self) -> pd.Series:
        """The headline figures, accuracy never without its baseline."""
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
        """Photos, those found, recall, precision and F1 of every class."""
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
        """Precision, recall and accuracy as FlickrLogos-32's own evaluation script counts them.

        Returns
        -------
        Series
            ``precision``: brand photos answered right, of the brand photos answered with any
            brand. Logos claimed on no-logo photos are NOT counted in it: a net that sees a logo
            everywhere keeps a high precision and shows its fault in the accuracy only.
            ``recall``: brand photos answered right, of all brand photos. ``accuracy``: photos
            answered right, no-logo ones too, of all photos. 0 to 1, NaN where undefined.

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
        right = np.diag(self.confusion)[brands].sum()
        with np.errstate(invalid="ignore"):
            precision = right / self.confusion[np.ix_(brands, brands)].sum()
            recall = right / self._photos[brands].sum()
        scores = {"precision": precision, "recall": recall, "accuracy": self.accuracy}
        return pd.Series(scores, name="value")

    def __str__(self) -> str:
        return "\n".join(
            f"{name}: {value:.0f}" if name == "photos" else f"{name}: {value:.3f}"
            for name, value in self.summary().items()
        )
