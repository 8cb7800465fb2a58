"""Pickle a classifier, to send it to other processes."""

import hashlib
from pathlib import Path

import cloudpickle

from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.model_folder import files_of
from logoflow.models.build import architecture_of


def pickle_classifier(classifier: object) -> tuple[object, str, bytes]:
    """Load a classifier if necessary, name it and pickle it.

    Parameters
    ----------
    classifier : LogoClassifier, Path, str or object
        A path is the folder of a saved LogoClassifier. Any other object needs a method ``predict``
        like a LogoClassifier's.

    Returns
    -------
    classifier : object
        The classifier itself.
    model : str
        A name that identifies the model. For a LogoClassifier it is the architecture and the start
        of a hash over everything that it saves. For another object it is its attribute ``name``, or
        the name of its class.
    pickled : bytes

    Raises
    ------
    TypeError
        If the object has no ``predict``, or cannot be pickled.

    Examples
    --------
    >>> class AlwaysNoLogo:
    ...     def predict(self, pictures, **options):
    ...         ...
    >>> pickle_classifier(AlwaysNoLogo())[1]
    'AlwaysNoLogo'
    """
    if isinstance(classifier, str | Path):
        classifier = LogoClassifier.load(classifier)
    if not callable(getattr(classifier, "predict", None)):
        raise TypeError(
            f"{type(classifier).__name__} cannot classify. Give a LogoClassifier, a folder that "
            "LogoClassifier.save wrote, or an object whose `predict` is like a LogoClassifier's."
        )
    return classifier, _model_name(classifier), _pickled(classifier)


def _model_name(classifier: object) -> str:
    if not isinstance(classifier, LogoClassifier):
        return str(getattr(classifier, "name", None) or type(classifier).__qualname__)
    digest = hashlib.sha256()
    for name, content in sorted(files_of(classifier).items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return f"{architecture_of(classifier.net)}-{digest.hexdigest()[:8]}"


def _pickled(classifier: object) -> bytes:
    try:
        return cloudpickle.dumps(classifier)
    except Exception as error:
        raise TypeError(
            f"{type(classifier).__name__} cannot be sent to workers, because it cannot be pickled "
            f"({error})."
        ) from error
