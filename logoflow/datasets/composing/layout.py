"""Write photos with boxes in the layout of FlickrLogos-32."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from logoflow.labels import NO_LOGO

SPLITS = ("train", "val", "test")


def write_photo(
    folder: Path, class_name: str, file: str, jpeg: bytes, boxes: Sequence[Sequence[int]]
) -> None:
    """Write a photo and its boxes.

    Parameters
    ----------
    folder : Path
        The folder ``FlickrLogos-v2``.
    class_name : str
        A brand, or ``"no-logo"``, which has no boxes.
    file : str
        Name of the photo file.
    jpeg : bytes
        The photo.
    boxes : sequence of (x, y, width, height)
        In pixels.

    Examples
    --------
    >>> write_photo(Path("FlickrLogos-v2"), "acme", "1.jpg", b"...", [(0, 0, 9, 9)])
    >>> Path("FlickrLogos-v2/classes/masks/acme/1.jpg.bboxes.txt").read_text()
    'x y width height\\n0 0 9 9\\n'
    """
    photo = folder / "classes" / "jpg" / class_name / file
    photo.parent.mkdir(parents=True, exist_ok=True)
    photo.write_bytes(jpeg)
    if class_name != NO_LOGO:
        # As in FlickrLogos-32, where the masks of the class HP are in a folder hp.
        masks = folder / "classes" / "masks" / class_name.lower()
        masks.mkdir(parents=True, exist_ok=True)
        lines = ["x y width height", *(" ".join(map(str, box)) for box in boxes)]
        (masks / f"{file}.bboxes.txt").write_text("\n".join(lines) + "\n")


def write_lists(folder: Path, photos: Iterable[Mapping[str, str]]) -> None:
    """Write the five lists of relative paths.

    ``valset-nologos`` lists the no-logo photos of train before those of val, because both articles
    move the first half of this list to training.

    Parameters
    ----------
    folder : Path
        The folder ``FlickrLogos-v2``.
    photos : iterable of mapping
        ``file``, ``class`` and ``split`` of each photo.

    Examples
    --------
    >>> Path("FlickrLogos-v2").mkdir(exist_ok=True)
    >>> write_lists(Path("FlickrLogos-v2"), [{"file": "1.jpg", "class": "acme", "split": "train"}])
    >>> Path("FlickrLogos-v2/trainset.relpaths.txt").read_text()
    'classes/jpg/acme/1.jpg\\n'
    """
    photos = list(photos)

    def paths(split: str, with_logo: bool) -> list[str]:
        chosen = (p for p in photos if p["split"] == split and (p["class"] != NO_LOGO) == with_logo)
        return sorted(f"classes/jpg/{p['class']}/{p['file']}" for p in chosen)

    lists = {
        "trainset": paths("train", True),
        "valset-logosonly": paths("val", True),
        "valset-nologos": paths("train", False) + paths("val", False),
        "testset": paths("test", True) + paths("test", False),
        "testset-logosonly": paths("test", True),
    }
    for name, lines in lists.items():
        text = "".join(f"{line}\n" for line in lines)
        (folder / f"{name}.relpaths.txt").write_text(text)
