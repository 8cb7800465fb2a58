"""What a classifier answers on a whole split, and every figure that follows from it."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from mxnet import gluon

from logoflow.datasets.class_list import check_classes, read_classes
from logoflow.datasets.prepared import class_folders, photos_of
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import decide, decision_for, probabilities
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import LevelLike, as_level
from logoflow.labels import no_logo_index
from logoflow.metrics.bootstrap import bootstrap
from logoflow.metrics.reliability import calibration_error
from logoflow.metrics.report import Report
from logoflow.metrics.scores import auroc, brand_top1
from logoflow.metrics.thresholds import recall_at
from logoflow.training.batches import predict_labels
from logoflow.utils.devices import Contexts

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Assessment:
    """A classifier's answers on some photos, asked for once and read in several ways.

    Parameters
    ----------
    classes : tuple of str
        In label order.
    paths : tuple of Path
        The photos.
    truth : ndarray of int
        (photos,), their class numbers.
    probabilities : ndarray
        (photos, classes), 0 to 1, rows adding up to 1, calibrated.
    answers : ndarray of int
        (photos,), class numbers, decided by the classifier's stored threshold if it has one.

    Examples
    --------
    >>> assessment = assess(classifier, root)
    >>> assessment.report.accuracy, assessment.recall_at(0.02)
    (0.93, 0.86)
    """

    classes: tuple[str, ...]
    paths: tuple[Path, ...]
    truth: np.ndarray
    probabilities: np.ndarray
    answers: np.ndarray

    @property
    def report(self) -> Report:
        """The answers against the truth."""
        return Report.from_labels(self.truth, self.answers, self.classes)

    @property
    def confidence(self) -> np.ndarray:
        """Probability of each photo's answer, (photos,), 0 to 1."""
        return self.probabilities[np.arange(len(self.answers)), self.answers]

    @property
    def brand_top1(self) -> float:
        """Share of the photos with a logo whose likeliest brand is right, 0 to 1, or NaN."""
        return brand_top1(*self._measured) if self.shows_logo.any() else NAN

    @property
    def auroc(self) -> float:
        """How well photos with and without a logo are told apart, 0 to 1; NaN without either."""
        return auroc(*self._measured) if self._has_both else NAN

    @property
    def calibration_error(self) -> float:
        """Gap between confidence and share of right answers, 0 to 1, in 15 bins."""
        return calibration_error(self.confidence, self.answers == self.truth, bins=15)

    def recall_at(self, false_positive_rate: float = 0.02) -> float:
        """Share of photos with a logo named right where so many of the others get a brand.

        Parameters
        ----------
        false_positive_rate : float
            0 to 1. The threshold is chosen on these very photos; the stored one plays no part.

        Returns
        -------
        float
            0 to 1; NaN where there are no photos with or none without a logo.
        """
        return recall_at(*self._measured, false_positive_rate) if self._has_both else NAN

    @property
    def _measured(self) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        return self.truth, self.probabilities, self.classes

    @property
    def shows_logo(self) -> np.ndarray:
        """Which photos are of a brand, (photos,) of bool."""
        no_logo = no_logo_index(self.classes)
        return np.full(len(self.truth), True) if no_logo is None else self.truth != no_logo

    @property
    def _has_both(self) -> bool:
        return bool(self.shows_logo.any() and not self.shows_logo.all())

    def summary(self, intervals: bool = True, seed: int = 0, samples: int = 1000) -> pd.DataFrame:
        """Give the headline figures and how far they can be trusted.

        Parameters
        ----------
        intervals : bool
            Also the 95 % bootstrap intervals, drawn among the photos with and among those
            without a logo separately (`logoflow.bootstrap`); takes some seconds.
        seed : int
            Decides the draws.
        samples : int
            How many.

        Returns
        -------
        DataFrame
            A row per figure, each 0 to 1, with columns ``value``, ``low`` and ``high``. NaN
            where there are no photos to measure it on, ends without `intervals` included.

        Examples
        --------
        >>> assessment.summary().loc["accuracy"]
        value    0.93
        low      0.89
        high     0.95
        """
        table = {}
        for name, figure in FIGURES.items():
            ends = (NAN, NAN)
            if intervals:
                rows, strata = np.arange(len(self.truth)), self.shows_logo
                ends = bootstrap(
                    partial(self._figure_of, figure),
                    rows,
                    samples=samples,
                    seed=seed,
                    strata=strata,
                    around=figure(self) if name in BIASED else None,
                )
            table[name] = (figure(self), *ends)
        return pd.DataFrame.from_dict(table, orient="index", columns=["value", "low", "high"])

    def without(self, paths: Iterable[Path | str]) -> "Assessment":
        """Leave photos out: near-duplicates of training photos, say.

        Raises
        ------
        ValueError
            If one of `paths` is none of the photos.
        """
        unwanted, own = {Path(path) for path in paths}, [Path(path) for path in self.paths]
        unknown = sorted(map(str, unwanted - set(own)))
        if unknown:
            raise ValueError(f"{len(unknown)} of the photos to leave out are not here: {unknown}.")
        return self.take(np.flatnonzero([path not in unwanted for path in own]))

    def _figure_of(self, figure: Callable[["Assessment"], float], rows: np.ndarray) -> float:
        return figure(self.take(rows))

    def take(self, rows: np.ndarray) -> "Assessment":
        """Some of the photos, any of them more than once."""
        return Assessment(
            self.classes,
            tuple(self.paths[row] for row in rows),
            self.truth[rows],
            self.probabilities[rows],
            self.answers[rows],
        )


FIGURES: dict[str, Callable[[Assessment], float]] = {
    "accuracy": lambda assessment: assessment.report.accuracy,
    "balanced accuracy": lambda assessment: assessment.report.balanced_accuracy,
    "brand top-1": lambda assessment: assessment.brand_top1,
    "recall at 2%": lambda assessment: assessment.recall_at(0.02),
    "AUROC": lambda assessment: assessment.auroc,
    "false alarms": lambda assessment: assessment.report.no_logo_false_positive_rate,
    "calibration error": lambda assessment: assessment.calibration_error,
}
"""What `Assessment.summary` lists."""

BIASED = ("calibration error",)
"""Those that any chance makes larger: their intervals need `bootstrap`'s ``around``."""


@refuse_views("level")
def assess(
    classifier: LogoClassifier,
    root: Path | str,
    split: str = "test_data",
    *,
    level: LevelLike | None = None,
    match_logos: bool | None = None,
    read_names: bool | None = None,
) -> Assessment:
    """Ask a classifier about every photo of a prepared split.

    Parameters
    ----------
    classifier : LogoClassifier
        Its decision for this level calibrates the probabilities and decides the answers.
    root : Path or str
        A prepared data set.
    split : str
        ``"test_data"``, ``"val_data"`` or ``"train_data"``.
    level, match_logos, read_names
        How closely to look, see `LogoClassifier.predict`.

    Returns
    -------
    Assessment

    Raises
    ------
    FileNotFoundError
        If `root` was not prepared.
    ClassListError
        If its classes are not the classifier's.
    ValueError
        If the split has no photos, or the classifier has decisions, but none for this level.

    Warns
    -----
    UserWarning
        For validation photos, where the last epochs learnt from them (`logoflow.refit`).

    Examples
    --------
    >>> assess(LogoClassifier.load("runs/mine/model"), root, level="windows").summary()
    """
    folder = Path(root) / split
    classifier.check_classes(read_classes(root))
    if split == "val_data" and classifier.metadata.get("refit_epochs"):
        warnings.warn(
            "The last epochs (refit_epochs) learnt from validation photos too: figures on them "
            "flatter. Measure on test_data.",
            stacklevel=2,
        )
    check_classes(class_folders(root, split), classifier.classes, f"the folders of {folder}")
    photos = photos_of(root, split)
    if not photos:
        raise ValueError(f"No photos in {folder}.")
    level = as_level(level, match_logos, read_names, default=classifier.level)
    decision = decision_for(classifier.decisions, level)
    paths, truth = zip(*photos, strict=True)
    scores = classifier.scores(paths, level=level)
    given = probabilities(scores, decision, classifier.no_logo)
    return Assessment(
        classifier.classes,
        paths,
        np.array(truth),
        given,
        decide(given, decision, classifier.no_logo),
    )


def report_on(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts, classes: Sequence[str]
) -> Report:
    """Report of a net's answers on a data set (`logoflow.Report`)."""
    truth, answers = predict_labels(data_iterator, net, ctx)
    return Report.from_labels(truth, answers, classes)
