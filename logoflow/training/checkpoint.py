"""Save and load the state of a training run, in a file that holds only numbers and text."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from mxnet import gluon, nd

from logoflow.errors import DamagedFileError, ResumeError
from logoflow.models.article_nets import old_cnn_reason
from logoflow.training.averaging import WeightAverage
from logoflow.utils.files import verified_file
from logoflow.utils.npz_files import read_npz

FORMAT = "logoflow-resume-2"


def save_state(
    path: Path | str,
    net: gluon.Block,
    trainer: gluon.Trainer,
    average: WeightAverage,
    run_state: dict,
) -> None:
    """Write the weights, the optimizer's state and `run_state` to one file, atomically.

    Parameters
    ----------
    path : Path or str
        An ``.npz`` file.
    net : Block
        Its parameters are saved by position, because their names differ between processes.
    trainer : Trainer
        Its optimizer's state and number of updates are saved.
    average : WeightAverage
        Its values and number of steps are saved.
    run_state : dict
        Anything that JSON can hold: the settings and the history.
    """
    arrays = {
        f"weight-{i}": parameter.data(parameter.list_ctx()[0]).asnumpy()
        for i, parameter in enumerate(net.collect_params().values())
    }
    arrays |= {f"average-{i}": value.asnumpy() for i, value in enumerate(average.values)}
    positions = _parameter_positions(net, trainer)
    states = {positions[index]: state for index, state in trainer._updaters[0].states.items()}
    arrays |= _state_arrays(states)
    header = {
        "format": FORMAT,
        "facts": run_state,
        "states": {str(i): _present_parts(state) for i, state in states.items()},
        "single": [str(i) for i, state in states.items() if not _has_parts(state)],
        "num_update": trainer._optimizer.num_update,
        "average_steps": average.steps,
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with verified_file(path) as file:
        np.savez(file, **arrays)


def _has_parts(state: object) -> bool:
    """Return whether an optimizer's state of a parameter consists of several arrays."""
    return isinstance(state, list | tuple)


def _parts(state: Any) -> list:
    """Return the arrays of a state in a list. Some may be None: SGD without momentum has none."""
    return list(state) if _has_parts(state) else [state]


def _present_parts(state: Any) -> list[bool]:
    return [part is not None for part in _parts(state)]


def _state_arrays(states: dict[int, Any]) -> dict[str, np.ndarray]:
    """Name the arrays of the optimizer's states by the parameter's position and the part."""
    return {
        f"state-{i}-{j}": part.asnumpy()
        for i, state in states.items()
        for j, part in enumerate(_parts(state))
        if part is not None
    }


def read_run_state(path: Path | str) -> dict:
    """Read the `run_state` of a resume file.

    Parameters
    ----------
    path : Path or str
        A file that `save_state` wrote.

    Returns
    -------
    dict

    Raises
    ------
    ResumeError
        If `save_state` did not write the file. Nothing in the file is ever unpickled.
    """
    return _read_header(path)["facts"]


def load_state(
    path: Path | str, net: gluon.Block, trainer: gluon.Trainer, average: WeightAverage
) -> None:
    """Load the weights, their average and the optimizer's state from a resume file.

    Parameters
    ----------
    path : Path or str
        A file that `save_state` wrote.
    net, trainer, average
        The network, its trainer and its weight average. They are changed in place.

    Raises
    ------
    ResumeError
        If `save_state` did not write the file, or its weights do not fit `net`.
    """
    header = _read_header(path)
    parameters = list(net.collect_params().values())
    arrays = _read_arrays(path)
    stored = [name for name in arrays if name.startswith("weight-")]
    shapes = [arrays[f"weight-{i}"].shape for i in range(len(stored))]
    if not _shapes_fit(parameters, shapes):
        reason = " ".join([f"{path} was written for another network.", old_cnn_reason(shapes)])
        raise ResumeError(f"{reason.strip()} Delete it to start again.")
    for i, parameter in enumerate(parameters):
        parameter.shape = shapes[i]
        parameter.set_data(nd.array(arrays[f"weight-{i}"], dtype=parameter.dtype))
    for updater, ctx in zip(trainer._updaters, trainer._contexts, strict=True):
        _restore_states(updater, arrays, header, ctx, _parameter_positions(net, trainer))
    average.steps = header["average_steps"]
    if average.steps:
        ctx = trainer._contexts[0]
        average.values = [nd.array(arrays[f"average-{i}"], ctx=ctx) for i in range(len(parameters))]
    optimizer = trainer._optimizer
    optimizer.begin_num_update = optimizer.num_update = header["num_update"]


def _shapes_fit(parameters: list, shapes: list[tuple[int, ...]]) -> bool:
    """Return whether the parameters can have these shapes; unknown sizes fit any number."""
    if len(parameters) != len(shapes):
        return False
    return all(
        len(parameter.shape or ()) == len(shape)
        and all(
            own_size in (0, -1, size) for own_size, size in zip(parameter.shape, shape, strict=True)
        )
        for parameter, shape in zip(parameters, shapes, strict=True)
    )


def _parameter_positions(net: gluon.Block, trainer: gluon.Trainer) -> list[int]:
    """Return the position in the network of each of the trainer's parameters.

    The trainer sorts its parameters by name, where dense10 comes before dense9. Names differ
    between processes, so the trainer's own order does too.
    """
    positions = {id(parameter): i for i, parameter in enumerate(net.collect_params().values())}
    return [positions[id(parameter)] for parameter in trainer._params]


def _restore_states(updater, arrays, header: dict, ctx, positions: list[int]) -> None:
    """Restore the optimizer's state of one device."""
    for key, present in header["states"].items():
        index = positions.index(int(key))
        parts = [
            nd.array(arrays[f"state-{key}-{j}"], ctx=ctx) if is_present else None
            for j, is_present in enumerate(present)
        ]
        updater.states[index] = parts[0] if key in header["single"] else tuple(parts)
        updater.states_synced[index] = True


def _read_arrays(path: Path | str, names: list[str] | None = None) -> dict[str, np.ndarray]:
    try:
        return read_npz(path, names)
    except (OSError, DamagedFileError) as error:
        raise ResumeError(
            f"{path} is not a resume file of logoflow, or cut ({error}). Delete it to start again."
        ) from error


def _read_header(path: Path | str) -> dict:
    try:
        header = json.loads(_read_arrays(path, ["header"])["header"].tobytes())
        stored_format = header.get("format")
    except (ValueError, AttributeError) as error:
        if isinstance(error, ResumeError):
            raise
        raise ResumeError(
            f"{path} is not a resume file of logoflow ({error}). Delete it to start again."
        ) from error
    if stored_format != FORMAT:
        raise ResumeError(f"{path} has an unknown format. Delete it to start again.")
    return header
