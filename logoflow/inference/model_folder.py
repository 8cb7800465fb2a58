"""A trained model as one folder: weights, known logos, and a JSON file that names them.

A network that is a graph, such as an INT8 network, is saved with its graph too.
"""

import json
import os
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import ClassifierError
from logoflow.inference.matching import LogoIndex
from logoflow.models.build import build_net
from logoflow.models.graph import graph_of, is_graph, load_graph
from logoflow.utils.files import atomic_path, sha256_of, write_text

FACTS = "classifier.json"
FORMAT = "logoflow-classifier-1"
KEPT = ("model-*.params", "graph-*.json", "logos-*.npz")


def write_model(
    folder: Path | str, stored: dict, net: gluon.Block, logos: LogoIndex | None
) -> Path:
    """Write a model; a reader finds the one that was here before until all of this one is.

    Parameters
    ----------
    folder : Path or str
        Made if it is not there.
    stored : dict
        What JSON holds: ``architecture``, ``classes`` and whatever else belongs to the model.
    net : Block
        Its weights.
    logos : LogoIndex, optional
        The logos that it knows.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    ValueError, TypeError
        If JSON cannot hold `stored`. What was in the folder is then untouched.
    """
    folder, stored = Path(folder), {"format": FORMAT, **stored}
    json.dumps(stored, allow_nan=False)  # fails before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    before = {path for pattern in KEPT for path in folder.glob(pattern)}
    part = folder / ".model.params.part"
    kept = []
    if is_graph(net):
        graph, arrays = graph_of(net)
        mx.nd.save(str(part), arrays)
        kept.append(_keep(part, "weights", "model", stored))
        part = write_text(folder / ".graph.json.part", graph)
        kept.append(_keep(part, "graph", "graph", stored))
    else:
        net.save_parameters(str(part))
        kept.append(_keep(part, "weights", "model", stored))
    if logos is not None:
        part = folder / ".logos.npz.part"
        with atomic_path(part) as tmp, open(tmp, "wb") as file:
            np.savez_compressed(file, **logos._asdict())
        kept.append(_keep(part, "logos", "logos", stored))
    # The file of facts names the others: a model that was here before is whole until now.
    write_text(folder / FACTS, json.dumps(stored, indent=1, allow_nan=False))
    for path in before - set(kept):
        path.unlink()
    return folder


def read_model(
    folder: Path | str, ctx: mx.Context | list[mx.Context]
) -> tuple[dict, gluon.HybridBlock, LogoIndex | None]:
    """Read what `write_model` wrote: its facts, the net, the logos it knows.

    Raises
    ------
    FileNotFoundError
        If the folder holds no model.
    ClassifierError
        If a file is not the one that was saved.
    """
    folder = Path(folder)
    _require(folder / FACTS)
    stored = _read_facts(folder / FACTS)
    weights = _checked(folder, "weights", stored)
    if "graph" in stored:
        net = load_graph(_checked(folder, "graph", stored), weights, stored["architecture"], ctx)
    else:
        net = build_net(stored["architecture"], len(stored["classes"]))
        net.load_parameters(str(weights), ctx=ctx)
    if "logos" not in stored:
        return stored, net, None
    with np.load(_checked(folder, "logos", stored), allow_pickle=False) as arrays:
        return stored, net, LogoIndex(*(arrays[name] for name in LogoIndex._fields))


def _keep(part: Path, what: str, stem: str, stored: dict) -> Path:
    """Give a finished file its name, by its hash, and write both among the facts."""
    stored[f"{what}_sha256"] = sha256_of(part)
    suffix = part.suffixes[-2]
    path = part.parent / f"{stem}-{stored[f'{what}_sha256'][:8]}{suffix}"
    os.replace(part, path)
    stored[what] = path.name
    return path


def _checked(folder: Path, what: str, stored: dict) -> Path:
    """One of the files that the facts name, if it is the one that was saved."""
    path = folder / Path(stored[what]).name
    _require(path)
    if sha256_of(path) != stored[f"{what}_sha256"]:
        raise ClassifierError(
            f"{path} is not what was saved with {FACTS}: copy the whole folder again."
        )
    return path


def _require(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"No {path.name} in {path.parent}: give the folder that LogoClassifier.save wrote."
        )


def _read_facts(path: Path) -> dict:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        known = stored["format"] == FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ClassifierError(f"{path} is not a classifier's file ({error}).") from error
    if not known:
        raise ClassifierError(f"{path} has an unknown format {stored['format']!r}.")
    return stored
