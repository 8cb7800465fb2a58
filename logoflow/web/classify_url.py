"""Fetch the picture at a URL and classify it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.fetch.fetch_image import MAX_BYTES, fetch_image
from logoflow.images.decode import read_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.former_views import refuse_views
from logoflow.inference.levels import LevelLike
from logoflow.loading.augment import Augs, transform, val_test_augs
from logoflow.plots.pictures import show_images


def get_image(
    url: str,
    show: bool = False,
    *,
    allow_private: bool = False,
    max_bytes: int = MAX_BYTES,
    honour_opt_out: bool = True,
    **fetch_options: Any,
) -> Path:
    """Fetch the picture at a URL into the cache.

    The server is asked each time whether its picture has changed.

    Parameters
    ----------
    url : str
        An http or https address.
    show : bool
        Whether to show the picture.
    allow_private : bool
        Whether to fetch from loopback and private addresses too.
    max_bytes : int
        Largest size of the picture in bytes.
    honour_opt_out : bool
        Whether to skip pictures whose server opts out, in the header ``X-Robots-Tag``.
    **fetch_options
        Other options of `logoflow.fetch_image`, such as `total_timeout` or `user_agent`.

    Returns
    -------
    Path
        The cached file. Each URL has its own file.

    Raises
    ------
    FetchError
        If the picture cannot be fetched. Its attribute ``kind`` says why.

    Examples
    --------
    This example needs a network, so the tests skip it.

    >>> get_image("https://example.com/cup.jpg")  # doctest: +SKIP
    PosixPath('/home/me/.cache/logoflow/urls/3f6c2e...jpg')
    """
    options = {"max_age": 0, **fetch_options, "cache": True}
    path = fetch_image(
        url, allow_private, max_bytes=max_bytes, honour_opt_out=honour_opt_out, **options
    ).path
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
    max_bytes: int = MAX_BYTES,
    honour_opt_out: bool = True,
    **fetch_options: Any,
) -> str:
    """Name the brand in the picture at a URL, and show the picture as the network saw it.

    Parameters
    ----------
    net : Block or LogoClassifier
        A plain network, as in the Gluon article, or a LogoClassifier, which has its own classes,
        preprocessing and device.
    url : str
        An http or https address. For local pictures use `LogoClassifier.predict`.
    classes : sequence of str
        Names of the classes in the order of the labels. A plain network needs them.
    augs : list of Augmenter
        Preprocessing for a plain network. Default: the Gluon article's.
    ctx : Context or sequence of Context, optional
        Device of a plain network. Of several devices, the first is used.
    allow_private : bool
        Whether to fetch from loopback and private addresses too.
    level : Level or str, optional
        How closely to look, see `LogoClassifier.predict`.
    match_logos, read_names : bool, optional
        Switch the comparison with known logos, or the reading of brand names, on or off.
    max_bytes : int
        Largest size of the picture in bytes.
    honour_opt_out : bool
        Whether to skip pictures whose server opts out, in the header ``X-Robots-Tag``.
    **fetch_options
        Other options of `logoflow.fetch_image`, such as `total_timeout` or `user_agent`.

    Returns
    -------
    str
        The article's sentence, such as ``With prob=0.983476, bmw``.

    Raises
    ------
    FetchError
        If the picture cannot be fetched.
    ValueError
        If `net` is a plain network and `classes` is missing.

    Examples
    --------
    This example needs a network, so the tests skip it.

    >>> classify_logo(classifier, "https://example.com/post.jpg")  # doctest: +SKIP
    'With prob=0.983476, bmw'
    """
    if not isinstance(net, LogoClassifier):
        if classes is None:
            raise ValueError(
                "A plain network needs its class names: pass classes=read_classes(root)."
            )
        device = ctx if ctx is None or isinstance(ctx, mx.Context) else ctx[0]
        net = LogoClassifier(net, classes, augs, ctx=device)
    path = get_image(
        url,
        allow_private=allow_private,
        max_bytes=max_bytes,
        honour_opt_out=honour_opt_out,
        **fetch_options,
    )
    answers = net.predict(path, level=level, match_logos=match_logos, read_names=read_names)
    answer = answers.iloc[0]
    show_images(
        [_as_network_sees(path, net.augs)],
        1,
        1,
        (2.5, 2.5),
        caption=f"The picture as the network saw it. The answer is {answer.brand}.",
    )
    return f"With prob={answer.probability:f}, {answer.brand}"


def _as_network_sees(path: Path, augs: Augs) -> np.ndarray:
    """Preprocess a picture without the normalisation: (height, width, 3), values from 0 to 1."""
    without_normalisation = [aug for aug in augs if not isinstance(aug, mx.image.ColorNormalizeAug)]
    data, _ = transform(read_image(path), -1, without_normalisation)
    return data.transpose((1, 2, 0)).asnumpy() / 255
