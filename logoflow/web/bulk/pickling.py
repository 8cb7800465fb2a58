"""A classifier on its way to other processes."""

import hashlib
from pathlib import Path

import cloudpickle

from logoflow.inference.classifier import LogoClassifier
from logoflow.models.build import architecture_of


def packed(classifier: object) -> tuple[object, str, bytes]:
    """Give a classifier, its name and what to send of it.

    Parameters
    ----------
    classifier : LogoClassifier, path or object
        A path is that of a saved LogoClassifier; any other object needs the same ``predict``.

    Returns
    -------
    (object, str, bytes)
        The name of a LogoClassifier holds its architecture and the start of a hash over all that
        it is; of another object it is its ``name`` or its class's.

    Raises
    ------
    TypeError
        If there is no ``predict``, or it cannot be pickled.
    """
    if isinstance(classifier, str | Path):
        classifier = LogoClassifier.load(classifier)
    if not callable(getattr(classifier, "predict", None)):
        raise TypeError(
            f"{type(classifier).__name__} cannot classify: give a LogoClassifier, a folder that "
            "its save wrote, or an object with such a predict."
        )
    if not isinstance(classifier, LogoClassifier):
        name = getattr(classifier, "name", None) or type(classifier).__qualname__
        return classifier, str(name), _pickled(classifier)
    digest = hashlib.sha256()
    for name, content in sorted(classifier.to_files().items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    model = f"{architecture_of(classifier.net)}-{digest.hexdigest()[:8]}"
    return classifier, model, _pickled(classifier)


def _pickled(classifier: object) -> bytes:
    try:
        return cloudpickle.dumps(classifier)
    except Exception as error:
        raise TypeError(
            f"{type(classifier).__name__} cannot be sent to workers ({error})."
        ) from error
