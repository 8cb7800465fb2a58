"""decode_image turns any bytes into RGB pixels or raises ImageError."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from logoflow.errors import ImageError
from logoflow.images.decode import decode_image, image_size

MAX_PIXELS = 1_000_000


def encoded(mode, kind, **options):
    """Encode a small image of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def animation(kind):
    frames = [Image.new("RGB", (28, 20), colour) for colour in ("red", "blue")]
    return encoded("RGB", kind, save_all=True, append_images=frames, duration=50)


def bitmap(compression, bits, pixels):
    """Make a BMP of 28 x 20 pixels with a palette and a compression that Pillow cannot write."""
    fields = (40, 28, 20, 1, bits, compression, len(pixels), 0, 0, 16, 0)
    header = struct.pack("<IiiHHIIiiII", *fields) + bytes(range(64))
    return b"BM" + struct.pack("<IHHI", 118 + len(pixels), 0, 0, 118) + header + pixels


PICTURES = [
    encoded("RGB", "JPEG", exif=rotated()),
    encoded("RGB", "JPEG", progressive=True),
    encoded("CMYK", "JPEG"),
    encoded("L", "JPEG"),
    encoded("RGBA", "PNG", exif=rotated()),
    encoded("P", "PNG", transparency=3),
    encoded("1", "PNG"),
    encoded("I;16", "PNG"),
    encoded("RGB", "WEBP", exif=rotated()),
    encoded("RGBA", "WEBP", lossless=True),
    encoded("P", "GIF", transparency=3),
    encoded("RGB", "BMP"),
    encoded("P", "BMP"),
    encoded("1", "BMP"),
    *map(animation, ["GIF", "WEBP", "PNG"]),
    encoded("RGB", "TIFF", exif=rotated()),
    encoded("RGB", "TIFF", compression="tiff_lzw"),
    encoded("RGB", "TIFF", compression="jpeg"),
    encoded("I;16", "TIFF"),
    encoded("CMYK", "TIFF", compression="tiff_adobe_deflate"),
    encoded("RGB", "AVIF", exif=rotated()),
    encoded("RGBA", "AVIF"),
    *((Path(__file__).parent / f"{name}.heic").read_bytes() for name in ("flag", "rotated")),
]

# Each line is one run; in the middle, one line is skipped and one is stored without runs.
RUN_LENGTHS = [
    bitmap(1, 8, b"\x1c\3\0\0" * 10 + b"\0\2\0\1" + b"\0\3abc\0\0\0" + b"\x1c\4\0\0" * 8),
    bitmap(2, 4, b"\x1c\x34\0\0" * 10 + b"\0\2\0\1" + b"\0\4ab\0\0" + b"\x1c\x34\0\0" * 8),
]


def with_checksums(png):
    """Correct the checksums of a PNG, so that the decoder reads the changed bytes."""
    whole, position = bytearray(png), 8
    while position + 12 <= len(whole):
        end = position + 8 + struct.unpack_from(">I", whole, position)[0]
        if end + 4 > len(whole):
            break
        struct.pack_into(">I", whole, end, zlib.crc32(whole[position + 4 : end]))
        position = end + 4
    return bytes(whole)


@st.composite
def damaged_pictures(draw):
    """Overwrite, delete, insert or repeat bytes of an image, truncate it, or graft another on."""
    content = bytearray(draw(st.sampled_from(PICTURES + RUN_LENGTHS)))
    for _ in range(draw(st.integers(1, 6))):
        # Most decoder faults are in headers, so half of the changes go there.
        reach = draw(st.sampled_from([60, len(content)]))
        start = draw(st.integers(0, min(reach, len(content))))
        end = start + draw(st.integers(1, 40))
        match draw(
            st.sampled_from(["overwrite", "delete", "insert", "repeat", "graft", "truncate"])
        ):
            case "overwrite":
                few = draw(st.binary(min_size=1, max_size=4))
                content[start : start + len(few)] = few
            case "delete":
                del content[start:end]
            case "insert":
                content[start:start] = draw(st.binary(min_size=1, max_size=40))
            case "repeat":
                content[start:start] = content[start:end]
            case "graft":
                content[start:end] = draw(st.sampled_from(PICTURES))[start:]
            case "truncate":
                del content[max(start, 12) :]
    return with_checksums(content) if content[:4] == b"\x89PNG" else bytes(content)


SIGNATURES = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\1\0\0WEBP", b"BM"]
RAW_BYTES = st.builds(bytes.__add__, st.sampled_from(SIGNATURES), st.binary(max_size=200))


@pytest.mark.filterwarnings("ignore")
@settings(derandomize=True, deadline=None, max_examples=600, suppress_health_check=HealthCheck)
@given(damaged_pictures() | RAW_BYTES, st.sampled_from([None, 8]))
def test_any_bytes_give_pixels_or_an_image_error(content, min_side):
    try:
        width, height = image_size(content)
        pixels = decode_image(content, max_pixels=MAX_PIXELS, min_side=min_side)
    except ImageError:
        return
    assert isinstance(pixels, np.ndarray)
    assert pixels.dtype == np.uint8
    assert 0 < width * height <= MAX_PIXELS
    assert pixels.shape == (height, width, 3) or (min_side and pixels.shape[2] == 3)


@pytest.mark.parametrize("content", PICTURES)
def test_the_images_are_valid_before_they_are_damaged(content):
    if content[:4] == b"\x89PNG":
        content = with_checksums(content)
    assert decode_image(content).shape[2] == 3


@pytest.mark.parametrize("content", RUN_LENGTHS)
def test_run_length_bmps_are_refused_although_pillow_decodes_them(content):
    assert BmpImageFile(io.BytesIO(content)).convert("RGB").size == (28, 20)
    with pytest.raises(ImageError, match="run-length"):
        decode_image(content)
