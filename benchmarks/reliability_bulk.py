"""Bulk runs on this machine while pictures crash its workers and workers are killed."""

import os
import random
import signal
import threading
from pathlib import Path

import logoflow as lf  # before mxnet

import cv2  # isort: skip
import numpy as np  # isort: skip
import pandas as pd  # isort: skip
import psutil  # isort: skip

from bulk_cases import serving

ROWS_PER_SHARD = 50
COLOURS = 16  # different harmless pictures
WAIT = (1.0, 15.0)  # seconds between two kills: shortest, longest


class Mortal:
    """A classifier that a white picture kills together with its process."""

    name = "mortal"

    def predict(self, pictures, level=None, batch_size=32, top_k=3):
        for picture in pictures:
            if np.asarray(picture).min() > 250:
                os.kill(os.getpid(), signal.SIGKILL)
        rows = [("a", 0.5, [("a", 0.5)]) for _ in pictures]
        return pd.DataFrame(rows, columns=["brand", "probability", "top_k"])


def workers() -> list[psutil.Process]:
    """Return the Dask workers that this process has started."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:  # the process died in the meantime
            continue
    return found


def kill_workers(times: int, draw: random.Random, out: Path, ended: threading.Event) -> int:
    """Kill workers at random times, from the first shard on. Return the number of kills."""
    killed = 0
    while not list(out.glob("part-*.parquet")) and not ended.wait(0.5):
        pass
    while killed < times and not ended.wait(draw.uniform(*WAIT)):
        running = workers()
        if running:
            draw.choice(running).kill()
            killed += 1
    return killed


def poison_and_kills(
    count: int, seed: int, folder: Path, *, poison: int = 100, kills: int = 30
) -> list[str]:
    """Classify pictures of which some crash workers, and kill workers besides.

    Returns
    -------
    list of str
        Rows that are lost, doubled or wrong, and what else went wrong.
    """
    draw = random.Random(seed)
    deadly = set(draw.sample(range(count), poison))
    photos = folder / "photos"
    photos.mkdir()
    for colour in range(COLOURS):
        picture = np.full((24, 32, 3), 10 * colour, np.uint8)
        cv2.imwrite(str(photos / f"{colour}.png"), picture)
    cv2.imwrite(str(photos / "deadly.png"), np.full((24, 32, 3), 255, np.uint8))
    names = ["deadly" if row in deadly else str(row % COLOURS) for row in range(count)]
    killed: list[int] = []
    ended = threading.Event()
    killer = threading.Thread(
        target=lambda: killed.append(kill_workers(kills, draw, folder / "out", ended))
    )
    with serving(photos) as base:
        urls = [f"{base}/{name}.png?{row}" for row, name in enumerate(names)]
        options = {"allow_private": True, "rows_per_shard": ROWS_PER_SHARD, "per_host": 32}
        killer.start()
        try:
            lf.classify_urls(urls, Mortal(), folder / "out", **options)
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]
        finally:
            ended.set()
            killer.join()
    return _wrong_rows(pd.read_parquet(folder / "out"), urls, deadly, killed[0], kills)


def _wrong_rows(
    answers: pd.DataFrame, urls: list[str], deadly: set[int], killed: int, kills: int
) -> list[str]:
    """List the rows that are not as they should be."""
    wrong = [] if killed == kills else [f"the run ended after {killed} of {kills} kills"]
    counts = answers.url.value_counts()
    wrong += [f"lost: {url}" for url in urls if url not in counts]
    wrong += [f"doubled: {url}" for url, number in counts.items() if number > 1]
    if list(answers.url) != urls:
        return [*wrong, "the rows are in another order"]
    for row, status in enumerate(answers.status):
        expected = "crashed" if row in deadly else "ok"
        if status != expected:
            wrong.append(f"{urls[row]}: {status} instead of {expected}")
    return wrong
