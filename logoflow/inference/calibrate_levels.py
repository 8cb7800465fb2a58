"""Calibrate a classifier: fit a decision for each level to validation photos."""

from collections.abc import Iterable, Sequence
from itertools import tee
from typing import TYPE_CHECKING

from logoflow.inference.auto import levels_with_looks, looks_by_level
from logoflow.inference.backgrounds import MIN_BACKGROUND_LEVEL, backgrounds_of
from logoflow.inference.collect_evidence import collect_evidence
from logoflow.inference.decision import Decision
from logoflow.inference.fit_decisions import fit_decisions, warn_if_unreliable
from logoflow.inference.fit_familiarity import check_unknown_rate
from logoflow.inference.levels import Level, largest_layout
from logoflow.inference.match_and_read import Boxes, find_logos_and_text
from logoflow.inference.pictures import as_pictures
from logoflow.labels import label_indices
from logoflow.utils.progress import bar
from logoflow.utils.threads import network_lock

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier


def calibrate_levels(
    classifier: "LogoClassifier",
    images: Iterable,
    truth: Sequence[int | str],
    levels: Sequence[Level],
    false_positive_rate: float,
    unknown_acceptance_rate: float | None,
    boxes: Sequence[Boxes] | None,
) -> dict[Level, Decision]:
    """Fit a decision for each level (`LogoClassifier.calibrate`).

    Parameters
    ----------
    classifier : LogoClassifier
        It is not changed.
    images, truth, levels, false_positive_rate, unknown_acceptance_rate, boxes
        See `LogoClassifier.calibrate`.

    Returns
    -------
    dict of Level to Decision
        For the levels, and for the looks of the level ``"auto"``.

    Raises
    ------
    ValueError
        See `LogoClassifier.calibrate`.

    Warns
    -----
    UserWarning
        See `LogoClassifier.calibrate`.
    """
    check_unknown_rate(unknown_acceptance_rate)
    photos, labels = list(as_pictures(images)), label_indices(truth, classifier.classes)
    looks = looks_by_level(levels, classifier.level)
    levels_to_fit = levels_with_looks(levels, looks)
    levels_to_score = list(levels_to_fit)
    background = logos_and_text = None
    with network_lock:
        if boxes is not None:
            if largest_layout(levels_to_fit):
                levels_to_score.append(MIN_BACKGROUND_LEVEL)
            if len(boxes) != len(photos):
                raise ValueError(f"There are {len(boxes)} lists of boxes for {len(photos)} photos.")
            # The photos are searched once, for the whole photo and for its background.
            logos_and_text, same_logos_and_text = tee(
                find_logos_and_text(photo, levels_to_score, classifier.matcher, classifier.reader)
                for photo in photos
            )
            background = backgrounds_of(
                classifier, photos, labels, boxes, levels_to_score, same_logos_and_text
            )
        evidence = collect_evidence(
            classifier, photos, levels_to_score, logos_and_text=logos_and_text
        )
        decisions = fit_decisions(
            bar(evidence, "calibrating", total=len(photos)),
            labels,
            classifier.classes,
            levels_to_fit,
            false_positive_rate,
            background,
            unknown_acceptance_rate,
            looks,
        )
    warn_if_unreliable(decisions)
    return decisions
