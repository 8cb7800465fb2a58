"""A split's photos as a Gluon data set, augmented as they are asked for."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mxnet import nd
from mxnet.gluon.data import Dataset

from logoflow.datasets.prepared import class_folders, photos_of
from logoflow.labels import NO_LOGO
from logoflow.loading.augment import Augs, transform
from logoflow.loading.crops import aim_crops, crop_beside, no_logo_crop
from logoflow.loading.photo_cache import cache_photos, read_photo

Boxes = list[Sequence[float]]


class PhotoFolder(Dataset):
    """Gluon's ImageFolderDataset, with the photos' logo boxes and a list of augmenters.

    Parameters
    ----------
    root : Path or str
        One split, a folder per class.
    augs : list
        For `logoflow.transform`. A `LogoCropAug` in it is given the photo's boxes.
    boxes : dict, optional
        From ``"<class>/<file>"`` to a list of ``(x, y, width, height)``, pixels. The boxes of a
        no-logo photo are hard negatives: places to crop often
        (`logoflow.training.hard_negatives.hard_negatives`).
    backgrounds : float
        Background crops for each photo of a brand whose logos have boxes, at most 1. They come
        after the photos, with the label no-logo; each time another photo is drawn.
    use_no_logo : bool
        False leaves out the no-logo photos and the background crops.
    max_short_side : int, optional
        Photos whose shorter side is longer, in pixels, are shrunk to it before anything else.
    cache : Path or str, optional
        Folder to keep the decoded photos in (`logoflow.loading.photo_cache`).

    Attributes
    ----------
    items : list of (Path, int)
        Photos and their labels, then background crops. A background crop's path says nothing.
    synsets : list of str
        The class folders, in label order.

    Notes
    -----
    An item asked for as ``(index, seed, boxes)`` is augmented with draws of that seed and with
    these boxes: the same in whatever process it is made.

    Examples
    --------
    >>> boxes = split_boxes(root, "train_data")
    >>> photos = PhotoFolder(root / "train_data", [LogoCropAug(160)], boxes)
    >>> data, label = photos[0]
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
        self.folder, self.augs, self.max_short_side = Path(root), augs, max_short_side
        self.boxes: dict[str, Any] = boxes or {}
        self.synsets = class_folders(self.folder.parent, self.folder.name)
        photos = photos_of(self.folder.parent, self.folder.name)
        paths = [path for path, _ in photos]
        self._numbers = {path: number for number, path in enumerate(paths)}
        self._cached = (
            cache_photos(paths, cache, self.folder.name, max_short_side) if cache else None
        )
        self._process = os.getpid()
        self._no_logo: Any = self.synsets.index(NO_LOGO) if NO_LOGO in self.synsets else None
        if not use_no_logo:
            photos = [photo for photo in photos if photo[1] != self._no_logo]
        self._count = len(photos)
        self._with_boxes = [
            (path, label)
            for path, label in photos
            if label != self._no_logo and self.boxes_of(path)
        ]
        count = round(backgrounds * len(self._with_boxes))
        can_have = use_no_logo and self._no_logo is not None
        drawn = self._with_boxes[:count] if can_have else []
        self.items: list[tuple[Path, Any]] = photos + [(path, self._no_logo) for path, _ in drawn]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, idx: int | tuple[int, int, Boxes]) -> tuple[nd.NDArray, np.float32]:
        if isinstance(idx, tuple):
            idx, seed, boxes = idx
            with _seeded(seed):
                return self._item(idx, boxes)
        self._reseed_worker()
        return self._item(idx, self.boxes_of(self.items[idx][0]))

    def _item(self, idx: int, boxes: Boxes) -> tuple[nd.NDArray, np.float32]:
        if idx >= self._count:
            return self._background()
        path, label = self.items[idx]
        image, boxes = self._read(path, boxes)
        region = no_logo_crop(boxes, *_size(image)) if label == self._no_logo else None
        return transform(image, label, aim_crops(self.augs, boxes, region))

    def _background(self) -> tuple[nd.NDArray, np.float32]:
        """A crop from a brand's photo that shows none of its logos."""
        path, brand = random.choice(self._with_boxes)
        image, boxes = self._read(path, self.boxes_of(path))
        region = crop_beside(boxes, *_size(image))
        # Where logos fill the photo there is no background: it is trained on as what it is.
        label = brand if region is None else self._no_logo
        return transform(image, label, aim_crops(self.augs, boxes, region))

    def _read(self, path: Path, boxes: Boxes) -> tuple[np.ndarray, Boxes]:
        """A photo, no larger than asked for, and its boxes in the pixels that it has now."""
        if self._cached is None:
            image, scale = read_photo(path, self.max_short_side)
        else:
            image, scale = self._cached.photo(self._numbers[path])
        return image, [[side * scale for side in box] for box in boxes]

    def boxes_of(self, path: Path | str) -> Boxes:
        """Boxes of one of the photos; none if nobody drew any."""
        return self.boxes.get("/".join(Path(path).parts[-2:]), [])

    def _reseed_worker(self) -> None:
        """Give each worker process draws of its own: forks start with their parent's."""
        if self._process != os.getpid():
            self._process = os.getpid()
            random.seed(f"{random.random()} {self._process}")


def _size(image: np.ndarray) -> tuple[int, int]:
    """Width and height."""
    return image.shape[1], image.shape[0]


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Python's draws of a seed within a ``with``, and afterwards as if nothing had been drawn."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
