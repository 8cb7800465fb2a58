"""Describe a classifier in three lines, the text that ``print(classifier)`` shows."""

import re
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.levels import quoted
from logoflow.models.build import architecture_of

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

MAX_NAMES = 8
"""Largest number of brands that are named. If there are more, the first ones are named."""


def description(classifier: "LogoClassifier") -> str:
    """Describe a classifier: its brands, backbone, size and decisions.

    Parameters
    ----------
    classifier : LogoClassifier

    Returns
    -------
    str
        Three lines.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> print(description(lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)))
    LogoClassifier: 1 brand (bmw) and no-logo
      lenet5, weights not known before the first photo, photos of 224 x 224 pixels
      level "whole" by default; no decisions
    """
    brands = [name for label, name in enumerate(classifier.classes) if label != classifier.no_logo]
    names = ", ".join(brands[:MAX_NAMES]) + (", …" if len(brands) > MAX_NAMES else "")
    beside = "" if classifier.no_logo is None else " and no-logo"
    decisions = f"decisions for {quoted(classifier.decisions)}" if classifier.decisions else None
    return "\n".join(
        [
            f"LogoClassifier: {len(brands)} brand{'s' * (len(brands) != 1)} ({names}){beside}",
            f"  {_architecture(classifier)}, {_weights(classifier)}{_photo_size(classifier)}",
            f'  level "{classifier.level}" by default; {decisions or "no decisions"}',
        ]
    )


def _architecture(classifier: "LogoClassifier") -> str:
    try:
        return architecture_of(classifier.net)
    except ValueError:  # a network that logoflow did not build
        return type(classifier.net).__name__


def _weights(classifier: "LogoClassifier") -> str:
    shapes = [parameter.shape for parameter in classifier.net.collect_params().values()]
    if any(shape is None or 0 in shape or -1 in shape for shape in shapes):
        return "weights not known before the first photo"
    count = sum(int(np.prod(shape)) for shape in shapes)
    return f"{count / 1e6:.1f} million weights" if count >= 1e5 else f"{count:,} weights"


def _photo_size(classifier: "LogoClassifier") -> str:
    sizes = [aug.size for aug in classifier.augs if hasattr(aug, "size")]
    numbers = re.findall(r"\d+", str(sizes[-1])) if sizes else []
    return f", photos of {' x '.join(numbers)} pixels" if len(numbers) == 2 else ""
