"""Folders of models that a stranger altered: each must load and answer, or be refused."""

import json
import os
import random
import resource
import select
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import logoflow as lf  # before mxnet
from logoflow.utils.files import sha256_of

import mxnet as mx  # isort: skip
import numpy as np  # isort: skip

from logoflow.inference.int8 import quantize
from logoflow.inference.logo_index import LogoIndex
from logoflow.inference.matching import LogoMatcher
from logoflow.loading.augment import make_augs
from logoflow.models.build import build_net

CLASSES = ("acme", "zeta", "no-logo")
SIDE = 64  # pixels
MAX_BYTES = 1 << 30
MAX_SECONDS = 10.0  # of a core, so that a busy machine does not count
ADDRESS_SPACE = 24 << 30  # of the process that loads the models, so that it cannot fill the machine
NASTY_VALUES = (
    None, True, -1, 0, 1, 2**31, 2**63, 10**400, 1.5, -1e308, "", "x", "\0", "../../x", [], {},
    [[]], "_Native", "regions", "(0, 0)", "(99999, 99999)", "nan", "-1", "99999999999",
)  # fmt: skip
OPERATORS = (
    "_Native", "_NDArray", "Custom", "_CustomFunction", "_zeros", "Reshape", "Embedding", "take",
    "null", "Convolution", "BatchNorm", "_sg_mkldnn_conv", "_contrib_quantize_v2", "RNN",
    "_contrib_quantized_conv", "_contrib_dequantize", "Pooling", "_cond", "_foreach",
)  # fmt: skip


def photo(seed: int) -> np.ndarray:
    """Make a photo of random blocks."""
    blocks = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((10, 10, 1), np.uint8))


def make_index(seed: int) -> LogoIndex:
    """Make an index of three logos, of random features."""
    rng = np.random.default_rng(seed)
    features = 40
    return LogoIndex(
        rng.integers(0, 255, (features, 128), dtype=np.uint8),
        rng.uniform(0, 300, (features, 2)).astype(np.float32),
        (np.arange(features, dtype=np.int32) // 10) - 1,
        np.array([0, 1, 1], np.int32),
    )


def make_models(folder: Path, *, short: bool) -> list[Path]:
    """Save models to alter: with a graph, with logos, and with decisions."""
    mx.random.seed(0)
    index, folders = make_index(0), []
    for backbone in ("lenet5",) if short else ("lenet5", "mobilenetv2_0.25", "logo_lite0"):
        net = lf.lenet5(3) if backbone == "lenet5" else build_net(backbone, 3)
        net.initialize(mx.init.Xavier())
        augs = make_augs("logoflow", net, statistics=([127] * 3, [60] * 3), image_size=SIDE)[1]
        matcher = LogoMatcher(index)
        classifier = lf.LogoClassifier(net, CLASSES, augs, matcher=matcher)
        photos = [photo(seed) for seed in range(16)]
        classifier.calibrate(photos, [0, 1, 2, 2] * 4, levels=["windows", "whole"])
        folders.append(classifier.save(folder / f"float-{backbone}"))
        folders.append(quantize(classifier, photos).save(folder / f"int8-{backbone}"))
    return folders


def altered_copy(source: Path, target: Path, draw: random.Random) -> str:
    """Copy a model with one part altered and its hashes renewed. Return what was altered."""
    target.mkdir()
    for path in source.iterdir():
        os.link(path, target / path.name)
    stored = json.loads((source / "classifier.json").read_text())
    keys = [key for key in ("weights", "graph", "logos") if key in stored]
    part = draw.choice([*keys, "graph" if "graph" in keys else "weights", "json"])
    if part == "json":
        text = _alter_json(json.dumps(stored), draw)
    else:
        original = target / stored[part]
        alter = draw.choice(ALTERATIONS[part])
        content = alter(original.read_bytes(), draw)
        original.unlink()
        part = f"{part} {alter.__name__}"
        new = target / stored[part.split()[0]]
        new.write_bytes(content)
        stored[part.split()[0] + "_sha256"] = sha256_of(new)
        text = json.dumps(stored)
    (target / "classifier.json").unlink()
    (target / "classifier.json").write_text(text, encoding="utf-8")
    return part


def _alter_json(text: str, draw: random.Random) -> str:
    """Replace a value of a JSON text, or some of its characters."""
    if draw.random() < 0.2:
        return _alter_bytes(text.encode(), draw).decode("latin-1")
    if draw.random() < 0.05:
        return "[" * 100_000
    content = json.loads(text)
    node: Any = content
    while True:
        key = draw.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], dict | list) or not node[key] or draw.random() < 0.1:
            break
        node = node[key]
    if draw.random() < 0.15:
        del node[key]
    else:
        node[key] = draw.choice(NASTY_VALUES)
    return json.dumps(content)


def _alter_bytes(content: bytes, draw: random.Random) -> bytes:
    altered = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 3, 20))):
        altered[draw.randrange(len(altered))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, 0x30, 0x22))
    return bytes(altered)


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def _alter_graph(content: bytes, draw: random.Random) -> bytes:
    """Alter the structure of a graph: an operator, an index, an attribute or a whole node."""
    graph = json.loads(content)
    nodes = graph["nodes"]
    steps = [node for node in nodes if node["op"] != "null"]
    inner = [one for node in steps for sub in node.get("subgraphs", []) for one in sub["nodes"]]
    node = draw.choice(draw.choice([steps, inner or steps]))
    kind = draw.randrange(8)
    if kind == 0:
        node["op"] = draw.choice(OPERATORS)
    elif kind == 1 and node["inputs"]:
        entry = draw.choice(node["inputs"])
        entry[draw.randrange(3)] = draw.choice((-1, 0, 1, 2, 3, len(nodes) - 1, len(nodes), 2**31))
    elif kind == 2 and node.get("attrs"):
        key = draw.choice(list(node["attrs"]))
        others = [value for one in [*steps, *inner] for value in one.get("attrs", {}).values()]
        values = [str(value) for value in NASTY_VALUES] + others
        node["attrs"][key] = draw.choice(values)
    elif kind == 3 and node.get("attrs"):
        del node["attrs"][draw.choice(list(node["attrs"]))]
    elif kind == 4:
        nodes.insert(draw.randrange(len(nodes)), draw.choice(nodes))
    elif kind == 5:
        del nodes[draw.randrange(len(nodes))]
    elif kind == 6 and node["inputs"]:
        draw.choice((node["inputs"].pop, lambda: node["inputs"].append(node["inputs"][0])))()
    else:
        graph["heads"] = [[draw.randrange(len(nodes)), draw.randrange(3), 0]]
    return json.dumps(graph).encode()


def _swap_graph_parts(content: bytes, draw: random.Random) -> bytes:
    """Give a step the input or the attributes of another step of the same operator."""
    nodes = json.loads(content)["nodes"]
    graph = {**json.loads(content), "nodes": nodes}
    steps = [node for node in nodes if node["op"] != "null"]
    first = draw.choice(steps)
    second = draw.choice([node for node in steps if node["op"] == first["op"]])
    part = draw.choice([key for key in ("inputs", "attrs", "subgraphs") if key in first])
    first[part], second[part] = second.get(part, []), first[part]
    return json.dumps(graph).encode()


def _alter_params_header(content: bytes, draw: random.Random) -> bytes:
    """Alter a byte of the list's header, or of the header of the first array."""
    altered = bytearray(content)
    altered[draw.randrange(72)] = draw.randrange(256)
    return bytes(altered)


def _announce_params(content: bytes, draw: random.Random) -> bytes:
    """Announce a huge number in a header: of arrays, of dimensions, of values."""
    altered = bytearray(content)
    struct.pack_into(
        "<I",
        altered,
        draw.choice((16, 20, 32, 36, 40, 44)),
        draw.choice((2**31 - 1, 2**32 - 1, 255, 2**24)),
    )
    return bytes(altered)


def _bomb(content: bytes, draw: random.Random) -> bytes:
    """Let an array announce 8 GB of zeros, and hold 1 or 64 MB of them."""
    path = Path(f"/dev/shm/logoflow-bomb-{os.getpid()}.npz")
    header = str({"descr": "|u1", "fortran_order": False, "shape": (1 << 26, 128)}).encode()
    header += b" " * (117 - len(header)) + b"\n"
    try:
        path.write_bytes(content)
        with zipfile.ZipFile(path) as archive:
            others = {name: archive.read(name) for name in archive.namelist()[1:]}
            first = archive.namelist()[0]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open(first, "w", force_zip64=True) as file:
                file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
                for _ in range(draw.choice((1, 64))):
                    file.write(bytes(1 << 20))
            for name, other in others.items():
                archive.writestr(name, other)
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _alter_array(content: bytes, draw: random.Random) -> bytes:
    """Replace values, the type or the shape of an array of the known logos."""
    path = Path(f"/dev/shm/logoflow-array-{os.getpid()}.npz")
    try:
        path.write_bytes(content)
        with np.load(path) as stored:
            arrays = dict(stored)
        name = draw.choice(list(arrays))
        array = arrays[name].copy()
        kind = draw.randrange(4)
        if kind == 0:
            array.flat[draw.randrange(array.size)] = np.int64(draw.choice((-2, 99))).astype(
                array.dtype
            )
        elif kind == 1:
            array = array.astype(draw.choice(("float64", "int8", "U3", "complex64")))
        elif kind == 2:
            array = array[: draw.randrange(len(array))]
        else:
            array = array[None]
        arrays[name] = array
        np.savez_compressed(path, **arrays)
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _alter_text(content: bytes, draw: random.Random) -> bytes:
    return _alter_json(content.decode(), draw).encode()


Alteration = Callable[[bytes, random.Random], bytes]
ALTERATIONS: dict[str, list[Alteration]] = {
    "graph": [_alter_graph, _alter_graph, _alter_graph, _swap_graph_parts, _alter_text, _cut],
    "weights": [_alter_params_header, _announce_params, _alter_bytes, _cut],
    "logos": [_bomb, _alter_array, _alter_array, _alter_bytes, _cut],
}


class Loader:
    """A process that loads models and says what happened. Another replaces it if it dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None

    def try_model(self, folder: Path) -> dict:
        """Load a model and classify photos with it."""
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, __file__]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._answer(600)  # ready
        self.process.stdin.write(f"{folder}\n".encode())
        self.process.stdin.flush()
        return self._answer(300)

    def _answer(self, seconds: float) -> dict:
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            self.close()
            return {"outcome": f"no answer within {seconds:.0f} s"}
        line = self.process.stdout.readline()
        if not line:
            return {"outcome": f"crash, exit code {self.process.wait()}"}
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def serve() -> None:
    """Load the models whose folders come on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # MXNet prints to standard output
    photos = [photo(1), photo(2)]
    print(json.dumps({"outcome": "ready"}), file=answers, flush=True)
    for line in sys.stdin:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of memory
        start = time.process_time()
        try:
            classifier = lf.LogoClassifier.load(line.strip())
            classifier.predict(photos)
            outcome = "answers"
        except lf.ClassifierError:
            outcome = "refused"
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"[:300]
        seconds = time.process_time() - start
        peak = next(
            int(row.split()[1]) << 10
            for row in Path("/proc/self/status").read_text().splitlines()
            if row.startswith("VmHWM")
        )
        answer = {"outcome": outcome, "seconds": seconds, "bytes": peak}
        print(json.dumps(answer), file=answers, flush=True)


def strange_models(count: int, seed: int, folder: Path, *, short: bool = False) -> list[str]:
    """Load altered models in a process of their own. Return those that did harm."""
    models, loader, wrong, refused = make_models(folder, short=short), Loader(), [], 0
    try:
        for model in models:
            if (outcome := loader.try_model(model)["outcome"]) != "answers":
                wrong.append(f"{model.name}, not altered: {outcome}")
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            model, target = draw.choice(models), folder / "altered"
            part = altered_copy(model, target, draw)
            answer = loader.try_model(target)
            refused += answer["outcome"] == "refused"
            harmless = answer["outcome"] in ("answers", "refused")
            if not (harmless and answer["bytes"] < MAX_BYTES and answer["seconds"] < MAX_SECONDS):
                wrong.append(f"{number}: {model.name}, {part}: {answer}")
            shutil.rmtree(target)
    finally:
        loader.close()
    if refused < count / 4:
        wrong.append(f"only {refused} of {count} altered models were refused")
    return wrong


if __name__ == "__main__":
    serve()
