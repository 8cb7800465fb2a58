"""A frozen network's features, kept beside the photos that they were computed from."""

import hashlib
import json
from collections.abc import Callable

import numpy as np
from mxnet import gluon

from logoflow.loading.loaders import CACHE
from logoflow.loading.photo_folder import PhotoFolder
from logoflow.utils.files import atomic_path

KEPT = 4  # files of a split: other nets, sizes and seeds than the last one's are soon asked for

Arrays = tuple[np.ndarray, np.ndarray]


def kept_features(
    photos: object, net: gluon.Block, seed: int | None, passes: int, compute: Callable[[], Arrays]
) -> Arrays:
    """Give features from the file that has them, or compute them and write it.

    Parameters
    ----------
    photos : Dataset
        A `logoflow.PhotoFolder`; of any other nothing is kept.
    net : Block
        Its ``features`` decide.
    seed : int or None
        What order and augmentation were drawn by; without a seed nothing is kept.
    passes : int
        Over the photos.
    compute : callable
        Gives (features, labels).

    Returns
    -------
    features, labels : ndarray
        (photos, features) and (photos,), float32.
    """
    if seed is None or not isinstance(photos, PhotoFolder):
        return compute()
    digest = hashlib.sha256(f"{describe_photos(photos)} {seed} {passes}".encode())
    for parameter in net.features.collect_params().values():
        digest.update(parameter.data(parameter.list_ctx()[0]).asnumpy().tobytes())
    split = photos.folder
    folder, stem = split.parent / CACHE, f"features-{split.name}"
    path = folder / f"{stem}-{digest.hexdigest()[:12]}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            path.touch()
            return arrays["features"], arrays["labels"]
    features, labels = compute()
    with atomic_path(path) as tmp, open(tmp, "wb") as file:
        np.savez(file, features=features, labels=labels)
    newest = sorted(folder.glob(f"{stem}-*.npz"), key=lambda old: old.stat().st_mtime_ns)
    for old in newest[:-KEPT]:
        old.unlink(missing_ok=True)
    return features, labels


def describe_photos(photos: PhotoFolder) -> str:
    """Say what decides which pixels a data set gives: files, boxes, augmenters."""
    files = [(path, path.stat().st_mtime_ns, label) for path, label in photos.items]
    augs = [aug.dumps() if hasattr(aug, "dumps") else repr(aug) for aug in photos.augs]
    return json.dumps(
        [files, sorted(photos.boxes.items()), augs, photos.max_short_side], default=str
    )
