"""Answer for one picture, with a heat map and boxes that explain the answer."""

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from logoflow.inference.heatmap import can_map, heatmap, identified_heatmap
from logoflow.inference.identify import identify
from logoflow.labels import NO_LOGO
from logoflow.plots.pictures import overlay_heatmap

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier

NEXT_BRANDS = 3
SHOWN_SIDE = 640
"""Longer side of the picture that the page shows, in pixels."""

SENTENCES = {
    "no logo": "No logo of a brand that this model knows.",
    "unknown brand": "Not sure: this looks like a logo, but of none of the brands that this model "
    "knows.",
    "two brands": "Not sure: two brands are about equally probable.",
}


class Verdict(NamedTuple):
    """What is answered for a picture.

    Parameters
    ----------
    sentence : str
        The answer as a sentence.
    brand : str or None
        None if no brand is named.
    likeliest : list of (str, float)
        The likeliest brands with their probability or similarity, the first included.
    boxes : list of dict
        ``brand``, ``x``, ``y``, ``width`` and ``height`` in pixels.
    heat : ndarray or None
        (height, width), 0 to 1. None if the network has no map.
    """

    sentence: str
    brand: str | None
    likeliest: list[tuple[str, float]]
    boxes: list[dict[str, Any]]
    heat: np.ndarray | None


def explain(classifier: "LogoClassifier | None", pixels: np.ndarray) -> dict[str, Any]:
    """Answer for a picture, as JSON can hold it.

    Parameters
    ----------
    classifier : LogoClassifier or None
        None: the brand is identified among those of Simple Icons, without a trained model.
    pixels : ndarray
        RGB of (height, width, 3), uint8.

    Returns
    -------
    dict
        ``sentence``, ``brand``, ``likeliest``, ``scores`` ("probability" or "similarity"),
        ``boxes`` in shares of the width and height, 0 to 1, and ``photo`` and ``heat``, pictures as
        data URLs. ``heat`` is None if the network has no map.

    Examples
    --------
    >>> answer = explain(None, np.full((300, 400, 3), 90, np.uint8))
    >>> answer["brand"] is None, answer["scores"]
    (True, 'similarity')
    """
    verdict = _identified(pixels) if classifier is None else _classified(classifier, pixels)
    height, width = pixels.shape[:2]
    boxes = [
        {
            "brand": box["brand"],
            "x": box["x"] / width,
            "y": box["y"] / height,
            "width": box["width"] / width,
            "height": box["height"] / height,
        }
        for box in verdict.boxes
    ]
    heat = None if verdict.heat is None else data_url(overlay_heatmap(pixels, verdict.heat))
    return {
        "sentence": verdict.sentence,
        "brand": verdict.brand,
        "likeliest": [{"brand": name, "score": score} for name, score in verdict.likeliest],
        "scores": "similarity" if classifier is None else "probability",
        "boxes": boxes,
        "photo": data_url(pixels),
        "heat": heat,
    }


def _classified(classifier: "LogoClassifier", pixels: np.ndarray) -> Verdict:
    row = classifier.predict([pixels], top_k=NEXT_BRANDS + 2).iloc[0]
    likeliest = [(name, score) for name, score in row.top_k if name != NO_LOGO]
    brand = None if row.brand == NO_LOGO or row.reason else row.brand
    if brand is None:
        sentence = SENTENCES.get(row.reason, SENTENCES["no logo"])
    else:
        sentence = f"{brand}, with a probability of {row.probability:.0%}."
    heat = heatmap(classifier, pixels, likeliest[0][0]) if can_map(classifier) else None
    boxes = [] if brand is None else _boxes(classifier, pixels)
    return Verdict(sentence, brand, likeliest[: NEXT_BRANDS + 1], boxes, heat)


def _boxes(classifier: "LogoClassifier", pixels: np.ndarray) -> list[dict[str, Any]]:
    """Find the boxes of the logos. Without a level of regions there are none."""
    try:
        found = classifier.locate(pixels)
    except ValueError:
        return []
    return found[["brand", "x", "y", "width", "height"]].to_dict("records")


def _identified(pixels: np.ndarray) -> Verdict:
    found = identify(pixels, top_k=NEXT_BRANDS + 1)
    first = found.iloc[0]
    if first.sure:
        brand, sentence = first.brand, f"{first.brand}: the photo is very similar to its artwork."
        boxes = found[["brand", "x", "y", "width", "height"]].head(1).to_dict("records")
    else:
        brand, boxes = None, []
        sentence = "Not sure. No artwork stands out. The most similar brands are below."
    likeliest = list(zip(found.brand, found.similarity, strict=True))
    return Verdict(sentence, brand, likeliest, boxes, identified_heatmap(pixels, first.brand))


def data_url(pixels: np.ndarray) -> str:
    """Encode a picture as a JPEG in a data URL, at most 640 pixels long.

    Examples
    --------
    >>> data_url(np.zeros((8, 8, 3), np.uint8))[:30]
    'data:image/jpeg;base64,/9j/4AA'
    """
    scale = min(1.0, SHOWN_SIDE / max(pixels.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in pixels.shape[1::-1])
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"
