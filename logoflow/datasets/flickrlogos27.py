"""FlickrLogos-27: 27 brands, a direct download from its authors."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from logoflow.datasets.archives import open_source
from logoflow.datasets.listing import finder, first_few, lines_of, photos_below
from logoflow.datasets.splits import Box, Photo, Splits, class_list
from logoflow.datasets.splitting import no_logo_photos, split_off
from logoflow.labels import NO_LOGO

ARCHIVE_URL = "http://image.ntua.gr/iva/datasets/flickr_logos/flickr_logos_27_dataset.tar.gz"
TRAINING_LIST = "flickr_logos_27_dataset_training_set_annotation.txt"
QUERY_LIST = "flickr_logos_27_dataset_query_set_annotation.txt"
IMAGES = "flickr_logos_27_dataset_images"
# Training photos that nearly repeat each other, as `near_duplicates` of `datasets.duplicates` finds
# them: on both sides of the cut they would flatter validation.
REPEATED = tuple(
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
    """Read FlickrLogos-27: its query set is the test set, validation is cut from training.

    Parameters
    ----------
    source : Path or str, optional
        The extracted folder, its archive ``flickr_logos_27_dataset.tar.gz`` or the URL of one.
        Without it the archive is fetched from the authors' site.
    no_logo_dir : Path or str, optional
        Any folder of photos without logos, to train and validate on. The data set has none:
        without this folder there is no no-logo class, and the query set's 135 photos without
        a logo are left out.
    val_share : float
        Share of each class's training photos to validate on, 0 to below 1. Photos that nearly
        repeat each other are on the same side.
    seed : int
        Decides which.

    Returns
    -------
    Splits
        809 training and validation photos of 27 brands and 135 test photos, or, with
        `no_logo_dir`, 28 classes and 270 test photos. Boxes (training photos only) in pixels.

    Raises
    ------
    FileNotFoundError
        If the folder lacks the annotation files or the photos.
    ArchiveError
        If the archive cannot be fetched or extracted.

    Notes
    -----
    Y. Kalantidis et al., Scalable Triangulation-based Logo Recognition, ICMR 2011.

    Examples
    --------
    >>> splits = read_flickrlogos27("flickr_logos_27_dataset.tar.gz", no_logo_dir="holiday")
    >>> len(splits.classes), len(splits.test)
    (28, 270)
    """
    base, images = _find_folders(open_source(source or ARCHIVE_URL, "flickrlogos27"))
    find = finder(images)
    boxes, notes = _read_boxes(base / TRAINING_LIST)
    training, more_notes = _training_photos(boxes, find)
    outside = no_logo_photos(_photos_of(no_logo_dir)) if no_logo_dir else []
    repeated = [
        [photo.path for photo in training if photo.path.name in group] for group in REPEATED
    ]
    train, val = split_off([*training, *outside], val_share, seed, together=repeated)
    test, missing = _query_photos(base / QUERY_LIST, find, class_list(training))
    missing = [name for name in boxes if find(name) is None] + missing
    if missing:
        notes.append(f"{len(missing)} listed photos are missing: {first_few(missing)}.")
    if not training or not test:
        raise FileNotFoundError(f"The photos that {base} lists are not in {images}.")
    if not outside:
        without = sum(photo.label == NO_LOGO for photo in test)
        test = [photo for photo in test if photo.label != NO_LOGO]
        more_notes.append(
            f"{without} test photos without a logo were left out, because there are none to "
            "train on: name a folder of photos without logos as no_logo_dir to have them."
        )
    splits = (train, val, tuple(test))
    return Splits(*splits, classes=class_list(*splits), notes=(*notes, *more_notes))


def _read_boxes(path: Path) -> tuple[dict[str, dict[str, list[Box]]], list[str]]:
    """Boxes by photo and brand, from lines ``file brand subset left top right bottom``; notes."""
    boxes: dict[str, dict[str, list[Box]]] = defaultdict(lambda: defaultdict(list))
    unreadable, degenerate = [], set()
    for line in lines_of(path):
        try:
            name, brand, _, *corners = line.split()
            left, top, right, bottom = (int(corner) for corner in corners)
        except ValueError:
            unreadable.append(line)
            continue
        found, box = boxes[name][brand], Box(left, top, right - left, bottom - top)
        if box.width <= 0 or box.height <= 0:
            degenerate.add(name)
        elif box not in found:  # the list repeats each box, once for every subset it is in
            found.append(box)
    notes = []
    if unreadable:
        notes.append(f"{len(unreadable)} lines of {path} are no boxes: {first_few(unreadable)}.")
    if degenerate:
        notes.append(f"Boxes without area were dropped, in {first_few(sorted(degenerate))}.")
    return boxes, notes


def _training_photos(
    boxes: dict[str, dict[str, list[Box]]], find: Callable[[str], Path | None]
) -> tuple[list[Photo], list[str]]:
    """Photos that have boxes, each of the brand whose boxes cover most of it; notes."""
    photos, ambiguous = [], []
    for name, brands in boxes.items():
        brand = max(brands, key=lambda brand: sum(b.width * b.height for b in brands[brand]))
        path = find(name)
        if path:
            photos.append(Photo(path, brand, tuple(brands[brand])))
        if len(brands) > 1:
            ambiguous.append(f"{name} ({brand})")
    notes = []
    if ambiguous:
        notes.append(
            "Photos that show two brands were taken for the one that covers more: "
            f"{first_few(ambiguous)}."
        )
    return photos, notes


def _query_photos(
    path: Path, find: Callable[[str], Path | None], brands: Sequence[str]
) -> tuple[list[Photo], list[str]]:
    """Test photos, from lines ``file brand``, and the names of those that are missing."""
    spelling = {brand.casefold(): brand for brand in (*brands, NO_LOGO)}
    photos, missing = [], []
    for line in lines_of(path):
        name, _, brand = line.replace("\t", " ").partition(" ")
        label = spelling.get(NO_LOGO if brand.strip() == "none" else brand.strip().casefold())
        photo = find(name)
        if photo and label:
            photos.append(Photo(photo, label))
        else:
            missing.append(name)
    return photos, missing


def _find_folders(folder: Path) -> tuple[Path, Path]:
    """The folder with the lists and the one with the photos, still packed perhaps."""
    for base in (folder, *sorted(folder.glob("*/"))):
        if not (base / TRAINING_LIST).is_file() or not (base / QUERY_LIST).is_file():
            continue
        if (base / IMAGES).is_dir():
            return base, base / IMAGES
        packed = base / f"{IMAGES}.tar.gz"
        if packed.is_file():
            images = open_source(packed, "flickrlogos27-images")
            return base, images / IMAGES
        raise FileNotFoundError(f"No folder {IMAGES} in {base}: extract {IMAGES}.tar.gz there.")
    raise FileNotFoundError(
        f"No {TRAINING_LIST} and {QUERY_LIST} in {folder}: give the folder, or the archive from "
        f"{ARCHIVE_URL}"
    )


def _photos_of(no_logo_dir: Path | str) -> list[Path]:
    photos = photos_below(Path(no_logo_dir).expanduser().resolve())
    if len(photos) < 2:
        raise FileNotFoundError(
            f"{len(photos)} photos in {no_logo_dir}: give a folder with at least two, to train "
            "and to validate on."
        )
    return photos
