"""ImageNet weights of resnet18_v2, the Gluon article's backbone, from where they can still be had.

MXNet's bucket has not answered since 2024. The ONNX Model Zoo has the same weights as an ONNX
file, on GitHub and, since GitHub's quota ran out, on Hugging Face.
"""

import os
from pathlib import Path

import mxnet as mx
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.models.backbones.onnx_weights import load_onnx
from logoflow.models.backbones.weights import (
    by_hand,
    check_hash,
    fetch_file,
    fetch_zoo_file,
    find_file,
)
from logoflow.utils.files import sha256_of

ONNX_FILE = "resnet18-v2-7.onnx"
ONNX_SHA256 = "3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b"
ONNX_FOLDER = "validated/vision/classification/resnet/model"
ONNX_REPOS = (
    "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main",
    "https://github.com/onnx/models/raw/main",
)


def load_published(net: gluon.HybridBlock, ctx=None) -> None:
    """Initialise resnet18_v2 with its published ImageNet weights.

    Looked for in this order: `weights_folders`, MXNet's bucket or ``$MXNET_GLUON_REPO``, the
    ONNX Model Zoo or ``$LOGOFLOW_ONNX_REPO``.

    Parameters
    ----------
    net : HybridBlock
        Gluon's resnet18_v2 with 1000 classes; changed in place.
    ctx : Context or list of Context, optional
        Where the weights go.

    Raises
    ------
    WeightsError
        If no source answers (it says what to fetch by hand and where to put it), or a file is
        not the published one.
    """
    path = _published_file()
    if path.suffix == ".onnx":
        load_onnx(net, path, ctx)
    else:
        net.load_parameters(str(path), ctx=ctx)


def is_published(path: Path) -> bool:
    """Tell whether a file is the ONNX Model Zoo's."""
    return sha256_of(path) == ONNX_SHA256


def onnx_urls() -> list[str]:
    """Addresses of the ONNX file; ``$LOGOFLOW_ONNX_REPO`` replaces the public ones."""
    own = os.environ.get("LOGOFLOW_ONNX_REPO")
    repos = (own.rstrip("/"),) if own else ONNX_REPOS
    return [f"{repo}/{ONNX_FOLDER}/{ONNX_FILE}" for repo in repos]


def _published_file() -> Path:
    sha1 = mx.gluon.model_zoo.model_store._model_sha1["resnet18_v2"]
    params = find_file(f"resnet18_v2-{sha1[:8]}.params")
    onnx_file = find_file(ONNX_FILE)
    if onnx_file and not params:
        check_hash(onnx_file, "sha256", ONNX_SHA256)
        return onnx_file
    sources = [lambda: fetch_zoo_file("resnet18_v2", sha1)]
    sources += [lambda url=url: fetch_file(url, ONNX_SHA256) for url in onnx_urls()]  # type: ignore[misc]
    refusals = []
    for source in sources:
        try:
            return source()
        except WeightsError as error:
            refusals.append(error)
    raise by_hand(refusals, ONNX_FILE, onnx_urls()[0], f"46,806,737 bytes, sha256 {ONNX_SHA256}")
