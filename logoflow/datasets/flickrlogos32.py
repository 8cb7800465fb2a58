"""Read FlickrLogos-32, the data set of both articles; its authors send it on request."""

from pathlib import Path

from logoflow.datasets.annotations import Problems
from logoflow.datasets.archives import open_source
from logoflow.datasets.list_files import finder, label_of, read_lines, read_mask_boxes
from logoflow.datasets.splits import Photo, Splits, classes_of, first_few

LISTS = {
    "trainset.relpaths.txt": 320,
    "valset-logosonly.relpaths.txt": 960,
    "valset-nologos.relpaths.txt": 3000,
    "testset.relpaths.txt": 3960,
}
"""The list files, and the number of photos that each names in the published data."""

ARTICLE_COUNTS = {"train": 1820, "val": 2460, "test": 3960}
"""Number of photos per split in both articles."""


def read_flickrlogos32(source: Path | str) -> Splits:
    """Read FlickrLogos-32, or data in the same layout, with the split of the articles.

    Parameters
    ----------
    source : Path or str
        The folder ``FlickrLogos-v2``, a folder that contains it, its zip or tar archive, or the
        http(s) URL of the archive.

    Returns
    -------
    Splits
        The published data gives 1,820 / 2,460 / 3,960 photos of 33 classes. Boxes are in pixels;
        no-logo photos have none. Missing photos are left out and reported in ``notes``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or lacks the list files or the photos.
    ValueError
        If the published data gives other counts than the articles'.
    ArchiveError
        If an archive cannot be downloaded or extracted.

    Notes
    -----
    S. Romberg et al., Scalable Logo Recognition in Real-World Images, ICMR 2011.

    Examples
    --------
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> splits = read_flickrlogos32(folder)  # the sample has the same layout
    >>> splits.classes
    ('adidas', 'aldi', 'no-logo')
    >>> [len(photos) for photos in (splits.train, splits.val, splits.test)]
    [6, 4, 4]
    """
    base = find_base(open_source(source, "flickrlogos32"))
    listed = article_split(base)
    find = finder(base)
    spelling: dict[str, str] = {}
    seen: set[Path] = set()
    problems = Problems()
    missing, repeated, splits = [], [], {}
    for split in (
        "test",
        "val",
        "train",
    ):  # a photo in two lists belongs to the first of these splits
        photos = []
        for name in listed[split]:
            path = find(name)
            if path is None or not label_of(name):
                missing.append(name)
            elif path in seen:
                repeated.append(name)
            else:
                seen.add(path)
                label = spelling.setdefault(label_of(name).casefold(), label_of(name))
                photos.append(Photo(path, label, read_mask_boxes(name, find, problems)))
        splits[split] = tuple(photos)
    if not seen:
        raise FileNotFoundError(
            f"None of the {len(missing)} photos listed in {base} exists: {first_few(missing)}. "
            "Extract the folder jpg of the data set too."
        )
    notes = (*_notes(missing, repeated), *problems.notes())
    train, val, test = splits["train"], splits["val"], splits["test"]
    return Splits(train, val, test, classes_of(train, val, test), notes)


def article_split(base_directory: Path | str, no_logo_share: float = 0.5) -> dict[str, list[str]]:
    """Split the photos as the articles do: three lists of relative paths.

    Parameters
    ----------
    base_directory : Path or str
        The folder ``FlickrLogos-v2``, of the published data or of the sample.
    no_logo_share : float
        Share of the no-logo validation photos, 0 to 1, that moves to training. The first photos
        of their list move. The articles move half.

    Returns
    -------
    dict of str to list of str
        Keys ``train``, ``val`` and ``test``; paths below `base_directory` as in the list files.

    Raises
    ------
    FileNotFoundError
        If a list file is missing.
    ValueError
        If the published data gives other counts than the articles', or the share is out of
        range.

    Examples
    --------
    >>> from logoflow.datasets.sample.build import make_sample
    >>> folder = make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> article_split(folder)["train"][0]
    'classes/jpg/adidas/...jpg'
    """
    if not 0 <= no_logo_share <= 1:
        raise ValueError(f"no_logo_share is {no_logo_share}: give a number from 0 to 1.")
    train, val_logos, val_no_logo, test = (read_filenames(base_directory, name) for name in LISTS)
    moved = int(len(val_no_logo) * no_logo_share)
    split = {
        "train": train + val_no_logo[:moved],
        "val": val_logos + val_no_logo[moved:],
        "test": test,
    }
    _check_counts(split, (train, val_logos, val_no_logo, test), no_logo_share, base_directory)
    return split


def read_filenames(base_directory: Path | str, list_name: str) -> list[str]:
    """Read a list file of the data set.

    Parameters
    ----------
    base_directory : Path or str
        The folder ``FlickrLogos-v2``.
    list_name : str
        Name of the list file, such as ``"trainset.relpaths.txt"``.

    Returns
    -------
    list of str
        Relative paths ``classes/jpg/<class>/<file>``, without line ends and empty lines.

    Raises
    ------
    FileNotFoundError
        If there is no such list.

    Examples
    --------
    >>> _ = Path("trainset.relpaths.txt").write_bytes(b"classes\\\\jpg\\\\HP\\\\1.jpg\\r\\n")
    >>> read_filenames(".", "trainset.relpaths.txt")
    ['classes/jpg/HP/1.jpg']
    """
    path = finder(base_directory)(list_name)
    if path is None:
        raise FileNotFoundError(
            f"{base_directory} has no {list_name}: give the folder FlickrLogos-v2 as its authors "
            f"send it, with {', '.join(LISTS)}."
        )
    return [line.replace("\\", "/") for line in read_lines(path)]


def find_base(folder: Path) -> Path:
    """Find the folder with the list files: `folder`, or a folder at most two levels below it."""
    for candidate in (folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/*"))):
        if candidate.is_dir() and finder(candidate)("trainset.relpaths.txt"):
            return candidate
    raise FileNotFoundError(
        f"There is no trainset.relpaths.txt in {folder} or up to two levels below it: give the "
        "folder FlickrLogos-v2 as its authors send it, or the archive."
    )


def _check_counts(split: dict, lists: tuple, no_logo_share: float, base: Path | str) -> None:
    """Check the counts of the published data; other data in the same layout may have any counts."""
    published = list(LISTS.values())
    counts = [len(names) for names in lists]
    # The first list proves nothing: a sample of 32 brands has 320 training photos too.
    if not any(map(int.__eq__, counts[1:], published[1:])):
        return
    if counts != published:
        raise ValueError(
            f"The list files in {base} name {counts} photos, but the published ones name "
            f"{published}: extract the archive again."
        )
    split_counts = {name: len(names) for name, names in split.items()}
    if no_logo_share == 0.5 and split_counts != ARTICLE_COUNTS:
        raise ValueError(
            f"{base} splits into {split_counts}, but the articles have {ARTICLE_COUNTS}."
        )


def _notes(missing: list[str], repeated: list[str]) -> tuple[str, ...]:
    notes = []
    if missing:
        notes.append(f"{len(missing)} listed photos are missing: {first_few(missing)}.")
    if repeated:
        notes.append(
            f"{len(repeated)} photos are listed more than once. Each is used once: in test rather "
            f"than val, in val rather than train: {first_few(repeated)}."
        )
    return tuple(notes)
