"""Compare the answers of an exported model with those of the classifier that it was made from.

    python benchmarks/exported.py

A classifier learns the brands of FlickrLogos-27, unless --model names a saved one, and is exported.
The exported program answers for the query photos of FlickrLogos-27, for photos without a logo and
for training photos, 500 in all, and for the odd pictures of the tests. It runs in a process that
can import neither MXNet nor logoflow. Each answer is compared with `predict(photo, level="whole")`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from small import SHARED

import logoflow as lf
from logoflow.datasets.flickrlogos27 import read_flickrlogos27
from logoflow.datasets.prepare import prepare_splits

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from odd_pictures import broken_pictures, odd_pictures  # noqa: E402  it is beside the tests

ALONE = """
import runpy, sys
sys.modules |= dict.fromkeys(("mxnet", "logoflow"))
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv.pop(0))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SAME = ["status", "brand", "reason"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. The exit code is 0, 1 if an answer differs, or 2 if photos are missing."""
    options = parser().parse_args(arguments)
    try:
        photos = real_photos(options)
        classifier = lf.LogoClassifier.load(options.model) if options.model else trained(options)
    except (FileNotFoundError, lf.ClassifierError) as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        odd = [*odd_pictures().values(), *broken_pictures().values()]
        odd_paths = [Path(folder) / f"{number}.jpg" for number in range(len(odd))]
        for path, content in zip(odd_paths, odd, strict=True):
            path.write_bytes(content)
        program = lf.export(classifier, Path(folder) / "served").serve
        rows = {
            name: compare(classifier, program, paths)
            for name, paths in (("real photos", photos), ("odd pictures", odd_paths))
        }
    print(pd.DataFrame(rows).T.to_string())
    return int(any(row["same answers"] < row["pictures"] for row in rows.values()))


def real_photos(options: argparse.Namespace) -> list[Path]:
    """List the query photos, as many photos without a logo, and training photos."""
    splits = read_flickrlogos27(options.data, no_logo_dir=options.no_logo)
    query = [example.path for example in splits.test]
    others = sorted(options.no_logo.rglob("*.jpg"))[: len(query) // 2]
    training = [example.path for example in splits.train if example.path not in set(others)]
    return [*query, *others, *training][: options.photos]


def trained(options: argparse.Namespace) -> lf.LogoClassifier:
    """Train the output layer alone, which takes a minute, and fit its decision."""
    root = options.work / "photos"
    prepare_splits(read_flickrlogos27(options.data, no_logo_dir=options.no_logo), root)
    classifier = lf.fit_head(root)
    classifier.calibrate(*zip(*lf.photos_of(root, "val_data"), strict=True), levels=["whole"])
    return classifier


def compare(
    classifier: lf.LogoClassifier, program: Path, paths: Sequence[Path]
) -> dict[str, float]:
    """Answer twice for each picture, and compare."""
    command = [sys.executable, "-I", "-c", ALONE, str(program.parent), str(program)]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True)
    exported = pd.DataFrame([json.loads(line) for line in done.stdout.splitlines()])
    if len(exported) != len(paths):
        raise RuntimeError(f"The program gave {len(exported)} answers:\n{done.stderr}")
    expected = classifier.predict(paths, level="whole", on_error="row")
    same = (exported[SAME].fillna("") == expected[SAME].fillna("")).all(axis=1)
    differences = (exported.probability.astype(float) - expected.probability).abs()
    return {
        "pictures": len(paths),
        "same answers": int(same.sum()),
        "brand named": int((expected.reason.isna() & (expected.status == "ok")).sum()),
        "largest difference of a probability": float(differences.max()),
    }


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, help="folder of a saved classifier")
    add("--photos", type=int, default=500, help="number of real photos (%(default)s)")
    add("--data", type=Path, default=SHARED / "flickrlogos27", help="FlickrLogos-27 (%(default)s)")
    add("--no-logo", type=Path, default=SHARED / "no_logo_photos", help="(%(default)s)")
    add("--work", type=Path, default=lf.runs_home() / "exported", help="folder for the photos")
    return parser


if __name__ == "__main__":
    sys.exit(main())
