"""Draw the brands and photos of small.py from FlickrLogos-27, and copy them as a user's folder."""

import hashlib
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from logoflow.datasets.archives import open_source
from logoflow.datasets.duplicates import near_duplicates
from logoflow.datasets.flickrlogos27 import TRAINING_LIST, read_flickrlogos27
from logoflow.datasets.list_files import read_lines
from logoflow.datasets.splits import Photo
from logoflow.labels import NO_LOGO

BRANDS = 10
COUNTS = (1, 5, 10, 20)  # training photos per brand
MIN_TEST_PHOTOS = 150
MIN_NO_LOGO = 20

Paths = list[Path]


class Source(NamedTuple):
    """The photos to draw from.

    Parameters
    ----------
    training, query : dict of str to list of Path
        FlickrLogos-27's training photos and query photos, by brand. Photos that show two brands are
        left out.
    no_logo : list of Path
        Photos without a logo for training.
    no_logo_query : list of Path
        FlickrLogos-27's query photos without a logo.
    """

    training: dict[str, Paths]
    query: dict[str, Paths]
    no_logo: Paths
    no_logo_query: Paths


class Draw(NamedTuple):
    """The brands and photos that a seed draws.

    Parameters
    ----------
    training : dict of str to list of Path
        The training photos of each drawn brand, in random order. A row uses the first of them.
    photos : dict of str to list of Path
        All photos of each drawn brand.
    repeats : dict of Path to list of Path
        The near-duplicates of a photo, itself included. Photos without any are left out.
    no_logo : list of Path
        Photos without a logo for training, in random order. A row uses the first of them.
    no_logo_query : list of Path
        Photos without a logo for testing.
    """

    training: dict[str, Paths]
    photos: dict[str, Paths]
    repeats: dict[Path, Paths]
    no_logo: Paths
    no_logo_query: Paths


class Row(NamedTuple):
    """The training and test photos of a row of the table.

    Parameters
    ----------
    count : int
        Training photos per brand.
    with_no_logo : bool
        Whether no-logo is a class.
    train : list of Photo
        What the user has.
    test : list of Photo
        Photos of the brands, then photos without a logo if no-logo is a class.
    """

    count: int
    with_no_logo: bool
    train: list[Photo]
    test: list[Photo]

    @property
    def name(self) -> str:
        """The row as text, such as ``"5 photos, with no-logo"``."""
        photos = "1 photo" if self.count == 1 else f"{self.count} photos"
        return f"{photos}, {'with' if self.with_no_logo else 'without'} no-logo"

    @property
    def digest(self) -> str:
        """A hash of the photos: two results can be compared if it is the same."""
        names = [[f"{p.label}/{p.path.name}" for p in photos] for photos in (self.train, self.test)]
        return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]


def read_source(data: Path, no_logo_dir: Path, no_logo_list: Path | None = None) -> Source:
    """Read FlickrLogos-27 and a folder of photos without logos.

    Parameters
    ----------
    data : Path
        The data set (`read_flickrlogos27`).
    no_logo_dir : Path
        Photos without logos.
    no_logo_list : Path, optional
        A JSON list of file names. Only these photos of `no_logo_dir` are used.

    Returns
    -------
    Source

    Raises
    ------
    FileNotFoundError
        If photos are missing.
    """
    splits = read_flickrlogos27(data, no_logo_dir=no_logo_dir, val_share=0)
    ambiguous = photos_of_two_brands(data)
    training = paths_by_label(photo for photo in splits.train if photo.path.name not in ambiguous)
    query = paths_by_label(splits.test)
    no_logo, no_logo_query = training.pop(NO_LOGO), query.pop(NO_LOGO)
    if no_logo_list:
        listed = set(json.loads(no_logo_list.read_text(encoding="utf-8")))
        missing = sorted(listed - {path.name for path in no_logo})
        if missing:
            raise FileNotFoundError(
                f"{len(missing)} photos of {no_logo_list} are not in {no_logo_dir}, for example "
                f"{missing[0]}."
            )
        no_logo = [path for path in no_logo if path.name in listed]
    return Source(training, query, no_logo, no_logo_query)


def paths_by_label(photos) -> dict[str, Paths]:
    """Group the paths of photos by label, sorted."""
    groups = defaultdict(list)
    for photo in photos:
        groups[photo.label].append(photo.path)
    return {label: sorted(groups[label]) for label in sorted(groups)}


def photos_of_two_brands(data: Path) -> set[str]:
    """Name the training photos of FlickrLogos-27 whose boxes are of more than one brand."""
    (path, *_) = sorted(open_source(data, "flickrlogos27").rglob(TRAINING_LIST))
    brands = defaultdict(set)
    for line in read_lines(path):
        name, brand, *_ = line.split()
        brands[name].add(brand)
    return {name for name in brands if len(brands[name]) > 1}


def draw(
    source: Source, seed: int, *, brands: int = BRANDS, most: int = max(COUNTS), least: int = 15
) -> Draw:
    """Draw brands and their training photos.

    Near-duplicates are all among the drawn photos, or none of them is. Photos that nearly repeat a
    query photo are drawn last. So no test photo has to be left out if all drawn photos are used.

    Parameters
    ----------
    source : Source
    seed : int
    brands : int
        Number of brands.
    most : int
        Training photos per brand.
    least : int
        Test photos that a brand needs beside them. Brands with fewer photos are not drawn.

    Returns
    -------
    Draw

    Raises
    ------
    ValueError
        If there are too few photos.
    """
    rng = random.Random(f"small {seed}")
    enough = [
        brand
        for brand in sorted(source.training)
        if len(source.training[brand]) + len(source.query.get(brand, ())) >= most + least
    ]
    if len(enough) < brands:
        raise ValueError(
            f"{len(enough)} brands have {most} training photos and {least} test photos: it takes "
            f"{brands} such brands."
        )
    training, photos, repeats = {}, {}, {}
    for brand in sorted(rng.sample(enough, brands)):
        query = source.query.get(brand, [])
        photos[brand] = [*source.training[brand], *query]
        groups = near_duplicates(photos[brand])
        of_brand = {path: group for group in groups for path in group}
        training[brand] = draw_training(source.training[brand], query, of_brand, most, rng)
        repeats |= of_brand
    no_logo = rng.sample(source.no_logo, len(source.no_logo))
    return Draw(training, photos, repeats, no_logo, source.no_logo_query)


def draw_training(
    photos: Paths, query: Paths, repeats: dict[Path, Paths], most: int, rng: random.Random
) -> Paths:
    """Draw training photos of a brand, in random order. Near-duplicates are drawn together."""
    order = rng.sample(photos, len(photos))
    # The sort is stable, so the order stays random but for photos that repeat a query photo.
    order.sort(key=lambda path: bool(set(repeats.get(path, ())) & set(query)))
    drawn: Paths = []
    for path in order:
        together = [other for other in repeats.get(path, [path]) if other in photos]
        if path not in drawn and len(drawn) + len(together) <= most:
            drawn += together
    rng.shuffle(drawn)
    return drawn


def make_row(
    drawn: Draw, count: int, with_no_logo: bool, *, min_test: int = MIN_TEST_PHOTOS
) -> Row:
    """Choose the training and test photos of a row.

    With no-logo, there are as many training photos without a logo as of the brands together, but
    at least 20, and at most all.

    Parameters
    ----------
    drawn : Draw
    count : int
        Training photos per brand.
    with_no_logo : bool
        Whether no-logo is a class.
    min_test : int
        Number of test photos of brands that there must be.

    Returns
    -------
    Row

    Raises
    ------
    ValueError
        If there are too few training or test photos.
    """
    train, test = [], []
    for brand, order in drawn.training.items():
        used = set(order[:count])
        if len(used) < count:
            raise ValueError(f"{brand} has {len(used)} training photos, not {count}.")
        repeated = {other for path in used for other in drawn.repeats.get(path, ())}
        train += [Photo(path, brand) for path in sorted(used)]
        test += [Photo(path, brand) for path in drawn.photos[brand] if path not in used | repeated]
    if len(test) < min_test:
        raise ValueError(
            f"{len(test)} test photos remain with {count} training photos per brand: it takes "
            f"{min_test}."
        )
    if with_no_logo:
        no_logo_count = max(MIN_NO_LOGO, len(train))
        train += [Photo(path, NO_LOGO) for path in sorted(drawn.no_logo[:no_logo_count])]
        test += [Photo(path, NO_LOGO) for path in drawn.no_logo_query]
    return Row(count, with_no_logo, train, test)


def write_folder(photos: Sequence[Photo], folder: Path) -> Path:
    """Copy photos to ``<folder>/<class>/<file>``, as a user would keep them."""
    for photo in photos:
        path = folder / photo.label / photo.path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo.path, path)
    return folder
