"""Data sets: every one of them turns into the same three lists of photos."""

from collections.abc import Callable
from pathlib import Path

from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.flickrlogos32 import read_flickrlogos32
from logoflow.datasets.folder import read_folder
from logoflow.datasets.splits import Splits
from logoflow.datasets.splitting import at_most

Source = Path | str | None


def load_splits(
    dataset: str = "sample",
    data_dir: Path | str | None = None,
    *,
    no_logo_dir: Path | str | None = None,
    photos_per_class: int | None = None,
    seed: int = 0,
) -> Splits:
    """Read a data set by its name.

    Parameters
    ----------
    dataset : str
        ``"sample"`` (generated), ``"flickrlogos32"``, ``"flickrlogos27"`` or ``"folder"``
        (your own photos, a folder per class).
    data_dir : Path or str, optional
        Folder, archive or URL of the data; for the sample, the folder to make it in. Needed
        for ``flickrlogos32``, which its authors send on request, and for ``folder``.
    no_logo_dir : Path or str, optional
        Photos without logos for ``flickrlogos27``; see `read_flickrlogos27`.
    photos_per_class : int, optional
        Keep only so many photos per class and split, for a quick try.
    seed : int
        Decides the split where the data set has none of its own.

    Returns
    -------
    Splits

    Raises
    ------
    ValueError
        If there is no such data set, or it needs `data_dir`.

    Examples
    --------
    >>> load_splits("folder", "my-brands").counts()
    """
    if dataset not in DATASETS:
        raise ValueError(f"No data set {dataset!r}: give one of {', '.join(DATASETS)}.")
    if no_logo_dir and dataset != "flickrlogos27":
        raise ValueError(f"no_logo_dir is for flickrlogos27 only; {dataset} has its own.")
    splits = DATASETS[dataset](data_dir, no_logo_dir, seed)
    return splits if photos_per_class is None else at_most(splits, photos_per_class)


def _read_sample(data_dir: Source, no_logo_dir: Source, seed: int) -> Splits:
    from logoflow.datasets.sample.build import make_sample  # its artwork takes a while to import

    return read_flickrlogos32(make_sample(data_dir or None))


def _read_flickrlogos32(data_dir: Source, no_logo_dir: Source, seed: int) -> Splits:
    if not data_dir:
        raise ValueError(
            "flickrlogos32 needs data_dir: ask its authors for the data (University of Augsburg, "
            "Multimedia Computing) and give the folder FlickrLogos-v2, the archive or its URL."
        )
    return read_flickrlogos32(data_dir)


def _read_flickrlogos27(data_dir: Source, no_logo_dir: Source, seed: int) -> Splits:
    return read_flickrlogos27(data_dir, no_logo_dir=no_logo_dir, seed=seed)


def _read_folder(data_dir: Source, no_logo_dir: Source, seed: int) -> Splits:
    if not data_dir:
        raise ValueError("folder needs data_dir: your folder with one folder of photos per class.")
    return read_folder(data_dir, seed=seed)


DATASETS: dict[str, Callable[[Source, Source, int], Splits]] = {
    "sample": _read_sample,
    "flickrlogos32": _read_flickrlogos32,
    "flickrlogos27": _read_flickrlogos27,
    "folder": _read_folder,
}
"""Readers by the data set's name. Each takes data_dir, no_logo_dir and seed of `load_splits`."""
