"""Hard negatives: the places in photos without logos that a net takes for a logo."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from logoflow.datasets.prepared import class_folders, photos_of
from logoflow.images.decode import image_size
from logoflow.inference.windows import windows
from logoflow.labels import NO_LOGO

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.loading.photo_folder import PhotoFolder


def hard_negatives(
    classifier: "LogoClassifier", folder: Path | str, *, layout: str = "windows", share: float = 0.05
) -> dict[str, list[tuple[int, int, int, int]]]:
    """Find the windows of no-logo photos that look most like a brand to a classifier.

    Parameters
    ----------
    classifier : LogoClassifier
        As far as it is trained.
    folder : Path or str
        A split of prepared photos with a no-logo class, ``train_data`` usually.
    layout : str
        Which windows are looked at (`logoflow.inference.levels.LAYOUTS`). The whole photo is
        never returned: the network is trained on it anyway.
    share : float
        Share of all windows to give back, those with the highest odds of a brand.

    Returns
    -------
    dict
        From ``"no-logo/<file>"`` to regions ``(x, y, width, height)`` in pixels: what the boxes
        of a `logoflow.loading.photo_folder.PhotoFolder` take.

    Raises
    ------
    ValueError
        If the classifier or the folder has no no-logo class.

    Notes
    -----
    Bootstrapping of negatives is Sung and Poggio's (Example-based Learning for View-based Human
    Face Detection, PAMI 1998).

    Examples
    --------
    >>> data = make_loaders(root, "logoflow", net=classifier.net)
    >>> data.photos.train.boxes.update(hard_negatives(classifier, root / "train_data"))
    """
    root, split = Path(folder).parent, Path(folder).name
    names = class_folders(root, split)
    if classifier.no_logo is None or NO_LOGO not in names:
        raise ValueError(f"There is no class {NO_LOGO} to find hard negatives of in {folder}.")
    label = names.index(NO_LOGO)
    paths = [path for path, number in photos_of(root, split) if number == label]
    if not paths:
        return {}
    odds = np.stack([_odds(rows, label)[1:] for rows in classifier.window_logits(paths, layout)])
    least = np.quantile(odds, 1 - share)
    found = {}
    for path, row in zip(paths, odds, strict=True):
        regions = windows(*image_size(path.read_bytes(), source=str(path)), layout)[1:]
        hard = [region for region, value in zip(regions, row, strict=True) if value >= least]
        if hard:
            found[f"{NO_LOGO}/{path.name}"] = hard
    return found


def _odds(logits: np.ndarray, no_logo: int) -> np.ndarray:
    """Log-odds of the likeliest brand against no-logo, per window."""
    return np.delete(logits, no_logo, axis=1).max(axis=1) - logits[:, no_logo]


def hard_negative_callback(
    classifier: "LogoClassifier", photos: "PhotoFolder", num_epochs: int, rounds: int
) -> Callable[[int], None] | None:
    """Make what adds hard negatives to the training photos between rounds.

    Parameters
    ----------
    classifier : LogoClassifier
        Around the network that is trained.
    photos : PhotoFolder
        The training photos. Hard negatives are added to their boxes.
    num_epochs : int
        Epochs of the whole training.
    rounds : int
        Rounds that share them.

    Returns
    -------
    callable or None
        For the argument `after_epoch` of `logoflow.train`. None for a single round, and for
        classes without no-logo.

    Examples
    --------
    >>> classifier = LogoClassifier(net, loaders.classes, loaders.preprocessing)
    >>> after_epoch = hard_negative_callback(classifier, loaders.photos.train, 10, rounds=2)
    """
    if rounds < 2 or classifier.no_logo is None:
        return None

    def after_epoch(epoch: int) -> None:
        if _is_end_of_round(epoch, num_epochs, rounds):
            photos.boxes.update(hard_negatives(classifier, photos.folder))

    return after_epoch


def _is_end_of_round(epoch: int, num_epochs: int, rounds: int) -> bool:
    """Tell whether another round begins after an epoch."""
    round_of = [rounds * number // num_epochs for number in (epoch, epoch + 1)]
    return epoch + 1 < num_epochs and round_of[0] != round_of[1]
