"""Write one page about a trained classifier: its model card."""

import base64
import hashlib
import platform
from html import escape
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from logoflow.datasets.prepared import photos_of, read_summary
from logoflow.evaluation.assessment import Assessment
from logoflow.evaluation.measure import assess
from logoflow.evaluation.mistakes import confident_mistakes, confused_pairs, uncertain_answers
from logoflow.images.decode import load_image
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.heatmap import can_map, heatmap
from logoflow.inference.model_folder import files_of
from logoflow.metrics.reliability import reliability_bins
from logoflow.metrics.thresholds import threshold_curve
from logoflow.plots.evaluation import (
    plot_confusion,
    plot_recalls,
    plot_reliability,
    plot_threshold_curve,
)
from logoflow.plots.figures import figures_as_html
from logoflow.plots.pictures import overlay_heatmap
from logoflow.plots.training import plot_history
from logoflow.utils.addresses import local_path
from logoflow.utils.files import write_text

GALLERY = 6
"""Photos in each part of the gallery of mistakes."""

PAIRS = 3
"""Pairs of classes in the gallery, with two photos each."""

PICTURE_SIDE = 220
"""Longer side of the pictures in the gallery, in pixels. The page stays far below 5 MB."""

PACKAGES = ("logoflow", "mxnet", "mxnet-cu112", "gluoncv", "numpy", "opencv-python")

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .7rem; text-align: left;
  border-bottom: 1px solid #ddd; } td { font-variant-numeric: tabular-nums; }
img { max-width: 100%; } figure { margin: 1rem 0; } figcaption { color: #444; }
.gallery { display: flex; flex-wrap: wrap; gap: 1rem; } .gallery figure { margin: 0; width: 29rem; }
.gallery img { width: 49%; } pre { white-space: pre-wrap; }
"""


def report(
    classifier: LogoClassifier, root: Path | str, path: Path | str, *, split: str = "test_data"
) -> Path:
    """Write a page that shows how good a classifier is, and where it fails.

    The page holds the data, the training, the metrics with their intervals, the recall of each
    brand, the thresholds, the calibration, a gallery of mistakes with heat maps, the versions of
    the packages and the checksums of the model. It is one HTML file that needs no network.

    Parameters
    ----------
    classifier : LogoClassifier
    root : Path or str
        The prepared data set that the classifier was trained on.
    path : Path or str
        The HTML file. A file that was there is replaced.
    split : {"test_data", "val_data", "train_data"}
        The photos to assess the classifier on.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileNotFoundError, ClassListError, ValueError
        See `logoflow.assess`.

    Examples
    --------
    >>> import logoflow as lf
    >>> classifier = lf.LogoClassifier.load("my-model")  # doctest: +SKIP
    >>> lf.report(classifier, "data/prepared/brands", "report.html")  # doctest: +SKIP
    """
    assessment = assess(classifier, root, split)
    parts = [
        f"<h1>{escape(_title(classifier))}</h1><pre>{escape(repr(classifier))}</pre>",
        _data(classifier, local_path(root), assessment, split),
        _training(classifier),
        _metrics(assessment),
        _decisions(classifier, assessment),
        _gallery(classifier, assessment),
        _environment(classifier),
    ]
    page = "\n".join(parts)
    return write_text(
        local_path(path),
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_title(classifier))}</title><style>{STYLE}</style></head>\n"
        f"<body>\n{page}\n</body></html>\n",
    )


def _title(classifier: LogoClassifier) -> str:
    brands = len(classifier.classes) - (classifier.no_logo is not None)
    return f"A classifier of {brands} brand{'s' * (brands != 1)}"


def _data(classifier: LogoClassifier, root: Path, assessment: Assessment, split: str) -> str:
    counts = pd.DataFrame(
        {
            part.removesuffix("_data"): np.bincount(
                [label for _, label in photos_of(root, part)], minlength=len(classifier.classes)
            )
            for part in ("train_data", "val_data", "test_data")
        },
        index=list(classifier.classes),
    )
    counts.loc["all"] = counts.sum()
    return (
        "<h2>Data</h2>"
        f"<p>The figures below are for {len(assessment.truth)} photos of {escape(split)}. Always "
        f"answering the most frequent class is right for {assessment.report.majority_baseline:.3f} "
        f"of them.</p><pre>{escape(read_summary(root).strip())}</pre>{_table(counts)}"
    )


def _training(classifier: LogoClassifier) -> str:
    settings = {
        key: value
        for key, value in classifier.metadata.items()
        if not isinstance(value, dict | list)
    }
    text = "<h2>Training</h2>" + _table(pd.Series(settings, name="value", dtype=object).to_frame())
    history = classifier.metadata.get("history") or {}
    if "train_acc" in history and "val_acc" in history:
        frame = pd.DataFrame({"test_acc": None, **history})
        with figures_as_html() as figures:
            plot_history(frame, caption="Loss and accuracy of each epoch.")
        text += "".join(figures)
    return text


def _metrics(assessment: Assessment) -> str:
    per_class = assessment.report.per_class()
    with figures_as_html() as figures:
        plot_recalls(
            per_class[["recall"]], caption="The share of each class's photos that is named right."
        )
        plot_confusion(
            assessment.report.confusion,
            assessment.classes,
            caption="Photos by true class (rows) and answer (columns).",
        )
    return (
        "<h2>How good it is</h2><p>The interval contains the value for other photos of the same "
        "kind with a probability of 95%.</p>"
        f"{_table(assessment.summary())}{''.join(figures)}<h3>By class</h3>{_table(per_class)}"
    )


def _decisions(classifier: LogoClassifier, assessment: Assessment) -> str:
    names = ("threshold", "false_positive_rate", "temperature", "photos", "no_logo_photos")
    rows = {
        str(level): {name: getattr(decision, name) for name in names}
        for level, decision in classifier.decisions.items()
    }
    text = "<h2>Thresholds and calibration</h2>"
    if not rows:
        return f"{text}<p>The classifier has no decisions: the likeliest class is the answer.</p>"
    text += _table(pd.DataFrame.from_dict(rows, orient="index"))
    decision = classifier.decisions.get(classifier.level)
    both = assessment.shows_logo.any() and not assessment.shows_logo.all()
    with figures_as_html() as figures:
        if both and decision is not None and decision.threshold is not None:
            plot_threshold_curve(
                threshold_curve(assessment.truth, assessment.probabilities, assessment.classes),
                decision.threshold,
                caption="Results at other thresholds. The vertical line marks the one in use.",
            )
        plot_reliability(
            reliability_bins(assessment.confidence, assessment.answers == assessment.truth),
            caption="How often answers are right, by their probability.",
        )
    return text + "".join(figures)


def _gallery(classifier: LogoClassifier, assessment: Assessment) -> str:
    parts = {
        "Wrong, with the highest probabilities": confident_mistakes(assessment, GALLERY),
        "Right, with the lowest probabilities": uncertain_answers(assessment, GALLERY),
    }
    for truth, answer, positions in confused_pairs(assessment, PAIRS):
        names = f"{assessment.classes[truth]} taken for {assessment.classes[answer]}"
        parts[f"{names}, {len(positions)} times"] = positions[:2]
    text = (
        "<h2>Mistakes</h2><p>The heat map beside a photo shows which parts speak for the likeliest "
        "brand.</p>"
    )
    for title, positions in parts.items():
        figures = "".join(_photo(classifier, assessment, position) for position in positions)
        text += f"<h3>{escape(title)}</h3>"
        text += f'<div class="gallery">{figures}</div>' if figures else "<p>There are none.</p>"
    return text


def _photo(classifier: LogoClassifier, assessment: Assessment, position: int) -> str:
    path, classes = assessment.paths[position], assessment.classes
    answer, truth = classes[assessment.answers[position]], classes[assessment.truth[position]]
    text = (
        f"{path.name}: answer {answer} ({assessment.confidence[position]:.2f}), "
        f"in the folder {truth}"
    )
    photo = load_image(path)
    pictures = [_picture(photo, f"The photo {path.name}")]
    if can_map(classifier):
        overlaid = overlay_heatmap(photo, heatmap(classifier, photo))
        pictures.append(_picture(overlaid, f"Heat map of {path.name}"))
    return f"<figure>{''.join(pictures)}<figcaption>{escape(text)}</figcaption></figure>"


def _picture(photo: np.ndarray, alt: str) -> str:
    scale = PICTURE_SIDE / max(photo.shape[:2])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])
    content = base64.b64encode(encoded.tobytes()).decode()
    return f'<img src="data:image/jpeg;base64,{content}" alt="{escape(alt)}">'


def _environment(classifier: LogoClassifier) -> str:
    rows = {"Python": platform.python_version(), "system": platform.platform()}
    rows |= {name: found for name in PACKAGES if (found := _version(name))}
    for name, content in files_of(classifier).items():
        if name != "classifier.json":  # it has the hashes of the other files
            rows[f"SHA-256 of {name}"] = hashlib.sha256(content).hexdigest()
    return "<h2>Environment and checksums</h2>" + _table(pd.Series(rows, name="value").to_frame())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except ModuleNotFoundError:
        return None


def _table(frame: pd.DataFrame) -> str:
    return frame.to_html(border=0, na_rep="-", float_format=_number, escape=True)


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.001 or value == 0 else f"{value:.1e}"
