"""The photos of one split as a Gluon data set. Photos are augmented when they are read."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mxnet import nd
from mxnet.gluon.data import Dataset

from logoflow.datasets.prepared import class_folders, photos_of, read_boxes
from logoflow.labels import NO_LOGO
from logoflow.loading.array_augs import draws_from_photo
from logoflow.loading.augment import Augs, transform
from logoflow.loading.crops import bind_crops, crop_background, crop_no_logo_photo
from logoflow.loading.photo_cache import photo_reader
from logoflow.utils.addresses import local_path
from logoflow.utils.draws import drawing_from, draws

Boxes = Sequence[Sequence[float]]


class PhotoFolder(Dataset):
    """Gluon's ImageFolderDataset, extended by logo boxes and a list of augmenters.

    Parameters
    ----------
    root : Path or str
        Folder of one split, with a folder per class.
    augs : list of callable
        Augmenters for `logoflow.transform`. Each `LogoCropAug` gets the boxes of the photo.
    boxes : dict, optional
        From ``"<class>/<file>"`` to a list of ``(x, y, width, height)`` in pixels. Boxes of a
        no-logo photo are hard negatives: places to crop often
        (`logoflow.training.hard_negatives.hard_negatives`).
    backgrounds : float
        Background crops per brand photo with boxes, 0 to 1. They follow the photos and have the
        label no-logo. Each time, another photo is drawn for them.
    use_no_logo : bool
        Whether to include the no-logo photos and the background crops.
    max_short_side : int, optional
        Photos with a longer short side, in pixels, are shrunk to it first.
    cache : Path or str, optional
        Folder for the cache of decoded photos (`logoflow.loading.photo_cache`).

    Attributes
    ----------
    items : list of (Path, int)
        Photos and their labels, followed by the background crops. The path of a background crop
        has no meaning.
    synsets : list of str
        Class folders in label order. The name is Gluon's.
    draws_from_photo : bool
        Whether all augmenters draw from the photo's own generator (`logoflow.utils.draws`). A
        thread may then load photos. Other augmenters draw from Python's `random`.

    Notes
    -----
    ``photos[index, seed, boxes]`` augments a photo with the draws of a seed and with the given
    boxes. The result is the same in every process.

    Examples
    --------
    >>> import logoflow as lf
    >>> from logoflow.loading.crops import LogoCropAug
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> boxes = split_boxes(root, "train_data")
    >>> photos = PhotoFolder(root / "train_data", [LogoCropAug(160)], boxes)
    >>> data, label = photos[0]
    >>> data.shape, photos.synsets[int(label)]
    ((3, 160, 160), 'adidas')
    """

    def __init__(
        self,
        root: Path | str,
        augs: Augs,
        boxes: dict[str, Boxes] | None = None,
        backgrounds: float = 0.0,
        use_no_logo: bool = True,
        max_short_side: int | None = None,
        cache: Path | str | None = None,
    ):
        self.folder, self.augs, self.max_short_side = local_path(root), augs, max_short_side
        self.boxes: dict[str, Any] = boxes or {}
        self.synsets = class_folders(self.folder.parent, self.folder.name)
        self._no_logo: Any = self.synsets.index(NO_LOGO) if NO_LOGO in self.synsets else None
        self._process_id = os.getpid()
        self.draws_from_photo = all(map(draws_from_photo, augs))

        photos = photos_of(self.folder.parent, self.folder.name)
        paths = [path for path, _ in photos]
        self._read_photo = photo_reader(paths, cache, self.folder.name, max_short_side)
        if not use_no_logo:
            photos = [(path, label) for path, label in photos if label != self._no_logo]
        self._num_photos = len(photos)
        self._background_sources = [
            (path, label)
            for path, label in photos
            if label != self._no_logo and self.boxes_of(path)
        ]
        background_count = 0
        if use_no_logo and self._no_logo is not None:
            background_count = round(backgrounds * len(self._background_sources))
        background_items: list[tuple[Path, Any]] = [
            (path, self._no_logo) for path, _ in self._background_sources[:background_count]
        ]
        self.items: list[tuple[Path, Any]] = photos + background_items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, idx: int | tuple[int, int, Boxes]) -> tuple[nd.NDArray, np.float32]:
        if isinstance(idx, tuple):
            idx, seed, boxes = idx
            with drawing_from(random.Random(seed)), self._seeded(seed):
                return self._item(idx, boxes)
        self._reseed_worker()
        return self._item(idx, self.boxes_of(self.items[idx][0]))

    def boxes_of(self, path: Path | str) -> Boxes:
        """Return the boxes of a photo.

        Parameters
        ----------
        path : Path or str
            A path of `items`.

        Returns
        -------
        list of (x, y, width, height)
            Pixels of the photo file. Empty if the photo has no boxes.
        """
        return self.boxes.get("/".join(Path(path).parts[-2:]), [])

    def _item(self, idx: int, boxes: Boxes) -> tuple[nd.NDArray, np.float32]:
        """Read and augment a photo, or a background crop if `idx` comes after the photos."""
        if idx >= self._num_photos:
            return self._background()
        path, label = self.items[idx]
        image, boxes = self._read(path, boxes)
        region = crop_no_logo_photo(boxes, *_size(image)) if label == self._no_logo else None
        return transform(image, label, bind_crops(self.augs, boxes, region))

    def _background(self) -> tuple[nd.NDArray, np.float32]:
        """Crop the background of a random brand photo."""
        path, brand = draws().choice(self._background_sources)
        image, boxes = self._read(path, self.boxes_of(path))
        region = crop_background(boxes, *_size(image))
        # If logos fill the photo, there is no background: the crop then shows the brand.
        label = brand if region is None else self._no_logo
        return transform(image, label, bind_crops(self.augs, boxes, region))

    def _read(self, path: Path, boxes: Boxes) -> tuple[np.ndarray, Boxes]:
        """Read a photo, and scale its boxes as the photo was scaled."""
        image, scale = self._read_photo(path)
        return image, [[value * scale for value in box] for box in boxes]

    @contextmanager
    def _seeded(self, seed: int) -> Iterator[None]:
        """Seed Python's `random` for augmenters that draw from it; restore its state afterwards."""
        if self.draws_from_photo:
            yield
            return
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)

    def _reseed_worker(self) -> None:
        """Seed `random` anew in each worker process, because a fork copies its parent's state."""
        if self._process_id != os.getpid():
            self._process_id = os.getpid()
            random.seed(f"{random.random()} {self._process_id}")


def split_boxes(root: Path | str, split: str) -> dict[str, Boxes]:
    """Read the logo boxes of one split.

    Parameters
    ----------
    root : Path or str
        Folder of a prepared data set.
    split : str
        ``"train_data"``, ``"val_data"`` or ``"test_data"``.

    Returns
    -------
    dict
        From ``"<class>/<file>"`` to a list of ``[x, y, width, height]`` in pixels, as
        `PhotoFolder` takes it.

    Examples
    --------
    >>> import logoflow as lf
    >>> from logoflow.loading.crops import LogoCropAug
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> len(split_boxes(root, "train_data"))
    4
    """
    prefix = f"{split}/"
    return {
        name.removeprefix(prefix): boxes
        for name, boxes in read_boxes(root).items()
        if name.startswith(prefix)
    }


def _size(image: np.ndarray) -> tuple[int, int]:
    """Return (width, height)."""
    return image.shape[1], image.shape[0]
