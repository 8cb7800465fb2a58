"""The embedded data set: photos that nobody took, in FlickrLogos-32's own layout."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock

from logoflow.datasets.sample import artwork, snapshots
from logoflow.datasets.sample.artwork import BRANDS, SPLITS
from logoflow.datasets.sample.scenes import sources_of
from logoflow.labels import NO_LOGO
from logoflow.utils.extras import require_extra
from logoflow.utils.paths import data_home
from logoflow.utils.threads import physical_cores

_VERSION = 2  # of the generator: raise it when the same parameters give other photos
_MARKER = "sample.json"


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
    """Build the sample data set, unless it is there already.

    The photos are made: brand artwork from Simple Icons (CC0) printed on signs, cups, shirts,
    boxes, vans, ... in front of painted scenes and of photos that come with scikit-image and
    scikit-learn. Scenes and artwork variants of train, val and test are disjoint. A no-logo
    photo is made exactly like one with a logo, from the same scenes, except that an abstract
    mark, a word or nothing is printed where the logo would be.

    Parameters
    ----------
    base_directory : Path or str, optional
        Folder to build in; by default ``sample-<brands>`` in `logoflow.utils.paths.data_home`.
    brands : int
        How many brands, 1 to 32. The first 16 are FlickrLogos-32's.
    train, val, test : int
        Photos per brand in each split, at least 1.
    no_logo : int
        Photos without a logo in each split.
    longest_side : int
        Longest side of every photo in pixels, 64 to 2048.
    seed : int
        The same seed gives the same bytes on the same machine and package versions.

    Returns
    -------
    Path
        The folder ``FlickrLogos-v2``: photos, boxes and the five lists of FlickrLogos-32, and
        ``sources.json``, which tells for each photo the scene and the artwork it was made of.

    Raises
    ------
    ValueError
        For a number out of its range.
    FileExistsError
        If the folder holds something that this function did not make.
    LookupError
        If simplepycons lacks an icon.
    ModuleNotFoundError
        If the packages of the extra ``sample`` are missing and the data set has to be built.

    Examples
    --------
    >>> folder = make_sample("data/two", brands=2)
    >>> len((folder / "trainset.relpaths.txt").read_text().split())
    20
    """
    parameters = {
        "brands": brands, "train": train, "val": val, "test": test, "no_logo": no_logo,
        "longest_side": longest_side, "seed": seed,
    }  # fmt: skip
    _check(parameters)
    base = Path(base_directory or data_home() / f"sample-{brands}").expanduser().resolve()
    folder = base / "FlickrLogos-v2"
    marker = {"made_by": "logoflow", "generator": _VERSION, **parameters}
    if _read_marker(folder) == marker:
        return folder
    require_extra("sample")
    base.mkdir(parents=True, exist_ok=True)
    with FileLock(base / ".sample.lock"):
        if _read_marker(folder) != marker:
            _build(folder, marker, parameters)
    return folder


def _check(parameters: dict) -> None:
    """Refuse numbers out of range, saying the range."""
    ranges = {"brands": (1, len(BRANDS)), "train": (1, 1000), "val": (1, 1000), "test": (1, 1000),
              "no_logo": (0, 10000), "longest_side": (64, 2048), "seed": (0, 2**31)}  # fmt: skip
    for name, (low, high) in ranges.items():
        value = parameters[name]
        if not (isinstance(value, (int, np.integer)) and low <= value <= high):
            raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def _read_marker(folder: Path) -> dict | None:
    """What the folder was built with; None if there is no folder."""
    if not folder.exists():
        return None
    try:
        return json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FileExistsError(
            f"{folder} was not made by make_sample (it has no {_MARKER}): "
            "give another base_directory, or move that folder away"
        ) from None


def _build(folder: Path, marker: dict, parameters: dict) -> None:
    """Build beside the folder, then put everything in place at once."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # what an interrupted run left
    photos = plan(**parameters)
    _write_photos(part, photos, parameters["longest_side"])
    _write_lists(part, photos)
    _write_json(part / "sources.json", photos)
    _write_json(part / _MARKER, marker)
    shutil.rmtree(folder, ignore_errors=True)  # the same sample with other parameters
    os.replace(part, folder)


def plan(*, brands, train, val, test, no_logo, seed, longest_side) -> list[dict]:
    """Decide what each photo is made of: its class, split, number, scene and artwork."""
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


def _deal(rng: np.random.Generator, cards: list[str], count: int) -> list[str]:
    """Deal `count` cards from shuffled decks, so that each comes up about as often."""
    decks = -(-count // len(cards))
    return [cards[i] for _ in range(decks) for i in rng.permutation(len(cards))][:count]


def _write_photos(root: Path, photos: list[dict], longest_side: int) -> None:
    """Make every photo and its box file; one scene's photos follow each other."""

    def work(photo: dict) -> None:
        jpeg, boxes = snapshots.take(photo, longest_side)
        jpg = root / "classes" / "jpg" / photo["class"] / photo["file"]
        jpg.parent.mkdir(parents=True, exist_ok=True)
        jpg.write_bytes(jpeg)
        if photo["class"] != NO_LOGO:
            # As in FlickrLogos-32, whose class HP has its masks in a folder hp.
            masks = root / "classes" / "masks" / photo["class"].lower()
            masks.mkdir(parents=True, exist_ok=True)
            lines = ["x y width height", *(" ".join(map(str, box)) for box in boxes)]
            (masks / f"{photo['file']}.bboxes.txt").write_text("\n".join(lines) + "\n")

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(physical_cores()) as pool:
            list(pool.map(work, sorted(photos, key=lambda photo: photo["scene"])))
    finally:
        cv2.setNumThreads(threads)


def _write_lists(root: Path, photos: list[dict]) -> None:
    """Write FlickrLogos-32's five lists of relative paths.

    `valset-nologos` holds the no-logo photos of train, then those of val: both articles move
    its first half to training.
    """

    def paths(split: str, logos: bool) -> list[str]:
        chosen = (p for p in photos if p["split"] == split and (p["class"] != NO_LOGO) == logos)
        return sorted(f"classes/jpg/{p['class']}/{p['file']}" for p in chosen)

    lists = {
        "trainset": paths("train", True),
        "valset-logosonly": paths("val", True),
        "valset-nologos": paths("train", False) + paths("val", False),
        "testset": paths("test", True) + paths("test", False),
        "testset-logosonly": paths("test", True),
    }
    for name, lines in lists.items():
        text = "".join(f"{line}\n" for line in lines)
        (root / f"{name}.relpaths.txt").write_text(text)


def _write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
