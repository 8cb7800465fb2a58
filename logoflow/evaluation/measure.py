"""Run a classifier or a network on the photos of a split, and assess its answers."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from mxnet import gluon

from logoflow.datasets.class_list import check_classes, read_classes
from logoflow.datasets.prepared import class_folders, photos_of
from logoflow.evaluation.assessment import Assessment
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.judge_pictures import judgements_of
from logoflow.inference.levels import LevelLike, as_level
from logoflow.metrics.report import Report
from logoflow.training.batches import predict_labels
from logoflow.utils.addresses import local_path
from logoflow.utils.devices import Contexts


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
    """Classify every photo of a prepared split.

    Parameters
    ----------
    classifier : LogoClassifier
        Its decision for this level calibrates the probabilities and chooses the answers.
    root : Path or str
        A prepared data set.
    split : {"test_data", "val_data", "train_data"}
        The photos to classify.
    level : Level or str, optional
        How closely to look, see `logoflow.LogoClassifier.predict`.
    match_logos, read_names : bool, optional
        Switch the comparison with known logos, or the reading of brand names, on or off.

    Returns
    -------
    Assessment

    Raises
    ------
    FileNotFoundError
        If `root` is not a prepared data set.
    ClassListError
        If the data set has other classes than the classifier.
    ValueError
        If the split has no photos, or if the classifier has decisions but none for this level.

    Warns
    -----
    UserWarning
        For validation photos, if the last epochs trained on them (`logoflow.refit`).

    Examples
    --------
    >>> import logoflow as lf
    >>> photos = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", photos, output_dir="root")
    >>> settings = {"num_epochs": 1, "image_size": 64, "levels": ("whole",), "quiet": True}
    >>> assessment = assess(lf.fit(root, "lenet5", **settings), root, level="whole")
    >>> len(assessment.answers), 0 <= assessment.report.accuracy <= 1
    (4, True)
    """
    folder = local_path(root) / split
    classifier.check_classes(read_classes(root))
    if split == "val_data" and classifier.metadata.get("refit_epochs"):
        warnings.warn(
            "The last epochs (refit_epochs) trained on the validation photos, so the metrics on "
            "these photos are too high. Measure on test_data.",
            stacklevel=2,
        )
    check_classes(class_folders(root, split), classifier.classes, f"the folders of {folder}")
    photos = photos_of(root, split)
    if not photos:
        raise ValueError(f"There are no photos in {folder}: prepare the data set again.")
    level = as_level(level, match_logos, read_names, default=classifier.level)
    paths, truth = zip(*photos, strict=True)
    judgements = judgements_of(classifier, paths, level)
    calibrated = np.array([judgement.probabilities for judgement in judgements])
    answers = np.array([judgement.label for judgement in judgements])
    return Assessment(classifier.classes, paths, np.array(truth), calibrated, answers)


def report_on(
    data_iterator: Iterable, net: gluon.Block, ctx: Contexts, classes: Sequence[str]
) -> Report:
    """Compute the classification report of a network on a data set.

    Parameters
    ----------
    data_iterator : iterable of (data, label)
        Usually a DataLoader.
    net : Block
        Returns logits of shape (batch, classes).
    ctx : Context or sequence of Context
        Devices that hold the network.
    classes : sequence of str
        Class names in label order.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If there are no photos, or a label is not in the class list.

    Examples
    --------
    >>> from mxnet import cpu, nd
    >>> batches = [(nd.array([[2, 1], [0, 3]]), nd.array([0, 0]))]
    >>> report_on(batches, gluon.nn.Lambda("identity"), cpu(), ["bmw", "no-logo"]).accuracy
    0.5
    """
    truth, predicted = predict_labels(data_iterator, net, ctx)
    return Report.from_labels(truth, predicted, classes)
