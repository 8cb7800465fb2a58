"""Measure `logoflow serve`: its rate and memory under load, and its answers to hostile bodies.

    python benchmarks/service.py

The service runs in a process of its own, as `logoflow serve MODEL` starts it. A classifier learns
the brands of FlickrLogos-27, unless --model names a saved one. Eight clients send photos over kept
connections for 30 seconds. Before and after, `predict` answers for the same photos; the mean of the
two rates counts. Then 200 hostile bodies follow, eight at a time.
"""

import argparse
import http.client
import json
import multiprocessing
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil
from exported import real_photos, trained
from large_pictures import png_of_size
from reliability_pictures import encoded
from small import SHARED

import logoflow as lf

COMMAND = [sys.executable, "-m", "logoflow", "serve"]
CLIENTS = 8
PREDICT_SECONDS = 10
TYPES = ("image/jpeg", "application/json", "multipart/form-data; boundary=x", "text/html", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0, 1 if a bar is missed, or 2 if photos are missing."""
    options = parser().parse_args(arguments)
    try:
        photos = [path.read_bytes() for path in real_photos(options)]
        classifier = lf.LogoClassifier.load(options.model) if options.model else trained(options)
    except (FileNotFoundError, lf.ClassifierError) as error:
        print(error, file=sys.stderr)
        return 2
    model = classifier.save(options.work / "model")
    before = predict_rate(classifier, photos)
    with subprocess.Popen([*COMMAND, str(model), "--port", "0"], stdout=subprocess.PIPE) as server:
        try:
            port = int(server.stdout.readline().rsplit(b":", 1)[1].split(b"/")[0])
            load = under_load(server.pid, port, photos, options.seconds)
            hostile = under_attack(port, photos[0], options.hostile)
        finally:
            server.terminate()
    rate = (before + predict_rate(classifier, photos)) / 2
    load["share of predict's rate"] = load["photos per second"] / rate
    print(pd.Series({"predict, photos per second": rate, **load}).round(3).to_string())
    print(pd.Series(hostile).to_string())
    return int(not hostile["still answering"] or hostile["other than 4xx"] > 0)


def predict_rate(classifier: lf.LogoClassifier, photos: Sequence[bytes]) -> float:
    """Measure how many photos `predict` answers for in a second."""
    classifier.predict(photos[:32], level="whole")
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < PREDICT_SECONDS:
        done += len(classifier.predict(photos, level="whole"))
    return done / (time.perf_counter() - start)


def under_load(pid: int, port: int, photos: Sequence[bytes], seconds: float) -> dict[str, float]:
    """Send photos from several clients, and watch the memory of the service."""
    context = multiprocessing.get_context("spawn")
    send_all(port, photos, 2)  # the memory of a cold service grows
    memory = [psutil.Process(pid).memory_info().rss / 1e6]
    with context.Pool(1) as pool:
        sending = pool.apply_async(send_all, (port, photos, seconds))
        while not sending.ready():
            time.sleep(1)
            memory.append(psutil.Process(pid).memory_info().rss / 1e6)
        statuses = sending.get()
    half = len(memory) // 2
    return {
        "photos per second": statuses[200] / seconds,
        "answers 5xx": sum(count for status, count in statuses.items() if status >= 500),
        "other answers than 200": sum(statuses.values()) - statuses[200],
        "memory at the start, MB": memory[0],
        "largest memory in the first half, MB": max(memory[:half]),
        "largest memory in the second half, MB": max(memory[half:]),
    }


def send_all(port: int, photos: Sequence[bytes], seconds: float) -> Counter[int]:
    """Send photos from several threads, and count the statuses."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        starts = range(0, len(photos), max(1, len(photos) // CLIENTS))
        counts = pool.map(
            lambda start: send_one_by_one(port, photos, start, seconds), list(starts)[:CLIENTS]
        )
        return sum(counts, Counter())


def send_one_by_one(port: int, photos: Sequence[bytes], start: int, seconds: float) -> Counter[int]:
    """Send photos over one connection, each after the answer for the one before."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.request("POST", "/predict", photos[start % len(photos)])
        response = connection.getresponse()
        json.loads(response.read())
        statuses[response.status] += 1
        start += 1
    connection.close()
    return statuses


def under_attack(port: int, photo: bytes, count: int) -> dict[str, object]:
    """Send hostile bodies, then a photo."""
    kinds = [number % len(ATTACKS) for number in range(count)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = Counter(pool.map(lambda job: attack(port, photo, *job), enumerate(kinds)))
    good = send_one_by_one(port, [photo], 0, 1)
    return {
        "hostile bodies": count,
        "their answers": dict(sorted(statuses.items())),
        "other than 4xx": sum(n for status, n in statuses.items() if not 400 <= status < 500),
        "still answering": set(good) == {200},
    }


def attack(port: int, photo: bytes, seed: int, kind: int) -> int:
    """Send a hostile body, and return the status of the answer; 0 if there is none."""
    body, headers = ATTACKS[kind](photo, random.Random(seed))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.putrequest("POST", "/predict")
        for name, value in headers.items():
            connection.putheader(name, value)
        if not {"Content-Length", "Transfer-Encoding"} & set(headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        try:
            for start in range(0, len(body), 1 << 16):
                connection.send(body[start : start + (1 << 16)])
        except OSError:
            pass  # refused before all was sent: the answer is there
        response = connection.getresponse()
        is_sentence = len(json.loads(response.read())["error"]) > 10
        return response.status if is_sentence else 0
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _cut(photo: bytes, rng: random.Random) -> tuple:
    return photo[: rng.randrange(20, len(photo) // 2)], {}


def _huge(_: bytes, rng: random.Random) -> tuple:
    length = rng.choice([20_000_001, 40_000_000])
    return bytes(min(length, 1 << 24)), {"Content-Length": str(length)}


def _endless(_: bytes, rng: random.Random) -> tuple:
    chunk = b"10000\r\n" + rng.randbytes(0x10000) + b"\r\n"
    return chunk * 400, {"Transfer-Encoding": "chunked"}


def _bomb(_: bytes, rng: random.Random) -> tuple:
    return png_of_size(rng.randrange(8_000, 30_000), 20_000), {}


def _broken_header(_: bytes, rng: random.Random) -> tuple:
    content = bytearray(encoded(rng.choice(["JPEG", "PNG", "WEBP", "GIF", "TIFF"])))
    content[8:40] = rng.randbytes(32)
    return bytes(content), {}


def _noise(_: bytes, rng: random.Random) -> tuple:
    return rng.randbytes(rng.randrange(1, 100_000)), {"Content-Type": rng.choice(TYPES)}


def _wrong_type(photo: bytes, rng: random.Random) -> tuple:
    return photo, {"Content-Type": rng.choice(TYPES[1:3])}


def _json(_: bytes, rng: random.Random) -> tuple:
    urls = ("file:///etc/passwd", "http://127.0.0.1:1/", "http://169.254.169.254/", "x", "")
    bodies = [json.dumps({"url": url}) for url in urls]
    bodies += ["[" * 50_000, '{"urls": ' + "[" * 9, "null", json.dumps({"urls": ["x"] * 99})]
    return rng.choice(bodies).encode(), {"Content-Type": "application/json"}


def _form(_: bytes, rng: random.Random) -> tuple:
    part = b'--x\r\nContent-Disposition: form-data; name="a"'
    bodies = [part, part * 5_000, part + b"\r\n\r\n" + bytes(99), part + b'; filename="a"\r\n\r\n']
    return rng.choice(bodies), {"Content-Type": TYPES[2]}


def _slow(photo: bytes, rng: random.Random) -> tuple:
    return photo[:1], {"Content-Length": str(rng.randrange(2, 1 << 20))}


ATTACKS = (_cut, _huge, _endless, _bomb, _broken_header, _noise, _wrong_type, _json, _form, _slow)


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, help="folder of a saved classifier")
    add("--seconds", type=float, default=30, help="seconds of load (%(default)s)")
    add("--hostile", type=int, default=200, help="number of hostile bodies (%(default)s)")
    add("--photos", type=int, default=500, help="number of photos (%(default)s)")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add("--no-logo", type=Path, default=SHARED / "no_logo_photos", help="(%(default)s)")
    add("--work", type=Path, default=lf.runs_home() / "exported", help="folder for the photos")
    return parser


if __name__ == "__main__":
    sys.exit(main())
