"""Compose a data set of photos from artwork, in the layout of FlickrLogos-32."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from logoflow.datasets.composing.artwork import Artwork, Source, read_artwork
from logoflow.datasets.composing.backgrounds import cut_background, mean_colour
from logoflow.datasets.composing.camera import photograph
from logoflow.datasets.composing.compose import COVERED_SHARE
from logoflow.datasets.composing.layout import SPLITS, write_lists, write_photo
from logoflow.datasets.composing.printing import print_artwork
from logoflow.datasets.composing.surfaces import cover_a_part, put_on_photo
from logoflow.datasets.walking import find_photos
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path
from logoflow.utils.progress import bar
from logoflow.utils.threads import physical_cores

Box = tuple[int, int, int, int]

_ASPECT_RATIOS = ((4, 3), (4, 3), (3, 4), (3, 2), (2, 3), (1, 1))
_SECOND_LOGO_SHARE = 0.15
_MIN_VISIBLE_SIDE = 6  # pixels
_MAX_TRIES = 20


class _Plan(NamedTuple):
    """A photo to compose."""

    number: int
    class_name: str
    split: str

    @property
    def file(self) -> str:
        return f"{self.number:06}.jpg"


def compose_photos(
    artwork: Mapping[str, Sequence[Source]],
    output_dir: Path | str,
    *,
    backgrounds: Path | str | None = None,
    train: int = 20,
    val: int = 5,
    test: int = 5,
    no_logo: int = 20,
    longest_side: int = 500,
    seed: int = 0,
) -> Path:
    """Compose photos of brands from their artwork.

    Logos are printed in colour, in one colour or inverted, with or without a plate. They lie on
    flat, round or wavy surfaces, are tilted, lit like the background and partly covered. The whole
    photo is then blurred, scaled, noised and compressed.

    Parameters
    ----------
    artwork : mapping of str to sequence
        From the name of each brand to its logos (`logoflow.datasets.composing.artwork`).
    output_dir : Path or str
        Folder of the data set ``FlickrLogos-v2``, which must not exist in it yet.
    backgrounds : Path or str, optional
        Folder of photos without logos. By default, backgrounds are drawn, which is enough to
        compare brands, but looks less like a photo.
    train, val, test : int
        Photos of each brand in each split.
    no_logo : int
        Photos without a logo in each split.
    longest_side : int
        Longest side of the photos in pixels, 64 to 2048.
    seed : int
        The same seed gives the same photos.

    Returns
    -------
    Path
        The folder ``FlickrLogos-v2``, which ``lf.prepare_root("flickrlogos32", folder)`` takes.

    Raises
    ------
    FileExistsError
        If the folder exists.
    FileNotFoundError
        If `backgrounds` holds no photos.
    ValueError
        If there is no artwork, or `longest_side` is out of its range.
    ArtworkError, ImageError, OSError
        If a logo or a background cannot be read. Nothing is left in `output_dir` then.

    Examples
    --------
    >>> logo = np.zeros((50, 50, 4), np.uint8)
    >>> logo[10:40, 10:40] = 200, 0, 0, 255
    >>> folder = compose_photos({"acme": [logo]}, "photos", train=2, val=1, test=1, no_logo=1)
    >>> len(list(folder.glob("classes/jpg/*/*.jpg")))
    7
    """
    folder = local_path(output_dir).resolve() / "FlickrLogos-v2"
    if folder.exists():
        raise FileExistsError(f"{folder} exists: give another output_dir, or move it away.")
    if not artwork or not all(len(logos) for logos in artwork.values()):
        raise ValueError("Each brand needs at least one logo: {'acme': ['acme.svg']}.")
    if not 64 <= longest_side <= 2048:
        raise ValueError(f"longest_side is 64 to 2048 pixels, not {longest_side}.")
    photos = _photos_in(backgrounds)
    drawings = {name: [read_artwork(logo) for logo in logos] for name, logos in artwork.items()}
    counts = dict(zip(SPLITS, (train, val, test), strict=True))
    plans = _plan(list(drawings), counts, no_logo)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # left by an interrupted run
    part.mkdir(parents=True)
    try:
        write = partial(_write, part, drawings, photos, longest_side, seed)
        with _opencv_without_threads(), ThreadPoolExecutor(physical_cores()) as pool:
            for _ in bar(pool.map(write, plans), "photos"):
                pass
        write_lists(
            part,
            [{"file": plan.file, "class": plan.class_name, "split": plan.split} for plan in plans],
        )
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def compose_photo(
    rng: np.random.Generator,
    artwork: Artwork | None,
    photos: Sequence[Path | str] = (),
    *,
    longest_side: int = 500,
) -> tuple[np.ndarray, list[Box]]:
    """Compose one photo.

    Parameters
    ----------
    rng : Generator
        Makes all choices.
    artwork : Artwork or None
        None composes a photo without a logo.
    photos : sequence of Path or str
        Photos without logos, for the background. Without any, backgrounds are drawn.
    longest_side : int
        In pixels.

    Returns
    -------
    photo : ndarray
        (height, width, 3), uint8.
    boxes : list of (x, y, width, height)
        Around the logos, in pixels.

    Examples
    --------
    >>> artwork = Artwork(np.full((100, 200, 4), 255, np.uint8), None)
    >>> photo, boxes = compose_photo(np.random.default_rng(0), artwork, longest_side=200)
    >>> max(photo.shape), len(boxes)
    (200, 1)
    """
    ratio = _ASPECT_RATIOS[rng.integers(len(_ASPECT_RATIOS))]
    width, height = (round(longest_side * side / max(ratio)) for side in ratio)
    photo = cut_background(rng, photos, width, height)
    boxes: list[Box] = []
    if artwork is not None:
        photo, box = _add_logo(rng, photo, artwork)
        boxes.append(box)
        if rng.random() < _SECOND_LOGO_SHARE:
            changed, second = _add_logo(rng, photo, artwork)
            if not _touch(box, second):
                photo = changed
                boxes.append(second)
        if rng.random() < COVERED_SHARE:
            photo = cover_a_part(rng, photo, box)
    return photograph(rng, photo), boxes


@contextmanager
def _opencv_without_threads() -> Iterator[None]:
    """Keep OpenCV from starting threads beside those that compose photos."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _add_logo(
    rng: np.random.Generator, photo: np.ndarray, artwork: Artwork
) -> tuple[np.ndarray, Box]:
    """Put a logo at a random place; try again if hardly anything of it is visible."""
    height, width = photo.shape[:2]
    for _ in range(_MAX_TRIES):
        side = round(max(width, height) * (0.1 + 0.5 * rng.beta(2.0, 2.6)))
        centre = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height
        x, y = (int(value) for value in centre)
        around = photo[max(0, y - side // 2) : y + side // 2, max(0, x - side // 2) : x + side // 2]
        printed = print_artwork(rng, artwork, side, mean_colour(around))
        changed, box = put_on_photo(rng, photo, printed, centre)
        if min(box[2:]) >= _MIN_VISIBLE_SIDE:
            break
    return changed, box


def _touch(first: Box, second: Box) -> bool:
    """Tell whether two boxes overlap."""
    return all(
        first[axis] < second[axis] + second[axis + 2]
        and second[axis] < first[axis] + first[axis + 2]
        for axis in (0, 1)
    )


def _photos_in(folder: Path | str | None) -> list[Path]:
    if folder is None:
        return []
    photos = find_photos(local_path(folder))
    if not photos:
        raise FileNotFoundError(f"{folder} holds no photos: give a folder of photos without logos.")
    return photos


def _plan(brands: Sequence[str], counts: Mapping[str, int], no_logo: int) -> list[_Plan]:
    """List the photos to compose."""
    kinds = [
        (name, split)
        for split in SPLITS
        for name, count in [*((brand, counts[split]) for brand in brands), (NO_LOGO, no_logo)]
        for _ in range(count)
    ]
    return [_Plan(number, name, split) for number, (name, split) in enumerate(kinds)]


def _write(
    folder: Path,
    drawings: Mapping[str, Sequence[Artwork]],
    photos: Sequence[Path],
    longest_side: int,
    seed: int,
    plan: _Plan,
) -> None:
    rng = np.random.default_rng([seed, plan.number])
    logos = drawings.get(plan.class_name, ())
    logo = logos[rng.integers(len(logos))] if logos else None
    photo, boxes = compose_photo(rng, logo, photos, longest_side=longest_side)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 96))]
    _, jpeg = cv2.imencode(".jpg", photo[..., ::-1], quality)
    write_photo(folder, plan.class_name, plan.file, jpeg.tobytes(), boxes)
