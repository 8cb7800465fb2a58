"""Measure logoflow's speed against the article's way, MXNet as it comes, PyTorch and ONNX Runtime.

    python benchmarks/speed.py                 # all rows, under 20 minutes; or name some

Every figure is a ratio of two processes that ran one right after the other; the median of five
such pairs counts. Rows go to results.json beside this file, and are printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

import logoflow as lf
from logoflow.files import write_text
from logoflow.loading import SPLITS

HERE = Path(__file__).resolve().parent
CASES = HERE / "speed_cases.py"
RIVALS = HERE.parent / ".venv-rivals/bin/python"
# What would make a rival's process other than its users': ours and the notebooks' settings.
OWN_VARIABLES = ("OMP_NUM_THREADS", "KMP_", "LOGOFLOW_", "MXNET_")


def measure(case: str, *arguments: object, python: Path | str = sys.executable) -> float:
    """One figure, by a process of its own with a clean environment."""
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(OWN_VARIABLES) or key in ("LOGOFLOW_DATA", "LOGOFLOW_HOME")
    }
    words = [json.dumps(str(word) if isinstance(word, Path) else word) for word in arguments]
    command = [str(python), str(CASES), case, *words]
    environment = {**clean, "LOGOFLOW_PROGRESS": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{case} {words}: {done.stderr.strip().splitlines()[-1:]}")
    return float(done.stdout.splitlines()[-1])


def row(
    name: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    runs: int,
    *,
    seconds: bool = False,
    **target: float,
) -> dict:
    """Pairs of runs, one right after the other; of seconds the inverse ratio is how much faster."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    ratios = [b / a if seconds else a / b for a, b in pairs]
    return {
        "name": name,
        "ours": statistics.median(a for a, _ in pairs),
        "theirs": statistics.median(b for _, b in pairs),
        "ratio": statistics.median(ratios),
        "runs": runs,
        **target,
    }


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

    def rows(runs: int, folder: Path) -> list[dict]:
        root = lf.prepare_root(output_dir=folder / "few", photos_per_class=2)
        return [against_the_article(case, root, runs, seconds=True, **about)]

    return rows


ROWS: dict[str, Callable[[int, Path], list[dict]]] = {
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure rows; the exit code is 1 if one misses its target."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("rows", nargs="*", choices=[*ROWS, []], help="which (default all)")
    made.add_argument("--runs", type=int, default=5, help="pairs of each (default 5)")
    made.add_argument("--results", type=Path, default=HERE / "results.json")
    options = made.parse_args(arguments)
    known = json.loads(options.results.read_text()) if options.results.is_file() else []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.rows or ROWS:
            for found in ROWS[name](options.runs, Path(folder)):
                rows.append(found)
                print(line(found), flush=True)
                others = [old for old in known if old["name"] not in {new["name"] for new in rows}]
                write_text(options.results, json.dumps(others + rows, indent=1) + "\n")
    return int(not all(map(reached, rows)))


def line(found: dict) -> str:
    """A row as text."""
    wanted = next(f"{key.replace('_', ' ')} {found[key]}" for key in found if key.startswith("at_"))
    return (
        f"{found['name']:<34} {found['ours']:>12.4g} {found['theirs']:>12.4g} "
        f"{found['ratio']:>8.2f}  {wanted}{'' if reached(found) else '  MISSED'}"
    )


def reached(found: dict) -> bool:
    """Whether a row's ratio is what it should be."""
    if "at_least" in found:
        return found["ratio"] >= found["at_least"]
    return found["ratio"] <= found["at_most"]


if __name__ == "__main__":
    sys.exit(main())
