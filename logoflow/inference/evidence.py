"""Everything known about a photo before the decision."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from logoflow.inference.familiarity import familiarity_features
from logoflow.inference.levels import ONE_PASS, Level
from logoflow.inference.pooling import LEAST_SIMILAR, Compare, pool_part


class Parts(NamedTuple):
    """Evidence of the windows or regions of a photo, one by one.

    Parameters
    ----------
    logits : ndarray
        (parts, classes), the network's logits.
    compare : function, optional
        It takes positions of parts, (rows,), and compares these parts with known regions:
        (rows, classes), from `logoflow.inference.prototypes.Prototypes.similarities`.

    Examples
    --------
    >>> Parts(np.zeros((3, 2))).part(np.array([True, False, False]), without=1).logits
    array([[  0., -10.]])
    """

    logits: np.ndarray
    compare: Compare | None = None

    def without(self, label: int) -> "Parts":
        """Give a class a probability of nearly 0."""
        return self.part(np.full(len(self.logits), True), label)

    def part(self, mask: np.ndarray, without: int | None = None) -> "Parts":
        """Choose windows or regions. A class `without` gets a probability of nearly 0."""
        logits = self.logits[mask].copy()
        if without is not None:
            logits[:, without] = logits.min(initial=0.0) - 10
        if self.compare is None:
            return Parts(logits)
        compare, chosen = self.compare, np.flatnonzero(mask)

        def compare_chosen(rows: np.ndarray) -> np.ndarray:
            similarities = compare(chosen[rows])
            if without is not None:
                similarities[:, without] = LEAST_SIMILAR
            return similarities

        return Parts(logits, compare_chosen)


class Evidence(NamedTuple):
    """Everything known about a photo before the decision.

    Parameters
    ----------
    logits : ndarray
        (windows, classes), the network's logits of the windows
        (`logoflow.inference.windows.windows`).
    matches : ndarray of int, optional
        (classes,), features that match known logos
        (`logoflow.inference.matching.LogoMatcher.count_inliers`).
    letters : ndarray, optional
        (classes,), letters of brand names (`logoflow.BrandNameReader.matched_letters`).
    regions : mapping of str to Parts
        Evidence of the regions, by layout: ``"grid"``, ``"regions"`` or ``"more-regions"``. It has
        the layouts of the levels that the evidence was collected for.

    Examples
    --------
    >>> photo = Evidence(np.zeros((14, 3)), letters=np.array([0, 0, 5]))
    >>> np.exp(photo.scores(Level("windows", read_names=True), no_logo=1)).round(2)
    array([[0.01, 0.01, 0.99]])
    """

    logits: np.ndarray
    matches: np.ndarray | None = None
    letters: np.ndarray | None = None
    regions: Mapping[str, Parts] = MappingProxyType({})

    def scores(self, level: Level, no_logo: int | None) -> np.ndarray:
        """Compute the log-scores at a level, (1, classes): see `pool_part`."""
        matches = self.matches if level.match_logos else None
        letters = self.letters if level.read_names else None
        parts = self.parts(level)
        return pool_part(parts.logits, level, no_logo, matches, letters, parts.compare)[None]

    def familiarity_features(
        self, level: Level, no_logo: int | None, scores: np.ndarray
    ) -> np.ndarray:
        """Compute the features of the likeliest brand at a level, (1, features).

        See `logoflow.inference.familiarity.familiarity_features`. `scores` are those that `scores`
        returned for this level.
        """
        parts = self.parts(level)
        return familiarity_features(scores[0], parts.logits, no_logo, parts.compare)[None]

    def without(self, brand: int) -> "Evidence":
        """Leave a brand out, as if the classifier did not know it."""
        return Evidence(
            Parts(self.logits).without(brand).logits,
            without_brand(self.matches, brand),
            without_brand(self.letters, brand),
            {name: parts.without(brand) for name, parts in self.regions.items()},
        )

    def parts(self, level: Level) -> Parts:
        """Return the evidence of the windows or regions of a level."""
        if level.windows not in ONE_PASS:
            return Parts(self.logits[: level.window_count])
        if level.windows not in self.regions:
            raise ValueError(f"This evidence was collected without the level {level.windows!r}.")
        return self.regions[level.windows]


def without_brand(counts: np.ndarray | None, brand: int) -> np.ndarray | None:
    """Set the count of a brand to 0, (classes,)."""
    return None if counts is None else np.where(np.arange(len(counts)) == brand, 0, counts)
