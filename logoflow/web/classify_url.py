"""A picture by its address: fetch it, keep it, tell the brand in it."""

from collections.abc import Sequence
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.fetch.fetch_image import fetch_image
from logoflow.images.decode import read_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import LevelLike
from logoflow.loading.augment import Augs, transform, val_test_augs
from logoflow.plots.pictures import show_images


def get_image(url: str, show: bool = False, *, allow_private: bool = False) -> Path:
    """Fetch a picture by URL and keep it.

    Parameters
    ----------
    url : str
        http or https.
    show : bool
        Also show it.
    allow_private : bool
        Also from loopback and private addresses.

    Returns
    -------
    Path
        The cached file; each URL has its own.

    Raises
    ------
    FetchError
        Whatever went wrong, with its ``kind`` and the URL.
    """
    path = fetch_image(url, allow_private).path
    if show:
        show_images([read_image(path)], 1, 1, (4, 4))  # type: ignore[arg-type]
    return path  # type: ignore[return-value]


@refuse_views("level")
def classify_logo(
    net: gluon.Block | LogoClassifier,
    url: str,
    classes: Sequence[str] | None = None,
    augs: Augs = val_test_augs,
    ctx: mx.Context | Sequence[mx.Context] | None = None,
    allow_private: bool = False,
    *,
    level: LevelLike | None = None,
    match_logos: bool | None = None,
    read_names: bool | None = None,
) -> str:
    """Tell the brand in the picture at a URL, and show what was really classified.

    Parameters
    ----------
    net : Block or LogoClassifier
        A LogoClassifier brings its own classes, preprocessing and device.
    url : str
        http or https; local pictures go to `LogoClassifier.predict`.
    classes : sequence of str
        Names in label order; needed with a plain net.
    augs : list
        Preprocessing of a plain net; by default the Gluon article's.
    ctx : Context or sequence of Context, optional
        Device of a plain net; of several, the first.
    allow_private : bool
        Also fetch from loopback and private addresses.
    level, match_logos, read_names
        How closely to look, see `LogoClassifier.predict`.

    Returns
    -------
    str
        The article's sentence, such as ``With prob=0.983476, bmw``.

    Raises
    ------
    FetchError
        If the picture cannot be had.
    ValueError
        If `net` is a plain net and `classes` is missing.
    """
    if not isinstance(net, LogoClassifier):
        if classes is None:
            raise ValueError("Pass classes=read_classes(root) with a plain net.")
        device = ctx if ctx is None or isinstance(ctx, mx.Context) else ctx[0]
        net = LogoClassifier(net, classes, augs, ctx=device)
    path = get_image(url, allow_private=allow_private)
    frame = net.predict(path, level=level, match_logos=match_logos, read_names=read_names)
    answer = frame.iloc[0]
    alt = f"The picture as it was classified: {answer.brand}"
    show_images([_seen(path, net.augs)], 1, 1, (2.5, 2.5), alt=alt)
    return f"With prob={answer.probability:f}, {answer.brand}"


def _seen(path: Path, augs: Augs) -> np.ndarray:
    """Give the picture as the net sees it, but for the normalisation: (h, w, 3), 0 to 1."""
    visible = [aug for aug in augs if not isinstance(aug, mx.image.ColorNormalizeAug)]
    data, _ = transform(read_image(path), -1, visible)
    return data.transpose((1, 2, 0)).asnumpy() / 255
