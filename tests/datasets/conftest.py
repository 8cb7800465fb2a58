"""Small data sets in the published layouts, and a local web server that serves them."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch) -> Path:
    """Point the data home to an empty folder: no test touches the user's data."""
    monkeypatch.setenv("LOGOFLOW_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def draw():
    """Give a function that writes a small photo: ``draw(path, seed)``."""

    def draw(path: Path, seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(
            [seed, *path.parent.name.encode()]
        )  # no photo in two classes
        pixels = random.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return draw


@pytest.fixture
def serve(tmp_path):
    """Give a function that serves a folder over HTTP on loopback and returns its URL."""
    servers = []

    class Quiet(SimpleHTTPRequestHandler):
        requests = []

        def log_message(self, *args):
            self.requests.append(self.path)

    def serve(folder: Path, handler=Quiet) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    serve.handler = Quiet
    Quiet.requests.clear()
    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def flickrlogos32(tmp_path, draw) -> Path:
    """Write a data set in FlickrLogos-32's layout: two brands; masks spell HP as hp."""
    base = tmp_path / "FlickrLogos-v2"
    numbers = {"train": (1, 2), "val": (3, 4, 5), "test": (6, 7)}
    lists = {part: [] for part in numbers}
    for seed, brand in enumerate(("HP", "adidas", "no-logo")):
        for part, ids in numbers.items():
            for number in ids:
                name = f"classes/jpg/{brand}/{seed}{number}.jpg"
                lists.setdefault(f"{part} {brand}", []).append(name)
                draw(base / name, 10 * seed + number)
                if brand != "no-logo":
                    boxes = base / f"classes/masks/{brand.lower()}/{seed}{number}.jpg.bboxes.txt"
                    boxes.parent.mkdir(parents=True, exist_ok=True)
                    boxes.write_text(f"x y width height\n{number} 2 10 8\n")
    files = {
        "trainset": lists["train HP"] + lists["train adidas"],
        "valset-logosonly": lists["val HP"] + lists["val adidas"],
        "valset-nologos": lists["train no-logo"] + lists["val no-logo"],
        "testset": lists["test HP"] + lists["test adidas"] + lists["test no-logo"],
    }
    for name, lines in files.items():
        (base / f"{name}.relpaths.txt").write_text("\n".join(lines) + "\n")
    return base


@pytest.fixture
def brands(tmp_path, draw) -> Path:
    """Write a folder like a user's: ten photos each of two brands and of no-logo."""
    suffixes = ("jpg", "JPEG", "png", "webp", "bmp")
    for label in ("acme", "Zeta", "no-logo"):
        for number in range(10):
            draw(tmp_path / "brands" / label / f"{number}.{suffixes[number % 5]}", number)
    return tmp_path / "brands"
