"""Measure logoflow's speed against the article's way, MXNet as it comes, PyTorch and ONNX Runtime.

    python benchmarks/speed.py                 # all rows, under 20 minutes; or name some

Every figure is a ratio of two processes that ran one right after the other; the median of five
such pairs counts. Rows go to results.json beside this file, and are printed.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import rows
from rows import row

import logoflow as lf
from logoflow.files import write_text
from logoflow.loading import SPLITS

HERE = Path(__file__).resolve().parent
RIVALS = HERE.parent / ".venv-rivals/bin/python"


def measure(case: str, *arguments: object, python: Path | str = sys.executable) -> float:
    """One figure of speed_cases.py."""
    return rows.measure(HERE / "speed_cases.py", case, *arguments, python=python)


def against_the_article(case: str, root: Path, runs: int, **about: object) -> dict:
    """A row of ours against the article's own code on the same photos."""
    return row(
        *(case, lambda: measure(case, True, root), lambda: measure(case, False, root), runs),
        **about,
    )


def predictions(backbone: str, runs: int) -> dict:
    """A row of a float net against MXNet as it comes."""
    return row(
        f"predict_float_{backbone}",
        lambda: measure("predict_float", True, backbone),
        lambda: measure("predict_float", False, backbone),
        runs,
        at_least=2,
    )


def int8(runs: int, folder: Path) -> list[dict]:
    """INT8 of the faster of the two nets: against MXNet as it comes."""
    backbones = ("efficientnet_lite0", "resnet18_v2")
    best = max(backbones, key=lambda name: measure("predict_int8", True, name))
    found = row(
        "predict_int8",
        lambda: measure("predict_int8", True, best),
        lambda: measure("predict_int8", False, best),
        runs,
        at_least=4,
    )
    return [{**found, "net": best}]


def against_ort(runs: int, folder: Path) -> list[dict]:
    """Our float net, and our INT8 one, against ONNX Runtime's."""
    import numpy as np
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    net = lf.pretrained_net("efficientnet_lite0")
    augs = lf.make_augs("logoflow", net, size=224)[1]
    classifier = lf.LogoClassifier(net, [str(number) for number in range(1000)], augs)
    model = lf.export(classifier, folder / "served").onnx
    photos = [path for path, _ in lf.PhotoFolder(lf.prepare_root() / "val_data", []).items][:64]

    class Photos(CalibrationDataReader):
        waiting = iter([{"data": classifier.preprocess(p).asnumpy()[None]} for p in photos])

        def get_next(self):
            return next(self.waiting, None)

    small = folder / "int8.onnx"
    quantize_static(str(model), str(small), Photos(), per_channel=True)
    assert np.isfinite(measure("ort", small))
    name = "efficientnet_lite0"
    return [
        row(
            "float_vs_ort",
            lambda: measure("predict_float", True, name),
            lambda: measure("ort", model),
            runs,
            at_least=1,
        ),
        row(
            "int8_vs_ort",
            lambda: measure("predict_int8", True, name),
            lambda: measure("ort", small),
            runs,
            at_least=1,
        ),
    ]


def against_pytorch(runs: int, folder: Path) -> list[dict]:
    """Our float net against PyTorch's, where it is installed."""
    if not RIVALS.exists():
        print(
            f"float_vs_pytorch is left out: there is no {RIVALS.relative_to(HERE.parent)}. "
            "`python -m venv .venv-rivals && .venv-rivals/bin/pip install torch==2.13.0 "
            "efficientnet-lite-pytorch==0.1.0` brings it.",
            file=sys.stderr,
        )
        return []
    name = "efficientnet_lite0"
    return [
        row(
            "float_vs_pytorch",
            lambda: measure("predict_float", True, name),
            lambda: measure("pytorch", python=RIVALS),
            runs,
            at_least=1,
        )
    ]


def large_photos(folder: Path, count: int = 120) -> Path:
    """A prepared set of 1024 x 768 JPEGs, of the sample's photos enlarged."""
    root = folder / "large"
    for split in SPLITS:
        photos = lf.PhotoFolder(lf.prepare_root() / split, [])
        for number, (path, label) in enumerate(photos.items[:: max(1, len(photos) // count)]):
            image = cv2.resize(cv2.imread(path), (1024, 768), interpolation=cv2.INTER_CUBIC)
            place = root / split / photos.synsets[label] / f"{number}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(place), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    write_text(root / "classes.json", json.dumps(lf.read_classes(lf.prepare_root())))
    return root


def training(case: str, **about: object) -> Callable[[int, Path], list[dict]]:
    """A row of training on a small part of the sample."""

    def of_training(runs: int, folder: Path) -> list[dict]:
        root = lf.prepare_root(output_dir=folder / "few", photos_per_class=2)
        return [against_the_article(case, root, runs, seconds=True, **about)]

    return of_training


ROWS: rows.Rows = {
    "load": lambda runs, folder: [
        against_the_article("load", large_photos(folder), runs, at_least=10)
    ],
    "frozen_20_epochs": training("frozen_20_epochs", at_least=20),
    "finetune_epoch": training("finetune_epoch", at_least=2),
    "predict_float": lambda runs, _: [
        predictions(name, runs) for name in ("resnet18_v2", "efficientnet_lite0")
    ],
    "predict_int8": int8,
    "against_ort": against_ort,
    "against_pytorch": against_pytorch,
    "memory": lambda runs, _: [
        row(
            "memory",
            lambda: measure("memory", 10_000),
            lambda: measure("memory", 1_000),
            1,
            at_most=1.1,
        )
    ],
    "import": lambda runs, _: [
        row(
            "import",
            lambda: measure("importing", "logoflow"),
            lambda: measure("importing", "mxnet"),
            runs,
            at_most=1.2,
        )
    ],
}


if __name__ == "__main__":
    sys.exit(rows.main(ROWS, __doc__))
