"""What bulk.py measures, one case per process: prints one JSON line with a value."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

warnings.filterwarnings("ignore")
HERE = Path(__file__).resolve().parent
PHOTOS = 160  # other bytes each
LEVEL = "windows"  # as classifiers of `fit` look, fourteen windows a photo


@contextmanager
def serving(folder: Path, delay: float = 0.0) -> Iterator[str]:
    """A server in a process of its own, of the files in a folder; gives its address."""
    command = [sys.executable, str(HERE / "bulk_server.py"), str(folder), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def photos(folder: Path, count: int, side: int = 500) -> list[Path]:
    """The sample's photos as JPEGs of some pixels, no two the same."""
    import cv2

    import logoflow as lf

    root, found = lf.prepare_root(), []
    paths = [
        path
        for split in ("val_data", "test_data", "train_data")
        for path, _ in lf.photos_of(root, split)
    ]
    for number in range(count):
        image = cv2.imread(str(paths[number % len(paths)]))
        image = cv2.resize(image, (side, round(side * 0.75)), interpolation=cv2.INTER_AREA)
        image[0, 0] = number % 256, number // 256, 0
        found.append(folder / f"{number}.jpg")
        cv2.imwrite(str(found[-1]), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return found


def classifier() -> object:
    """EfficientNet-Lite0 with ImageNet's classes, 224 pixels."""
    import logoflow as lf
    from logoflow.loading.augment import make_augs
    from logoflow.models.backbones.registry import pretrained_net

    net = pretrained_net("efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=224)[1]
    return lf.LogoClassifier(net, [str(number) for number in range(1000)], augs)


def in_memory() -> float:
    """Photos per second of `predict` on encoded photos in memory."""
    with tempfile.TemporaryDirectory() as folder:
        contents = [path.read_bytes() for path in photos(Path(folder), PHOTOS)]
    model = classifier()
    model.predict(contents[:32], level=LEVEL)
    start = time.perf_counter()
    model.predict(contents, level=LEVEL)
    return len(contents) / (time.perf_counter() - start)


def rate(delay: float) -> float:
    """URLs per second of one worker with all cores, so many pictures on their way as it takes."""
    return bulk_rate(PHOTOS, delay, 1, None, per_host=64, threads=64)


def workers(count: int) -> float:
    """URLs per second of some workers with one thread each."""
    return bulk_rate(256, 0.0, count, 1)  # sixteen parts: eight for each of two


def bulk_rate(number: int, delay: float, count: int, cores: int | None, **options: int) -> float:
    """URLs per second, once the workers are there and warm."""
    import logoflow as lf  # before anything that imports mxnet
    from distributed import Client  # isort: skip
    from logoflow.web.bulk.dask_cluster import local_cluster

    model = classifier()
    options |= {"allow_private": True, "level": LEVEL}
    with tempfile.TemporaryDirectory() as folder:
        paths = photos(Path(folder), number)
        (Path(folder) / "warm").mkdir()
        early = photos(Path(folder) / "warm", 32, 496)
        with (
            serving(Path(folder), delay) as base,
            local_cluster(count, cores) as cluster,
            Client(cluster) as client,
        ):
            client.wait_for_workers(count)
            options |= {"cluster": client, "rows_per_shard": 16}
            warm = [f"{base}/warm/{path.name}" for path in early]
            lf.classify_urls(warm, model, f"{folder}/first", **options)
            urls = [f"{base}/{path.name}" for path in paths]
            start = time.perf_counter()
            found = lf.classify_urls(urls, model, f"{folder}/out", **options)
            spent = time.perf_counter() - start
        assert found.statuses == {"ok": len(urls)}, found
    return len(urls) / spent


class Stub:
    """Answers at no cost."""

    name = "stub"

    def predict(self, pictures, level=None, batch_size=32, top_k=3):
        import pandas as pd

        rows = [("a", 0.5, [("a", 0.5)]) for _ in pictures]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])


def memory(count: int) -> float:
    """Peak memory of client and worker together, bytes."""
    import logoflow as lf
    from distributed import Client  # isort: skip
    from speed_cases import peak

    from logoflow.web.bulk.dask_cluster import local_cluster

    with tempfile.TemporaryDirectory() as folder:
        photos(Path(folder), 500, 32)
        with (
            serving(Path(folder)) as base,
            local_cluster(1) as cluster,
            Client(cluster) as client,
        ):
            urls = (f"{base}/{number % 500}.jpg?{number}" for number in range(count))
            options = {"allow_private": True, "cluster": client, "per_host": 32}
            found = lf.classify_urls(urls, Stub(), f"{folder}/out", **options)
            assert found.statuses == {"ok": count}
            (worker,) = client.run(peak).values()  # workers find the module: sys.path is ours
    return peak() + worker


def kills(count: int, times: int) -> float:
    """Rows lost, doubled or without answer after so many kills, of a worker or the client."""
    import pandas as pd
    import psutil

    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        photos(Path(folder), 500, 32)
        out = Path(folder) / "out"
        with serving(Path(folder), 0.05) as base:
            killed, client = 0, start_client(base, count, out)
            while client.poll() is None:
                time.sleep(draw.uniform(2, 6))
                if killed == times or client.poll() is not None:
                    client.wait()
                    continue
                children = psutil.Process(client.pid).children(recursive=True)
                spawned = [one.pid for one in children if "spawn_main" in " ".join(one.cmdline())]
                if draw.random() < 0.3 or not spawned:
                    client.kill()
                    client.wait()
                    client = start_client(base, count, out)
                else:
                    os.kill(draw.choice(spawned), signal.SIGKILL)
                killed += 1
            assert client.returncode == 0
            assert killed == times, f"over after {killed} kills"
        found = pd.read_parquet(out)
        wanted = urls_of(base, count)
        rest = sum(given != url for given, url in zip(found.url, wanted, strict=False))
    return float(abs(len(found) - count) + rest + (found.status != "ok").sum())


def start_client(base: str, count: int, out: Path) -> subprocess.Popen:
    words = [json.dumps(word) for word in (base, count, str(out))]
    return subprocess.Popen([sys.executable, __file__, "client", *words])


def client(base: str, count: int, out: str) -> float:
    """The run that is killed."""
    import logoflow as lf

    options = {"allow_private": True, "rows_per_shard": 50, "threads": 4}
    return lf.classify_urls(urls_of(base, count), Stub(), out, **options).rows


def urls_of(base: str, count: int) -> list[str]:
    return [f"{base}/{number % 500}.jpg?{number}" for number in range(count)]


CASES = {f.__name__: f for f in (in_memory, rate, workers, memory, kills, client)}


def main() -> None:
    name, *words = sys.argv[1:]
    print(json.dumps(CASES[name](*map(json.loads, words))))


if __name__ == "__main__":
    main()
