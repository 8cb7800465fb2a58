"""Render SVG files, and cut pictures to their marks."""

import re

import cv2
import numpy as np
import resvg_py

from pretraining.marks import SIDE

RENDERED_SIDE = 208  # pixels; larger than a mark, because margins are cut off
MIN_SHORT_SIDE = 10
MIN_PIXELS = 50


def render_svg(svg: str) -> np.ndarray | None:
    """Render an SVG file and cut it to its mark.

    Parameters
    ----------
    svg : str
        Text of the file.

    Returns
    -------
    ndarray or None
        uint8 BGRA, as `cut_to_mark` returns it. None if nothing is drawn, or if the file is bad.
    """
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    width, height = (float(box[1]), float(box[2])) if box else (1.0, 1.0)
    pixels = max(24, int(RENDERED_SIDE * min(1.0, width / height)))
    try:
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=pixels))
    except ValueError:
        return None
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        return None
    return cut_to_mark(picture)


def cut_to_mark(picture: np.ndarray) -> np.ndarray | None:
    """Cut off transparent margins, and scale the longer side to `SIDE` pixels.

    Parameters
    ----------
    picture : ndarray
        uint8 BGRA.

    Returns
    -------
    ndarray or None
        uint8 BGRA. None if the mark is empty or a hairline.
    """
    rows, columns = np.nonzero(picture[..., 3] > 20)
    if len(rows) < MIN_PIXELS:
        return None
    part = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = SIDE / max(part.shape[:2])
    height, width = (max(1, round(scale * length)) for length in part.shape[:2])
    if min(height, width) < MIN_SHORT_SIDE:
        return None
    # Transparent pixels have a colour too. Multiplied by the opacity, it does not bleed in.
    weighted = part.astype(np.float32)
    weighted[..., :3] *= weighted[..., 3:] / 255
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    weighted = cv2.resize(weighted, (width, height), interpolation=method)
    weighted[..., :3] /= np.maximum(weighted[..., 3:], 1) / 255
    return np.clip(np.round(weighted), 0, 255).astype(np.uint8)
