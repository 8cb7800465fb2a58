"""Data sets: every one of them turns into the same three lists of photos."""

from pathlib import Path

from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.flickrlogos32 import read_flickrlogos32
from logoflow.datasets.folder import read_folder
from logoflow.datasets.portions import at_most
from logoflow.datasets.splits import Splits

DATASETS = ("sample", "flickrlogos32", "flickrlogos27", "folder")


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
    _check_data_dir(dataset, data_dir)
    if dataset == "sample":
        from logoflow.datasets.sample import make_sample  # its artwork takes a while to import

        splits = read_flickrlogos32(make_sample(data_dir or None))
    elif dataset == "flickrlogos32":
        splits = read_flickrlogos32(data_dir)  # type: ignore[arg-type]
    elif dataset == "flickrlogos27":
        splits = read_flickrlogos27(data_dir, no_logo_dir=no_logo_dir, seed=seed)
    else:
        splits = read_folder(data_dir, seed=seed)  # type: ignore[arg-type]
    return splits if photos_per_class is None else at_most(splits, photos_per_class)


def _check_data_dir(dataset: str, data_dir: Path | str | None) -> None:
    if dataset == "flickrlogos32" and not data_dir:
        raise ValueError(
            "flickrlogos32 needs data_dir: ask its authors for the data (University of Augsburg, "
            "Multimedia Computing) and give the folder FlickrLogos-v2, the archive or its URL."
        )
    if dataset == "folder" and not data_dir:
        raise ValueError("folder needs data_dir: your folder with one folder of photos per class.")
