"""Load a prepared data set in batches: a Gluon DataLoader for each of the three splits."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mxnet.gluon.data import Sampler

from logoflow.datasets.class_list import check_classes, read_classes
from logoflow.datasets.prepared import CACHE_FOLDER, photos_of
from logoflow.images.decode import read_image
from logoflow.loading.augment import Augs, Statistics, make_augs, needs_statistics
from logoflow.loading.photo_folder import Boxes, PhotoFolder, split_boxes
from logoflow.loading.photo_loader import PhotoLoader
from logoflow.recipes import Recipe, get_recipe
from logoflow.utils.addresses import local_path
from logoflow.values import whole_number


class PhotoFolders(NamedTuple):
    """Data sets of the three splits."""

    train: PhotoFolder
    val: PhotoFolder
    test: PhotoFolder


class Loaders(NamedTuple):
    """Batches of the three splits in the order of the Gluon article, with photos and classes.

    Parameters
    ----------
    train, val, test : PhotoLoader
        Each gives batches ``(data, label)``.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> loaders = make_loaders(root, "article")
    >>> train_data, val_data, test_data = loaders
    >>> loaders.classes
    ('adidas', 'aldi', 'no-logo')
    """

    train: PhotoLoader
    val: PhotoLoader
    test: PhotoLoader

    @property
    def photos(self) -> PhotoFolders:
        """Photos of each split, for instance ``photos.val.items``: paths and labels."""
        return PhotoFolders(self.train.dataset, self.val.dataset, self.test.dataset)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in label order."""
        return tuple(self.train.dataset.synsets)

    @property
    def preprocessing(self) -> Augs:
        """Augmenters of validation and test, which `LogoClassifier` takes as preprocessing."""
        return self.val.dataset.augs


class _SeededSampler(Sampler):
    """Shuffle the photos, and give each a seed for its augmentation and its boxes.

    NumPy's generator draws the order, as in Gluon's own sampler, and Python's generator draws the
    seeds. All draws happen in the main process, so the number of worker processes changes
    nothing. The boxes are sent along too, so workers that have already started get new hard
    negatives.
    """

    def __init__(self, photos: PhotoFolder):
        self._photos = photos

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[tuple[int, int, Boxes]]:
        order = np.arange(len(self))
        np.random.shuffle(order)  # noqa: NPY002 - what Gluon's sampler uses
        epoch_seed = random.getrandbits(32)
        for idx in map(int, order):
            path, _ = self._photos.items[idx]
            yield idx, epoch_seed * len(self) + idx, self._photos.boxes_of(path)


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
    """Make loaders for the batches of a prepared data set, as a recipe describes them.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` or `logoflow.prepare_datasets` prepared.
    recipe : str or Recipe
        A recipe or its name, see `logoflow.get_recipe`.
    batch_size : int
        Photos per batch. The last batch of an epoch may be smaller.
    num_workers : int
        Number of worker processes. 0 loads in the main process.
    net : Block, optional
        Network whose backbone decides the normalisation (`logoflow.loading.augment.make_augs`).
    image_size : int
        Side of the square input of the network, in pixels.
    use_no_logo : bool
        Whether to train on no-logo photos. Validation and test always have them.
    use_boxes : bool
        Whether to use the boxes around the logos.
    cache : bool
        Whether to cache the decoded photos of each split in a file below ``<root>/.cache``. Photos
        that need more than 4 GB are never cached. The batches are the same with and without the
        cache.

    Returns
    -------
    Loaders
        ``(train, val, test)``. Training is shuffled. Batches are ``(data, label)`` of shapes
        (batch, 3, image_size, image_size) and (batch,).

    Raises
    ------
    ClassListError
        If the class folders of a split differ from the class list of the data set.
    FileNotFoundError
        If `root` is not a prepared data set.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> train_data, val_data, test_data = make_loaders(root, "article", batch_size=2)
    >>> data, label = next(iter(val_data))
    >>> data.shape, label.shape
    ((2, 3, 224, 224), (2,))
    """
    read_classes(root)  # its error explains how to prepare a data set
    statistics = training_statistics(root) if needs_statistics(recipe, net) else None
    train_augs, val_augs = make_augs(recipe, net, statistics=statistics, image_size=image_size)
    load_split = partial(
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
    return Loaders(
        train=load_split("train_data", train_augs),
        val=load_split("val_data", val_augs),
        test=load_split("test_data", val_augs),
    )


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
    """Make the loader of one split. It shuffles ``train_data``.

    Parameters
    ----------
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.
    augs : list of callable
        Augmenters for `logoflow.transform`.
    root, recipe, batch_size, num_workers, image_size, use_no_logo, use_boxes, cache
        See `make_loaders`, also for the exceptions.

    Returns
    -------
    PhotoLoader
        Batches ``(data, label)``.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> loader = split_loader(root, "val_data", lf.val_test_augs, "article", 2, image_size=224)
    >>> len(loader)
    2
    """
    root, recipe = local_path(root), get_recipe(recipe)
    batch_size = whole_number("batch_size", batch_size, least=1)
    num_workers = whole_number("num_workers", num_workers, least=0)
    image_size = whole_number("image_size", image_size, least=1)
    is_training = split == "train_data"
    oversampling = recipe.cache_oversampling
    photos = PhotoFolder(
        root / split,
        augs,
        split_boxes(root, split) if use_boxes else None,
        backgrounds=recipe.backgrounds if is_training else 0.0,
        use_no_logo=use_no_logo or not is_training,
        max_short_side=round(oversampling * image_size) if oversampling else None,
        cache=root / CACHE_FOLDER if cache else None,
    )
    check_classes(photos.synsets, read_classes(root), f"the folders of {root / split}")
    sampler = _SeededSampler(photos) if is_training else None
    return PhotoLoader(photos, batch_size, num_workers=num_workers, sampler=sampler)


def training_statistics(root: Path | str) -> Statistics:
    """Compute the mean and standard deviation of the pixels of the training photos.

    Each photo is shrunk to 64 x 64 pixels first, so that all photos count alike.

    Parameters
    ----------
    root : Path or str
        Folder of a prepared data set.

    Returns
    -------
    mean, std : list of float
        Red, green and blue, on 0 to 255.

    Raises
    ------
    ValueError
        If there are no training photos.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> mean, std = training_statistics(root)
    >>> len(mean), len(std)
    (3, 3)
    """
    photos = photos_of(root, "train_data")
    if not photos:
        raise ValueError(f"No photos in {Path(root) / 'train_data'}: prepare the data set first.")
    thumbnails = [
        cv2.resize(read_image(path), (64, 64), interpolation=cv2.INTER_AREA) for path, _ in photos
    ]
    pixels = np.stack(thumbnails).reshape(-1, 3).astype(np.float64)
    return pixels.mean(axis=0).tolist(), pixels.std(axis=0).tolist()
