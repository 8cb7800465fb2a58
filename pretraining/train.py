"""Train EfficientNet-Lite0 to tell brands apart on composed pictures.

From ImageNet's weights, as the first `logo_lite0` was made:

    python -m pretraining.train work/marks.npz PHOTOS work/first \
        --start efficientnet-lite0-57934424.pth --arithmetic tensorflow --device cuda

On from such weights with another arithmetic, while the features are kept close to a teacher's, as
the present `logo_lite0` was made:

    python -m pretraining.train work/marks.npz PHOTOS work/second \
        --start work/first/weights.npz --teacher work/first/weights.npz --device cuda

PHOTOS is a folder of photos without logos. The folder work/second gets the weights, every minute
and at the end, and half-time.npz.
"""

import argparse
import copy
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pretraining.backgrounds import read_tiles
from pretraining.compose import Composer
from pretraining.losses import Losses, class_directions, feature_spread
from pretraining.marks import read_marks
from pretraining.networks import (
    ARITHMETICS,
    EMBEDDING,
    FEATURES,
    PLAIN,
    TENSORFLOW,
    Weights,
    normalise,
    read_weights,
    write_weights,
)

PIXELS = 1024 * 128 * 128  # of a batch
SIZES, LATE_SIZES = (96, 128), (128, 160)  # sides of the pictures; the late ones from LATE on
LATE = 0.7  # share of the time
NETWORK_RATE, CLASS_RATE = 7e-4, 2e-3
WEIGHT_DECAY = 0.02
WARM_UP = 120  # steps
AVERAGING = 0.9985  # decay of the averaged weights for each step
MAX_GRADIENT = 5.0
REPORT_STEPS = 50
SAVE_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and write the weights."""
    options = parser().parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    tiles = read_tiles(options.photos)
    composer = Composer(read_marks(options.marks), tiles, options.device, options.seed)
    start = with_embedding(read_weights(options.start, options.arithmetic))
    teacher = None
    if options.teacher:
        teacher = read_weights(options.teacher, options.teacher_arithmetic)
    training = Training(composer, start, teacher, options)
    training.run(60 * options.minutes)
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("marks", type=Path, help="file that pretraining.artwork wrote")
    parser.add_argument("photos", type=Path, help="folder of photos without logos")
    parser.add_argument("output", type=Path, help="folder for the weights")
    parser.add_argument("--start", type=Path, required=True, help="weights to start from")
    parser.add_argument("--arithmetic", choices=ARITHMETICS, default=PLAIN)
    parser.add_argument("--teacher", type=Path, help="weights whose features are imitated")
    parser.add_argument("--teacher-arithmetic", choices=ARITHMETICS, default=TENSORFLOW)
    parser.add_argument("--minutes", type=float, default=9.0, help="time to train")
    parser.add_argument("--device", default="cpu", help='"cuda" for a GPU')
    parser.add_argument("--pixels", type=int, default=PIXELS, help="pixels of a batch")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="sides of pictures")
    parser.add_argument("--late-sizes", type=int, nargs="+", default=LATE_SIZES)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def with_embedding(weights: Weights) -> Weights:
    """Add a random embedding to weights that have none."""
    if weights.embedding is not None:
        return weights
    return weights._replace(embedding=torch.randn(EMBEDDING, FEATURES) / math.sqrt(FEATURES))


class Training:
    """A training with its optimizer and its averaged weights.

    Parameters
    ----------
    composer : Composer
        Composes the pictures.
    start : Weights
        Network to train.
    teacher : Weights, optional
        Network whose features and embedding are imitated. By default, the features of `start` are
        kept, on photos without a mark only.
    options : argparse.Namespace
        Options of the command line.
    """

    def __init__(self, composer, start: Weights, teacher: Weights | None, options):
        self.composer, self.options = composer, options
        self.device = torch.device(options.device)
        guide = teacher or Weights(copy.deepcopy(start.net), None)
        self.teacher = self.placed(guide.net).eval().requires_grad_(False)
        self.net = self.placed(start.net)
        self.averaged = copy.deepcopy(self.net).eval().requires_grad_(False)
        guide = guide._replace(net=self.teacher)
        if guide.embedding is not None:
            guide = guide._replace(embedding=guide.embedding.to(self.device))
        self.embedding = nn.Parameter(start.embedding.to(self.device))
        self.averaged_embedding = self.embedding.detach().clone()
        directions = class_directions(composer, guide, self.batch_size(options.sizes[0]), self.amp)
        self.classes = nn.Parameter(directions)
        spread = feature_spread(composer, guide, self.batch_size(options.sizes[0]), self.amp)
        self.losses = Losses(composer.brands, spread, guide.embedding)
        self.optimizer = self.make_optimizer()
        self.rng = np.random.default_rng(options.seed)

    def placed(self, net: nn.Module) -> nn.Module:
        """Move a network to the device, with the channels of a pixel side by side."""
        return net.to(self.device, memory_format=torch.channels_last)

    def amp(self) -> torch.autocast:
        """Calculate in bfloat16 on a GPU."""
        is_gpu = self.device.type == "cuda"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=is_gpu)

    def batch_size(self, size: int) -> tuple[int, int]:
        """Return how many pictures of a size fill a batch, and the size."""
        return max(8, self.options.pixels // size**2), size

    def make_optimizer(self) -> torch.optim.Optimizer:
        """Make AdamW. Normalisations and classes decay little or not at all."""
        kernels = [weight for weight in self.net.parameters() if weight.ndim > 1]
        scales = [weight for weight in self.net.parameters() if weight.ndim == 1]
        # A random embedding must learn as fast as the classes.
        rate = NETWORK_RATE if self.losses.is_distilling else CLASS_RATE
        groups = [
            {"params": kernels, "rate": NETWORK_RATE, "weight_decay": WEIGHT_DECAY},
            {"params": scales, "rate": NETWORK_RATE, "weight_decay": 0.0},
            {"params": [self.embedding], "rate": rate, "weight_decay": 0.0},
            {"params": [self.classes], "rate": CLASS_RATE, "weight_decay": 1e-4},
        ]
        return torch.optim.AdamW(groups, betas=(0.9, 0.98))

    def run(self, seconds: float) -> None:
        """Train for a time, and write the weights."""
        began = saved = time.monotonic()
        steps = pictures = 0
        is_half_time = False
        sums = torch.zeros(4, device=self.device)
        while (now := time.monotonic()) < began + seconds:
            progress = (now - began) / seconds
            sizes = self.options.late_sizes if progress > LATE else self.options.sizes
            count, size = self.batch_size(int(self.rng.choice(sizes)))
            sums += self.step(count, size, progress, steps)
            steps, pictures = steps + 1, pictures + count
            if steps % REPORT_STEPS == 0:
                report(now - began, steps, pictures, sums / REPORT_STEPS)
                sums.zero_()
            if progress > 0.5 and not is_half_time:
                self.save("half-time.npz")
                is_half_time = True
            if now - saved > SAVE_SECONDS:
                self.save("weights.npz")
                saved = now
        self.save("weights.npz")
        print(f"{steps} steps, {pictures} pictures, {time.monotonic() - began:.0f} s", flush=True)

    def step(self, count: int, size: int, progress: float, number: int) -> Tensor:
        """Take a step of the optimizer. Return the loss and what it consists of."""
        batch = self.composer.batch(count, size)
        pictures = normalise(batch.pictures).contiguous(memory_format=torch.channels_last)
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * learning_rate(progress, number)
        self.net.train()
        with self.amp():
            features = self.net(pictures)
            with torch.no_grad():
                shown = len(pictures) if self.losses.is_distilling else batch.plain
                guide = self.teacher(pictures[:shown])
        loss, facts = self.losses(
            features.float(), guide.float(), self.embedding, self.classes, batch, progress
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), MAX_GRADIENT)
        self.optimizer.step()
        self.average(min(AVERAGING, (1 + number) / (10 + number)))
        return facts

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the averaged weights a little towards the present ones."""
        present = self.net.state_dict()
        for name, averaged in self.averaged.state_dict().items():
            if averaged.is_floating_point():
                averaged.lerp_(present[name], 1 - decay)
        self.averaged_embedding.lerp_(self.embedding.detach(), 1 - decay)

    def save(self, name: str) -> None:
        """Write the averaged weights."""
        weights = Weights(self.averaged, self.averaged_embedding)
        write_weights(self.options.output / name, weights)


def learning_rate(progress: float, step: int) -> float:
    """Return the factor of the learning rates: a short rise, then a cosine down to almost 0."""
    rise = min(1.0, (step + 1) / WARM_UP)
    return rise * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress))) + 0.002


def report(seconds: float, steps: int, pictures: int, means: Tensor) -> None:
    """Print the means of the last steps."""
    classes, accuracy, features, cosine = means.tolist()
    if not math.isfinite(classes):
        raise FloatingPointError(f"the loss is {classes} after {steps} steps: use smaller rates.")
    print(
        f"{seconds:6.0f} s {steps:6d} steps {pictures / 1e6:6.2f} million pictures: "
        f"loss {classes:.3f}, right {accuracy:.3f}, features {features:.3f}, "
        f"embedding {cosine:.4f}",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
