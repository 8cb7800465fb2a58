"""A trained model as one folder: weights, known logos and regions, and a JSON file that names them.

`logoflow.models` cannot build an INT8 network again, so its graph is saved too.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import ClassifierError
from logoflow.inference.logo_index import LogoIndex, check_index
from logoflow.inference.model_json import (
    FORMAT,
    MODEL_JSON,
    input_size,
    read_json,
    read_json_text,
)
from logoflow.inference.prototypes import Prototypes, check_prototypes, make_prototypes
from logoflow.models.build import build_net
from logoflow.models.ensemble import embedding_size
from logoflow.models.graph import graph_of, is_graph, load_graph
from logoflow.models.graph_check import checked_graph
from logoflow.models.weight_files import load_weights, save_weights
from logoflow.utils.files import remove_leftovers, sha256_of, verified_file, write_text
from logoflow.utils.locks import locked_folder
from logoflow.utils.npz_files import read_npz
from logoflow.utils.params_files import write_params

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

FILE_PATTERNS = ("model-*.params", "graph-*.json", "logos-*.npz", "prototypes-*.npz")
PART_PATTERNS = (
    ".model.params.part",
    ".graph.json.part",
    ".logos.npz.part",
    ".prototypes.npz.part",
)


def write_model(
    folder: Path | str,
    stored: dict,
    net: gluon.Block,
    logos: LogoIndex | None,
    prototypes: Prototypes | None = None,
) -> Path:
    """Write a model. A reader finds the previous model until all files of the new one are there.

    Parameters
    ----------
    folder : Path or str
        It is created if it does not exist.
    stored : dict
        Content of the JSON file: ``architecture``, ``classes`` and all else that belongs to the
        model.
    net : Block
        The network, for its weights.
    logos : LogoIndex, optional
        The logos that the model knows.
    prototypes : Prototypes, optional
        The regions of training photos that the model remembers.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError, TypeError
        If JSON cannot hold `stored`. The folder is then unchanged.
    OSError
        If the disk has no room. The previous model is then complete, and nothing else is left.
    """
    folder, stored = Path(folder), {"format": FORMAT, **stored}
    json.dumps(stored, allow_nan=False)  # fails before anything is written
    input_size(stored["preprocessing"])
    folder.mkdir(parents=True, exist_ok=True)
    with locked_folder(folder):  # no other process saves or reads meanwhile
        _remove_unfinished(folder)
        previous_files = _model_files(folder)
        try:
            new_files = _write_files(folder, stored, net, logos, prototypes)
            # The JSON file names the others. Until it is replaced, the previous model is complete.
            write_text(folder / MODEL_JSON, json.dumps(stored, indent=1, allow_nan=False))
        except BaseException:
            for path in _model_files(folder) - previous_files:
                path.unlink(missing_ok=True)
            _remove_unfinished(folder)
            raise
        for path in previous_files - set(new_files):
            path.unlink()
    return folder


def _model_files(folder: Path) -> set[Path]:
    return {path for pattern in FILE_PATTERNS for path in folder.glob(pattern)}


def _remove_unfinished(folder: Path) -> None:
    """Remove the files that an interrupted save left."""
    remove_leftovers(folder)
    for pattern in PART_PATTERNS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def _write_files(
    folder: Path,
    stored: dict,
    net: gluon.Block,
    logos: LogoIndex | None,
    prototypes: Prototypes | None,
) -> list[Path]:
    """Write all files but the JSON file."""
    new_files = _write_net(folder, net, stored)
    if logos is not None:
        new_files.append(_write_arrays(folder, "logos", logos._asdict(), stored))
    if prototypes is not None:
        halved = prototypes._replace(embeddings=prototypes.embeddings.astype(np.float16))
        new_files.append(_write_arrays(folder, "prototypes", halved._asdict(), stored))
    return new_files


def _write_net(folder: Path, net: gluon.Block, stored: dict) -> list[Path]:
    """Write the weights of a network, and its graph if logoflow cannot build it again."""
    weights_part = folder / ".model.params.part"
    if not is_graph(net):
        save_weights(net, weights_part)
        return [_name_by_hash(weights_part, "weights", "model", stored)]
    graph, arrays = graph_of(net)
    write_params(weights_part, {name: array.asnumpy() for name, array in arrays.items()})
    weights_file = _name_by_hash(weights_part, "weights", "model", stored)
    graph_part = write_text(folder / ".graph.json.part", checked_graph(graph))
    return [weights_file, _name_by_hash(graph_part, "graph", "graph", stored)]


def _write_arrays(folder: Path, key: str, arrays: dict[str, Any], stored: dict) -> Path:
    part = folder / f".{key}.npz.part"
    with verified_file(part) as file:
        np.savez_compressed(file, **arrays)
    return _name_by_hash(part, key, key, stored)


def files_of(classifier: "LogoClassifier") -> dict[str, bytes]:
    """Return the content of the files that `LogoClassifier.save` writes.

    Parameters
    ----------
    classifier : LogoClassifier

    Returns
    -------
    dict of str to bytes
        By file name.

    Examples
    --------
    >>> import logoflow as lf
    >>> sorted(files_of(lf.LogoClassifier.load("my-model")))
    ['classifier.json', 'model-....params']
    """
    with tempfile.TemporaryDirectory() as folder:
        return {path.name: path.read_bytes() for path in classifier.save(folder).iterdir()}


def read_model(
    folder: Path | str, ctx: mx.Context | list[mx.Context]
) -> tuple[dict, gluon.HybridBlock, LogoIndex | None, Prototypes | None]:
    """Read a model that this version of logoflow or an earlier one wrote.

    Parameters
    ----------
    folder : Path or str
        The folder of the model.
    ctx : Context or list of Context
        Devices for the weights.

    Returns
    -------
    stored : dict
        Content of the JSON file. Keys of earlier versions are replaced by those of this one.
    net : HybridBlock
        The network.
    logos : LogoIndex or None
        The logos that the model knows.
    prototypes : Prototypes or None
        The regions of training photos that the model remembers.

    Raises
    ------
    FileNotFoundError
        If the folder holds no model.
    ClassifierError
        If a file is not the one that was saved with the others, or holds anything that logoflow
        would not have written.

    Notes
    -----
    A model may come from an untrusted source. Sizes are checked before memory is allocated, and a
    graph is built again from operators that are allowed (`logoflow.models.graph_rules`).
    """
    folder = Path(folder)
    _require(folder / MODEL_JSON)
    try:
        with locked_folder(folder, shared=True):  # no process saves meanwhile
            stored = read_json(folder / MODEL_JSON)
            net = _read_net(folder, stored, ctx)
            logos, prototypes = _read_remembered(folder, stored, net)
    except (ValueError, TypeError, OverflowError, AssertionError, mx.MXNetError) as error:
        if isinstance(error, ClassifierError):
            raise
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)
        raise ClassifierError(
            f"{folder} is no model that LogoClassifier.save wrote: {reason}"
        ) from error
    return stored, net, logos, prototypes


def _read_net(folder: Path, stored: dict, ctx: mx.Context | list[mx.Context]) -> gluon.HybridBlock:
    size, classes = input_size(stored["preprocessing"]), len(stored["classes"])
    weights = _checked_file(folder, "weights", stored)
    if "graph" in stored:
        graph = read_json_text(_checked_file(folder, "graph", stored))
        return load_graph(graph, weights, stored["architecture"], size, classes, ctx)
    net = build_net(stored["architecture"], classes)
    load_weights(net, weights, size, ctx)
    return net


def _read_remembered(
    folder: Path, stored: dict, net: gluon.HybridBlock
) -> tuple[LogoIndex | None, Prototypes | None]:
    """Read the logos and the regions that a model remembers."""
    classes, logos, prototypes = len(stored["classes"]), None, None
    if "logos" in stored:
        logos = LogoIndex(**_read_arrays(folder, "logos", stored, LogoIndex._fields))
        check_index(logos, classes)
    if "prototypes" in stored:
        halved = Prototypes(**_read_arrays(folder, "prototypes", stored, Prototypes._fields))
        check_prototypes(halved, classes, embedding_size(net))
        embeddings = halved.embeddings.astype(np.float32)
        prototypes = make_prototypes(embeddings, halved.labels, halved.photos)
    return logos, prototypes


def _read_arrays(
    folder: Path, key: str, stored: dict, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    return read_npz(_checked_file(folder, key, stored), names)


def _name_by_hash(part: Path, key: str, stem: str, stored: dict) -> Path:
    """Rename a finished file by its hash, and note name and hash in `stored` below `key`."""
    digest = sha256_of(part)
    suffix = part.suffixes[-2]  # ".params" of ".model.params.part"
    path = part.parent / f"{stem}-{digest[:8]}{suffix}"
    os.replace(part, path)
    stored[f"{key}_sha256"], stored[key] = digest, path.name
    return path


def _checked_file(folder: Path, key: str, stored: dict) -> Path:
    """Find a file that the JSON file names, and check that it is the one that was saved."""
    path = folder / Path(stored[key]).name
    if not path.is_file():
        raise ClassifierError(
            f"{path} is missing, though {MODEL_JSON} names it: copy the whole folder again."
        )
    if sha256_of(path) != stored[f"{key}_sha256"]:
        raise ClassifierError(
            f"{path} is not the file that was saved with {MODEL_JSON}: copy the whole folder again."
        )
    return path


def _require(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path.name} in {path.parent}: give the folder that LogoClassifier.save wrote."
        )
