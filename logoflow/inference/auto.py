"""The level ``"auto"``: look closer only where a first look leaves the answer open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from logoflow.inference.levels import AUTO, CLOSER, Level

MAX_LOSS = 0.005
"""Share of the validation photos whose right answer may be lost at each bound."""


@dataclass(frozen=True)
class Stages:
    """The two looks of the level ``"auto"``, and where the first one is enough.

    Parameters
    ----------
    first, closer : Level
        The two looks.
    reject_below, accept_above : float
        If the logo score (`logoflow.logo_scores`) of the first look is below the first bound or
        above the second, its answer stands. Between the bounds, the closer look decides.

    Examples
    --------
    >>> stages = Stages(Level("regions"), Level("more-regions"), 0.1, 0.9)
    >>> stages.is_open(0.5, names_brand=True), stages.is_open(0.95, names_brand=True)
    (True, False)
    """

    first: Level
    closer: Level
    reject_below: float
    accept_above: float

    def is_open(self, logo_score: float, names_brand: bool) -> bool:
        """Tell whether a photo needs the closer look.

        Parameters
        ----------
        logo_score : float
            Of the first look, 0 to 1.
        names_brand : bool
            Whether the first look names a brand. Other reasons than a low logo score not to name a
            brand leave the answer open.
        """
        if logo_score < self.reject_below:
            return False
        return not (names_brand and logo_score > self.accept_above)


def looks_of(level: Level, others: Sequence[Level]) -> tuple[Level, Level]:
    """Choose the two looks of a level ``"auto"``.

    Parameters
    ----------
    level : Level
        Its switches are those of the closer look.
    others : sequence of Level
        Other levels. The first look is the last of these levels, with its switches
        off. Levels ``"auto"`` do not count.

    Returns
    -------
    first, closer : Level

    Raises
    ------
    ValueError
        If there is no other level.

    Examples
    --------
    >>> first, closer = looks_of(Level("auto", read_names=True), [Level("whole"), Level("regions")])
    >>> str(first), str(closer)
    ('regions', 'more-regions, read_names')
    """
    candidates = [other for other in others if other.windows != AUTO]
    if not candidates:
        raise ValueError(
            'The level "auto" needs another level for its first look: give it before "auto", as in '
            'levels=("regions", "auto").'
        )
    first = candidates[-1].windows
    return Level(first), Level(CLOSER[first], level.match_logos, level.read_names)


def looks_by_level(levels: Sequence[Level], default: Level) -> dict[Level, tuple[Level, Level]]:
    """Choose the two looks of each level ``"auto"`` among some levels (`looks_of`).

    Parameters
    ----------
    levels : sequence of Level
    default : Level
        The level of the first look if there is no other.

    Returns
    -------
    dict of Level to (Level, Level)
        Only the levels ``"auto"`` are in it.

    Examples
    --------
    >>> [str(level) for level in looks_by_level([Level("whole"), Level("auto")], Level("grid"))]
    ['auto']
    """
    return {level: looks_of(level, [default, *levels]) for level in levels if level.windows == AUTO}


def levels_with_looks(
    levels: Sequence[Level], looks: Mapping[Level, tuple[Level, Level]]
) -> list[Level]:
    """List the levels that photos are scored at: those without ``"auto"``, and all looks.

    Parameters
    ----------
    levels : sequence of Level
    looks : mapping of Level to (Level, Level)
        From `looks_by_level`.

    Returns
    -------
    list of Level
        Each once.

    Examples
    --------
    >>> levels = [Level("regions"), Level("auto")]
    >>> [str(level) for level in levels_with_looks(levels, looks_by_level(levels, levels[0]))]
    ['regions', 'more-regions']
    """
    one_look = [level for level in levels if level not in looks]
    return list(dict.fromkeys([*one_look, *chain(*looks.values())]))


def fit_stages(
    looks: tuple[Level, Level],
    threshold: float | None,
    logo_scores: np.ndarray,
    names_brand: np.ndarray,
    pays: np.ndarray,
) -> Stages:
    """Choose the bounds so that few right answers of the closer look are lost.

    Parameters
    ----------
    looks : (Level, Level)
        See `looks_of`.
    threshold : float or None
        Threshold of the first look's decision. Halfway from it to 0 and to 1 the answer is always
        open, because few validation photos may not show a photo that needs the closer look.
    logo_scores : ndarray
        (photos,), of the first look at validation photos.
    names_brand : ndarray of bool
        (photos,), whether the first look names a brand.
    pays : ndarray of bool
        (photos,), whether the closer look is right and the first look wrong.

    Returns
    -------
    Stages

    Examples
    --------
    >>> scores, pays = np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, True, False, False])
    >>> looks = Level("regions"), Level("more-regions")
    >>> stages = fit_stages(looks, 0.5, scores, scores > 0.5, pays)
    >>> stages.reject_below, stages.accept_above
    (0.2, 0.75)
    """
    middle = 0.5 if threshold is None else min(threshold, 1.0)
    allowed = int(MAX_LOSS * len(pays))
    # A photo at a bound is open.
    rising, falling = np.sort(logo_scores[pays]), np.sort(logo_scores[pays & names_brand])[::-1]
    bounds = [middle / 2, (1 + middle) / 2]
    if len(rising) > allowed:
        bounds[0] = min(bounds[0], float(rising[allowed]))
    if len(falling) > allowed:
        bounds[1] = max(bounds[1], float(falling[allowed]))
    first, closer = looks
    return Stages(first, closer, reject_below=bounds[0], accept_above=bounds[1])
