"""Read FlickrLogos-27: 27 brands; its authors offer a direct download."""

from collections.abc import Callable, Sequence
from pathlib import Path

from logoflow.datasets.annotations import (
    Annotation,
    Problems,
    parse_numbers,
    photos_from,
    split_fields,
)
from logoflow.datasets.archives import open_source
from logoflow.datasets.list_files import finder, read_lines, read_numbered_lines
from logoflow.datasets.splits import Box, Photo, Splits, classes_of, first_few
from logoflow.datasets.splitting import split_off
from logoflow.datasets.walking import notes_on_walk, walk_photos
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path

ARCHIVE_URL = "http://image.ntua.gr/iva/datasets/flickr_logos/flickr_logos_27_dataset.tar.gz"
TRAINING_LIST = "flickr_logos_27_dataset_training_set_annotation.txt"
QUERY_LIST = "flickr_logos_27_dataset_query_set_annotation.txt"
IMAGE_FOLDER = "flickr_logos_27_dataset_images"
# Groups of near-duplicates among the training photos, from
# `logoflow.datasets.duplicates.near_duplicates`. If training and validation shared a group, the
# validation accuracy would be too high.
DUPLICATES = tuple(
    tuple(f"{number}.jpg" for number in group.split())
    for group in """
    2132909220 310688144
    2219451836 2244358347 2866536247
    2274303482 3335592732
    2333110366 2868736304
    2423654138 2423655766 2620571508 2908611911 3817452506 4177800765
    2452451692 2530090035 2656155309 3116688672 3667849173
    2514220918 2727066466
    2578628547 3674972656 96668817
    258770610 2766852637 2767698530
    3005794070 3007885565
    3270957373 3682264340
    3422008846 4250525590
    3491687556 3788581334
    3667849273 3669539019
    3745298879 4253115679
    3828086787 4599548273
    3972897298 4682534504
    4056335981 4347515520
    4491308340 4506432358 4507852944
    4534861651 4537956983
    4582547170 4582547214
    """.strip().splitlines()
)


def read_flickrlogos27(
    source: Path | str | None = None,
    *,
    no_logo_dir: Path | str | None = None,
    val_share: float = 0.2,
    seed: int = 0,
) -> Splits:
    """Read FlickrLogos-27. Its query set is the test set; validation is a part of its training set.

    Parameters
    ----------
    source : Path or str, optional
        The extracted folder, the archive ``flickr_logos_27_dataset.tar.gz`` or its URL. By
        default, the archive is downloaded from the authors' site.
    no_logo_dir : Path or str, optional
        A folder of photos without logos, for training and validation: the data set has none.
        Without this folder there is no no-logo class, and the 135 photos without a logo of the
        query set are left out.
    val_share : float
        Share of each class's training photos for validation, at least 0 and below 1.
        Near-duplicates are on the same side.
    seed : int
        Seed of the random choice of validation photos.

    Returns
    -------
    Splits
        809 training and validation photos of 27 brands and 135 test photos. With `no_logo_dir`,
        28 classes and 270 test photos. Only training and validation photos have boxes, in pixels.

    Raises
    ------
    FileNotFoundError
        If the folder lacks the annotation files or the photos, or `no_logo_dir` has fewer than
        two photos.
    ArchiveError
        If the archive cannot be downloaded or extracted.

    Notes
    -----
    Y. Kalantidis et al., Scalable Triangulation-based Logo Recognition, ICMR 2011.

    Examples
    --------
    >>> splits = read_flickrlogos27(no_logo_dir="holiday")  # doctest: +SKIP
    >>> len(splits.classes), len(splits.test)  # doctest: +SKIP
    (28, 270)
    """
    base, images = _find_folders(open_source(source or ARCHIVE_URL, "flickrlogos27"))
    find = finder(images)
    problems = Problems()
    annotations, missing = _read_annotations(base / TRAINING_LIST, find, problems)
    training, more_notes = photos_from(annotations, problems)
    notes = problems.notes()
    no_logo, no_logo_notes = _no_logo_photos(no_logo_dir) if no_logo_dir else ([], [])
    more_notes += no_logo_notes
    duplicates = [
        [photo.path for photo in training if photo.path.name in group] for group in DUPLICATES
    ]
    train, val = split_off([*training, *no_logo], val_share, seed, keep_together=duplicates)
    test, more_missing = _query_photos(base / QUERY_LIST, find, classes_of(training))
    missing += more_missing
    if missing:
        notes.append(f"{len(missing)} listed photos are missing: {first_few(missing)}.")
    if not training or not test:
        raise FileNotFoundError(
            f"The photos that the lists in {base} name are not in {images}: extract them there."
        )
    left_out = 0 if no_logo else sum(photo.label == NO_LOGO for photo in test)
    if left_out:
        test = [photo for photo in test if photo.label != NO_LOGO]
        more_notes.append(
            f"{left_out} test photos without a logo were left out, because there are none to "
            "train on. Give a folder of photos without logos as no_logo_dir to use them."
        )
    splits = (train, val, tuple(test))
    return Splits(*splits, classes=classes_of(*splits), notes=(*notes, *more_notes))


def _read_annotations(
    path: Path, find: Callable[[str], Path | None], problems: Problems
) -> tuple[list[Annotation], list[str]]:
    """Read lines ``file brand subset left top right bottom``; also list the missing photos.

    A line whose box cannot be read still names the brand of its photo.
    """
    annotations, missing = [], {}
    for number, line in read_numbered_lines(path):
        where = f"{path.name}, line {number}"
        fields = split_fields(line)
        corners = parse_numbers(fields[3:])
        box = None
        if corners is not None and len(corners) == 4:
            left, top, right, bottom = corners
            box = Box(left, top, right - left, bottom - top)
        else:
            problems.unreadable.append(f"{where}: {line}")
        photo = find(fields[0])
        if photo is None:
            missing[fields[0]] = True
        elif len(fields) > 1:
            annotations.append(Annotation(photo, fields[1], box, where))
    return annotations, list(missing)


def _query_photos(
    path: Path, find: Callable[[str], Path | None], brands: Sequence[str]
) -> tuple[list[Photo], list[str]]:
    """Read lines ``file brand``: the test photos, and the names of missing photos."""
    spelling = {brand.casefold(): brand for brand in (*brands, NO_LOGO)}
    photos, missing = [], []
    for line in read_lines(path):
        name, _, brand = line.replace("\t", " ").partition(" ")
        label = spelling.get(NO_LOGO if brand.strip() == "none" else brand.strip().casefold())
        photo = find(name)
        if photo and label:
            photos.append(Photo(photo, label))
        else:
            missing.append(name)
    return photos, missing


def _find_folders(folder: Path) -> tuple[Path, Path]:
    """Find the folder of the lists and the folder of the photos; extract the photos if needed."""
    for base in (folder, *sorted(folder.glob("*/"))):
        if not (base / TRAINING_LIST).is_file() or not (base / QUERY_LIST).is_file():
            continue
        if (base / IMAGE_FOLDER).is_dir():
            return base, base / IMAGE_FOLDER
        archive = base / f"{IMAGE_FOLDER}.tar.gz"
        if archive.is_file():
            images = open_source(archive, "flickrlogos27-images")
            return base, images / IMAGE_FOLDER
        raise FileNotFoundError(
            f"{base} has no folder {IMAGE_FOLDER}: extract {IMAGE_FOLDER}.tar.gz there."
        )
    raise FileNotFoundError(
        f"{folder} does not contain {TRAINING_LIST} and {QUERY_LIST}: give the folder of the data "
        f"set, or the archive from {ARCHIVE_URL}"
    )


def _no_logo_photos(folder: Path | str) -> tuple[list[Photo], list[str]]:
    folder = local_path(folder).resolve()
    walk = walk_photos(folder)
    paths = walk.photos
    if len(paths) < 2:
        raise FileNotFoundError(
            f"There are {len(paths)} photos in {folder}: give a folder with at least two, one for "
            "training and one for validation."
        )
    return [Photo(path, NO_LOGO) for path in paths], notes_on_walk(walk, folder)
