"""Collect the marks: download the packages, render their icons, and make up brands.

    python -m pretraining.artwork work/marks.npz --packages work/packages

Brands of FlickrLogos-27 and FlickrLogos-32 are left out by name. Then all marks are compared with
those brands' own by shape, and the closest are printed. Look at the picture of them, and add what
is a copy to left_out.py.
"""

import argparse
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from pretraining.drawing import render_svg
from pretraining.left_out import NAMES, near_copies
from pretraining.made_up import made_up_brand, text_block
from pretraining.marks import SIDE, Mark, write_marks
from pretraining.sources import (
    EMBLEMS,
    TEXT_FONTS,
    Icon,
    fetch_packages,
    iter_icons,
    iter_package,
    simple_icons,
)

SEED = 20261127
MADE_UP_BRANDS = 2400
TEXT_BLOCKS = 300
MARKS_PER_BRAND = 8
SAME_BRAND, SAME_MARK = 0.985, 0.995  # cosine of two pictures
THUMBNAIL = 24  # pixels of the side at which pictures are compared


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file of marks, and a picture of the marks to look at."""
    options = parser().parse_args(arguments)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    fetch_packages(options.packages)
    with multiprocessing.Pool(options.processes) as pool:
        rendered = [mark for mark in pool.imap(render, iter_icons(options.packages), 64) if mark]
        marks = few_per_brand(unite_brands(rendered)) + list(invent(options.packages, pool))
    write_marks(options.output, marks)
    brands = Counter(mark.brand for mark in marks)
    blocks = brands.pop("", 0)
    print(f"{len(marks) - blocks} marks of {len(brands)} brands, {blocks} blocks of text")
    check_shapes(marks, options.output.with_suffix(".near.png"))
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="file to write, .npz")
    parser.add_argument("--packages", type=Path, required=True, help="folder for downloads")
    parser.add_argument("--processes", type=int, default=2, help="processes that render")
    return parser


def render(icon: Icon) -> Mark | None:
    """Render an icon. Return None if it draws nothing."""
    picture = render_svg(icon.svg)
    if picture is None:
        return None
    return Mark(icon.name, icon.brand, picture, icon.is_one_colour, icon.colour)


def invent(packages: Path, pool) -> Iterator[Mark]:
    """Yield the marks of made-up brands, every second with an icon, and the blocks of text."""
    fonts = sorted((packages / "fonts").glob("*/*.woff"))
    icons = [svg for name, svg in iter_package(packages, EMBLEMS) if is_emblem(name)]
    random.Random(SEED).shuffle(icons)
    jobs = []
    for number in range(MADE_UP_BRANDS):
        icon = icons[number // 2] if number % 2 and number // 2 < len(icons) else None
        jobs.append((number, fonts, icon))
    for marks in pool.starmap(made_up_brand, jobs, 32):
        yield from marks
    plain = [font for font in fonts if font.parent.name in TEXT_FONTS]
    for number in range(TEXT_BLOCKS):
        block = text_block(number, plain)
        if block is not None:
            yield block


def is_emblem(name: str) -> bool:
    """Tell whether an icon can be an emblem: filled, and no logo of a real brand."""
    return name.endswith("-fill") and "logo" not in name


def unite_brands(marks: Sequence[Mark]) -> list[Mark]:
    """Give brands the same name if two of their marks look the same."""
    looks = np.stack([thumbnail(mark.picture) for mark in marks])
    new_name: dict[str, str] = {}

    def current(brand: str) -> str:
        while brand in new_name:
            brand = new_name[brand]
        return brand

    for start in range(0, len(looks), 1000):
        alike = looks[start : start + 1000] @ looks.T > SAME_BRAND
        for row, other in zip(*np.nonzero(alike), strict=True):
            mark, copy = marks[start + row], marks[other]
            first, second = sorted([current(mark.brand), current(copy.brand)])
            if first != second and mark.is_one_colour == copy.is_one_colour:
                new_name[second] = first
    return [mark._replace(brand=current(mark.brand)) for mark in marks]


def few_per_brand(marks: Sequence[Mark]) -> list[Mark]:
    """Keep up to `MARKS_PER_BRAND` different marks of each brand."""
    kept: dict[str, list[tuple[Mark, np.ndarray]]] = {}
    for mark in marks:
        look = thumbnail(mark.picture)
        others = kept.setdefault(mark.brand, [])
        repeats = any(
            mark.is_one_colour == other.is_one_colour and look @ other_look > SAME_MARK
            for other, other_look in others
        )
        if len(others) < MARKS_PER_BRAND and not repeats:
            others.append((mark, look))
    return [mark for others in kept.values() for mark, _ in others]


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """Describe a picture by a small copy on grey, as a vector of length 1."""
    height, width = picture.shape[:2]
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square = np.full((SIDE, SIDE, 3), 128, np.float32)
    opacity = picture[..., 3:] / 255.0
    region = square[top : top + height, left : left + width]
    region += opacity * (picture[..., :3] - region)
    small = cv2.resize(square, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA).ravel() - 128
    return small / max(float(np.linalg.norm(small)), 1e-6)


def check_shapes(marks: Sequence[Mark], path: Path) -> None:
    """Print the marks that look most like one that is left out, and draw them side by side."""
    # Only the brands' own marks: most of their products' marks are plain discs and squares.
    icons = {name: icon for name, icon in simple_icons().items() if name in NAMES}
    left_out = {name: render_svg(icon.raw_svg) for name, icon in icons.items()}
    left_out = {name: picture for name, picture in left_out.items() if picture is not None}
    names = list(left_out)
    known = [mark for mark in marks if mark.brand and not mark.brand.startswith("made-up")]
    references = [picture[..., 3] for picture in left_out.values()]
    closest = near_copies([mark.picture[..., 3] for mark in known], references)[:60]
    for copy in closest:
        print(f"{copy.likeness:.3f} {known[copy.mark].name} looks like {names[copy.reference]}")
    if closest:
        upper = [on_white(known[copy.mark].picture) for copy in closest]
        lower = [on_white(left_out[names[copy.reference]]) for copy in closest]
        cv2.imwrite(str(path), np.vstack([np.hstack(upper), np.hstack(lower)]))


def on_white(picture: np.ndarray) -> np.ndarray:
    """Draw a mark on a white square of 80 pixels."""
    square = np.full((SIDE, SIDE, 3), 255, np.float32)
    height, width = picture.shape[:2]
    region = square[:height, :width]
    region += picture[..., 3:] / 255.0 * (picture[..., :3] - region)
    return cv2.resize(square, (80, 80), interpolation=cv2.INTER_AREA).astype(np.uint8)


if __name__ == "__main__":
    raise SystemExit(main())
