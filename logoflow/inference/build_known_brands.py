"""Make simple_icons.npz, the brands that `lf.identify` knows.

    python -m logoflow.inference.build_known_brands simple_icons.npz --sets logos/icons.json

Each brand of Simple Icons is known by its icon and by its name in four typefaces. --sets adds logos
of the same brands from packages of Iconify, files ``icons.json`` of npm's ``@iconify-json/logos``
(CC0) and ``@iconify-json/cib`` (CC0). It takes ten minutes on two cores.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from logoflow.datasets.composing.artwork import Artwork, read_artwork
from logoflow.datasets.composing.simple_icons import icon_of, plain_name, simple_icons, wordmarks
from logoflow.errors import ArtworkError, ImageError
from logoflow.inference.index_brands import embed_logo, with_usual
from logoflow.utils.threads import physical_cores

_VARIANT = re.compile("-(icon|wordmark|original|plain|light|dark)$")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file."""
    options = parser().parse_args(arguments)
    logos = other_logos(options.sets)
    titles = sorted({icon.title for icon in simple_icons().values()}, key=str.casefold)
    jobs = [(options.seed, title, logos.get(plain_name(title), [])) for title in titles]
    with ProcessPoolExecutor(physical_cores()) as pool:
        parts = list(pool.map(embed_brand, jobs, chunksize=16))
    brands = np.repeat(np.arange(len(titles)), [len(part) for part in parts])
    with_usual(tuple(titles), np.concatenate(parts), brands).save(options.output)
    print(f"{options.output}: {len(titles)} brands, {len(brands)} logos")
    return 0


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="file to write, .npz")
    parser.add_argument("--sets", type=Path, nargs="*", default=[], help="icons.json of Iconify")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def other_logos(files: Iterable[Path]) -> dict[str, list[bytes]]:
    """Read the logos of Iconify packages as SVG, by the plain names of their brands."""
    logos = defaultdict(list)
    for path in files:
        package = json.loads(path.read_text(encoding="utf-8"))
        for name, icon in package["icons"].items():
            if not icon.get("hidden"):
                logos[plain_name(_VARIANT.sub("", name))].append(_svg(icon, package))
    return dict(logos)


def _svg(icon: dict, package: dict) -> bytes:
    width, height = (icon.get(key, package.get(key, 16)) for key in ("width", "height"))
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    body = icon["body"].replace("currentColor", "#000")
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{body}</svg>'.encode()


def embed_brand(job: tuple[int, str, list[bytes]]) -> np.ndarray:
    """Embed all logos of a brand, (logos, 256)."""
    seed, title, others = job
    rng = np.random.default_rng([seed, *title.encode()])
    drawings: list[list[Artwork]] = [[icon_of(title)]]
    drawings.append(wordmarks(title, simple_icons()[plain_name(title)].primary_color))
    for svg in others:
        try:
            drawings.append([read_artwork(svg)])
        except (ArtworkError, ImageError):
            continue  # drawn in white, for instance
    return np.stack([embed_logo(rng, ways) for ways in drawings])


if __name__ == "__main__":
    raise SystemExit(main())
