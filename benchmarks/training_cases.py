"""The cases of training_speed.py. Each process runs one side and prints one number as JSON.

The code also runs with logoflow at 3d6a03e, so it uses only what both versions have. Seconds are
those of the clock, or with ``processor`` those of the processor with one thread. Seconds
of the processor hardly depend on what else runs on the machine.
"""

import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CLASSES, BATCH, SIDE, STEPS = 28, 32, 128, 6
PHOTOS_PER_EPOCH, OVERLAP_STEPS = 320, 20


def main() -> None:
    """Run the case that the first argument names, with the other arguments."""
    case, clock, *arguments = (sys.argv[1], *map(json.loads, sys.argv[2:]))
    if clock == "processor":
        os.environ["OMP_NUM_THREADS"] = "1"
    print(json.dumps(CASES[case](clock, *arguments)))


def clock_of(clock: str) -> Callable[[], float]:
    """Return the function that tells the time: of the processor, or of the clock."""
    return time.process_time if clock == "processor" else time.perf_counter


def step(clock: str, backbone: str, frozen: str) -> float:
    """Return the median seconds of a training step at 128 px, batch 32.

    `frozen` is ``"nothing"`` or ``"depthwise"``.
    """
    return median_seconds(make_step(backbone, frozen), clock)


def median_seconds(train_step: Callable[[], None], clock: str) -> float:
    """Measure a step after two steps that compile the network."""
    now, seconds = clock_of(clock), []
    for _ in range(2):
        train_step()
    for _ in range(STEPS):
        start = now()
        train_step()
        seconds.append(now() - start)
    return sorted(seconds)[STEPS // 2]


def make_step(backbone: str, frozen: str) -> Callable[[], None]:
    """Make a network and a function that trains it on one batch of noise."""
    import logoflow as lf  # before MXNet: it sets the number of threads
    from mxnet import autograd, gluon, nd  # isort: skip

    net = lf.finetune_net(CLASSES, backbone)
    for parameter in net.collect_params().values():
        if frozen == "depthwise" and len(parameter.shape) == 4 and parameter.shape[1] == 1:
            parameter.grad_req = "null"
    net.hybridize(static_alloc=True, static_shape=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9})
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    data = nd.random.normal(shape=(BATCH, 3, SIDE, SIDE))
    labels = nd.arange(BATCH) % CLASSES

    def train_step() -> None:
        with autograd.record():
            loss = loss_of(net(data), labels)
        loss.backward()
        trainer.step(BATCH)
        nd.waitall()

    return train_step


def pytorch_step(clock: str, frozen: str, compiled: bool) -> float:
    """Return the median seconds of the same step of EfficientNet-Lite0 in PyTorch, channels last.

    Dropout and dropped blocks are off, because the networks of logoflow have none.
    """
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    if clock == "processor":
        torch.set_num_threads(1)
    net = EfficientNet.from_name(
        "efficientnet-lite0", num_classes=CLASSES, dropout_rate=0, drop_connect_rate=0
    )
    net = net.train().to(memory_format=torch.channels_last)
    for weight in net.parameters():
        if frozen == "depthwise" and weight.dim() == 4 and weight.shape[1] == 1:
            weight.requires_grad_(False)
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=1e-3, momentum=0.9)
    forward = torch.compile(net) if compiled else net
    data = torch.randn(BATCH, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % CLASSES

    def train_step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(forward(data), labels).backward()
        optimizer.step()

    return median_seconds(train_step, clock)


def epoch(clock: str, backbone: str, root: str, freezes_depthwise: bool) -> float:
    """Return seconds per 320 photos of an epoch with the recipe "logoflow" at 160 px, loading too.

    Lower third frozen, crops around logos, all augmentations. The photos are cached before.
    """
    import logoflow as lf

    net = lf.finetune_net(CLASSES, backbone)
    recipe = lf.get_recipe("logoflow")
    lf.freeze_lower(net, recipe.frozen)
    if freezes_depthwise:
        from logoflow.models.freezing import freeze_depthwise

        freeze_depthwise(net)
    side = {"image_size" if freezes_depthwise else "size": 160}
    loader = next(iter(lf.make_loaders(Path(root), "logoflow", BATCH, net=net, **side)))
    photos = len(loader.dataset if freezes_depthwise else loader._dataset)
    now, ends = clock_of(clock), []
    with tempfile.TemporaryDirectory() as folder:
        lf.train(
            net,
            lf.default_ctx(),
            loader,
            [],
            None,
            BATCH,
            2,
            Path(folder) / "net",
            True,
            1e-3,
            1e-4,
            train_acc_in_passing=True,
            after_epoch=lambda number: ends.append(now()),
            quiet=True,
        )
    return (ends[1] - ends[0]) * PHOTOS_PER_EPOCH / photos


def overlap(clock: str, root: str) -> float:
    """Return the time of fine-tuning, divided by the time of its steps or its loading alone.

    The longer of these two times counts. 1 is the best: then the shorter one costs nothing.
    """
    import logoflow as lf  # before MXNet: it sets the number of threads
    import mxnet as mx  # isort: skip
    import random

    from logoflow.labels import no_logo_index
    from logoflow.loading.augment import make_augs
    from logoflow.recipes import get_recipe
    from logoflow.training import region_steps
    from logoflow.training.fit_regions import photos_with_boxes
    from logoflow.training.patch_batches import patch_batches

    root, recipe = Path(root), get_recipe("regions")
    no_logo = no_logo_index(lf.read_classes(root))
    photos = photos_with_boxes(root, ["train_data"], use_boxes=True)
    net = lf.finetune_net(CLASSES, "logo_lite0")
    _, augs = make_augs(recipe, net, image_size=160)
    now = clock_of(clock)

    def seconds_of(steps: int) -> float:
        start = now()
        region_steps.train_on_patches(
            net,
            photos,
            no_logo,
            recipe,
            num_steps=steps,
            augs=augs,
            ctx=mx.cpu(),
            seed=0,
            cache=root / ".cache",
        )
        return now() - start

    def rate(seconds: Callable[[int], float]) -> float:
        return (seconds(2 + OVERLAP_STEPS) - seconds(2)) / OVERLAP_STEPS

    seconds_of(2)  # compiles the network, and caches the photos
    whole = rate(seconds_of)
    batches = patch_batches(photos, no_logo, recipe, root / ".cache", random.Random(0))
    start = now()
    ready = [next(batches) for _ in range(OVERLAP_STEPS)]
    loading = (now() - start) / OVERLAP_STEPS
    region_steps.patch_batches = lambda *_: itertools.cycle(ready)
    return whole / max(rate(seconds_of), loading)


CASES = {"step": step, "epoch": epoch, "overlap": overlap, "pytorch_step": pytorch_step}

if __name__ == "__main__":
    main()
