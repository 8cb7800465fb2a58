"""From prepared folders to batches: Gluon DataLoaders over ImageFolderDataset."""

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mxnet import nd
from mxnet.gluon.data import DataLoader
from mxnet.gluon.data.vision import ImageFolderDataset

from logoflow.augment import Augs, LogoCropAug, Statistics, make_augs, transform
from logoflow.backbones import normalisation
from logoflow.folders import check_classes, read_boxes, read_classes
from logoflow.images import read_image
from logoflow.recipes import get_recipe

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
        From ``"<class>/<file>"`` to a list of ``(x, y, width, height)``, pixels.
    """

    def __init__(
        self, root: Path | str, augs: Augs, boxes: dict[str, list[Sequence[float]]] | None = None
    ):
        super().__init__(str(root))
        self.augs = augs
        self.boxes = boxes or {}
        self._process = os.getpid()

    def __getitem__(self, idx: int) -> tuple[nd.NDArray, np.float32]:
        self._part_from_siblings()
        path, label = self.items[idx]
        boxes = self.boxes.get("/".join(path.split(os.sep)[-2:]), ())
        augs = [
            (lambda data, crop=aug: crop(data, boxes)) if isinstance(aug, LogoCropAug) else aug
            for aug in self.augs
        ]
        return transform(read_image(path), label, augs)

    def _part_from_siblings(self) -> None:
        """Give each worker process draws of its own: forks start with their parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            random.seed(f"{random.random()} {self._process}")


def make_loaders(
    root: Path | str,
    recipe: str,
    batch_size: int = 40,
    num_workers: int = 0,
    *,
    net: object = None,
    size: int = 224,
) -> Loaders:
    """Give the batches of a prepared data set as a recipe wants them.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` or `logoflow.prepare_datasets` made.
    recipe : str
        See `logoflow.get_recipe`.
    batch_size : int
        Photos per batch; the last one of an epoch may have fewer.
    num_workers : int
        Processes that decode. 0: this one.
    net : Block, optional
        Its backbone decides the normalisation (`logoflow.make_augs`).
    size : int
        Side of the square the net sees, pixels.

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
    boxes = read_boxes(root)
    loaders = []
    for split in SPLITS:
        training = split == "train_data"
        photos = PhotoFolder(root / split, first if training else rest, _of(split, boxes))
        check_classes(photos.synsets, classes, f"the folders of {root / split}")
        loaders.append(DataLoader(photos, batch_size, shuffle=training, num_workers=num_workers))
    return Loaders(*loaders)


def needs_statistics(recipe: str, net: object = None) -> bool:
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
