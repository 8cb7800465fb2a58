"""Measure what frozen depthwise kernels change, on FlickrLogos-27.

    python benchmarks/depthwise.py --seeds 0 1 2

For each seed, `fit`'s output layer is fitted once. From there, two networks are fine-tuned on the
same patches: one with frozen depthwise kernels, one without. The choice is made on the validation
photos; the query photos are only reported. Results go to results/depthwise.json.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import logoflow as lf  # before NumPy: it sets the number of threads

# isort: split
import numpy as np
from accuracy import held_out_root
from mxnet import gluon
from scipy.special import softmax
from small import SHARED

from logoflow.labels import no_logo_index
from logoflow.loading.augment import make_augs
from logoflow.metrics.scores import auroc, brand_top1
from logoflow.models.finetune import finetune_net
from logoflow.recipes import get_recipe
from logoflow.training.fit import default_epochs
from logoflow.training.fit_regions import fit_region_head, photos_with_boxes, remember_logos
from logoflow.training.region_steps import train_on_patches
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a row for each seed and the means. The exit code is 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--data", type=Path, default=SHARED / "flickrlogos27")
    parser.add_argument("--no-logo", type=Path, default=SHARED / "no_logo_photos")
    parser.add_argument("--no-logo-list", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE.parent / "runs" / "accuracy")
    parser.add_argument("--results", type=Path, default=HERE / "results" / "depthwise.json")
    options = parser.parse_args(arguments)
    root = held_out_root(options)
    results = json.loads(options.results.read_text()) if options.results.is_file() else {}
    for seed in options.seeds:
        if str(seed) not in results:
            results[str(seed)] = compare(root, seed)
            write_text(options.results, json.dumps(results, indent=1) + "\n")
        print(seed, json.dumps(results[str(seed)]), flush=True)
    return 0


def compare(root: Path, seed: int) -> dict[str, dict]:
    """Fine-tune both networks of a seed and measure them."""
    classes, recipe = lf.read_classes(root), get_recipe("regions")
    no_logo = no_logo_index(classes)
    photos = photos_with_boxes(root, ["train_data"], use_boxes=True)
    start_net = finetune_net(len(classes), "logo_lite0")
    _, augs = make_augs(recipe, start_net, image_size=160)
    fit_region_head(start_net, augs, photos, no_logo, seed)
    epochs = default_epochs(recipe, root)
    results = {}
    for name, freezes in (("trained", False), ("frozen", True)):
        net = copy_of(start_net, len(classes))
        start, cpu = time.perf_counter(), time.process_time()
        train_on_patches(
            net,
            photos,
            no_logo,
            replace(recipe, freezes_depthwise=freezes),
            num_steps=-(-epochs * len(photos) // recipe.batch_size),
            augs=augs,
            ctx=lf.default_ctx()[0],
            seed=seed,
            cache=root / ".cache",
        )
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        prototypes = remember_logos(net, augs, photos, no_logo, seed)
        classifier = lf.LogoClassifier(net, classes, augs, prototypes=prototypes)
        results[name] = {
            "seconds": round(seconds),
            "processor seconds": round(cpu),
            "validation": measure(classifier, lf.photos_of(root, "val_data")),
            "query": measure(classifier, lf.photos_of(root, "test_data")),
        }
    return results


def copy_of(net: gluon.Block, classes: int) -> gluon.Block:
    """Make a network with the same weights."""
    copy = finetune_net(classes, "logo_lite0")
    parameters = zip(copy.collect_params().values(), net.collect_params().values(), strict=True)
    for new, old in parameters:
        new.set_data(old.data())
    return copy


def measure(classifier: lf.LogoClassifier, photos: list) -> dict[str, float]:
    """Brand top-1, mean log loss, and AUROC of brands against no-logo."""
    scores = classifier.scores([path for path, _ in photos], level="regions")
    labels = np.array([label for _, label in photos])
    shares = softmax(scores, axis=1)
    log_loss = -np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-9)).mean()
    return {
        "brand top-1": round(brand_top1(labels, shares, classifier.classes), 4),
        "AUROC": round(auroc(labels, shares, classifier.classes), 4),
        "log loss": round(float(log_loss), 4),
        "photos": len(labels),
    }


if __name__ == "__main__":
    sys.exit(main())
