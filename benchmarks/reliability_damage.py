"""Cut, empty or alter files of logoflow: each damage is noticed, or has no effect."""

import random
import shutil
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import logoflow as lf  # before mxnet

import cv2  # isort: skip
import mxnet as mx  # isort: skip
import pyarrow as pa  # isort: skip
from mxnet import gluon  # isort: skip

from reliability_disk import make_classifier
from reliability_models import photo

from logoflow.datasets.extract import extract
from logoflow.errors import ArchiveError
from logoflow.loading.photo_cache import cache_photos
from logoflow.training.averaging import WeightAverage
from logoflow.training.checkpoint import load_state, read_run_state, save_state
from logoflow.web.bulk.shards import Answer, answers_of, check_settings, read_shard, write_shard

Reader = Callable[[], object]


def _photo_cache(folder: Path) -> tuple[Path, Reader]:
    paths = [folder / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), photo(number))
    cache_photos(paths, folder / "cache", "train")
    (cache,) = (folder / "cache").glob("*.photos")

    def read() -> object:
        cached = cache_photos(paths, folder / "cache", "train")
        return [cached.read(path)[0].tolist() for path in paths]

    return cache, read


def _resume_file(folder: Path) -> tuple[Path, Reader]:
    net = gluon.nn.Dense(3, in_units=4)
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "adam", kvstore=None)
    with mx.autograd.record():
        loss = net(mx.nd.ones((2, 4))).sum()
    loss.backward()
    trainer.step(2)
    average = WeightAverage(net, 0.9)
    path = folder / "run.resume.npz"
    save_state(path, net, trainer, average, {"epoch": 3})

    def read() -> object:
        state = read_run_state(path)
        load_state(path, net, trainer, average)
        return state, net.weight.data().asnumpy().tolist()

    return path, read


def _shard(folder: Path) -> tuple[Path, Reader]:
    part = pa.table({"url": ["http://a/1", "http://a/2"]})
    answers = [Answer("ok", None, "acme", 0.5), Answer("timeout", "too late", seconds=20.0)]
    write_shard(folder, 0, part, answers, "model-1")
    path = folder / "part-000000.parquet"
    return path, lambda: answers_of(read_shard(path))


def _settings(folder: Path) -> tuple[Path, Reader]:
    check_settings(folder, {"model": "a", "level": "whole"})
    path = folder / "_settings.json"
    _shard(folder)
    return path, lambda: check_settings(folder, {"model": "a", "level": "whole"})


def _model(folder: Path) -> tuple[Path, Reader]:
    model = make_classifier(1).save(folder / "model")
    path = random.Random(str(folder)).choice(sorted(model.iterdir()))
    return path, lambda: lf.LogoClassifier.load(model).predict(photo(0)).to_dict()


KINDS = (_photo_cache, _resume_file, _shard, _settings, _model)


def _damaged(content: bytes, draw: random.Random) -> bytes:
    kind = draw.randrange(4)
    if kind == 0:
        return content[: draw.randrange(len(content))]
    if kind == 1:
        return draw.choice((b"", bytes(len(content))))
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 4))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def damaged_files(count: int, seed: int, folder: Path) -> list[str]:
    """Damage files. An error must name each file, or the file must read as before the damage."""
    wrong: list[str] = []
    made = []
    for kind in KINDS:
        (folder / kind.__name__).mkdir()
        path, read = kind(folder / kind.__name__)
        made.append((kind.__name__, path, read, path.read_bytes(), read()))
    for number in range(count):
        draw = random.Random(f"{seed} {number}")
        name, path, read, content, right = draw.choice(made)
        path.write_bytes(_damaged(content, draw))
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            try:
                if read() != right:
                    wrong.append(f"{number}: {name}: the damage went unnoticed")
            except (lf.LogoflowError, ValueError) as error:
                if path.name not in str(error) and path.parent.name not in str(error):
                    wrong.append(f"{number}: {name}: not named: {error}")
            except Exception as error:
                wrong.append(f"{number}: {name}: {type(error).__name__}: {error}")
        path.write_bytes(content)
    return wrong


def damaged_archives(count: int, seed: int, folder: Path) -> list[str]:
    """Extract damaged archives. Each gives files inside its folder or an ArchiveError."""
    (folder / "in").mkdir()
    for number in range(3):
        (folder / "in" / f"{number}-{'long' * 40}.txt").write_text(str(number) * 2000)
    contents = []
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "in").iterdir()):
            archive.write(path, f"set/{path.name}")
    contents.append((folder / "a.zip").read_bytes())
    for mode in ("w", "w:gz", "w:xz", "w:bz2"):
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            with tarfile.open(folder / "a.tar", mode, format=form) as tar:
                tar.add(folder / "in", "set")
            contents.append((folder / "a.tar").read_bytes())
    wrong = []
    for number in range(count):
        draw = random.Random(f"{seed} {number}")
        (folder / "damaged").write_bytes(_damaged(draw.choice(contents), draw))
        try:
            extract(folder / "damaged", folder / "work" / "out")
        except ArchiveError:
            pass
        except Exception as error:
            wrong.append(f"{number}: {type(error).__name__}: {error}")
        if {path.name for path in (folder / "work").iterdir()} - {"out"}:
            wrong.append(f"{number}: files are left beside the folder")
        shutil.rmtree(folder / "work")
    return wrong
