"""Where the marks come from: packages with their versions and licences.

`fetch_packages` needs the command `npm`. Simple Icons come with the Python package simplepycons.
"""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pretraining.left_out import is_left_out

FONT_VERSION = "5"
EMBLEMS = "ph"  # the icons of this package become emblems of made-up brands


class IconPackage(NamedTuple):
    """A package of `@iconify-json`."""

    version: str
    licence: str
    is_one_colour: bool
    brand_prefix: str = ""  # tells coins from companies of the same name


ICON_PACKAGES = {
    "logos": IconPackage("1.2.19", "CC0-1.0", is_one_colour=False),
    "cib": IconPackage("1.2.3", "CC0-1.0", is_one_colour=True),
    "skill-icons": IconPackage("1.2.4", "MIT", is_one_colour=False),
    "devicon": IconPackage("1.2.68", "MIT", is_one_colour=False),
    "bxl": IconPackage("1.2.4", "MIT", is_one_colour=True),
    "unjs": IconPackage("1.2.4", "Apache-2.0", is_one_colour=False),
    "vscode-icons": IconPackage("1.2.97", "MIT", is_one_colour=False),
    "file-icons": IconPackage("1.2.2", "ISC", is_one_colour=True),
    "cryptocurrency-color": IconPackage("1.2.4", "CC0-1.0", False, "coin "),
    "token-branded": IconPackage("1.2.45", "MIT", False, "coin "),
    EMBLEMS: IconPackage("1.2.2", "MIT", is_one_colour=True),
}

# Licences: Apache-2.0 for chewy, luckiest-guy, permanent-marker, roboto-slab, satisfy,
# special-elite, ultra and yellowtail, OFL-1.1 for the others.
FONTS_TEXT = """
inter lato merriweather roboto-slab archivo-narrow barlow-condensed raleway oswald special-elite
josefin-sans zilla-slab lobster pacifico bebas-neue anton playfair-display montserrat poppins
nunito quicksand comfortaa righteous fredoka bangers permanent-marker caveat dancing-script
satisfy great-vibes abril-fatface alfa-slab-one bungee orbitron press-start-2p vt323 monoton
audiowide russo-one black-ops-one kanit exo-2 teko rajdhani cinzel cormorant-garamond
eb-garamond libre-baskerville crimson-text bitter arvo rokkitt space-grotesk space-mono
jetbrains-mono rubik work-sans dm-serif-display yellowtail cookie kaushan-script sacramento
shadows-into-light amatic-sc indie-flower patua-one titan-one luckiest-guy chewy baloo-2
concert-one passion-one squada-one staatliches unica-one julius-sans-one poiret-one limelight
fascinate rye creepster unifrakturmaguntia ultra bowlby-one
"""
FONTS = FONTS_TEXT.split()
TEXT_FONTS = FONTS[:11]  # for blocks of text

# Words at the end of an icon's name that tell variants of a brand's mark apart.
VARIANTS_TEXT = """
icon wordmark original plain line dark light official logo logotype alt color colour mono monotone
square circle tile old mark text vertical horizontal filled outline background
"""
VARIANTS = set(VARIANTS_TEXT.split())


class Icon(NamedTuple):
    """An icon of a package."""

    name: str  # such as "logos:mozilla"
    brand: str
    svg: str
    is_one_colour: bool
    colour: str = ""


def fetch_packages(folder: Path) -> None:
    """Download the packages of icons and fonts that are not in a folder yet.

    Parameters
    ----------
    folder : Path
        Gets a folder for each package, about 50 MB in all.

    Raises
    ------
    RuntimeError
        If npm cannot download a package.
    """
    for name, package in ICON_PACKAGES.items():
        fetch(f"@iconify-json/{name}@{package.version}", folder / name, r"/icons\.json$")
    for name in FONTS:
        latin = r"-latin-\d+-(normal|italic)\.woff$"
        fetch(f"@fontsource/{name}@{FONT_VERSION}", folder / "fonts" / name, latin)


def fetch(package: str, folder: Path, wanted: str) -> None:
    """Download a package, and unpack the files whose path matches a pattern."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder.parent), package]
    packing = subprocess.run(command, capture_output=True, text=True)
    if packing.returncode:
        raise RuntimeError(
            f"npm cannot download {package}: {packing.stderr.strip()[-300:]}. "
            "Check the connection to npm's registry and run the command again."
        )
    archive = folder.parent / packing.stdout.split()[-1]
    with tarfile.open(archive) as file:
        members = [member for member in file if member.isfile() and re.search(wanted, member.name)]
        contents = {Path(member.name).name: file.extractfile(member).read() for member in members}
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    archive.unlink()


def iter_icons(folder: Path) -> Iterator[Icon]:
    """Yield the icons of all packages, without the brands that are left out.

    Parameters
    ----------
    folder : Path
        Folder that `fetch_packages` filled.

    Yields
    ------
    Icon
        Simple Icons first.
    """
    yield from iter_simple_icons()
    for package, facts in ICON_PACKAGES.items():
        if package != EMBLEMS:
            for name, svg in iter_package(folder, package):
                brand = facts.brand_prefix + brand_of(name)
                yield Icon(f"{package}:{name}", brand, svg, facts.is_one_colour)


def iter_simple_icons() -> Iterator[Icon]:
    """Yield the icons of Simple Icons, without the brands that are left out."""
    for name, icon in simple_icons().items():
        if not is_left_out(name) and not is_left_out(icon.title):
            yield Icon(f"simple:{name}", brand_of(name), icon.raw_svg, True, icon.primary_color)


def simple_icons() -> dict:
    """Return all icons of Simple Icons by their short names."""
    icons = import_module("simplepycons").all_icons
    names = [re.fullmatch("get_(.+)_icon", name) for name in dir(icons)]
    return {match[1]: icons[match[1]] for match in names if match}


def iter_package(folder: Path, package: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG text of a package's icons, without brands that are left out."""
    content = json.loads((folder / package / "icons.json").read_text(encoding="utf-8"))
    for name, icon in content["icons"].items():
        shown = name
        if package == "vscode-icons":  # its other icons are folders
            if not name.startswith("file-type-"):
                continue
            shown = name.removeprefix("file-type-")
        is_bank_card = package == "cib" and name.startswith("cc-")
        if not icon.get("hidden") and not is_bank_card and not is_left_out(shown, package):
            yield shown, svg_text(icon, content)


def svg_text(icon: dict, package: dict) -> str:
    """Write an icon of an Iconify package as an SVG file."""
    width, height = (icon.get(key, package.get(key, 16)) for key in ("width", "height"))
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{box}" width="{width}" height="{height}">{icon["body"]}</svg>'
    )


def brand_of(name: str) -> str:
    """Return the brand that an icon's name tells.

    Examples
    --------
    >>> brand_of("mozilla-firefox-wordmark"), brand_of("light-sketch")
    ('mozillafirefox', 'sketch')
    """
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    while len(words) > 1 and words[-1] in VARIANTS:
        words.pop()
    if len(words) > 1 and words[0] in ("light", "dark"):
        words.pop(0)
    return "".join(words)
