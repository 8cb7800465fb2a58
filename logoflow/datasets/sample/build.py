"""Build the sample data set, in the layout of FlickrLogos-32."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock

from logoflow.datasets.composing.layout import SPLITS, write_lists, write_photo
from logoflow.datasets.sample import artwork, snapshots
from logoflow.datasets.sample.artwork import BRANDS
from logoflow.datasets.sample.scenes import sources_of
from logoflow.labels import NO_LOGO
from logoflow.utils.addresses import local_path
from logoflow.utils.extras import require_extra
from logoflow.utils.paths import data_home
from logoflow.utils.threads import physical_cores

_VERSION = 2  # raise this number when the same parameters give other photos
_PARAMETER_FILE = "sample.json"


def make_sample(
    base_directory: Path | str | None = None,
    *,
    brands: int = 16,
    train: int = 10,
    val: int = 10,
    test: int = 10,
    no_logo: int = 80,
    longest_side: int = 512,
    seed: int = 0,
) -> Path:
    """Build the sample data set, unless it exists.

    The photos are generated. Brand artwork from Simple Icons (CC0) is printed on signs, cups,
    shirts, boxes, vans and other objects. The backgrounds are painted scenes, and photos that come
    with scikit-image and scikit-learn. Train, val and test share no background and no artwork
    variant. No-logo photos are made in the same way from the same backgrounds, but with an abstract
    shape, a word or nothing in place of the logo.

    Parameters
    ----------
    base_directory : Path or str, optional
        Folder to build in. By default ``<data home>/sample-<brands>``.
    brands : int
        Number of brands, 1 to 32. The first 16 are brands of FlickrLogos-32.
    train, val, test : int
        Photos per brand in each split, 1 to 1000.
    no_logo : int
        Photos without a logo in each split, 0 to 10,000.
    longest_side : int
        Longest side of every photo, 64 to 2048 pixels.
    seed : int
        The same seed gives the same bytes on the same machine with the same packages.

    Returns
    -------
    Path
        The folder ``FlickrLogos-v2`` with photos, boxes and the five lists of FlickrLogos-32.
        ``sources.json`` in it names the background and the artwork of each photo.

    Raises
    ------
    ValueError
        If a number is out of its range.
    FileExistsError
        If the folder exists and was not made by this function.
    LookupError
        If simplepycons has no icon of a brand.
    ModuleNotFoundError
        If the data set must be built and the packages of the extra ``sample`` are missing.

    Examples
    --------
    >>> folder = make_sample("photos", brands=2, train=3, val=1, test=1, no_logo=2)
    >>> len((folder / "trainset.relpaths.txt").read_text().split())
    6
    """
    parameters = {
        "brands": brands, "train": train, "val": val, "test": test, "no_logo": no_logo,
        "longest_side": longest_side, "seed": seed,
    }  # fmt: skip
    _check(parameters)
    base = local_path(base_directory or data_home() / f"sample-{brands}").resolve()
    folder = base / "FlickrLogos-v2"
    made_with = {"made_by": "logoflow", "generator": _VERSION, **parameters}
    if _read_made_with(folder) == made_with:
        return folder
    require_extra("sample")
    base.mkdir(parents=True, exist_ok=True)
    with FileLock(base / ".sample.lock"):
        if _read_made_with(folder) != made_with:
            _build(folder, made_with, parameters)
    return folder


def _check(parameters: dict) -> None:
    """Raise ValueError for a number out of range."""
    ranges = {"brands": (1, len(BRANDS)), "train": (1, 1000), "val": (1, 1000), "test": (1, 1000),
              "no_logo": (0, 10000), "longest_side": (64, 2048), "seed": (0, 2**31)}  # fmt: skip
    for name, (low, high) in ranges.items():
        value = parameters[name]
        if not (isinstance(value, (int, np.integer)) and low <= value <= high):
            raise ValueError(f"{name} must be an integer from {low} to {high}, not {value!r}.")


def _read_made_with(folder: Path) -> dict | None:
    """Read the parameters that a folder was built with; None if there is no folder."""
    if not folder.exists():
        return None
    try:
        return json.loads((folder / _PARAMETER_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FileExistsError(
            f"{folder} was not made by make_sample (it has no valid {_PARAMETER_FILE}): "
            "give another base_directory, or move the folder away."
        ) from None


def _build(folder: Path, made_with: dict, parameters: dict) -> None:
    """Build in a temporary folder beside `folder`, then rename it."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # left by an interrupted build
    photos = plan(**parameters)
    _write_photos(part, photos, parameters["longest_side"])
    write_lists(part, photos)
    _write_json(part / "sources.json", photos)
    _write_json(part / _PARAMETER_FILE, made_with)
    shutil.rmtree(folder, ignore_errors=True)  # a sample with other parameters
    os.replace(part, folder)


def plan(*, brands, train, val, test, no_logo, seed, longest_side) -> list[dict]:
    """Choose the class, split, file name, background and artwork of every photo.

    Parameters
    ----------
    brands, train, val, test, no_logo, seed, longest_side : int
        See `make_sample`.

    Returns
    -------
    list of dict
        One dict per photo: ``file``, ``class``, ``split``, ``scene`` and ``artwork``.

    Examples
    --------
    >>> photos = plan(brands=1, train=1, val=1, test=1, no_logo=0, seed=0, longest_side=64)
    >>> [photo["class"] for photo in photos]
    ['adidas', 'adidas', 'adidas']
    """
    rng = np.random.default_rng(seed)
    counts = dict(zip(SPLITS, (train, val, test), strict=True))
    total = brands * sum(counts.values()) + len(SPLITS) * no_logo
    ids = iter(rng.choice(9_899_999_999 - 99_999_999, total, replace=False) + 100_000_000)
    photos = []
    for split in SPLITS:
        labels = [b for b in BRANDS[:brands] for _ in range(counts[split])] + [NO_LOGO] * no_logo
        scenes = _deal(rng, sources_of(split, seed), len(labels))
        variants = _deal(rng, [str(v) for v in artwork.variants_of(split)], len(labels))
        for label, scene, variant in zip(labels, scenes, variants, strict=True):
            photos.append({"file": f"{next(ids)}.jpg", "class": label, "split": split,
                           "scene": scene, "artwork": variant})  # fmt: skip
    return photos


def _deal(rng: np.random.Generator, items: list[str], count: int) -> list[str]:
    """Draw `count` items from shuffled copies of the list, so that all are drawn equally often."""
    copies = -(-count // len(items))
    return [items[i] for _ in range(copies) for i in rng.permutation(len(items))][:count]


def _write_photos(root: Path, photos: list[dict], longest_side: int) -> None:
    """Draw and write every photo with its boxes, ordered by scene because scenes are cached."""

    def write(photo: dict) -> None:
        jpeg, boxes = snapshots.draw_photo(photo, longest_side)
        write_photo(root, photo["class"], photo["file"], jpeg, boxes)

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(physical_cores()) as pool:
            list(pool.map(write, sorted(photos, key=lambda photo: photo["scene"])))
    finally:
        cv2.setNumThreads(threads)


def _write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
