"""A trained model as one folder: weights, known logos and regions, and a JSON file that names them.

`logoflow.models` cannot build an INT8 network again, so its graph is saved too.
"""

import json
import os
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import ClassifierError
from logoflow.inference.former_views import former_level
from logoflow.inference.matching import LogoIndex
from logoflow.inference.prototypes import Prototypes, make_prototypes
from logoflow.models.build import build_net
from logoflow.models.graph import graph_of, is_graph, load_graph
from logoflow.utils.files import atomic_path, sha256_of, write_text

MODEL_JSON = "classifier.json"
FORMAT = "logoflow-classifier-2"
FORMER_FORMAT = "logoflow-classifier-1"
FILE_PATTERNS = ("model-*.params", "graph-*.json", "logos-*.npz", "prototypes-*.npz")


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
    """
    folder, stored = Path(folder), {"format": FORMAT, **stored}
    json.dumps(stored, allow_nan=False)  # fails before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    previous_files = {path for pattern in FILE_PATTERNS for path in folder.glob(pattern)}
    new_files = _write_net(folder, net, stored)
    if logos is not None:
        new_files.append(_write_arrays(folder, "logos", logos._asdict(), stored))
    if prototypes is not None:
        halved = prototypes._replace(embeddings=prototypes.embeddings.astype(np.float16))
        new_files.append(_write_arrays(folder, "prototypes", halved._asdict(), stored))
    # The JSON file names the others. Until it is replaced, the previous model is complete.
    write_text(folder / MODEL_JSON, json.dumps(stored, indent=1, allow_nan=False))
    for path in previous_files - set(new_files):
        path.unlink()
    return folder


def _write_net(folder: Path, net: gluon.Block, stored: dict) -> list[Path]:
    """Write the weights of a network, and its graph if logoflow cannot build it again."""
    weights_part = folder / ".model.params.part"
    if not is_graph(net):
        net.save_parameters(str(weights_part))
        return [_name_by_hash(weights_part, "weights", "model", stored)]
    graph, arrays = graph_of(net)
    mx.nd.save(str(weights_part), arrays)
    weights_file = _name_by_hash(weights_part, "weights", "model", stored)
    graph_part = write_text(folder / ".graph.json.part", graph)
    return [weights_file, _name_by_hash(graph_part, "graph", "graph", stored)]


def _write_arrays(folder: Path, key: str, arrays: dict[str, Any], stored: dict) -> Path:
    part = folder / f".{key}.npz.part"
    with atomic_path(part) as tmp, open(tmp, "wb") as file:
        np.savez_compressed(file, **arrays)
    return _name_by_hash(part, key, key, stored)


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
        If a file is not the one that was saved with the others.
    """
    folder = Path(folder)
    _require(folder / MODEL_JSON)
    stored = read_json(folder / MODEL_JSON)
    weights = _checked_file(folder, "weights", stored)
    if "graph" in stored:
        net = load_graph(
            _checked_file(folder, "graph", stored), weights, stored["architecture"], ctx
        )
    else:
        net = build_net(stored["architecture"], len(stored["classes"]))
        net.load_parameters(str(weights), ctx=ctx)
    logos = prototypes = None
    if "logos" in stored:
        logos = LogoIndex(**_read_arrays(folder, "logos", stored, LogoIndex._fields))
    if "prototypes" in stored:
        halved = Prototypes(**_read_arrays(folder, "prototypes", stored, Prototypes._fields))
        embeddings = halved.embeddings.astype(np.float32)
        prototypes = make_prototypes(embeddings, halved.labels, halved.photos)
    return stored, net, logos, prototypes


def _read_arrays(
    folder: Path, key: str, stored: dict, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    with np.load(_checked_file(folder, key, stored), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in names}


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
    _require(path)
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


def read_json(path: Path) -> dict:
    """Read the JSON file of a model, and give its content the keys of today.

    Parameters
    ----------
    path : Path
        The file `MODEL_JSON` in the folder of a model.

    Returns
    -------
    dict

    Raises
    ------
    ClassifierError
        If it is not the file of a model.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored_format = stored["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ClassifierError(f"{path} is not a classifier's file ({error}).") from error
    if stored_format == FORMER_FORMAT:
        return _with_keys_of_today(stored)
    if stored_format != FORMAT:
        raise ClassifierError(
            f"{path} has an unknown format {stored_format!r}. If a later version of logoflow wrote "
            "it, update logoflow."
        )
    return stored


def _with_keys_of_today(stored: dict) -> dict:
    """Convert the JSON of an earlier version, which numbered the levels.

    The earliest models have neither levels nor decisions.
    """
    stored, knows_logos = dict(stored), "logos" in stored
    stored["metadata"] = stored.pop("facts")
    stored["level"] = str(former_level(stored.pop("views", 1), knows_logos))
    try:
        stored["decisions"] = {
            str(former_level(int(views), knows_logos)): decision
            for views, decision in stored.get("decisions", {}).items()
        }
    except (AttributeError, ValueError) as error:
        raise ValueError(
            f"These are not decisions by views: {stored['decisions']} ({error})."
        ) from error
    return stored
