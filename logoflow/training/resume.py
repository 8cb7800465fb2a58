"""Files of finished stages, from which a killed or interrupted `logoflow.fit` continues.

Inside a stage, `loop` (crops) and `region_steps` (regions) continue from the file of `checkpoint`.
"""

import hashlib
import json
import shutil
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon, nd

from logoflow.datasets.prepared import BOX_FILE, SPLITS, photos_of
from logoflow.inference.prototypes import Prototypes
from logoflow.training.checkpoint import read_run_state
from logoflow.training.plan import Plan
from logoflow.training.region_examples import Examples
from logoflow.training.region_head import RegionHead
from logoflow.utils.files import atomic_path, sha256_of

DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, mx.MXNetError)
"""Errors that reading a damaged file raises."""


@contextmanager
def work_folder(plan: Plan, interrupts: Sequence[str]) -> Iterator[Path]:
    """Provide the folder in which a call of `logoflow.fit` keeps its finished stages.

    Parameters
    ----------
    plan : Plan
        Without `resume_dir`, the folder is temporary.
    interrupts : sequence of str
        If it is empty at the end, the training is finished, and the folder is removed. Otherwise
        it stays for a later call.

    Yields
    ------
    Path
        The same folder for the same data set and settings.
    """
    if plan.resume_dir is None:
        with tempfile.TemporaryDirectory() as temporary_folder:
            yield Path(temporary_folder)
        return
    folder = plan.resume_dir / f"fit-{plan_key(plan)}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    if not interrupts:
        shutil.rmtree(folder, ignore_errors=True)


def plan_key(plan: Plan) -> str:
    """Compute a hash of the photos and settings that must be the same to continue.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    box_file = plan.root / BOX_FILE
    values = [
        photo_sizes(plan.root),
        sha256_of(box_file) if box_file.is_file() else None,
        {**asdict(plan.recipe), "name": None},
        plan.backbones,
        [str(level) for level in plan.levels],
        [plan.fine_tune, plan.num_epochs, plan.rounds, plan.image_size, plan.patience],
        [plan.use_no_logo, plan.use_boxes, plan.class_weights, plan.seed],
    ]
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:12]


def photo_sizes(root: Path | str) -> list[tuple[str, str, str, int]]:
    """List all photos of a data set: split, class, file name and size in bytes.

    Parameters
    ----------
    root : Path or str
        Folder of a prepared data set.

    Returns
    -------
    list of (str, str, str, int)
    """
    return [
        (split, path.parent.name, path.name, path.stat().st_size)
        for split in SPLITS
        for path, _ in photos_of(root, split)
    ]


def save_head(path: Path, head: RegionHead, output: gluon.nn.Dense) -> None:
    """Write a fitted output layer, and what `logoflow.fit` needs of its fit.

    Parameters
    ----------
    path : Path
        An ``.npz`` file.
    head : RegionHead
    output : Dense
        The fitted layer.
    """
    arrays = {f"examples-{name}": part for name, part in head.examples._asdict().items()}
    if head.prototypes is not None:
        arrays |= {f"prototypes-{name}": part for name, part in head.prototypes._asdict().items()}
    arrays |= {"strength": np.array(head.strength), "folds": np.array(head.folds)}
    arrays |= {"weight": output.weight.data().asnumpy(), "bias": output.bias.data().asnumpy()}
    with atomic_path(path) as tmp, open(tmp, "wb") as file:
        np.savez(file, **arrays)


def load_head(path: Path, output: gluon.nn.Dense) -> RegionHead | None:
    """Read what `save_head` wrote, and give the output layer its weights.

    Parameters
    ----------
    path : Path
    output : Dense
        It is changed, unless the result is None.

    Returns
    -------
    RegionHead or None
        None if there is no such file, or if it is damaged.

    Warns
    -----
    UserWarning
        If the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            examples = Examples(*(arrays[f"examples-{name}"] for name in Examples._fields))
            prototypes = None
            if "prototypes-labels" in arrays.files:
                prototypes = Prototypes(
                    *(arrays[f"prototypes-{name}"] for name in Prototypes._fields)
                )
            head = RegionHead(examples, float(arrays["strength"]), int(arrays["folds"]), prototypes)
            weight, bias = arrays["weight"], arrays["bias"]
    except DAMAGED as error:
        _ignore(path, error)
        return None
    output.weight.set_data(nd.array(weight))
    output.bias.set_data(nd.array(bias))
    return head


def drop_if_damaged(resume_path: Path, *others: Path) -> None:
    """Remove the state of a training if one of its files cannot be read.

    Parameters
    ----------
    resume_path : Path
        A file of `logoflow.training.checkpoint.save_state`.
    *others : Path
        JSON files that belong to it. They are removed if there is no such state.

    Warns
    -----
    UserWarning
        With the name of the file that cannot be read.
    """
    path = resume_path
    try:
        if resume_path.exists():
            best_epoch = read_run_state(resume_path).get("best_epoch", -1)
            with np.load(resume_path, allow_pickle=False) as arrays:
                for name in arrays.files:
                    arrays[name]
            if best_epoch >= 0:
                path = Path(f"{str(resume_path).removesuffix('.resume.npz')}-{best_epoch}.params")
                nd.load(str(path))
            for path in others:
                if path.exists():
                    json.loads(path.read_text(encoding="utf-8"))
    except DAMAGED as error:
        _ignore(path, error)
        resume_path.unlink(missing_ok=True)
    if not resume_path.exists():
        for path in others:
            path.unlink(missing_ok=True)


def _ignore(path: Path, error: Exception) -> None:
    warnings.warn(
        f"{path} is damaged ({type(error).__name__}), so fit does not continue from it and trains "
        "this stage again.",
        stacklevel=5,
    )
