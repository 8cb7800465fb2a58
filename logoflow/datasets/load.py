"""Load a data set by its name. `DATASETS` has the reader of each data set."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from logoflow.datasets.coco import read_coco
from logoflow.datasets.completing import TEST_SHARE
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.flickrlogos32 import read_flickrlogos32
from logoflow.datasets.folder import read_folder
from logoflow.datasets.splits import Splits
from logoflow.datasets.splitting import limit_per_class
from logoflow.datasets.table import read_table
from logoflow.datasets.yolo import read_yolo

Source: TypeAlias = Path | str | pd.DataFrame | None
OWN_DATA = ("folder", "table", "coco", "yolo")


def load_splits(
    dataset: str = "sample",
    data_dir: Path | str | pd.DataFrame | None = None,
    *,
    no_logo_dir: Path | str | None = None,
    photos_per_class: int | None = None,
    test_share: float | None = None,
    layout: str | None = None,
    seed: int = 0,
) -> Splits:
    """Load a data set by its name.

    Parameters
    ----------
    dataset : str
        ``"sample"`` (generated), ``"flickrlogos32"``, ``"flickrlogos27"``, or your own photos:
        ``"folder"`` (one folder per class), ``"table"`` (`read_table`), ``"coco"``
        (`read_coco`) or ``"yolo"`` (`read_yolo`).
    data_dir : Path, str or DataFrame, optional
        Folder, archive or URL of the data; for ``table`` also the file or the DataFrame. For the
        sample, the folder to build it in. Required for ``flickrlogos32``, which its authors send
        on request, and for your own photos.
    no_logo_dir : Path or str, optional
        Folder of photos without logos for ``flickrlogos27``; see `read_flickrlogos27`.
    photos_per_class : int, optional
        Keep at most this many photos per brand and split, for a quick try; see
        `limit_per_class`.
    test_share : float, optional
        Share of each class that becomes test photos, for your own photos only; see `read_folder`.
    layout : str, optional
        What the folders of the first and second level stand for, for ``folder`` only; see
        `read_folder`.
    seed : int
        Seed of the random split, for data sets that come without a split.

    Returns
    -------
    Splits

    Raises
    ------
    ValueError
        If the name is unknown, `data_dir` is missing, or `no_logo_dir`, `test_share` or `layout`
        is given for a data set that does not use it.
    FileNotFoundError, ArchiveError
        If the data cannot be found, downloaded or extracted.

    Examples
    --------
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> load_splits("flickrlogos32", folder).counts()
             train  val  test
    adidas       2    1     1
    aldi         2    1     1
    no-logo      2    2     2
    """
    if dataset not in DATASETS:
        raise ValueError(f"There is no data set {dataset!r}: choose {', '.join(DATASETS)}.")
    if no_logo_dir and dataset != "flickrlogos27":
        raise ValueError(
            f"no_logo_dir is for flickrlogos27 only: {dataset} brings its own photos without logos."
        )
    if test_share is not None and dataset not in OWN_DATA:
        raise ValueError(f"test_share is for your own photos only: {dataset} has test photos.")
    if layout is not None and dataset != "folder":
        raise ValueError(f"layout is for your own folder only, not for {dataset}.")
    options: dict[str, object] = {} if test_share is None else {"test_share": test_share}
    if layout is not None:
        options["layout"] = layout
    splits = DATASETS[dataset](data_dir, no_logo_dir, seed, **options)
    return splits if photos_per_class is None else limit_per_class(splits, photos_per_class)


def _read_sample(data_dir: Source, no_logo_dir: Source, seed: int) -> Splits:
    from logoflow.datasets.sample.build import make_sample  # slow to import

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


def _read_folder(
    data_dir: Source,
    no_logo_dir: Source,
    seed: int,
    test_share: float = TEST_SHARE,
    layout: str | None = None,
) -> Splits:
    if not data_dir:
        raise ValueError(
            "The data set 'folder' needs data_dir: give the folder that contains one folder of "
            "photos per class."
        )
    return read_folder(data_dir, test_share=test_share, layout=layout, seed=seed)


def _own_reader(dataset: str, read: Callable[..., Splits], needs: str) -> Callable[..., Splits]:
    """Make a function that reads photos of the user, and says what is missing."""

    def read_own(
        data_dir: Source, no_logo_dir: Source, seed: int, test_share: float = TEST_SHARE
    ) -> Splits:
        if data_dir is None or str(data_dir) == "":
            raise ValueError(f"The data set {dataset!r} needs data_dir: give {needs}.")
        return read(data_dir, test_share=test_share, seed=seed)

    return read_own


DATASETS: dict[str, Callable[..., Splits]] = {
    "sample": _read_sample,
    "flickrlogos32": _read_flickrlogos32,
    "flickrlogos27": _read_flickrlogos27,
    "folder": _read_folder,
    "table": _own_reader(
        "table", read_table, "a CSV or Parquet file with the columns path and label, or a DataFrame"
    ),
    "coco": _own_reader("coco", read_coco, "the folder, archive or JSON file of the export"),
    "yolo": _own_reader("yolo", read_yolo, "the folder or archive of the export"),
}
"""Name of each data set and the function that reads it.

The function takes `data_dir`, `no_logo_dir` and `seed` of `load_splits`.
"""
