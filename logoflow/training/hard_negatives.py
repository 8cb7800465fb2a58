"""Hard negatives: regions of no-logo photos that a network mistakes for a logo."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from logoflow.datasets.prepared import class_folders, photos_of
from logoflow.images.decode import image_size
from logoflow.inference.window_logits import iter_window_logits
from logoflow.inference.windows import windows
from logoflow.labels import NO_LOGO
from logoflow.utils.files import write_text
from logoflow.utils.progress import bar

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.loading.photo_folder import PhotoFolder


def hard_negatives(
    classifier: "LogoClassifier",
    folder: Path | str,
    *,
    layout: str = "windows",
    share: float = 0.05,
) -> dict[str, list[tuple[int, int, int, int]]]:
    """Find the windows of no-logo photos with the highest scores for a brand.

    Parameters
    ----------
    classifier : LogoClassifier
        A classifier around the network that is being trained.
    folder : Path or str
        The folder of a split with a no-logo class, usually ``train_data``.
    layout : str
        Name of the windows to score (`logoflow.inference.levels.LAYOUTS`). The whole photo is
        never returned, because the network is trained on it anyway.
    share : float
        Share of the windows to return, 0 to 1: those with the highest odds of a brand.

    Returns
    -------
    dict
        From ``"no-logo/<file>"`` to a list of regions ``(x, y, width, height)`` in pixels. The
        attribute ``boxes`` of `logoflow.loading.photo_folder.PhotoFolder` has the same form.

    Raises
    ------
    ValueError
        If the classifier or the folder has no class ``no-logo``.

    Notes
    -----
    Bootstrapping of negatives is Sung and Poggio's (Example-based Learning for View-based Human
    Face Detection, PAMI 1998).

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> net = lf.lenet5(3)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, lf.read_classes(root), lf.val_test_augs)
    >>> regions_by_photo = hard_negatives(classifier, root / "train_data", share=1.0)
    >>> [len(regions) for regions in regions_by_photo.values()]  # all windows but the largest
    [13, 13]
    """
    root, split = Path(folder).parent, Path(folder).name
    class_names = class_folders(root, split)
    if classifier.no_logo is None or NO_LOGO not in class_names:
        raise ValueError(
            f"Hard negatives come from photos of the class {NO_LOGO}, and {folder} or the "
            "classifier has no such class."
        )
    no_logo = class_names.index(NO_LOGO)
    paths = [path for path, label in photos_of(root, split) if label == no_logo]
    if not paths:
        return {}
    all_logits = iter_window_logits(paths, layout, classifier.logits)
    logits_of_photos = bar(all_logits, "hard negatives", total=len(paths))
    log_odds = np.stack([_log_odds(logits, no_logo)[1:] for logits in logits_of_photos])
    min_log_odds = np.quantile(log_odds, 1 - share)
    regions_by_photo = {}
    for path, photo_odds in zip(paths, log_odds, strict=True):
        regions = windows(*image_size(path.read_bytes(), source=str(path)), layout)[1:]
        is_hard = photo_odds >= min_log_odds
        if is_hard.any():
            hard_regions = [regions[index] for index in np.flatnonzero(is_hard)]
            regions_by_photo[f"{NO_LOGO}/{path.name}"] = hard_regions
    return regions_by_photo


def _log_odds(logits: np.ndarray, no_logo: int) -> np.ndarray:
    """Return the log-odds of the most probable brand against no-logo, for each window."""
    return np.delete(logits, no_logo, axis=1).max(axis=1) - logits[:, no_logo]


def hard_negative_callback(
    classifier: "LogoClassifier",
    photos: "PhotoFolder",
    num_epochs: int,
    rounds: int,
    path: Path | None = None,
) -> Callable[[int], None] | None:
    """Make a callback that adds hard negatives to the training photos between rounds.

    Parameters
    ----------
    classifier : LogoClassifier
        A classifier around the network that is being trained.
    photos : PhotoFolder
        The training photos. The callback adds hard negatives to their boxes.
    num_epochs : int
        Number of epochs of the whole training.
    rounds : int
        Number of rounds that the epochs are divided into.
    path : Path, optional
        JSON file for the hard negatives. If it exists, a training that continues begins with those
        in it.

    Returns
    -------
    callable or None
        For the argument `after_epoch` of `logoflow.train`. None if there is a single round, or if
        the classes do not include no-logo.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> loaders = lf.make_loaders(root, "article")
    >>> net = lf.lenet5(3)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, loaders.classes, loaders.preprocessing)
    >>> after_epoch = hard_negative_callback(classifier, loaders.photos.train, 10, rounds=2)
    >>> after_epoch(4)  # the last epoch of the first round
    >>> len(loaders.photos.train.boxes) > 0
    True
    """
    if rounds < 2 or classifier.no_logo is None:
        return None
    if path is not None and path.exists():
        photos.boxes.update(json.loads(path.read_text(encoding="utf-8")))

    def after_epoch(epoch: int) -> None:
        if _is_end_of_round(epoch, num_epochs, rounds):
            regions_by_photo = hard_negatives(classifier, photos.folder)
            photos.boxes.update(regions_by_photo)
            if path is not None:
                write_text(path, json.dumps(regions_by_photo))

    return after_epoch


def _is_end_of_round(epoch: int, num_epochs: int, rounds: int) -> bool:
    """Return whether an epoch is the last of a round, but not of the whole training."""
    this_round, next_round = rounds * epoch // num_epochs, rounds * (epoch + 1) // num_epochs
    return epoch + 1 < num_epochs and this_round != next_round
