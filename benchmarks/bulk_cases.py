"""The cases of bulk.py. Each runs in a process of its own and prints one number as JSON."""

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
PHOTOS = 160  # each with different bytes
LEVEL = "windows"  # the default of classifiers of `fit`, fourteen windows a photo


@contextmanager
def serving(folder: Path, delay: float = 0.0) -> Iterator[str]:
    """Serve the files in a folder from a process of its own, and yield the address."""
    command = [sys.executable, str(HERE / "bulk_server.py"), str(folder), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def photos(folder: Path, count: int, side: int = 500) -> list[Path]:
    """Write photos of the sample as JPEGs of `side` pixels, no two of them equal."""
    import cv2

    import logoflow as lf

    root, written = lf.prepare_root(), []
    paths = [
        path
        for split in ("val_data", "test_data", "train_data")
        for path, _ in lf.photos_of(root, split)
    ]
    for number in range(count):
        image = cv2.imread(str(paths[number % len(paths)]))
        image = cv2.resize(image, (side, round(side * 0.75)), interpolation=cv2.INTER_AREA)
        image[0, 0] = number % 256, number // 256, 0
        written.append(folder / f"{number}.jpg")
        cv2.imwrite(str(written[-1]), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return written


def classifier() -> object:
    """Return EfficientNet-Lite0 with ImageNet's classes, at 224 pixels."""
    import logoflow as lf
    from logoflow.loading.augment import make_augs
    from logoflow.models.backbones.registry import pretrained_net

    net = pretrained_net("efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=224)[1]
    return lf.LogoClassifier(net, [str(number) for number in range(1000)], augs)


def in_memory() -> float:
    """Return photos per second of `predict` on encoded photos in memory."""
    with tempfile.TemporaryDirectory() as folder:
        contents = [path.read_bytes() for path in photos(Path(folder), PHOTOS)]
    model = classifier()
    model.predict(contents[:32], level=LEVEL)
    start = time.perf_counter()
    model.predict(contents, level=LEVEL)
    return len(contents) / (time.perf_counter() - start)


def rate(delay: float) -> float:
    """Return URLs per second of one worker with all cores, which fetches 64 pictures at once."""
    return bulk_rate(PHOTOS, delay, 1, None, per_host=64, threads=64)


def workers(count: int) -> float:
    """Return URLs per second of several workers with one thread each."""
    return bulk_rate(256, 0.0, count, 1)  # 16 parts, so 8 for each of two workers


def bulk_rate(number: int, delay: float, count: int, cores: int | None, **options: int) -> float:
    """Return URLs per second, once the workers have started and warmed up."""
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
            summary = lf.classify_urls(urls, model, f"{folder}/out", **options)
            seconds = time.perf_counter() - start
        assert summary.statuses == {"ok": len(urls)}, summary
    return len(urls) / seconds


class Stub:
    """A classifier that costs nothing."""

    name = "stub"

    def predict(self, pictures, level=None, batch_size=32, top_k=3):
        import pandas as pd

        rows = [("a", 0.5, [("a", 0.5)]) for _ in pictures]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])


def memory(count: int) -> float:
    """Return the peak memory of client and worker together in bytes."""
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
            summary = lf.classify_urls(urls, Stub(), f"{folder}/out", **options)
            assert summary.statuses == {"ok": count}
            (worker,) = client.run(peak).values()  # workers have our sys.path, so they find `peak`
    return peak() + worker


def kills(count: int, times: int) -> float:
    """Count rows that are lost, repeated or unanswered after kills of a worker or the client."""
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
                workers = [
                    child.pid for child in children if "spawn_main" in " ".join(child.cmdline())
                ]
                if draw.random() < 0.3 or not workers:
                    client.kill()
                    client.wait()
                    client = start_client(base, count, out)
                else:
                    os.kill(draw.choice(workers), signal.SIGKILL)
                killed += 1
            assert client.returncode == 0
            assert killed == times, f"the run ended after {killed} kills"
        answers = pd.read_parquet(out)
        pairs = zip(answers.url, urls_of(base, count), strict=False)
        misplaced = sum(url != expected for url, expected in pairs)
    return float(abs(len(answers) - count) + misplaced + (answers.status != "ok").sum())


def start_client(base: str, count: int, out: Path) -> subprocess.Popen:
    arguments = [json.dumps(argument) for argument in (base, count, str(out))]
    return subprocess.Popen([sys.executable, __file__, "client", *arguments])


def client(base: str, count: int, out: str) -> float:
    """Classify the URLs. This is the process that `kills` kills."""
    import logoflow as lf

    options = {"allow_private": True, "rows_per_shard": 50, "threads": 4}
    return lf.classify_urls(urls_of(base, count), Stub(), out, **options).rows


def urls_of(base: str, count: int) -> list[str]:
    return [f"{base}/{number % 500}.jpg?{number}" for number in range(count)]


CASES = {case.__name__: case for case in (in_memory, rate, workers, memory, kills, client)}


def main() -> None:
    name, *arguments = sys.argv[1:]
    print(json.dumps(CASES[name](*map(json.loads, arguments))))


if __name__ == "__main__":
    main()
