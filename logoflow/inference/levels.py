"""Levels: how closely a photo is looked at. A level is a window layout and two switches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Grid:
    """Windows of one size, spread evenly over a photo.

    Parameters
    ----------
    share : float
        Side of a window as a share of the photo's side, above 0 and up to 1.
    count : int
        Windows in a row, and in a column.
    """

    share: float
    count: int


@dataclass(frozen=True)
class Layout:
    """The windows that a network sees of a photo.

    Parameters
    ----------
    grids : tuple of Grid
        From the largest windows to the smallest.
    """

    grids: tuple[Grid, ...]

    @property
    def window_count(self) -> int:
        """Windows per photo."""
        return sum(grid.count**2 for grid in self.grids)


_GRIDS = (Grid(1.0, 1), Grid(2 / 3, 2), Grid(1 / 2, 3), Grid(1 / 3, 5))

LAYOUTS = {
    "whole": Layout(_GRIDS[:1]),
    "few-windows": Layout(_GRIDS[:2]),
    "windows": Layout(_GRIDS[:3]),
    "more-windows": Layout(_GRIDS),
}
"""The window layouts by name, from the fastest to the most thorough: 1, 5, 14 and 39 windows.

Each layout begins with the windows of the layouts before it. One pass over the windows of the
last layout therefore serves them all.
"""

GRID, REGIONS, MORE_REGIONS = "grid", "regions", "more-regions"
"""The levels that score parts of a photo in one pass (`logoflow.inference.regions`). They have no
windows."""

ONE_PASS = (GRID, REGIONS, MORE_REGIONS)

AUTO = "auto"
"""The level that looks closer only where a first look leaves the answer open."""

CLOSER = {
    "whole": "windows",
    "few-windows": "more-windows",
    "windows": "more-windows",
    "more-windows": "more-windows",
    GRID: GRID,
    REGIONS: MORE_REGIONS,
    MORE_REGIONS: MORE_REGIONS,
}
"""The closer look of the level ``"auto"``, by its first look."""

SWITCHES = ("match_logos", "read_names")


@dataclass(frozen=True)
class Level:
    """How closely a photo is looked at.

    Every function that takes a level also takes its text form, as `str` gives it:
    ``"windows"`` or ``"more-windows, match_logos, read_names"``.

    Parameters
    ----------
    windows : str
        Which parts of the photo the network scores. ``"whole"``: the whole photo alone. ``"grid"``,
        ``"regions"`` and ``"more-regions"``: parts of the photo from one pass over it at several
        sizes. This needs a network that pools its features, as all pretrained backbones do.
        ``"grid"`` averages over 39 parts; it suits networks that were trained on photos without
        boxes. ``"regions"`` looks for the best of about 2,000 parts; it suits networks that were
        trained on boxes. ``"more-regions"`` also sees the photo at 960 pixels: about 6,000 parts,
        which find smaller logos and take two to three times as long.

        ``"auto"``: first a fast level for each photo, such as ``"regions"``, then a closer one,
        such as ``"more-regions"``, for the photos whose answer is still open. The switches apply to
        the closer look.

        The other levels cut windows out of the photo, and pass each through the network.
        ``"few-windows"``: also 4 windows of 2/3 of the photo's sides, 5 in all. ``"windows"``:
        also 9 of 1/2, 14 in all. ``"more-windows"``: also 25 of 1/3, 39 in all. More windows find
        smaller logos and take as many times longer.
    match_logos : bool
        Also compare the photo with the logos of the training photos
        (`logoflow.inference.matching.LogoMatcher`). This needs a classifier that was trained on
        photos with boxes.
    read_names : bool
        Also read the text in the photo and look for brand names in it
        (`logoflow.BrandNameReader`).

    Raises
    ------
    ValueError
        If there is no layout of that name.

    Examples
    --------
    >>> str(Level("more-windows", read_names=True))
    'more-windows, read_names'
    >>> Level("windows").window_count
    14
    """

    windows: str = "whole"
    match_logos: bool = False
    read_names: bool = False

    def __post_init__(self) -> None:
        if self.windows not in (*ONE_PASS, AUTO):
            layout_named(self.windows)

    def __str__(self) -> str:
        return ", ".join([self.windows, *(name for name in SWITCHES if getattr(self, name))])

    @property
    def window_count(self) -> int:
        """Windows per photo. 0 for the levels of `ONE_PASS` and for ``"auto"``."""
        return LAYOUTS[self.windows].window_count if self.windows in LAYOUTS else 0

    @classmethod
    def from_text(cls, text: str) -> "Level":
        """Read the text form of a level.

        Parameters
        ----------
        text : str
            A window layout, then the switches that are on, separated by commas.

        Returns
        -------
        Level

        Raises
        ------
        ValueError
            If the text names no layout, or something that is not a switch.

        Examples
        --------
        >>> Level.from_text("windows, match_logos")
        Level(windows='windows', match_logos=True, read_names=False)
        """
        layout, *switches = [part.strip() for part in text.split(",")]
        if unknown := sorted(set(switches) - set(SWITCHES)):
            raise ValueError(
                f"The level {text!r} has no switch {', '.join(unknown)}: after the layout, "
                f"write {' or '.join(SWITCHES)}."
            )
        return cls(layout, "match_logos" in switches, "read_names" in switches)


LevelLike = Level | str
"""A level, or its text form."""


def layout_named(name: str) -> Layout:
    """Look up a window layout.

    Raises
    ------
    ValueError
        If there is no layout of that name.

    Examples
    --------
    >>> layout_named("few-windows").window_count
    5
    """
    if isinstance(name, str) and name in LAYOUTS:
        return LAYOUTS[name]
    names = ", ".join([*LAYOUTS, *ONE_PASS, AUTO])
    raise ValueError(f"There is no level {name!r}: choose one of {names}.")


def as_level(
    level: LevelLike | None,
    match_logos: bool | None = None,
    read_names: bool | None = None,
    *,
    default: Level | None = None,
) -> Level:
    """Combine a level and switches into a `Level`.

    Parameters
    ----------
    level : Level, str or None
        A level or its text form. None: the default.
    match_logos, read_names : bool, optional
        Change these switches of the level. None leaves them as they are.
    default : Level, optional
        The level to use if `level` is None. By default, the whole photo.

    Returns
    -------
    Level

    Raises
    ------
    ValueError
        If there is no such level.

    Examples
    --------
    >>> str(as_level("windows", read_names=True))
    'windows, read_names'
    >>> str(as_level(None, match_logos=False, default=Level("windows", match_logos=True)))
    'windows'
    """
    if level is None:
        level = default or Level()
    elif isinstance(level, str):
        level = Level.from_text(level)
    elif not isinstance(level, Level):
        level = Level(level)  # raises the error that lists the levels
    if match_logos is not None:
        level = replace(level, match_logos=match_logos)
    if read_names is not None:
        level = replace(level, read_names=read_names)
    return level


def as_levels(
    levels: Sequence[LevelLike], match_logos: bool = False, read_names: bool = False
) -> tuple[Level, ...]:
    """Combine levels and switches into a tuple of `Level`.

    Parameters
    ----------
    levels : sequence of Level or str
        At least one.
    match_logos, read_names : bool
        Whether to switch this on in all levels that are given as text. `Level` objects keep their
        own switches.

    Returns
    -------
    tuple of Level
        Without repeats.

    Raises
    ------
    ValueError
        If the sequence is empty, or there is no level of that name.

    Examples
    --------
    >>> [str(level) for level in as_levels(("whole", Level("windows")), read_names=True)]
    ['whole, read_names', 'windows']
    """
    if isinstance(levels, str | Level) or not isinstance(levels, Iterable) or not levels:
        raise ValueError(f'levels is {levels!r}: give a list of levels, such as ("whole",).')
    combined = []
    for level in levels:
        if not isinstance(level, Level):
            level = as_level(level, match_logos or None, read_names or None)
        combined.append(level)
    return tuple(dict.fromkeys(combined))


def quoted(levels: Iterable[Level]) -> str:
    """List levels in a message, each as Python text.

    Parameters
    ----------
    levels : iterable of Level

    Returns
    -------
    str

    Examples
    --------
    >>> print(quoted([Level("whole"), Level("windows", read_names=True)]))
    "whole", "windows, read_names"
    """
    return ", ".join(f'"{level}"' for level in levels)


def largest_layout(levels: Iterable[Level]) -> str | None:
    """Name the window layout that includes the windows of all the given levels.

    Parameters
    ----------
    levels : iterable of Level

    Returns
    -------
    str or None
        None if no level has windows.

    Examples
    --------
    >>> largest_layout([Level("windows"), Level("whole"), Level("regions")])
    'windows'
    """
    names = [level.windows for level in levels if level.windows in LAYOUTS]
    return max(names, key=list(LAYOUTS).index) if names else None


def one_pass_layouts(levels: Iterable[Level]) -> list[str]:
    """Name the layouts of the levels that score regions in one pass, without repeats.

    Parameters
    ----------
    levels : iterable of Level

    Returns
    -------
    list of str

    Examples
    --------
    >>> one_pass_layouts([Level("whole"), Level("regions"), Level("regions", read_names=True)])
    ['regions']
    """
    names = [level.windows for level in levels if level.windows in ONE_PASS]
    return list(dict.fromkeys(names))
