"""From prepared folders to batches: Gluon DataLoaders over the three splits."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mxnet.gluon.data import DataLoader, Sampler

from logoflow.datasets.class_list import check_classes, read_classes
from logoflow.datasets.prepared import photos_of, read_boxes
from logoflow.images.decode import read_image
from logoflow.loading.augment import Augs, Statistics, make_augs, needs_statistics
from logoflow.loading.photo_folder import Boxes, PhotoFolder
from logoflow.recipes import Recipe, get_recipe

CACHE = ".cache"  # folder beside the splits


class PhotoLoader(DataLoader):
    """Gluon's DataLoader, with the data set that it loads from in the open.

    Parameters
    ----------
    dataset : PhotoFolder
        The photos of a split.
    batch_size : int
        Photos per batch; the last one of an epoch may have fewer.
    **options
        Of Gluon's DataLoader.

    Attributes
    ----------
    dataset : PhotoFolder

    Examples
    --------
    >>> loader = PhotoLoader(PhotoFolder(root / "val_data", val_test_augs), 40)
    >>> len(loader.dataset)
    240
    """

    def __init__(self, dataset: PhotoFolder, batch_size: int, **options: object):
        super().__init__(dataset, batch_size, **options)
        self.dataset = dataset


class PhotoFolders(NamedTuple):
    """The data sets of the three splits."""

    train: PhotoFolder
    val: PhotoFolder
    test: PhotoFolder


class Loaders(NamedTuple):
    """Batches of the three splits, in the Gluon article's order, and what they are made of.

    Parameters
    ----------
    train, val, test : PhotoLoader
        Batches ``(data, label)``.

    Examples
    --------
    >>> train_data, val_data, test_data = make_loaders(root, "article")
    >>> data = make_loaders(root, "logoflow", net=net)
    >>> classifier = LogoClassifier(net, data.classes, data.preprocessing)
    """

    train: PhotoLoader
    val: PhotoLoader
    test: PhotoLoader

    @property
    def photos(self) -> PhotoFolders:
        """The splits' photos; ``photos.val.items`` lists paths and labels."""
        return PhotoFolders(self.train.dataset, self.val.dataset, self.test.dataset)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in label order."""
        return tuple(self.train.dataset.synsets)

    @property
    def preprocessing(self) -> Augs:
        """Augmenters of validation and test: what `LogoClassifier` needs."""
        return self.val.dataset.augs


class _SeededOrder(Sampler):
    """Every photo once in a new order, each with a seed for its augmentation, and its boxes.

    NumPy's generator decides the order, as in Gluon's own sampler, and Python's the seeds. All is
    decided in the process that asks: worker processes change nothing, and need not know of the
    hard negatives that were found after they had begun.
    """

    def __init__(self, photos: PhotoFolder):
        self._photos = photos

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[tuple[int, int, Boxes]]:
        order = np.arange(len(self))
        np.random.shuffle(order)  # noqa: NPY002 - what Gluon's sampler uses
        draw = random.getrandbits(32)
        for idx in map(int, order):
            yield idx, draw * len(self) + idx, self._photos.boxes_of(self._photos.items[idx][0])


def make_loaders(
    root: Path | str,
    recipe: str | Recipe,
    batch_size: int = 40,
    num_workers: int = 0,
    *,
    net: object = None,
    image_size: int = 224,
    use_no_logo: bool = True,
    use_boxes: bool = True,
    cache: bool = True,
) -> Loaders:
    """Make the batches of a prepared data set as a recipe wants them.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` or `logoflow.prepare_datasets` made.
    recipe : str or Recipe
        See `logoflow.get_recipe`.
    batch_size : int
        Photos per batch; the last one of an epoch may have fewer.
    num_workers : int
        Processes that decode photos. 0: this one.
    net : Block, optional
        Its backbone decides the normalisation (`logoflow.loading.augment.make_augs`).
    image_size : int
        Side of the square the network sees, in pixels.
    use_no_logo : bool
        False trains without no-logo photos; validation and test keep theirs.
    use_boxes : bool
        False trains as if nobody had drawn boxes around the logos.
    cache : bool
        Keep a split's photos decoded in one file below ``<root>/.cache``, unless it would take more
        than 4 GB. What is loaded is the same with and without.

    Returns
    -------
    Loaders
        ``(train, val, test)``; training is shuffled. Batches are ``(data, label)`` of shapes
        ``(batch, 3, image_size, image_size)`` and ``(batch,)``.

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
    train_augs, augs = make_augs(recipe, net, statistics=statistics, image_size=image_size)
    load = partial(
        split_loader,
        root,
        recipe=recipe,
        batch_size=batch_size,
        num_workers=num_workers,
        image_size=image_size,
        use_no_logo=use_no_logo,
        use_boxes=use_boxes,
        cache=cache,
    )
    return Loaders(load("train_data", train_augs), load("val_data", augs), load("test_data", augs))


def split_loader(
    root: Path | str,
    split: str,
    augs: Augs,
    recipe: str | Recipe,
    batch_size: int,
    num_workers: int = 0,
    *,
    image_size: int,
    use_no_logo: bool = True,
    use_boxes: bool = True,
    cache: bool = True,
) -> PhotoLoader:
    """Make the batches of one split; those of ``train_data`` are shuffled.

    Parameters
    ----------
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.
    augs : list
        For `logoflow.transform`.
    root, recipe, batch_size, num_workers, image_size, use_no_logo, use_boxes, cache
        See `make_loaders`, which also says what is raised.

    Returns
    -------
    PhotoLoader

    Examples
    --------
    >>> augs = make_augs("article")[1]
    >>> val_data = split_loader(root, "val_data", augs, "article", 40, image_size=224)
    """
    root, recipe = Path(root), get_recipe(recipe)
    is_training = split == "train_data"
    oversampling = recipe.cache_oversampling
    photos = PhotoFolder(
        root / split,
        augs,
        split_boxes(root, split) if use_boxes else None,
        backgrounds=recipe.backgrounds if is_training else 0.0,
        use_no_logo=use_no_logo or not is_training,
        max_short_side=round(oversampling * image_size) if oversampling else None,
        cache=root / CACHE if cache else None,
    )
    check_classes(photos.synsets, read_classes(root), f"the folders of {root / split}")
    sampler = _SeededOrder(photos) if is_training else None
    return PhotoLoader(photos, batch_size, num_workers=num_workers, sampler=sampler)


def split_boxes(root: Path | str, split: str) -> dict[str, Boxes]:
    """Read the logos' boxes of one split.

    Parameters
    ----------
    root : Path or str
        A prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    dict
        From ``"<class>/<file>"`` to boxes ``[x, y, width, height]`` in pixels: the boxes that
        `PhotoFolder` takes.

    Examples
    --------
    >>> photos = PhotoFolder(root / "val_data", val_test_augs, split_boxes(root, "val_data"))
    """
    prefix = f"{split}/"
    return {
        name.removeprefix(prefix): boxes
        for name, boxes in read_boxes(root).items()
        if name.startswith(prefix)
    }


def training_statistics(root: Path | str) -> Statistics:
    """Compute mean and standard deviation of the training photos' pixels.

    Parameters
    ----------
    root : Path or str
        A prepared data set.

    Returns
    -------
    mean, std : list of float
        Red, green, blue, on 0 to 255. Every photo counts alike, whatever its size: each is shrunk
        to 64 x 64 first.

    Raises
    ------
    ValueError
        If there are no training photos.

    Examples
    --------
    >>> mean, std = training_statistics(prepare_root())
    """
    photos = photos_of(root, "train_data")
    if not photos:
        raise ValueError(f"No photos in {Path(root) / 'train_data'}: prepare the data set first.")
    small = [
        cv2.resize(read_image(path), (64, 64), interpolation=cv2.INTER_AREA) for path, _ in photos
    ]
    pixels = np.stack(small).reshape(-1, 3).astype(np.float64)
    return pixels.mean(axis=0).tolist(), pixels.std(axis=0).tolist()
