"""The state of an interrupted training run, in a format that holds numbers and text only."""

import json
import zipfile
from pathlib import Path

import numpy as np
from mxnet import gluon, nd

from logoflow.errors import ResumeError
from logoflow.models.article_nets import old_cnn_reason
from logoflow.training.averaging import WeightAverage
from logoflow.utils.files import atomic_path

FORMAT = "logoflow-resume-2"


def save_state(
    path: Path | str,
    net: gluon.Block,
    trainer: gluon.Trainer,
    average: WeightAverage,
    facts: dict,
) -> None:
    """Write weights, optimizer state and `facts` to one file, whole or not at all.

    Parameters
    ----------
    path : Path or str
        An ``.npz`` file.
    net : Block
        Its parameters are saved by position: names differ from one process to the next.
    trainer : Trainer
        Its optimizer's state and update count are saved.
    average : WeightAverage
        Its values and step count are saved.
    facts : dict
        Anything JSON holds: epochs done, history, settings.
    """
    arrays = {
        f"weight-{i}": parameter.data(parameter.list_ctx()[0]).asnumpy()
        for i, parameter in enumerate(net.collect_params().values())
    }
    arrays |= {f"average-{i}": value.asnumpy() for i, value in enumerate(average.values)}
    place = _places(net, trainer)
    states = {place[index]: state for index, state in trainer._updaters[0].states.items()}
    shapes = {}
    for i, state in states.items():
        parts = state if isinstance(state, list | tuple) else [state]
        shapes[str(i)] = [part is not None for part in parts]
        for j, part in enumerate(parts):
            if part is not None:
                arrays[f"state-{i}-{j}"] = part.asnumpy()
    header = {
        "format": FORMAT,
        "facts": facts,
        "states": shapes,
        "single": [str(i) for i, s in states.items() if not isinstance(s, list | tuple)],
        "num_update": trainer._optimizer.num_update,
        "average_steps": average.steps,
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with atomic_path(path) as tmp, open(tmp, "wb") as file:
        np.savez(file, **arrays)


def read_facts(path: Path | str) -> dict:
    """Read the `facts` of a resume file.

    Raises
    ------
    ResumeError
        If the file is not one that `save_state` wrote. Nothing in it is ever unpickled.
    """
    return _read_header(path)["facts"]


def load_state(
    path: Path | str, net: gluon.Block, trainer: gluon.Trainer, average: WeightAverage
) -> None:
    """Put the weights, their average and the optimizer's state of a resume file back.

    Raises
    ------
    ResumeError
        If the file is not ours, or its weights do not fit `net`.
    """
    header = _read_header(path)
    parameters = list(net.collect_params().values())
    with np.load(path, allow_pickle=False) as arrays:
        stored = [name for name in arrays.files if name.startswith("weight-")]
        shapes = [arrays[f"weight-{i}"].shape for i in range(len(stored))]
        if not _fits(parameters, shapes):
            why = " ".join([f"{path} was written for another network.", old_cnn_reason(shapes)])
            raise ResumeError(f"{why.strip()} Delete it to start afresh.")
        for i, parameter in enumerate(parameters):
            parameter.shape = shapes[i]
            parameter.set_data(nd.array(arrays[f"weight-{i}"], dtype=parameter.dtype))
        for updater, ctx in zip(trainer._updaters, trainer._contexts, strict=True):
            _restore_states(updater, arrays, header, ctx, _places(net, trainer))
        average.steps = header["average_steps"]
        if average.steps:
            ctx = trainer._contexts[0]
            average.values = [
                nd.array(arrays[f"average-{i}"], ctx=ctx) for i in range(len(parameters))
            ]
    optimizer = trainer._optimizer
    optimizer.begin_num_update = optimizer.num_update = header["num_update"]


def _fits(parameters: list, shapes: list[tuple[int, ...]]) -> bool:
    """Tell whether parameters, some of them of a size still to be inferred, can take shapes."""
    if len(parameters) != len(shapes):
        return False
    return all(
        len(parameter.shape or ()) == len(shape)
        and all(known in (0, -1, size) for known, size in zip(parameter.shape, shape, strict=True))
        for parameter, shape in zip(parameters, shapes, strict=True)
    )


def _places(net: gluon.Block, trainer: gluon.Trainer) -> list[int]:
    """Place in the net of each of the trainer's parameters.

    The trainer numbers them by sorted name, where dense10 comes before dense9: another order
    in another process.
    """
    place = {id(parameter): i for i, parameter in enumerate(net.collect_params().values())}
    return [place[id(parameter)] for parameter in trainer._params]


def _restore_states(updater, arrays, header: dict, ctx, places: list[int]) -> None:
    """Give one device's updater the optimizer state that was saved."""
    for key, present in header["states"].items():
        index = places.index(int(key))
        parts = [
            nd.array(arrays[f"state-{key}-{j}"], ctx=ctx) if there else None
            for j, there in enumerate(present)
        ]
        updater.states[index] = parts[0] if key in header["single"] else tuple(parts)
        updater.states_synced[index] = True


def _read_header(path: Path | str) -> dict:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ResumeError(
            f"{path} is not a resume file of logoflow ({error}): delete it to start afresh."
        ) from error
    if header.get("format") != FORMAT:
        raise ResumeError(f"{path} has an unknown format: delete it to start afresh.")
    return header
