"""Windows: overlapping parts of a photo, in which a small logo looks larger to the network."""

from collections.abc import Iterator

from logoflow.inference.levels import Grid, layout_named


def windows(width: int, height: int, layout: str) -> list[tuple[int, int, int, int]]:
    """Lay windows of a photo's own shape over it, from the whole photo to the smallest windows.

    Parameters
    ----------
    width, height : int
        Size of the photo in pixels, at least 1.
    layout : str
        A window layout by name (`logoflow.inference.levels.LAYOUTS`).

    Returns
    -------
    list of (x, y, width, height)
        In pixels. All windows lie inside the photo. A layout has the same number of windows for
        every photo, however small.

    Raises
    ------
    ValueError
        If there is no such layout, or the photo has no pixels.

    Examples
    --------
    >>> windows(300, 150, "few-windows")[:3]
    [(0, 0, 300, 150), (0, 0, 200, 100), (100, 0, 200, 100)]
    """
    if width < 1 or height < 1:
        raise ValueError(f"A photo of {width} x {height} pixels has no windows.")
    return [
        window for grid in layout_named(layout).grids for window in _on_grid(width, height, grid)
    ]


def _on_grid(width: int, height: int, grid: Grid) -> Iterator[tuple[int, int, int, int]]:
    """Yield the windows of one size, row by row."""
    columns, rows = _intervals(width, grid), _intervals(height, grid)
    for y, window_height in rows:
        for x, window_width in columns:
            yield x, y, window_width, window_height


def _intervals(length: int, grid: Grid) -> list[tuple[int, int]]:
    """Spread intervals evenly from one end of a photo to the other: (start, length) of each."""
    size = max(1, round(length * grid.share))
    gaps = max(1, grid.count - 1)
    return [(round(number * (length - size) / gaps), size) for number in range(grid.count)]
