"""From prepared folders to batches: Gluon DataLoaders over ImageFolderDataset."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mxnet import nd
from mxnet.gluon.data import DataLoader, Sampler
from mxnet.gluon.data.vision import ImageFolderDataset

from logoflow.augment import Augs, Statistics, make_augs, needs_statistics, transform
from logoflow.crops import LogoCropAug, crop_beside
from logoflow.datasets.splits import NO_LOGO
from logoflow.folders import check_classes, read_boxes, read_classes
from logoflow.images import read_image
from logoflow.photo_cache import cache_photos, read_photo
from logoflow.recipes import Recipe, get_recipe

SPLITS = ("train_data", "val_data", "test_data")
CACHE = ".cache"  # folder beside the splits


class Loaders(NamedTuple):
    """Batches of the three splits, in the Gluon article's order."""

    train: DataLoader
    val: DataLoader
    test: DataLoader


class PhotoFolder(ImageFolderDataset):
    """Gluon's ImageFolderDataset, with the photos' logo boxes and a list of augmenters.

    Parameters
    ----------
    root : Path or str
        One split, a folder per class.
    augs : list
        For `logoflow.transform`. A `LogoCropAug` in it is given the photo's boxes.
    boxes : dict, optional
        From ``"<class>/<file>"`` to a list of ``(x, y, width, height)``, pixels. Those of a
        no-logo photo are places to look at often (`logoflow.mining`).
    backgrounds : float
        So many crops beside the logos, as no-logo photos, for each photo of a brand whose logos
        have boxes. They come after the photos; each is of a photo drawn anew. At most 1.
    negatives : bool
        False: leave the no-logo photos out, backgrounds too.
    side : int, optional
        Photos whose shorter side is longer are shrunk to it before anything else.
    cache : Path or str, optional
        Folder to keep the decoded photos in (`logoflow.photo_cache`).

    Notes
    -----
    An item asked for as ``(index, seed, boxes)`` is augmented with draws of that seed and with
    these boxes: the same in whatever process it is made.
    """

    def __init__(
        self,
        root: Path | str,
        augs: Augs,
        boxes: dict[str, list[Sequence[float]]] | None = None,
        backgrounds: float = 0.0,
        negatives: bool = True,
        side: int | None = None,
        cache: Path | str | None = None,
    ):
        super().__init__(str(root))
        self.folder, self.augs, self.side = Path(root), augs, side
        self.boxes = boxes or {}
        paths = [path for path, _ in self.items]
        self._numbers = {path: number for number, path in enumerate(paths)}
        self._cached = cache_photos(paths, cache, Path(root).name, side) if cache else None
        self._process = os.getpid()
        self._no_logo = self.synsets.index(NO_LOGO) if NO_LOGO in self.synsets else None
        if not negatives:
            self.items = [item for item in self.items if item[1] != self._no_logo]
        self._photos = len(self.items)
        if negatives and backgrounds and self._no_logo is not None:
            self._label_of = {
                path: brand
                for path, brand in self.items
                if brand != self._no_logo and self.boxes_of(path)
            }
            self._marked = list(self._label_of)
            drawn = self._marked[: round(backgrounds * len(self._marked))]
            self.items += [(path, self._no_logo) for path in drawn]  # the path is drawn anew

    def __getitem__(self, idx: int | tuple[int, int, list]) -> tuple[nd.NDArray, np.float32]:
        if isinstance(idx, tuple):
            idx, seed, boxes = idx
            with _seeded(seed):
                return self._item(idx, boxes)
        self._part_from_siblings()
        return self._item(idx, self.boxes_of(self.items[idx][0]))

    def _item(self, idx: int, boxes: list) -> tuple[nd.NDArray, np.float32]:
        path, label = self.items[idx]
        if idx >= self._photos:
            path = random.choice(self._marked)
            boxes = self.boxes_of(path)
        image, scale = self._read(path)
        boxes = [[side * scale for side in box] for box in boxes]
        size, region = image.shape[1::-1], None
        if idx >= self._photos:
            region = crop_beside(boxes, *size)
            if region is None:  # logos all over: the photo as what it is
                label = self._label_of[path]
        elif label == self._no_logo and (not boxes or random.random() < 0.5):
            region = crop_beside((), *size)
        augs = [
            partial(aug, boxes=boxes, region=region) if isinstance(aug, LogoCropAug) else aug
            for aug in self.augs
        ]
        return transform(image, label, augs)

    def _read(self, path: str) -> tuple[np.ndarray, float]:
        """A photo, and what its sides were multiplied with."""
        if self._cached is None:
            return read_photo(path, self.side)
        return self._cached.photo(self._numbers[path])

    def boxes_of(self, path: str) -> list[Sequence[float]]:
        """Boxes of one of the photos; none if nobody drew any."""
        return self.boxes.get("/".join(path.split(os.sep)[-2:]), [])

    def _part_from_siblings(self) -> None:
        """Give each worker process draws of its own: forks start with their parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            random.seed(f"{random.random()} {self._process}")


class _SeededOrder(Sampler):
    """Every photo once in a new order, each with a seed for its augmentation, and its boxes.

    NumPy's generator decides the order, as in Gluon's own sampler, and Python's the seeds. All is
    decided in the process that asks: worker processes change nothing, and need not know of the
    places that were mined after they had begun.
    """

    def __init__(self, photos: PhotoFolder):
        self._photos = photos

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[tuple[int, int, list]]:
        order = np.arange(len(self))
        np.random.shuffle(order)  # noqa: NPY002 - what Gluon's sampler uses
        draw = random.getrandbits(32)
        for idx in map(int, order):
            yield idx, draw * len(self) + idx, self._photos.boxes_of(self._photos.items[idx][0])


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Python's draws of a seed within a ``with``, and afterwards as if nothing had been drawn."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def make_loaders(
    root: Path | str,
    recipe: str | Recipe,
    batch_size: int = 40,
    num_workers: int = 0,
    *,
    net: object = None,
    size: int = 224,
    negatives: bool = True,
    boxes: bool = True,
    cache: bool = True,
) -> Loaders:
    """Give the batches of a prepared data set as a recipe wants them.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` or `logoflow.prepare_datasets` made.
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    batch_size : int
        Photos per batch; the last one of an epoch may have fewer.
    num_workers : int
        Processes that decode. 0: this one.
    net : Block, optional
        Its backbone decides the normalisation (`logoflow.make_augs`).
    size : int
        Side of the square the net sees, pixels.
    negatives : bool
        False: train without no-logo photos; validation and test keep theirs.
    boxes : bool
        False: train as if nobody had drawn the logos' boxes.
    cache : bool
        Keep a split's photos decoded in one file below ``<root>/.cache``, unless it would take more
        than 4 GB. What is loaded is the same with and without.

    Returns
    -------
    Loaders
        ``(train, val, test)``; training is shuffled. Batches are ``(data, label)`` of shapes
        ``(batch, 3, size, size)`` and ``(batch,)``.

    Raises
    ------
    ClassListError
        If a split's folders are not the class list that was fixed at preparation.
    FileNotFoundError
        If `root` was not prepared.
    CacheError
        If the disk is too small for the decoded photos.

    Examples
    --------
    >>> train_data, val_data, test_data = make_loaders(prepare_root(), "article")
    """
    read_classes(root)  # says what to do where there is nothing prepared
    statistics = training_statistics(root) if needs_statistics(recipe, net) else None
    first, rest = make_augs(recipe, net, statistics=statistics, image_size=size)
    how = {"size": size, "negatives": negatives, "boxes": boxes, "cache": cache}
    return Loaders(
        *(
            split_loader(root, split, augs, recipe, batch_size, num_workers, **how)
            for split, augs in zip(SPLITS, (first, rest, rest), strict=True)
        )
    )


def split_loader(
    root: Path | str,
    split: str,
    augs: Augs,
    recipe: str | Recipe,
    batch_size: int,
    num_workers: int = 0,
    *,
    size: int,
    negatives: bool,
    boxes: bool,
    cache: bool,
) -> DataLoader:
    """Give the batches of one split; see `make_loaders`. Those of ``train_data`` are shuffled."""
    root, plan, options, classes = Path(root), get_recipe(recipe), {}, read_classes(root)
    drawn = _of(split, read_boxes(root)) if boxes else {}
    training = split == "train_data"
    if training:
        options |= {"backgrounds": plan.backgrounds, "negatives": negatives}
    if plan.cache_oversampling:
        options["side"] = round(plan.cache_oversampling * size)
    if cache:
        options["cache"] = root / CACHE
    photos = PhotoFolder(root / split, augs, drawn, **options)
    check_classes(photos.synsets, classes, f"the folders of {root / split}")
    order = {"sampler": _SeededOrder(photos)} if training else {}
    return DataLoader(photos, batch_size, num_workers=num_workers, **order)


def training_statistics(root: Path | str) -> Statistics:
    """Mean and standard deviation of the training photos' pixels.

    Parameters
    ----------
    root : Path or str
        A prepared data set.

    Returns
    -------
    mean, std : list of float
        Red, green, blue, on 0 to 255. Every photo counts alike, whatever its size: it is
        looked at shrunk to 64 x 64.
    """
    folder = PhotoFolder(Path(root) / "train_data", [])
    if not folder.items:
        raise ValueError(f"No photos in {Path(root) / 'train_data'}: prepare the data set first.")
    small = [
        cv2.resize(read_image(path), (64, 64), interpolation=cv2.INTER_AREA)
        for path, _ in folder.items
    ]
    pixels = np.stack(small).reshape(-1, 3).astype(np.float64)
    return pixels.mean(axis=0).tolist(), pixels.std(axis=0).tolist()


def _of(split: str, boxes: dict[str, list]) -> dict[str, list]:
    """Boxes of one split, by class and file name."""
    prefix = split + "/"
    return {name[len(prefix) :]: found for name, found in boxes.items() if name.startswith(prefix)}
