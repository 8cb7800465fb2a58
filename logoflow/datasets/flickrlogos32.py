"""FlickrLogos-32, the articles' data set, which its authors send on request."""

from pathlib import Path

from logoflow.datasets.archives import open_source
from logoflow.datasets.listing import finder, first_few, label_of, lines_of, read_boxes_of
from logoflow.datasets.splits import Photo, Splits, class_list

LISTS = {
    "trainset.relpaths.txt": 320,
    "valset-logosonly.relpaths.txt": 960,
    "valset-nologos.relpaths.txt": 3000,
    "testset.relpaths.txt": 3960,
}
"""The list files, and how many photos each names in the published data."""

ARTICLE_COUNTS = {"train": 1820, "val": 2460, "test": 3960}
"""What both articles' split of the published data comes to."""


def read_flickrlogos32(source: Path | str) -> Splits:
    """Read FlickrLogos-32, or data in its layout, as the articles split it.

    Parameters
    ----------
    source : Path or str
        The folder ``FlickrLogos-v2``, a folder that holds it, a zip or tar of it, or the
        http(s) URL of such an archive.

    Returns
    -------
    Splits
        1,820 / 2,460 / 3,960 photos of 33 classes from the published data. Boxes are in
        pixels; no-logo photos have none. Photos that are listed and missing are left out and
        told in ``notes``.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or it lacks the list files.
    ValueError
        If the published data does not give the articles' counts.
    ArchiveError
        If an archive cannot be fetched or extracted.

    Notes
    -----
    S. Romberg et al., Scalable Logo Recognition in Real-World Images, ICMR 2011.

    Examples
    --------
    >>> splits = read_flickrlogos32("FlickrLogos-32_dataset_v2.zip")
    >>> [len(photos) for photos in (splits.train, splits.val, splits.test)]
    [1820, 2460, 3960]
    """
    base = find_base(open_source(source, "flickrlogos32"))
    listed = article_split(base)
    find = finder(base)
    spelling: dict[str, str] = {}
    taken: set[Path] = set()
    missing, repeated, splits = [], [], {}
    for split in ("test", "val", "train"):  # a photo listed twice belongs to the test set
        photos = []
        for name in listed[split]:
            path = find(name)
            if path is None or not label_of(name):
                missing.append(name)
            elif path in taken:
                repeated.append(name)
            else:
                taken.add(path)
                label = spelling.setdefault(label_of(name).casefold(), label_of(name))
                photos.append(Photo(path, label, read_boxes_of(name, find)))
        splits[split] = tuple(photos)
    if not taken:
        raise FileNotFoundError(
            f"None of the {len(missing)} photos listed in {base} is there, e.g. {missing[:1]}. "
            "Extract the data set's jpg folder too."
        )
    return Splits(**splits, classes=class_list(*splits.values()), notes=_notes(missing, repeated))


def article_split(base_directory: Path | str, no_logo_share: float = 0.5) -> dict[str, list[str]]:
    """Give the articles' three lists of relative paths.

    Parameters
    ----------
    base_directory : Path or str
        The folder ``FlickrLogos-v2`` (or the sample's).
    no_logo_share : float
        Share of the no-logo validation photos that moves to training, the first ones of
        their list; 0 to 1. The articles move half.

    Returns
    -------
    dict
        ``train``, ``val`` and ``test``: paths below `base_directory` as the lists have them.

    Raises
    ------
    FileNotFoundError
        If a list file is missing.
    ValueError
        If the published data does not give the articles' counts, or the share is not one.

    Examples
    --------
    >>> article_split(make_sample())["train"][0]
    'classes/jpg/adidas/…jpg'
    """
    if not 0 <= no_logo_share <= 1:
        raise ValueError(f"no_logo_share is {no_logo_share}: give a share from 0 to 1.")
    train, val_logos, val_none, test = (read_filenames(base_directory, name) for name in LISTS)
    moved = int(len(val_none) * no_logo_share)
    split = {
        "train": train + val_none[:moved],
        "val": val_logos + val_none[moved:],
        "test": test,
    }
    _check_counts(split, (train, val_logos, val_none, test), no_logo_share, base_directory)
    return split


def read_filenames(base_directory: Path | str, list_name: str) -> list[str]:
    """Read one of the data set's list files.

    Parameters
    ----------
    base_directory : Path or str
        The folder ``FlickrLogos-v2``.
    list_name : str
        Such as ``"trainset.relpaths.txt"``.

    Returns
    -------
    list of str
        Relative paths, ``classes/jpg/<class>/<file>``, without line ends or empty lines.

    Raises
    ------
    FileNotFoundError
        If there is no such list.
    """
    path = finder(base_directory)(list_name)
    if path is None:
        raise FileNotFoundError(
            f"No {list_name} in {base_directory}: give the folder FlickrLogos-v2 as its authors "
            f"send it, with {', '.join(LISTS)}."
        )
    return [line.replace("\\", "/") for line in lines_of(path)]


def find_base(folder: Path) -> Path:
    """Find the folder with the list files: `folder` or one at most two levels below."""
    for candidate in (folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))):
        if candidate.is_dir() and finder(candidate)("trainset.relpaths.txt"):
            return candidate
    raise FileNotFoundError(
        f"No trainset.relpaths.txt in {folder} or just below it: give the folder FlickrLogos-v2 "
        "as its authors send it, or the archive."
    )


def _check_counts(split: dict, lists: tuple, no_logo_share: float, base: Path | str) -> None:
    """Assert the articles' counts; data in the same layout with other lists may have others."""
    expected = list(LISTS.values())
    found = [len(names) for names in lists]
    if not any(map(int.__eq__, found[1:], expected[1:])):
        return
    if found != expected:
        raise ValueError(
            f"The list files in {base} name {found} photos, the published ones {expected}: "
            "extract the archive again."
        )
    counts = {name: len(names) for name, names in split.items()}
    if no_logo_share == 0.5 and counts != ARTICLE_COUNTS:
        raise ValueError(f"{base} splits into {counts}, not the articles' {ARTICLE_COUNTS}.")


def _notes(missing: list[str], repeated: list[str]) -> tuple[str, ...]:
    notes = []
    if missing:
        notes.append(f"{len(missing)} listed photos are missing: {first_few(missing)}.")
    if repeated:
        notes.append(
            f"{len(repeated)} photos are listed more than once and were taken once, for test "
            f"before val before train: {first_few(repeated)}."
        )
    return tuple(notes)
