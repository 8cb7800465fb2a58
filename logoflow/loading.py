"""From prepared folders to batches: Gluon DataLoaders over ImageFolderDataset."""

import os
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mxnet import nd
from mxnet.gluon.data import DataLoader
from mxnet.gluon.data.vision import ImageFolderDataset

from logoflow.augment import Augs, Statistics, make_augs, transform
from logoflow.backbones import normalisation
from logoflow.crops import LogoCropAug, crop_beside
from logoflow.datasets.splits import NO_LOGO
from logoflow.folders import check_classes, read_boxes, read_classes
from logoflow.images import read_image
from logoflow.recipes import Recipe, get_recipe

SPLITS = ("train_data", "val_data", "test_data")


class Loaders(NamedTuple):
    """Batches of the three splits, in the article's order."""

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
    """

    def __init__(
        self,
        root: Path | str,
        augs: Augs,
        boxes: dict[str, list[Sequence[float]]] | None = None,
        backgrounds: float = 0.0,
        negatives: bool = True,
    ):
        super().__init__(str(root))
        self.augs = augs
        self.boxes = boxes or {}
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

    def __getitem__(self, idx: int) -> tuple[nd.NDArray, np.float32]:
        self._part_from_siblings()
        path, label = self.items[idx]
        if idx >= self._photos:
            path = random.choice(self._marked)
        image, boxes = read_image(path), self.boxes_of(path)
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

    def boxes_of(self, path: str) -> list[Sequence[float]]:
        """Boxes of one of the photos; none if nobody drew any."""
        return self.boxes.get("/".join(path.split(os.sep)[-2:]), [])

    def _part_from_siblings(self) -> None:
        """Give each worker process draws of its own: forks start with their parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            random.seed(f"{random.random()} {self._process}")


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

    Examples
    --------
    >>> train_data, val_data, test_data = make_loaders(prepare_root(), "article")
    """
    root = Path(root)
    classes = read_classes(root)
    statistics = None
    if needs_statistics(recipe, net):
        statistics = training_statistics(root)
    first, rest = make_augs(recipe, net, statistics=statistics, size=size)
    drawn = read_boxes(root) if boxes else {}
    extra = {"backgrounds": get_recipe(recipe).backgrounds, "negatives": negatives}
    loaders = []
    for split in SPLITS:
        training = split == "train_data"
        augs, options = (first, extra) if training else (rest, {})
        photos = PhotoFolder(root / split, augs, _of(split, drawn), **options)
        check_classes(photos.synsets, classes, f"the folders of {root / split}")
        loaders.append(DataLoader(photos, batch_size, shuffle=training, num_workers=num_workers))
    return Loaders(*loaders)


def needs_statistics(recipe: str | Recipe, net: object = None) -> bool:
    """Tell whether a recipe normalises this net's photos by the training set's statistics."""
    name = get_recipe(recipe).name
    return name == "pytorch-article" or (
        name == "logoflow" and (net is None or normalisation(net) is None)
    )


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
