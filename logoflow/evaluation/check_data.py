"""Look at a prepared data set before training: what is in it, and what is probably wrong."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from logoflow.datasets.class_list import CLASS_FILE, read_classes
from logoflow.datasets.duplicates import near_duplicates_and_broken
from logoflow.datasets.placing import left_out_photos
from logoflow.datasets.prepared import CACHE_FOLDER, SPLITS, photos_of, read_summary
from logoflow.errors import ImageError, LogoflowError
from logoflow.evaluation.label_probe import features_of_photos, held_out_probabilities
from logoflow.images.decode import image_size as size_of_image
from logoflow.metrics.label_errors import suspected_labels
from logoflow.utils.devices import Contexts
from logoflow.utils.files import write_text

MAX_COMPARED = 20_000  # photos; comparing all pairs of more takes too much memory
SMALL_SIDE = 64  # pixels; the shorter side of a photo in which a logo can hardly be recognised
FEW_PHOTOS = 5  # training photos of a class

FINDINGS = {
    "broken": "Replace the photo, or remove it.",
    "left out": "Repair or remove the photo, and prepare again.",
    "in two classes": "Keep the photo in the right class only.",
    "across splits": "Keep the photo in one split: the repeat makes the test result look too good.",
    "near-duplicates": "Keep one of them; the others teach nothing new.",
    "suspected label": "Look at the photo, and move it if the label is wrong.",
    "small photo": "Use a larger version of the photo.",
    "few photos": "Add training photos of the class.",
}
"""What to do about each kind of finding, the most harmful kinds first."""


class DataCheck(NamedTuple):
    """What `check_data` found. ``str()`` gives a summary.

    Parameters
    ----------
    photos : DataFrame
        One row per photo: ``split``, ``label``, ``path``, ``width`` and ``height`` (0 if the photo
        is broken).
    counts : DataFrame
        Photos per class (rows) and split (columns).
    findings : DataFrame
        One row per finding: its ``kind`` (a key of `FINDINGS`), ``split``, ``label``, ``photo``,
        ``detail`` and ``advice``.
    summary : str
        What the preparation of the data left out.
    """

    photos: pd.DataFrame
    counts: pd.DataFrame
    findings: pd.DataFrame
    summary: str

    def __str__(self) -> str:
        sizes = self.photos.loc[self.photos["width"] > 0, ["width", "height"]]
        lines = [f"{len(self.photos):,} photos of {len(self.counts)} classes."]
        if len(sizes):
            width, height = sizes.median().astype(int)
            lines.append(f"The median width is {width} pixels, the median height {height}.")
        fewest = self.counts["train"].nsmallest(3)
        named = ", ".join(f"{label} ({count})" for label, count in fewest.items())
        lines.append(f"The classes with the fewest training photos: {named}.")
        for kind, advice in FINDINGS.items():
            rows = self.findings[self.findings["kind"] == kind]
            if len(rows):
                first = rows.iloc[0]
                example = " ".join(
                    filter(None, (first["photo"] or first["label"], first["detail"]))
                )
                lines.append(f"{kind}: {len(rows):,}, for example {example}. {advice}")
        if self.findings.empty:
            lines.append("Nothing else was found.")
        return "\n".join(lines)


def check_data(
    root: Path | str,
    backbone: str = "logo_lite0",
    *,
    image_size: int = 160,
    ctx: Contexts | None = None,
    seed: int = 0,
) -> DataCheck:
    """Look at a prepared data set before training.

    Parameters
    ----------
    root : Path or str
        Folder that `logoflow.prepare_root` prepared.
    backbone : str
        A pretrained backbone (`logoflow.finetune_net`), whose features tell wrong labels.
    image_size : int
        Side of the network's input in pixels.
    ctx : Context or sequence of Context, optional
        Devices. By default, a GPU if MXNet can use one, otherwise the CPU.
    seed : int
        Seed of the crops and of the cross-validation.

    Returns
    -------
    DataCheck
        Print it for a summary. Its frames go to `logoflow.plot_data_check`.

    Raises
    ------
    FileNotFoundError
        If `root` is not a prepared data set.
    WeightsError
        If the weights of the backbone are not available.

    Notes
    -----
    A label is suspected if a linear model that has not seen the photo is confident of another class
    (`logoflow.metrics.label_errors.suspected_labels`). Classes of fewer than three photos are not
    judged. Not every suspected label is wrong.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=2, val=1, test=1, no_logo=2)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> check = check_data(root, image_size=64)
    >>> check.counts.loc["adidas"].tolist()
    [2, 1, 1]
    """
    root, classes = Path(root), read_classes(root)
    photos, broken = _read_photos(root, classes)
    duplicates: list[list[Path]] = []
    if len(photos) <= MAX_COMPARED:
        groups, not_decoded = near_duplicates_and_broken(list(photos["path"]))
        duplicates = groups  # type: ignore[assignment]
        broken.update(not_decoded)  # type: ignore[arg-type]
    rows = [
        *_broken(photos, broken),
        *_left_out(root),
        *_duplicates(photos, duplicates),
        *_small(photos),
    ]
    good = photos[~photos["path"].isin(list(broken))]
    rows += _suspected(root, good, classes, duplicates, backbone, image_size, ctx, seed)
    counts = pd.crosstab(photos["label"], photos["split"])
    columns = [split.removesuffix("_data") for split in SPLITS]
    counts = counts.reindex(index=list(classes), columns=columns, fill_value=0)
    rows += [
        ("few photos", "train", label, "", f"has {count}")
        for label, count in counts["train"].items()
        if count < FEW_PHOTOS
    ]
    findings = pd.DataFrame(rows, columns=["kind", "split", "label", "photo", "detail"])
    findings["advice"] = findings["kind"].map(FINDINGS)
    order = findings["kind"].map(list(FINDINGS).index).argsort(kind="stable")
    findings = findings.iloc[order].reset_index(drop=True)
    return DataCheck(photos, counts, findings, read_summary(root))


Finding = tuple[str, str, str, str, str]  # kind, split, label, photo, detail


def _read_photos(root: Path, classes: Sequence[str]) -> tuple[pd.DataFrame, dict[Path, str]]:
    """List all photos with their sizes, and the broken ones with the reason."""
    rows, broken = [], {}
    for split in SPLITS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # files that are no photos are reported by the summary
            found = photos_of(root, split) if (root / split).is_dir() else []
        for path, label in found:
            try:
                width, height = size_of_image(path.read_bytes(), source=path.name)
            except (ImageError, OSError) as error:
                width, height = 0, 0
                broken[path] = str(error)
            rows.append((split.removesuffix("_data"), classes[label], path, width, height))
    return pd.DataFrame(rows, columns=["split", "label", "path", "width", "height"]), broken


def _broken(photos: pd.DataFrame, broken: dict[Path, str]) -> list[Finding]:
    return [
        ("broken", row.split, row.label, row.path.name, broken[row.path])
        for row in photos.itertuples()
        if row.path in broken
    ]


def _left_out(root: Path) -> list[Finding]:
    return [
        ("left out", split.removesuffix("_data"), *name.split("/", 1), reason)  # type: ignore[misc]
        for split in SPLITS
        for name, reason in left_out_photos(root / split)
    ]


def _duplicates(photos: pd.DataFrame, groups: list[list[Path]]) -> list[Finding]:
    """Report each photo that near-duplicates the first photo of its group."""
    row_of = {row.path: row for row in photos.itertuples()}
    rows: list[Finding] = []
    for group in groups:
        first, *others = (row_of[path] for path in group)
        for other in others:
            kind = "near-duplicates"
            if other.label != first.label:
                kind = "in two classes"
            elif other.split != first.split:
                kind = "across splits"
            detail = f"is like {first.split}/{first.label}/{first.path.name}"
            rows.append((kind, other.split, other.label, other.path.name, detail))
    return rows


def _small(photos: pd.DataFrame) -> list[Finding]:
    sides = photos[["width", "height"]].min(axis=1)
    small = photos[(sides > 0) & (sides < SMALL_SIDE)]
    return [
        ("small photo", row.split, row.label, row.path.name, f"{row.width} x {row.height} pixels")
        for row in small.itertuples()
    ]


def _suspected(
    root: Path,
    photos: pd.DataFrame,
    classes: Sequence[str],
    duplicates: list[list[Path]],
    backbone: str,
    image_size: int,
    ctx: Contexts | None,
    seed: int,
) -> list[Finding]:
    """Report the photos that a linear model gives another class with confidence."""
    features = features_of_photos(
        root, backbone, image_size=image_size, skipped=_not_in(root, photos), ctx=ctx, seed=seed
    )
    photos = photos[photos["path"].isin(list(features))].reset_index(drop=True)
    if photos.empty:
        return []
    number_of = {path: number for number, path in enumerate(photos["path"])}
    for group in duplicates:
        number_of.update(dict.fromkeys(group, number_of.get(group[0], -1)))
    labels = photos["label"].map(list(classes).index).to_numpy()
    probabilities = held_out_probabilities(
        np.stack([features[path] for path in photos["path"]]),
        labels,
        photos["path"].map(number_of).to_numpy(),
        len(classes),
        seed,
    )
    rows: list[Finding] = []
    for suspect in suspected_labels(probabilities, labels).itertuples():
        photo = photos.iloc[suspect.row]
        detail = f"looks like {classes[suspect.suggested]} ({suspect.probability_of_suggested:.2f})"
        rows.append(("suspected label", photo["split"], photo["label"], photo["path"].name, detail))
    return rows


def _not_in(root: Path, photos: pd.DataFrame) -> set[Path]:
    """List the photos of the data set that are not in a frame."""
    every = {path for split in SPLITS for path in (root / split).glob("*/*")}
    return every - set(photos["path"])


def kept_check(root: Path) -> str:
    """Check a prepared data set, or return the check of an earlier call for the same photos.

    It is kept in the cache folder of the data set.

    Parameters
    ----------
    root : Path
        Folder that `logoflow.prepare_root` prepared.

    Returns
    -------
    str
        The summary of `logoflow.check_data`, or a sentence that says why the check failed. The
        data set is prepared all the same.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=3, val=2, test=2, no_logo=3)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> kept_check(root) == kept_check(root)
    True
    """
    records = [root / f"{split}.json" for split in SPLITS] + [root / CLASS_FILE]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in records)).hexdigest()
    kept = root / CACHE_FOLDER / f"check-{stamp[:12]}.txt"
    if not kept.is_file():
        try:
            check = check_data(root)
        except (LogoflowError, OSError) as error:
            return f"The data was not checked: {error}"
        write_text(kept, f"{check}\n")
    return kept.read_text(encoding="utf-8").strip()
