"""Gluon's DataLoader for photos, which also works with little shared memory."""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from mxnet import nd
from mxnet.gluon.data import DataLoader
from mxnet.gluon.data.dataloader import default_mp_batchify_fn

from logoflow.errors import WorkerError
from logoflow.loading.prefetch import prefetched

if TYPE_CHECKING:
    from logoflow.loading.photo_folder import PhotoFolder

SHARED_MEMORY = Path("/dev/shm")
"""The folder of shared memory, by which worker processes of Gluon return their batches."""

BATCHES_IN_USE = 3
"""Batches beyond those that are prefetched: the next one, and those that the training holds."""


class PhotoLoader(DataLoader):
    """Gluon's DataLoader with its data set as a public attribute.

    Worker processes return their batches by shared memory. A container often has 64 MB of it, and
    Gluon's DataLoader stands still once it is full. If there is too little, the workers of a
    `PhotoLoader` send their batches through pipes instead. Without workers, a thread loads the next
    batch while the network trains on this one.

    Parameters
    ----------
    dataset : PhotoFolder
        Photos of a split.
    batch_size : int
        Photos per batch. The last batch of an epoch may be smaller.
    **options
        Options of Gluon's DataLoader.

    Attributes
    ----------
    dataset : PhotoFolder
        Photos of the split.

    Examples
    --------
    >>> import logoflow as lf
    >>> from logoflow.loading.photo_folder import PhotoFolder
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> loader = PhotoLoader(PhotoFolder(root / "val_data", lf.val_test_augs), batch_size=2)
    >>> len(loader.dataset), len(loader)
    (4, 2)
    """

    _batchify_fn: Callable[[Sequence], list]

    def __init__(self, dataset: "PhotoFolder", batch_size: int, **options: object):
        super().__init__(dataset, batch_size, **options)
        self.dataset = dataset
        self._batch_size = batch_size
        self._warned = False

    def __iter__(self) -> Iterator[list[nd.NDArray]]:
        try:
            batches = super().__iter__()
            if not self._num_workers and self.dataset.draws_from_photo:
                batches = prefetched(batches)
            for batch in batches:
                yield [nd.array(part) if isinstance(part, np.ndarray) else part for part in batch]
        except multiprocessing.TimeoutError as error:
            raise WorkerError(
                f"The worker processes returned no batch within {self._timeout} seconds. Most "
                "often one was killed because the memory is full: use fewer num_workers, or 0."
            ) from error

    def _prefetch_iter(self) -> Iterator:
        """Begin an epoch. Gluon's DataLoader calls this."""
        if self._batchify_fn in (default_mp_batchify_fn, _batch_for_pipe):
            fits = self._fits_into_shared_memory()
            self._batchify_fn = default_mp_batchify_fn if fits else _batch_for_pipe
        return super()._prefetch_iter()

    def _fits_into_shared_memory(self) -> bool:
        """Tell whether the batches of the workers fit; warn once if not."""
        free_bytes = free_shared_memory()
        if free_bytes is None or not len(self.dataset):
            return True
        path, _ = self.dataset.items[0]
        # With a seed of its own, this photo changes no random number of the training.
        data, _ = self.dataset[0, 0, self.dataset.boxes_of(path)]
        photo_bytes = data.size * np.dtype(data.dtype).itemsize
        needed = (self._prefetch + BATCHES_IN_USE) * self._batch_size * photo_bytes
        if needed > free_bytes and not self._warned:
            self._warned = True
            warnings.warn(
                f"{SHARED_MEMORY} has {free_bytes >> 20} MB free, and the batches of "
                f"{self._num_workers} workers need {needed >> 20} MB. They go through pipes, which "
                "takes a little longer. In Docker, --shm-size=1g gives more shared memory.",
                stacklevel=2,
            )
        return needed <= free_bytes


def free_shared_memory() -> int | None:
    """Return the free bytes of shared memory. None if this system has no folder of it.

    Returns
    -------
    int or None
    """
    try:
        status = os.statvfs(SHARED_MEMORY)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def _batch_for_pipe(samples: Sequence[tuple[nd.NDArray, np.float32]]) -> list[np.ndarray]:
    """Stack photos and labels in memory of the worker, which pickle copies into the pipe."""
    photos, labels = zip(*samples, strict=True)
    return [np.stack([photo.asnumpy() for photo in photos]), np.array(labels, np.float32)]
