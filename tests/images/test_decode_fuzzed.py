"""Whatever bytes decode_image is given, it gives RGB pixels or raises ImageError."""

import io
import struct
import zlib

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
    """A small picture with something in every part of it."""
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
    """A BMP of 28 x 20 pixels with a palette, packed in one of the ways that Pillow cannot save."""
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
]

# Lines of one run each; in the middle one that is skipped and one that is written out.
RUN_LENGTHS = [
    bitmap(1, 8, b"\x1c\3\0\0" * 10 + b"\0\2\0\1" + b"\0\3abc\0\0\0" + b"\x1c\4\0\0" * 8),
    bitmap(2, 4, b"\x1c\x34\0\0" * 10 + b"\0\2\0\1" + b"\0\4ab\0\0" + b"\x1c\x34\0\0" * 8),
]


def sealed(png):
    """The same with right checksums, so that the decoder sees what was changed."""
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
    """A picture with bytes overwritten, lost, put in, repeated, cut or from another picture."""
    content = bytearray(draw(st.sampled_from(PICTURES + RUN_LENGTHS)))
    for _ in range(draw(st.integers(1, 6))):
        # Headers are where decoders trip, so half of the hits go there.
        reach = draw(st.sampled_from([60, len(content)]))
        start = draw(st.integers(0, min(reach, len(content))))
        end = start + draw(st.integers(1, 40))
        match draw(st.sampled_from(["overwrite", "lose", "put in", "repeat", "graft", "cut"])):
            case "overwrite":
                few = draw(st.binary(min_size=1, max_size=4))
                content[start : start + len(few)] = few
            case "lose":
                del content[start:end]
            case "put in":
                content[start:start] = draw(st.binary(min_size=1, max_size=40))
            case "repeat":
                content[start:start] = content[start:end]
            case "graft":
                content[start:end] = draw(st.sampled_from(PICTURES))[start:]
            case "cut":
                del content[max(start, 12) :]
    return sealed(content) if content[:4] == b"\x89PNG" else bytes(content)


SIGNATURES = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\1\0\0WEBP", b"BM"]
RAW_BYTES = st.builds(bytes.__add__, st.sampled_from(SIGNATURES), st.binary(max_size=200))


@pytest.mark.filterwarnings("ignore")
@settings(derandomize=True, deadline=None, max_examples=600, suppress_health_check=HealthCheck)
@given(damaged_pictures() | RAW_BYTES, st.sampled_from([None, 8]))
def test_any_bytes_give_pixels_or_an_image_error(content, at_least):
    try:
        width, height = image_size(content)
        pixels = decode_image(content, max_pixels=MAX_PIXELS, at_least=at_least)
    except ImageError:
        return
    assert isinstance(pixels, np.ndarray)
    assert pixels.dtype == np.uint8
    assert 0 < width * height <= MAX_PIXELS
    assert pixels.shape == (height, width, 3) or (at_least and pixels.shape[2] == 3)


@pytest.mark.parametrize("content", PICTURES)
def test_the_pictures_that_are_damaged_are_whole(content):
    assert decode_image(sealed(content) if content[:4] == b"\x89PNG" else content).shape[2] == 3


@pytest.mark.parametrize("content", RUN_LENGTHS)
def test_run_lengths_are_refused_though_they_would_decode(content):
    assert BmpImageFile(io.BytesIO(content)).convert("RGB").size == (28, 20)
    with pytest.raises(ImageError, match="run-length"):
        decode_image(content)
