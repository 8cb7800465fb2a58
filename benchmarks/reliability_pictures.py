"""Pictures that are damaged, or small but costly: each gives pixels or an ImageError, soon."""

import io
import random
import struct
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from logoflow.errors import ImageError
from logoflow.images.decode import decode_image, image_size

BYTES = 20_000_000  # the largest picture that is fetched
MAX_SECONDS = 2.0  # of a core
THREADS = 4


def noise(side: int = 64) -> Image.Image:
    """Make a picture of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(kind: str, side: int = 64, **options: object) -> bytes:
    """Encode a picture of noise."""
    file = io.BytesIO()
    noise(side).save(file, kind, **options)
    return file.getvalue()


def _inserted(kind: str, part: bytes, size: int) -> bytes:
    """Repeat a part behind the beginning of a JPEG or a PNG, up to a size."""
    content = encoded(kind)
    start = {"JPEG": 2, "PNG": 33}[kind]
    return content[:start] + part * (size // len(part)) + content[start:]


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _nested_exif(size: int) -> bytes:
    """Make EXIF data of entries each of which refers to all of it."""
    count = min(65_535, size // 12)
    entry = struct.pack("<HHII", 0x9286, 7, size - 8, 8)
    return (b"II*\0" + struct.pack("<IH", 8, count) + entry * count).ljust(size, b"\0")


def _many_scans(size: int, side: int) -> bytes:
    """Repeat the last scan of a progressive JPEG, as often as there is room and is allowed."""
    content = encoded("JPEG", side, progressive=True) if side <= 64 else _flat_progressive(side)
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * min(90, size // len(scan)) + content[-2:]


def _late_comments(size: int) -> bytes:
    """Put comments before the last of the few scans of a progressive JPEG."""
    content = encoded("JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + _segment(0xFE, b"") * (size // 4) + content[last:]


def _flat_progressive(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(file, "JPEG", progressive=True)
    return file.getvalue()


def costly_pictures(size: int = BYTES) -> dict[str, bytes]:
    """Make small pictures that would keep a decoder busy."""
    profile = zlib.compress(bytes(1 << 20), 9)
    exif = b"Exif\0\0" + _nested_exif(65_000)
    thousand = size // 20
    return {
        "jpeg-empty-applications": _inserted("JPEG", _segment(0xE5, b""), size),
        "jpeg-empty-comments": _inserted("JPEG", _segment(0xFE, b""), size),
        "jpeg-exif-segments": _inserted("JPEG", _segment(0xE1, b"Exif\0\0a"), size),
        "jpeg-nested-exif": _inserted("JPEG", _segment(0xE1, exif), size),
        "jpeg-photoshop": _inserted("JPEG", _segment(0xED, b"Photoshop 3.0\0" + b"8BIM" * 9), size),
        "jpeg-profiles": _inserted("JPEG", _segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(9)), size),
        "jpeg-padding": _inserted("JPEG", b"\xff", size),
        "jpeg-90-scans": _many_scans(size, 64),
        "jpeg-90-large-scans": _many_scans(size, 7000 if size == BYTES else 3000),
        "jpeg-late-comments": _many_scans(size, 64)[:-2] + _segment(0xFE, b"") * thousand,
        "jpeg-comments-between-scans": _late_comments(size),
        "png-empty-chunks": _inserted("PNG", _chunk(b"teXt", b""), size),
        "png-texts": _inserted("PNG", _chunk(b"zTXt", b"a\0\0" + profile), size),
        "png-profiles": _inserted("PNG", _chunk(b"iCCP", b"a\0\0" + profile), size),
        "png-nested-exif": _inserted("PNG", _chunk(b"eXIf", _nested_exif(size - 100)), size),
        "png-late-pixels": encoded("PNG")[:-12] + _chunk(b"IDAT", profile) * (size // 2000),
        "gif-comments": encoded("GIF")[:13] + b"\x21\xfe" + b"\1a" * (size // 2) + b"\0,",
        "webp-nested-exif": encoded("WEBP", exif=b"Exif\0\0" + _nested_exif(size - 1000)),
    }


def seconds_of(content: bytes) -> float:
    """Measure a core's seconds in this thread for the header and the pixels of a picture."""
    start = time.thread_time()
    for read in (image_size, decode_image):
        try:
            read(content)
        except ImageError:
            continue
    return time.thread_time() - start


def costly(count: int, seed: int, folder: Path) -> list[str]:
    """Decode costly pictures, alone and in several threads at once."""
    pictures = costly_pictures(BYTES if count > 1 else BYTES // 10)
    wrong = []
    with ThreadPoolExecutor(THREADS) as pool:
        for threads, run in (("alone", map), (f"{THREADS} threads", pool.map)):
            for name, seconds in zip(pictures, run(_outcome, pictures.values()), strict=True):
                if not isinstance(seconds, float) or seconds > MAX_SECONDS:
                    wrong.append(f"{name}, {threads}: {seconds}")
    return wrong


def _outcome(content: bytes) -> float | str:
    try:
        return seconds_of(content)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def mutated(count: int, seed: int, folder: Path) -> list[str]:
    """Decode pictures with changed, missing, repeated and foreign bytes."""
    rotated = Image.Exif()
    rotated[0x0112] = 6
    kinds = ["JPEG", "PNG", "WEBP", "GIF", "BMP"]
    pictures = [encoded(kind, 24) for kind in kinds]
    pictures += [encoded(kind, 24, exif=rotated) for kind in ("JPEG", "PNG", "WEBP")]
    pictures += [encoded("JPEG", 24, progressive=True)]
    draw, wrong = random.Random(seed), []
    for number in range(count):
        content = _mutated(draw.choice(pictures), draw, pictures)
        outcome = _outcome(content)
        if not isinstance(outcome, float) or outcome > MAX_SECONDS:
            wrong.append(f"{number}: {outcome}")
    return wrong


def _mutated(content: bytes, draw: random.Random, pictures: list[bytes]) -> bytes:
    """Change a picture at one to four places, more often at its beginning."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        reach = draw.choice((60, 700, len(changed)))
        start = draw.randrange(min(reach, len(changed)) + 1)
        end = start + draw.randint(1, 40)
        change: Callable[[], object] = draw.choice(
            (
                lambda s=start, e=end: changed.__delitem__(slice(s, e)),
                lambda s=start: changed.__setitem__(slice(s, s), draw.randbytes(9)),
                lambda s=start: changed.__setitem__(slice(s, s + 1), draw.randbytes(1)),
                lambda s=start, e=end: changed.__setitem__(slice(s, s), changed[s:e] * 3),
                lambda s=start: changed.__setitem__(slice(s, None), draw.choice(pictures)[s:]),
                lambda s=start: changed.__delitem__(slice(max(s, 12), None)),
            )
        )
        change()
    return bytes(changed)
