"""Saving while the disk fills: the earlier or the new model must be whole each time."""

import random
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import logoflow as lf  # before mxnet

import mxnet as mx  # isort: skip
import numpy as np  # isort: skip

from reliability_models import CLASSES, SIDE, make_index, photo

from logoflow.inference.matching import LogoMatcher
from logoflow.loading.augment import make_augs


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes. The kernel then fails the write."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


def make_classifier(seed: int) -> lf.LogoClassifier:
    """Make a small classifier that knows logos."""
    mx.random.seed(seed)
    net = lf.lenet5(3)
    net.initialize(mx.init.Xavier())
    augs = make_augs("logoflow", net, statistics=([127] * 3, [60] * 3), image_size=SIDE)[1]
    matcher = LogoMatcher(make_index(seed))
    classifier = lf.LogoClassifier(net, CLASSES, augs, {"seed": seed}, matcher=matcher)
    classifier.predict(photo(0))  # fixes the shapes
    return classifier


def full_disk(count: int, seed: int, folder: Path) -> list[str]:
    """Save a model over another at points at which the disk is full."""
    draw, wrong = random.Random(seed), []
    classifiers = {number: make_classifier(number) for number in (1, 2)}
    scores = {number: one.scores(photo(0)) for number, one in classifiers.items()}
    model = folder / "model"
    largest = max(path.stat().st_size for path in classifiers[1].save(model).iterdir())
    saved = 1
    # The last bytes are where MXNet's own writer would not notice.
    points = [largest - 1 - draw.randrange(5000) for _ in range(count // 2)]
    points += [draw.randrange(largest) for _ in range(count - count // 2)]
    for size in points:
        try:
            with room_for(size):
                classifiers[3 - saved].save(model)
            wrong.append(f"{size} bytes: the save of {largest} bytes did not fail")
        except OSError:
            pass
        again = lf.LogoClassifier.load(model)
        number = again.metadata["seed"]
        if not np.array_equal(again.scores(photo(0)), scores[number]):
            wrong.append(f"{size} bytes: the model is neither the earlier one nor the new one")
        if len(list(model.iterdir())) != 3:
            wrong.append(f"{size} bytes: {sorted(path.name for path in model.iterdir())} are left")
        saved = number
        if draw.random() < 0.3:  # and then there is room again
            saved = 3 - saved
            classifiers[saved].save(model)
    return wrong
