"""What the name of a folder stands for: a split, or nothing that the photos have in common."""

import re

from logoflow.utils.file_names import readable_name

_SPLIT_WORDS = {
    "train": ("train", "training", "trn", "trainval"),
    "val": ("val", "valid", "validation", "validate", "dev", "eval", "evaluation"),
    "test": ("test", "testing", "tst", "holdout"),
    "unlabelled": ("pred", "predict", "prediction", "unlabeled", "unlabelled", "submission"),
}
_SPLIT_OF = {word: split for split, words in _SPLIT_WORDS.items() for word in words}
_WEAK_WORDS = {"trn", "tst", "dev", "eval", "evaluation", "holdout", "pred", "predict"}
SURE_SPLIT_WORDS = set(_SPLIT_OF) - _WEAK_WORDS
"""Words that surely name a split. A folder whose name is a weak word may be a brand if it lies
beside brands."""

# fmt: off
_FILLERS = {
    "data", "dataset", "set", "split", "folder", "files", "seg", "the", "my", "images", "image",
    "imgs", "img", "photos", "photo", "pictures", "pics", "jpg", "jpegs",
}
# fmt: on
_GENERIC = re.compile(
    r"(19|20)\d\d([-_. ]?\d\d){0,2}"  # a year, a month or a day
    r"|(batch|part|fold|group|set|session|shoot|camera|cam|phone|day|week|month|disk)[-_ ]?\d*"
    r"|\d{3}[a-z_]{5}|dcim|images?|imgs?|photos?|pictures?|pics|raw|jpe?gs?|jpegimages|data|all"
)


def split_of(folder: str) -> tuple[str, tuple[str, ...]] | None:
    """Tell which split the name of a folder stands for.

    Parameters
    ----------
    folder : str

    Returns
    -------
    (str, tuple of str) or None
        ``"train"``, ``"val"``, ``"test"`` or ``"unlabelled"``, and the further words of the name.
        None if the name is not that of a split.

    Examples
    --------
    >>> split_of("seg_train"), split_of("Validation Set"), split_of("test1"), split_of("bmw")
    (('train', ()), ('val', ()), ('test', ()), None)
    """
    words = folder_words(folder)
    splits = [_SPLIT_OF[word] for word in words if word in _SPLIT_OF]
    if len(splits) != 1:
        return None
    others = (word for word in words if word not in _FILLERS and word not in _SPLIT_OF)
    return splits[0], tuple(others)


def is_generic(name: str) -> bool:
    """Tell whether a folder's name says nothing about its photos: a date, ``batch2``, ``raw``."""
    return _GENERIC.fullmatch(name.strip().lower()) is not None


def folder_words(folder: str) -> list[str]:
    """Split the name of a folder into words: ``TrainSet``, ``train_set`` and ``trainset``."""
    spaced = re.sub("(?<=[a-z])(?=[A-Z])", " ", readable_name(folder))
    words = re.findall("[a-z]+", spaced.lower())
    return [re.sub("(?<=[a-z]{3})(set|data|dataset|images|imgs|photos)$", "", w) for w in words]
