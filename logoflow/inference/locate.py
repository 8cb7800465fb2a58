"""Find the logos of a photo: a box for each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logoflow.images.boxes import intersections_over_unions, overlaps
from logoflow.images.decode import load_image
from logoflow.inference.decision import decision_for
from logoflow.inference.evidence import Evidence, Parts
from logoflow.inference.judge import judge
from logoflow.inference.levels import MORE_REGIONS, ONE_PASS, REGIONS, Level, LevelLike, as_level
from logoflow.inference.matching import Placement
from logoflow.inference.pooling import SIMILARITY_WEIGHT, regions_by_odds
from logoflow.inference.region_evidence import layout_boxes, region_evidence
from logoflow.utils.threads import network_lock

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

AVERAGED_REGIONS = 20
"""Number of regions that a box is the mean of. The network sees beyond the border of a region, so
one region is a worse box. On 80 photos of FlickrLogos-27, the intersection over union (IoU) with
the logo's box is at least .5 for .55 of the means, and for .31 of the single regions. The mean of
40 or 80 does about as well."""

CANDIDATES = 200
"""Number of the likeliest regions that are compared with known regions for a box."""

SAME_LOGO = 0.2
"""Regions are averaged if their IoU with the best region is above this."""

COVERED = 0.1
"""A region may show a found logo if they overlap by this share of the smaller of the two. For this
test, the logo's box is enlarged, because boxes are not exact."""

MARGIN = 0.25
"""Share of its width and height by which a box is enlarged on each side."""

MAX_LOGOS = 10


class FoundLogo(NamedTuple):
    """A logo in a photo.

    Parameters
    ----------
    label : int
        Label of its brand.
    probability : float
        Of the brand, 0 to 1, for the part of the photo without the logos found before.
    box : tuple of int
        x, y, width and height in pixels.
    """

    label: int
    probability: float
    box: tuple[int, int, int, int]


def find_logos(
    classifier: "LogoClassifier", photo: Any, level: LevelLike | None = None
) -> list[FoundLogo]:
    """Find the logos of a photo (`LogoClassifier.locate`).

    The regions of the photo are judged as `predict` does. If a brand is named, its likeliest
    regions give a box. Then the regions that show this logo are left out, and the others are judged
    again, until no brand is named. If the classifier knows the logos of its training photos, a
    known logo that is found at the same place gives the box.

    Parameters
    ----------
    classifier, photo, level
        See `LogoClassifier.locate`.

    Returns
    -------
    list of FoundLogo
        The clearest logo first.

    Raises
    ------
    ValueError, ImageError, OSError
        See `LogoClassifier.locate`.
    """
    chosen_level, image = region_level(classifier, level), load_image(photo)
    finest = MORE_REGIONS if chosen_level.windows == MORE_REGIONS else REGIONS
    layouts = list(dict.fromkeys([chosen_level.windows, finest]))
    height, width = image.shape[:2]
    boxes = {layout: layout_boxes(layout, width, height) for layout in layouts}
    with network_lock:
        nets = classifier.nets_for_regions()
        parts = region_evidence(nets, image, layouts, classifier.prototypes)
        return list(_find(classifier, image, chosen_level, parts, boxes))


def region_level(classifier: "LogoClassifier", level: LevelLike | None) -> Level:
    """Choose a level that scores regions, and has a decision if any level has one.

    Parameters
    ----------
    classifier : LogoClassifier
    level : Level or str, optional
        Default: the classifier's level, or else the first of its decisions that scores regions.
        It may compare with known logos, but not read names.

    Returns
    -------
    Level

    Raises
    ------
    ValueError
        If a level is given or there are decisions, and none of them scores regions alone.
    """
    if level is not None:
        candidates = [as_level(level)]
    else:
        candidates = [classifier.level, *classifier.decisions]
        if not classifier.decisions:
            candidates.append(Level(REGIONS))
    for candidate in candidates:
        can_match = not candidate.match_logos or classifier.matcher is not None
        if candidate.windows in ONE_PASS and can_match and not candidate.read_names:
            return candidate
    level_names = ", ".join(f'"{candidate}"' for candidate in candidates)
    raise ValueError(
        f"locate needs a level that scores regions, but the levels here are {level_names}. Call "
        'calibrate with the level "regions" first, and give this level to locate.'
    )


def _find(
    classifier: "LogoClassifier",
    image: np.ndarray,
    level: Level,
    parts: Mapping[str, Parts],
    boxes: Mapping[str, np.ndarray],
) -> Iterator[FoundLogo]:
    """Yield the logos of a photo. The regions of the last layout become the boxes."""
    decision, no_logo = decision_for(classifier.decisions, level), classifier.no_logo
    free = {layout: np.full(len(rows), True) for layout, rows in boxes.items()}
    no_windows = np.zeros((0, len(classifier.classes)), np.float32)
    found: list[tuple[float, float, float, float]] = []
    matcher, inliers = classifier.matcher, None
    matches = matcher.match(image) if matcher is not None else None
    for _ in range(MAX_LOGOS):
        if level.match_logos and matcher is not None and matches is not None:
            inliers = matcher.count(matches, len(classifier.classes), found)
        rest = {layout: part.part(free[layout]) for layout, part in parts.items()}
        evidence = Evidence(no_windows, inliers, regions=rest)
        answer = judge(evidence, level, decision, no_logo)
        if answer.reason is not None or answer.label == no_logo:
            return
        finest = list(boxes)[-1]
        box = _box(rest[finest], boxes[finest][free[finest]], answer.label, no_logo)
        if matcher is not None and matches is not None:
            box = _refined(box, matcher.placements(matches, answer.label), image)
        yield FoundLogo(answer.label, float(answer.probabilities[answer.label]), box)
        found.append(_enlarged(box))
        for layout, rows in boxes.items():
            free[layout] &= overlaps(found[-1], rows) < COVERED
        # Without a class no-logo, every part of a photo gets a brand.
        if no_logo is None or not all(mask.any() for mask in free.values()):
            return


def _refined(
    box: tuple[int, int, int, int], placements: Sequence[Placement], image: np.ndarray
) -> tuple[int, int, int, int]:
    """Replace a box by that of the known logo that was found most clearly at the same place."""
    for placement in placements:
        if intersections_over_unions(box, placement.box[None])[0] > SAME_LOGO:
            x, y, width, height = placement.box
            left, top = max(0, round(x)), max(0, round(y))
            right = min(image.shape[1], round(x + width))
            bottom = min(image.shape[0], round(y + height))
            return left, top, right - left, bottom - top
    return box


def _enlarged(box: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return (
        x - MARGIN * width,
        y - MARGIN * height,
        (1 + 2 * MARGIN) * width,
        (1 + 2 * MARGIN) * height,
    )


def _box(
    parts: Parts, boxes: np.ndarray, label: int, no_logo: int | None
) -> tuple[int, int, int, int]:
    """Average the regions that show a brand most clearly. Clearer regions have more weight."""
    rows = regions_by_odds(parts.logits, label, no_logo, CANDIDATES)
    others = slice(None) if no_logo is None else slice(no_logo, no_logo + 1)
    scores = parts.logits[rows, label] - np.logaddexp.reduce(parts.logits[rows][:, others], axis=1)
    if parts.compare is not None:
        scores = scores + SIMILARITY_WEIGHT * parts.compare(rows)[:, label]
    best = np.argsort(-scores)[:AVERAGED_REGIONS]
    candidates = boxes[rows[best]]
    near = intersections_over_unions(candidates[0], candidates) > SAME_LOGO
    weights = np.exp(scores[best] - scores[best[0]])[near]
    x, y, width, height = np.average(candidates[near], axis=0, weights=weights).round().astype(int)
    return int(x), int(y), int(width), int(height)
