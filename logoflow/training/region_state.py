"""The state of a training on regions, from which a killed run continues."""

import random
from pathlib import Path
from typing import Any

from mxnet import gluon

from logoflow.training.averaging import WeightAverage
from logoflow.training.checkpoint import load_state, read_run_state
from logoflow.training.early_stopping import EarlyStopping


def region_state(
    step: int,
    history: dict[str, list],
    order: list[int],
    random_state: tuple,
    early_stopping: EarlyStopping | None,
) -> dict[str, Any]:
    """Collect what a training needs to continue, besides weights, as values that JSON can hold.

    Parameters
    ----------
    step : int
        Number of finished steps.
    history : dict of str to list
    order : list of int
        Positions of the photos that come next.
    random_state : tuple
        State of the generator of patches.
    early_stopping : EarlyStopping or None

    Returns
    -------
    dict of str to object
    """
    return {
        "step": step,
        "history": history,
        "order": order,
        "random": random_state,
        "early_stopping": early_stopping and early_stopping.state(),
    }


def restore_region_state(
    path: Path,
    net: gluon.HybridBlock,
    trainer: gluon.Trainer,
    average: WeightAverage,
    history: dict[str, list],
    order: list[int],
    generator: random.Random,
    early_stopping: EarlyStopping | None,
) -> int:
    """Restore a training from its resume file.

    Parameters
    ----------
    path : Path
        The resume file.
    net, trainer, average, history, order, generator, early_stopping
        They are changed in place.

    Returns
    -------
    int
        Number of finished steps.
    """
    run_state = read_run_state(path)
    load_state(path, net, trainer, average)
    history.update(run_state["history"])
    order.extend(run_state["order"])
    version, values, gauss = run_state["random"]
    generator.setstate((version, tuple(values), gauss))
    if early_stopping is not None:
        early_stopping.restore(run_state["early_stopping"])
    return run_state["step"]
