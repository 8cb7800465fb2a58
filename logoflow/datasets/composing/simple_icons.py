"""Artwork of about 3,400 brands: the icons of Simple Icons, and the brands' names."""

import unicodedata
from functools import cache
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from logoflow.datasets.composing.artwork import Artwork, read_artwork
from logoflow.utils.extras import require_extra

_TYPEFACES = ("Sans-Bold", "Sans", "Serif-Bold", "Sans-BoldOblique")
_HEIGHT = 120  # pixels of the type


def icon_of(title: str) -> Artwork:
    """Read the icon of a brand.

    Parameters
    ----------
    title : str
        The name of the brand in Simple Icons. Case, blanks and punctuation do not matter.

    Returns
    -------
    Artwork

    Raises
    ------
    LookupError
        If Simple Icons has no such brand.
    ModuleNotFoundError
        If the packages of the extra ``artwork`` are missing.

    Examples
    --------
    >>> icon_of("B.M.W").colour.tolist()
    [0, 102, 177]
    """
    icon = simple_icons().get(plain_name(title))
    if icon is None:
        raise LookupError(
            f"Simple Icons has no icon of {title!r}: give its artwork as a file, or leave it out."
        )
    return read_artwork(icon.raw_svg.encode(), colour=icon.primary_color)


@cache
def simple_icons() -> dict[str, Any]:
    """Return all icons of the package simplepycons.

    Returns
    -------
    dict of str to Icon
        By the `plain_name` of their brands. An icon has a `title`, a `raw_svg` and a
        `primary_color`.

    Raises
    ------
    ModuleNotFoundError
        If the packages of the extra ``artwork`` are missing.

    Examples
    --------
    >>> simple_icons()["redbull"].title
    'Red Bull'
    """
    require_extra("artwork")
    from simplepycons import all_icons  # type: ignore[attr-defined]

    icons: dict[str, Any] = {}
    for name in sorted(all_icons.names()):
        icon = all_icons[name]
        icons.setdefault(plain_name(name), icon)
        icons.setdefault(plain_name(icon.title), icon)
    return icons


def plain_name(text: str) -> str:
    """Reduce a name to its letters and digits, in lower case and without accents.

    Examples
    --------
    >>> plain_name("Red-Bull 2"), plain_name("Citroën")
    ('redbull2', 'citroen')
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in letters if character.isalnum())


def wordmarks(text: str, colour: str | None = None) -> list[Artwork]:
    """Write a name in several typefaces, for brands whose logo is mainly their name.

    Parameters
    ----------
    text : str
        The name.
    colour : str, optional
        Usual colour, such as ``"#0066B1"``.

    Returns
    -------
    list of Artwork

    Examples
    --------
    >>> len(wordmarks("acme"))
    4
    """
    drawings = []
    for typeface in _TYPEFACES:
        path = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVu{typeface}.ttf"
        font = ImageFont.truetype(path, _HEIGHT)
        left, top, right, bottom = (round(side) for side in font.getbbox(text))
        canvas = Image.new("RGBA", (right - left, bottom - top), (0, 0, 0, 0))
        ImageDraw.Draw(canvas).text((-left, -top), text, fill=(0, 0, 0, 255), font=font)
        drawings.append(read_artwork(np.asarray(canvas), colour=colour))
    return drawings
