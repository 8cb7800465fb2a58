"""Compare the speed of logoflow with the Gluon article, plain MXNet, PyTorch and ONNX Runtime.

    python benchmarks/speed.py                 # all rows, about 20 minutes
    python benchmarks/speed.py load            # one row

Every figure is the ratio of two processes that run one right after the other. The median of five
such pairs counts. Rows are printed and go to results.json beside this file.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import rows
from rows import row

import logoflow as lf
from logoflow.datasets.prepared import SPLITS
from logoflow.utils.files import write_text

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
RIVALS = HERE.parent / ".venv-rivals/bin/python"


def measure(case: str, *arguments: object, python: Path | str = sys.executable) -> float:
    """Run one case of speed_cases.py."""
    return rows.measure(HERE / "speed_cases.py", case, *arguments, python=python)


def against_the_article(case: str, root: Path, runs: int, **target: object) -> dict:
    """Compare a case with the Gluon article's way, on the same photos."""
    return row(
        case,
        lambda: measure(case, True, root),
        lambda: measure(case, False, root),
        runs,
        **target,
    )


def predictions(backbone: str, runs: int) -> dict:
    """Compare a float network with plain MXNet."""
    return row(
        f"predict_float_{backbone}",
        lambda: measure("predict_float", True, backbone),
        lambda: measure("predict_float", False, backbone),
        runs,
        at_least=2,
    )


def int8(runs: int, folder: Path) -> list[dict]:
    """Compare the INT8 network of the faster backbone with plain MXNet, and with our float one."""
    backbones = ("efficientnet_lite0", "resnet18_v2")
    fastest = max(backbones, key=lambda name: measure("predict_int8", True, name))
    return [
        row(
            "predict_int8",
            lambda: measure("predict_int8", True, fastest),
            lambda: measure("predict_int8", False, fastest),
            runs,
            at_least=4,
        ),
        row(
            "int8_vs_float",
            lambda: measure("predict_int8", True, "efficientnet_lite0"),
            lambda: measure("predict_float", True, "efficientnet_lite0"),
            runs,
            at_least=1,
        ),
    ]


def int8_agreement(runs: int, folder: Path) -> list[dict]:
    """Measure how often the INT8 network answers FlickrLogos-27 as the float network does."""
    photos = [SHARED / "flickrlogos27", SHARED / "no_logo_photos"]
    if not all(map(Path.exists, photos)):
        print(f"int8_agreement is left out: there are no photos in {SHARED}.", file=sys.stderr)
        return []
    share = measure("int8_agreement", *photos)
    return [
        {
            "name": "int8_agreement",
            "ours": share,
            "theirs": 1.0,
            "ratio": share,
            "runs": 1,
            "at_least": 0.99,
        }
    ]


def one_pass(runs: int, folder: Path) -> list[dict]:
    """Compare the regions of a photo with 39 windows, on photos of FlickrLogos-27."""
    photos = SHARED / "flickrlogos27"
    if not photos.exists():
        print(f"one_pass is left out: there are no photos in {photos}.", file=sys.stderr)
        return []
    return [
        row(
            "one_pass",
            lambda: measure("one_pass", "regions", photos),
            lambda: measure("one_pass", "more-windows", photos),
            runs,
            at_most=0.6,
        )
    ]


def against_ort(runs: int, folder: Path) -> list[dict]:
    """Compare the float and the INT8 network with ONNX Runtime."""
    from logoflow.loading.augment import make_augs
    from logoflow.models.backbones.registry import pretrained_net

    net = pretrained_net("efficientnet_lite0")
    augs = make_augs("logoflow", net, image_size=224)[1]
    classifier = lf.LogoClassifier(net, [str(number) for number in range(1000)], augs)
    model = lf.export(classifier, folder / "served").onnx
    small = ort_int8(model, classifier, folder)
    name = "efficientnet_lite0"
    ours = {"float": "predict_float", "int8": "predict_int8"}
    return [
        row(
            f"{kind}_vs_ort",
            lambda case=ours[kind]: measure(case, True, name),
            lambda file=file: measure("ort", file),
            runs,
            at_least=1,
        )
        for kind, file in (("float", model), ("int8", small))
    ]


def ort_int8(model: Path, classifier: lf.LogoClassifier, folder: Path) -> Path:
    """Make ONNX Runtime's static INT8 network, as its documentation says for such processors."""
    from onnxruntime.quantization import CalibrationDataReader, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    photos = [path for path, _ in lf.photos_of(lf.prepare_root(), "val_data")][:64]

    class Photos(CalibrationDataReader):
        batches = iter([{"data": classifier.preprocess(p).asnumpy()[None]} for p in photos])

        def get_next(self):
            return next(self.batches, None)

    prepared, small = folder / "prepared.onnx", folder / "int8.onnx"
    quant_pre_process(str(model), str(prepared), skip_symbolic_shape=True)
    quantize_static(str(prepared), str(small), Photos(), per_channel=True, reduce_range=True)
    return small


def against_pytorch(runs: int, folder: Path) -> list[dict]:
    """Compare the float network with PyTorch, if PyTorch is installed."""
    if not RIVALS.exists():
        print(
            f"float_vs_pytorch is left out: there is no {RIVALS.relative_to(HERE.parent)}. "
            "Install it with `python -m venv .venv-rivals && .venv-rivals/bin/pip install "
            "torch==2.13.0 efficientnet-lite-pytorch==0.1.0`.",
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
    """Make a prepared data set of 1024 x 768 JPEGs: enlarged photos of the sample."""
    root, sample = folder / "large", lf.prepare_root()
    for split in SPLITS:
        photos = lf.photos_of(sample, split)
        for number, (path, _) in enumerate(photos[:: max(1, len(photos) // count)]):
            image = cv2.resize(cv2.imread(str(path)), (1024, 768), interpolation=cv2.INTER_CUBIC)
            target = root / split / path.parent.name / f"{number}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(target), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    write_text(root / "classes.json", json.dumps(lf.read_classes(sample)))
    return root


def frozen(runs: int, folder: Path) -> list[dict]:
    """Compare twenty epochs on five brands with two photos each; the article's way is slow."""
    lf.make_sample(folder / "five", brands=5, train=2, val=2, test=2, no_logo=2)
    root = lf.prepare_root("flickrlogos32", folder / "five", output_dir=folder / "five-root")
    return [against_the_article("frozen_20_epochs", root, runs, seconds=True, at_least=20)]


def training(case: str, **target: object) -> Callable[[int, Path], list[dict]]:
    """Return a function that compares training on a small part of the sample."""

    def measure_training(runs: int, folder: Path) -> list[dict]:
        root = lf.prepare_root(output_dir=folder / "few", photos_per_class=1)
        return [against_the_article(case, root, runs, seconds=True, **target)]

    return measure_training


ROWS: rows.Rows = {
    "load": lambda runs, folder: [
        against_the_article("load", large_photos(folder), runs, at_least=10)
    ],
    "frozen_20_epochs": frozen,
    "finetune_epoch": training("finetune_epoch", at_least=2),
    "predict_float": lambda runs, _: [
        predictions(name, runs) for name in ("resnet18_v2", "efficientnet_lite0")
    ],
    "predict_int8": int8,
    "int8_agreement": int8_agreement,
    "against_ort": against_ort,
    "against_pytorch": against_pytorch,
    "one_pass": one_pass,
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
