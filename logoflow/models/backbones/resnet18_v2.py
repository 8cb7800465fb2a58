"""resnet18_v2, the backbone of the Gluon article, and the sources of its ImageNet weights.

MXNet's bucket has not answered since 2024. The ONNX Model Zoo offers the same weights as an ONNX
file on GitHub and, since GitHub's quota was exhausted, on Hugging Face.
"""

import os
from pathlib import Path

import mxnet as mx
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.models.backbones.onnx_weights import load_onnx
from logoflow.models.backbones.weights import (
    check_hash,
    fetch_file,
    fetch_zoo_file,
    find_file,
    manual_download_error,
)
from logoflow.utils.devices import Contexts
from logoflow.utils.files import sha256_of

ONNX_FILE = "resnet18-v2-7.onnx"
ONNX_SHA256 = "3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b"
ONNX_FOLDER = "validated/vision/classification/resnet/model"
ONNX_REPOS = (
    "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main",
    "https://github.com/onnx/models/raw/main",
)


def build(name: str, classes: int) -> gluon.HybridBlock:
    """Build Gluon's resnet18_v2 without weights.

    Parameters
    ----------
    name : str
        First part of the names of the parameters.
    classes : int
        Number of outputs.

    Returns
    -------
    HybridBlock
        Network with `features` and `output`, not initialised.

    Examples
    --------
    >>> build("resnet18_v2", 33).prefix
    'resnet18_v2_'
    """
    # By default Gluon numbers networks in the order of their construction. With a fixed prefix,
    # files of `collect_params().save` load in another process too.
    return mx.gluon.model_zoo.vision.resnet18_v2(classes=classes, prefix=f"{name}_")


def load_published(net: gluon.HybridBlock, ctx: Contexts | None = None) -> None:
    """Load the published ImageNet weights of resnet18_v2.

    The sources are tried in this order: `weights_folders`, MXNet's bucket or
    ``$MXNET_GLUON_REPO``, the ONNX Model Zoo or ``$LOGOFLOW_ONNX_REPO``.

    Parameters
    ----------
    net : HybridBlock
        Gluon's resnet18_v2 with 1000 classes; changed in place.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    WeightsError
        If no source answers, or if a file differs from the published one. The message says which
        file to download and where to put it.
    """
    path = _published_file()
    if path.suffix == ".onnx":
        load_onnx(net, path, ctx)
    else:
        net.load_parameters(str(path), ctx=ctx)


def is_published(path: Path) -> bool:
    """Return whether a file is the one that the ONNX Model Zoo publishes."""
    return sha256_of(path) == ONNX_SHA256


def onnx_urls() -> list[str]:
    """List the URLs of the ONNX file. ``$LOGOFLOW_ONNX_REPO`` replaces the public ones.

    Examples
    --------
    >>> onnx_urls()[-1]
    'https://github.com/onnx/models/raw/main/validated/.../resnet18-v2-7.onnx'
    """
    custom_repo = os.environ.get("LOGOFLOW_ONNX_REPO")
    repos = (custom_repo.rstrip("/"),) if custom_repo else ONNX_REPOS
    return [f"{repo}/{ONNX_FOLDER}/{ONNX_FILE}" for repo in repos]


def _published_file() -> Path:
    """Find the published weights on this machine, or fetch them from a source that answers."""
    sha1 = mx.gluon.model_zoo.model_store._model_sha1["resnet18_v2"]
    params = find_file(f"resnet18_v2-{sha1[:8]}.params")
    onnx_file = find_file(ONNX_FILE)
    if onnx_file and not params:
        check_hash(onnx_file, "sha256", ONNX_SHA256)
        return onnx_file
    sources = [lambda: fetch_zoo_file("resnet18_v2", sha1)]
    sources += [lambda url=url: fetch_file(url, ONNX_SHA256) for url in onnx_urls()]  # type: ignore[misc]
    errors = []
    for source in sources:
        try:
            return source()
        except WeightsError as error:
            errors.append(error)
    raise manual_download_error(
        errors, ONNX_FILE, onnx_urls()[0], f"46,806,737 bytes, sha256 {ONNX_SHA256}"
    )
