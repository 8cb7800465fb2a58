"""Pictures of every kind that logoflow reads, as the bytes of files."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HEIC = Path(__file__).parent / "images"


def encode(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def photo(width: int = 500, height: int = 375) -> Image.Image:
    """Make a picture of soft colours with sharp lines on it."""
    grains = np.random.default_rng(width + height).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    image = Image.fromarray(grains).resize((width, height), Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), "red")
    return image


def cut_out_logo() -> Image.Image:
    """Make a ring on a transparent ground, whose hidden pixels are black."""
    logo = Image.new("RGBA", (300, 300))
    ImageDraw.Draw(logo).ellipse((40, 40, 260, 260), outline=(10, 10, 90, 255), width=30)
    return logo


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@cache
def odd_pictures() -> dict[str, bytes]:
    """Return pictures of every kind by name."""
    plain, small = photo(), photo(96, 72)
    grey16 = Image.fromarray(np.asarray(plain.convert("L")).astype(np.uint16) * 257)
    pictures = {
        "jpeg": encode(plain, "JPEG"),
        "progressive": encode(plain, "JPEG", progressive=True),
        "grey jpeg": encode(plain.convert("L"), "JPEG"),
        "cmyk jpeg": encode(plain.convert("CMYK"), "JPEG"),
        "thumbnail": encode(small, "JPEG"),
        "tiny": encode(photo(7, 5), "PNG"),
        "one pixel": encode(photo(1, 1), "PNG"),
        "wide": encode(photo(1600, 20), "PNG"),
        "tall": encode(photo(30, 900), "PNG"),
        "wider than the network's input": encode(photo(200, 50), "PNG"),
        "png": encode(plain, "PNG"),
        "grey png": encode(plain.convert("L"), "PNG"),
        "one bit": encode(plain.convert("1"), "PNG"),
        "16 bits": encode(grey16, "PNG"),
        "palette": encode(plain.quantize(32), "PNG"),
        "palette with a transparent colour": encode(plain.quantize(8), "PNG", transparency=1),
        "cut-out logo": encode(cut_out_logo(), "PNG"),
        "grey with alpha": encode(cut_out_logo().convert("LA"), "PNG"),
        "gif": encode(plain, "GIF"),
        "animated gif": encode(plain, "GIF", save_all=True, append_images=[photo(500, 300)]),
        "webp": encode(plain, "WEBP"),
        "webp logo": encode(cut_out_logo(), "WEBP", lossless=True),
        "bmp": encode(plain, "BMP"),
        "tiff": encode(plain, "TIFF"),
        "16-bit tiff": encode(grey16, "TIFF"),
        "cmyk tiff": encode(plain.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        "avif": encode(plain, "AVIF"),
        "heic": (HEIC / "flag.heic").read_bytes(),
        "rotated heic": (HEIC / "rotated.heic").read_bytes(),
    }
    for orientation in (3, 6, 8):
        pictures[f"orientation {orientation}"] = encode(plain, "JPEG", exif=exif(orientation))
    return pictures


def broken_pictures() -> dict[str, bytes]:
    """Return files that are no pictures, or broken ones."""
    whole = encode(photo(), "JPEG")
    return {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"This is no picture.",
        "page": b"<!doctype html><p>404",
    }
