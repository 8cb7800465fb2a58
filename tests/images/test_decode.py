"""Images of all supported formats are decoded to upright RGB; anything else is an ImageError."""

import io
import struct
import subprocess
import sys
import textwrap
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from large_pictures import png_of_size
from PIL import Image

from logoflow.errors import ImageError, TooManyPixels
from logoflow.images.decode import decode_image, image_size, load_image, read_image
from logoflow.images.headers import image_format

REPO = Path(__file__).resolve().parents[2]
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def flag(width=48, height=32):
    """Make an image with a red left half and a blue right half."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def corner_photo():
    """Make a blue image of 48 x 32 pixels with a red upper left quarter."""
    image = Image.new("RGB", (48, 32), BLUE)
    image.paste(RED, (0, 0, 24, 16))
    return image


def near(pixel, colour, tolerance=12):
    return np.abs(np.asarray(pixel, dtype=int) - colour).max() <= tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_supported_format_decodes_to_rgb(kind):
    content = encode(flag(), kind)
    pixels = decode_image(content)
    assert image_format(content) == kind.lower()
    assert image_size(content) == (48, 32)
    assert (pixels.shape, pixels.dtype) == ((32, 48, 3), np.uint8)
    assert near(pixels[16, 8], RED)
    assert near(pixels[16, 40], BLUE)
    pixels[0, 0] = 0  # the array is writable


@pytest.mark.parametrize("kind", ["ICO", "PPM", "JPEG2000", "TGA"])
def test_other_formats_are_refused(kind):
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow cannot write {kind}")
    with pytest.raises(ImageError, match="give a JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP"):
        decode_image(encode(flag(), kind))


# EXIF orientation -> how a camera stores an upright photo.
STORED = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_applied(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode(STORED[orientation](corner_photo()), kind, exif=exif)
    pixels = decode_image(content)
    assert image_size(content) == (48, 32)
    assert pixels.shape == (32, 48, 3)
    assert near(pixels[4, 4], RED)
    for y, x in ((4, 40), (28, 4), (28, 40)):
        assert near(pixels[y, x], BLUE)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"junk" * 9])
def test_corrupt_exif_data_is_ignored(exif):
    assert decode_image(encode(flag(), "JPEG", exif=exif)).shape == (32, 48, 3)


def test_damaged_metadata_brings_no_warnings(tmp_path):
    path = tmp_path / "flag.jpg"
    path.write_bytes(encode(flag(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))
    program = (
        f"from logoflow.images.decode import read_image; print(read_image({str(path)!r}).shape)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("(32, 48, 3)\n", "")


def test_megabytes_of_metadata_are_refused_quickly():
    jpeg, gif = encode(flag(), "JPEG"), encode(flag(), "GIF")
    first = gif.index(b",", 13)
    remarks = gif[:first] + b"\x21\xfe" + b"\x01a" * 2_000_000 + b"\0" + gif[first:]
    exif = jpeg[:2] + b"\xff\xe1\0\x09Exif\0\0a" * 400_000 + jpeg[2:]
    for content, reason in ((remarks, "bytes before its first frame"), (exif, "segments")):
        for read in (decode_image, image_size):
            with pytest.raises(ImageError, match=reason):
                read(content)
    few = jpeg[:2] + b"\xff\xe1\0\x09Exif\0\0a" * 3 + jpeg[2:]
    assert image_size(few) == (48, 32)


def test_an_invalid_orientation_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 9
    assert image_size(encode(flag(), "JPEG", exif=exif)) == (48, 32)


def test_grey_jpeg():
    pixels = decode_image(encode(Image.new("L", (10, 8), 77), "JPEG"))
    assert pixels.shape == (8, 10, 3)
    assert near(pixels[4, 4], (77, 77, 77), tolerance=2)


def test_cmyk_jpeg():
    pixels = decode_image(encode(flag().convert("CMYK"), "JPEG"))
    assert near(pixels[16, 8], RED)
    assert near(pixels[16, 40], BLUE)


def test_transparent_rgba_becomes_white():
    image = flag().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 24, 16))
    image.putpixel((47, 31), (0, 0, 0, 128))
    for kind in ("PNG", "WEBP"):
        pixels = decode_image(encode(image, kind, lossless=True))
        assert tuple(pixels[2, 2]) == WHITE
        assert tuple(pixels[30, 2]) == RED
        assert near(pixels[31, 47], (127, 127, 127), tolerance=1)


def test_palette_png_with_a_transparent_entry():
    image = flag().quantize(4)
    background = image.getpixel((0, 0))
    pixels = decode_image(encode(image, "PNG", transparency=background))
    assert tuple(pixels[0, 0]) == WHITE
    assert tuple(pixels[0, 47]) == BLUE


def test_palette_png_with_an_alpha_per_entry():
    image = flag().quantize(2)
    alphas = bytes([0, 255]) if image.getpixel((0, 0)) == 0 else bytes([255, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = decode_image(encode(image, "PNG", transparency=alphas))
    assert tuple(pixels[0, 0]) == WHITE
    assert tuple(pixels[0, 47]) == BLUE


def test_colour_key_transparency_of_an_rgb_png():
    pixels = decode_image(encode(flag(), "PNG", transparency=RED))
    assert tuple(pixels[0, 0]) == WHITE
    assert tuple(pixels[0, 47]) == BLUE


def test_grey_with_alpha_and_one_bit_png():
    assert tuple(decode_image(encode(Image.new("LA", (4, 4), (0, 0)), "PNG"))[0, 0]) == WHITE
    assert tuple(decode_image(encode(Image.new("1", (4, 4), 1), "PNG"))[0, 0]) == WHITE


def test_sixteen_bit_grey_is_scaled_not_clipped():
    values = np.array([[0, 0x1234, 0x8000, 0xFFFF]], dtype=np.uint16)
    pixels = decode_image(encode(Image.fromarray(values), "PNG"))
    assert pixels[0, :, 0].tolist() == [0, 0x12, 0x80, 0xFF]


def test_sixteen_bit_rgb_png():
    row = b"\0" + struct.pack(">6H", 0xFFFF, 0, 0x8000, 0x1200, 0x3400, 0x5600)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(row)), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + name + data
        content += struct.pack(">I", zlib.crc32(name + data))
    assert decode_image(content).tolist() == [[[255, 0, 128], [0x12, 0x34, 0x56]]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (20, 10), colour) for colour in (RED, BLUE, WHITE)]
    content = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    assert near(decode_image(content)[5, 5], RED)


def test_a_transparent_gif_becomes_white():
    image = flag().quantize(4)
    content = encode(image, "GIF", transparency=image.getpixel((0, 0)))
    assert tuple(decode_image(content)[0, 0]) == WHITE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_an_error(kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encode(Image.fromarray(noise), kind)
    with pytest.raises(ImageError, match=r"half\.jpg.*truncated"):
        decode_image(content[: int(len(content) * share)], source="half.jpg")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty, 0 bytes"),
        (b"\0" * 100, "not an image"),
        (b"\n<!DOCTYPE html><html><img src='cat.jpg'></html>", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xff\xd8\xff", "corrupt or truncated jpeg"),
        (b"\x89PNG\r\n\x1a\n", "corrupt or truncated png"),
        (b"GIF89a", "corrupt or truncated gif"),
        (b"RIFF\0\0\0\0WEBP", "corrupt or truncated webp"),
        (b"BM", "corrupt or truncated bmp"),
    ],
)
def test_the_error_for_other_content_describes_it(content, message):
    for read in (decode_image, image_size):
        with pytest.raises(ImageError, match=rf"^cat\.jpg: .*{message}"):
            read(content, source="cat.jpg")


def test_a_gif_without_pixels_is_refused():
    content = b"GIF89a" + struct.pack("<HHBBB", 0, 0, 0, 0, 0) + b"," + bytes(9) + b"\2\0;"
    with pytest.raises(ImageError, match="0 x 0"):
        decode_image(content)


def test_the_pixel_limit_is_checked_before_decoding():
    content = encode(flag(), "PNG")
    assert decode_image(content, max_pixels=48 * 32).shape == (32, 48, 3)
    with pytest.raises(TooManyPixels, match="48 x 32 pixels are more than the 1,535 allowed"):
        decode_image(content, max_pixels=48 * 32 - 1)


def test_huge_images_are_refused_without_using_much_memory(tmp_path):
    gif = bytearray(encode(Image.new("L", (8, 8)), "GIF"))
    gif[6:10] = struct.pack("<HH", 13_000, 13_000)
    frame = gif.index(b",")
    gif[frame + 5 : frame + 9] = struct.pack("<HH", 13_000, 13_000)
    gif[frame:frame] = b"!\xf9\x04\x08\0\0\0\0"  # a disposal method that needs a buffer
    png = png_of_size(20_000, 20_000)
    assert len(png) < 60_000
    bmp = encode(Image.new("RGB", (8, 8)), "BMP")
    bmp = bmp[:18] + struct.pack("<ii", 20_000, 20_000) + bmp[26:]
    jpeg = bytearray(encode(Image.new("L", (8, 8)), "JPEG"))
    start = jpeg.index(b"\xff\xc0")
    jpeg[start + 5 : start + 9] = struct.pack(">HH", 20_000, 20_000)
    for name, content in (("png", png), ("gif", gif), ("bmp", bmp), ("jpg", jpeg)):
        (tmp_path / f"huge.{name}").write_bytes(content)
    script = """
        import resource, sys, warnings
        from pathlib import Path
        from logoflow.images.decode import TooManyPixels, decode_image
        warnings.simplefilter("error")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in sorted(Path(sys.argv[1]).iterdir()):
            try:
                decode_image(path.read_bytes(), source=path.name)
            except TooManyPixels:
                print(path.name)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=REPO)
    *refused, megabytes = done.stdout.split()
    assert refused == ["huge.bmp", "huge.gif", "huge.jpg", "huge.png"]
    assert int(megabytes) < 50


def test_a_jpeg_with_too_many_scans_is_refused():
    content = encode(Image.new("RGB", (64, 64), RED), "JPEG", progressive=True)
    last_scan = content[content.rindex(b"\xff\xda") : -2]
    decode_image(content)
    with pytest.raises(ImageError, match="scans"):
        decode_image(content[:-2] + last_scan * 200 + content[-2:])


def run_length_bmp(header_size, compression, width=4_000_000, runs=b"\x00\x02\x00\xff"):
    """Make a BMP that is one pixel high and skips 255 lines if it is unpacked."""
    palette, offset = bytes(4 * 256), 14 + header_size + 4 * 256
    bits = 8 if compression == 1 else 4
    fields = (header_size, width, 1, 1, bits, compression, len(runs), 0, 0, 256, 0)
    header = struct.pack("<IiiHHIIiiII", *fields).ljust(header_size, b"\0")
    start = b"BM" + struct.pack("<IHHI", offset + len(runs), 0, 0, offset)
    return start + header + palette + runs


@pytest.mark.parametrize("compression", [1, 2])
@pytest.mark.parametrize("header_size", [40, 52, 56, 64, 108, 124])
def test_a_run_length_compressed_bmp_is_refused_before_it_takes_memory(header_size, compression):
    content = run_length_bmp(header_size, compression)
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match=r"^logo\.bmp: a run-length .*save it as PNG"):
            decode_image(content, source="logo.bmp")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_bmp_whose_header_has_no_compression_field_decodes():
    header = struct.pack("<IHHHH", 12, 2, 1, 1, 24)
    # Pixels start where other headers have that field, with bytes that would mean RLE8.
    pixels, offset = b"\1\0\0" + bytes(5), 30
    start = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
    content = (start + header).ljust(offset, b"\0") + pixels
    assert decode_image(content).tolist() == [[[0, 0, 1], [0, 0, 0]]]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_mutated_images_decode_or_raise_image_error(kind):
    rng = np.random.default_rng(7)
    exif = Image.Exif()
    exif[0x0112] = 6
    extra = {"GIF": {"append_images": [flag(40, 24)], "save_all": True}, "BMP": {}}
    whole = encode(flag(40, 24), kind, **extra.get(kind, {"exif": exif}))
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.integers(1, 8)):
            # Most decoder faults are in headers, so half of the changes go there.
            end = len(content) if rng.random() < 0.5 else min(120, len(content))
            content[rng.integers(0, end)] = rng.integers(0, 256)
        if rng.random() < 0.2:
            del content[rng.integers(1, len(content)) :]
        try:
            pixels = decode_image(bytes(content), max_pixels=1_000_000)
            assert pixels.dtype == np.uint8
            assert pixels.shape == (*image_size(bytes(content))[::-1], 3)
        except ImageError:
            refused += 1
    assert 0 < refused < 300


def test_read_image_names_the_file(tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(encode(flag(), "JPEG"))  # the content decides, not the name
    bad.write_bytes(b"")
    assert read_image(good).shape == (32, 48, 3)
    with pytest.raises(ImageError, match=r"bad\.png: empty"):
        read_image(str(bad))
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "none.png")


def test_load_image_takes_a_path_bytes_or_an_array(tmp_path):
    import mxnet as mx  # logoflow must be imported first

    content = encode(flag(), "PNG")
    path = tmp_path / "flag.png"
    path.write_bytes(content)
    pixels = decode_image(content)
    assert load_image(pixels) is pixels
    for image in (path, str(path), content, mx.nd.array(pixels, dtype="uint8")):
        assert np.array_equal(load_image(image), pixels)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4)),
        np.zeros((4, 4, 3)),
        np.zeros((3, 4, 4), "uint8"),
        np.zeros((0, 4, 3), "u1"),
    ],
)
def test_load_image_refuses_arrays_that_are_not_rgb(array):
    with pytest.raises(ImageError, match="height x width x 3"):
        load_image(array)


def test_load_image_points_urls_to_fetch_image():
    with pytest.raises(ImageError, match="fetch_image"):
        load_image("https://example.com/cat.jpg")
    with pytest.raises(TypeError, match="not int"):
        load_image(3)


def test_real_photos_have_the_size_in_their_header(shared):
    paths = sorted((shared / "no_logo_photos").rglob("*.jpg"))[:40]
    assert paths
    for path in paths:
        width, height = image_size(path.read_bytes())
        assert read_image(path).shape == (height, width, 3)


def test_a_truncated_image_is_an_error_even_after_importing_gluoncv(monkeypatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "JPEG")
    with pytest.raises(ImageError, match="truncated"):
        decode_image(buffer.getvalue()[:-30])


def test_a_gif_with_an_ambiguous_size_is_refused():
    small = io.BytesIO()
    Image.new("P", (1, 1)).save(small, "GIF")
    content = small.getvalue()
    start = content.index(b"\x2c", 13)
    frame = content[start:]
    # Pillow takes the empty block for the first block of the extension and reads on.
    hidden = b"\x21\x01\x00" + b"\x2c" + struct.pack("<4HB", 0, 0, 7000, 7000, 0) + b"\x00"
    with pytest.raises(ImageError):
        decode_image(content[:start] + hidden + frame)


# HEIC, TIFF and AVIF. The two HEIC files were drawn for these tests.

HEIC = Path(__file__).parent


def test_heic_decodes_to_rgb():
    content = (HEIC / "flag.heic").read_bytes()
    assert (image_format(content), image_size(content)) == ("heif", (48, 32))
    pixels = decode_image(content)
    assert pixels.shape == (32, 48, 3)
    assert near(pixels[16, 8], RED)
    assert near(pixels[16, 40], BLUE)


@pytest.mark.parametrize("kind", ["HEIC", "TIFF", "AVIF"])
def test_these_formats_are_turned_upright(kind):
    if kind == "HEIC":
        content = (HEIC / "rotated.heic").read_bytes()
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        content = encode(corner_photo(), kind, exif=exif)
    assert image_size(content) == (32, 48)
    pixels = decode_image(content)
    assert pixels.shape == (48, 32, 3)
    assert near(pixels[4, -4], RED)
    assert near(pixels[4, 4], BLUE)
    assert near(pixels[-4, -4], BLUE)


@pytest.mark.parametrize("kind", ["HEIC", "TIFF", "AVIF"])
def test_these_formats_obey_the_limit_of_pixels_and_refuse_what_is_cut(kind):
    content = encode(flag(), kind) if kind != "HEIC" else (HEIC / "flag.heic").read_bytes()
    with pytest.raises(TooManyPixels, match="48 x 32 pixels are more than the 100"):
        decode_image(content, max_pixels=100)
    for length in range(16, len(content) // 2, 40):
        with pytest.raises(ImageError):
            decode_image(content[:length])


@pytest.mark.parametrize("announced", [8, 60_000])
def test_a_heic_file_that_announces_another_size_is_refused(announced):
    content = bytearray((HEIC / "flag.heic").read_bytes())
    width = content.index(b"ispe") + 8
    content[width : width + 4] = announced.to_bytes(4, "big")
    with pytest.raises(ImageError, match="size"):
        decode_image(bytes(content))


def test_a_tiff_of_several_pages_gives_its_first_page():
    pages = [Image.new("RGB", (8, 8), RED), Image.new("RGB", (16, 16), BLUE)]
    content = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert near(decode_image(content)[0, 0], RED)


@pytest.mark.parametrize(
    "content",
    [
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(64),
        b"\0\0\0\x18ftypmp42" + bytes(64),
        b"\0\0\0\x14ftypqt  " + bytes(64),
    ],
    ids=["Canon raw", "MP4", "QuickTime"],
)
def test_raw_files_and_videos_are_no_photos(content):
    with pytest.raises(ImageError, match="not an image in a supported format"):
        image_format(content)


@pytest.mark.parametrize("orientation", STORED)
def test_a_pil_picture_is_converted_as_its_file_is(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encode(STORED[orientation](corner_photo()), "PNG", exif=exif)
    picture = Image.open(io.BytesIO(content))
    assert np.array_equal(load_image(picture), decode_image(content))


def test_pil_pictures_of_all_modes_become_rgb_and_stay_as_they_are():
    for mode in ("1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "F"):
        picture = Image.new(mode, (8, 6))
        assert (load_image(picture).shape, picture.mode) == ((6, 8, 3), mode)
    assert near(load_image(Image.new("RGBA", (8, 6), (255, 0, 0, 0)))[0, 0], WHITE)


def test_a_pil_picture_with_too_many_pixels_or_a_truncated_file_is_an_error(tmp_path):
    with pytest.raises(TooManyPixels, match="50,000,000 allowed"):
        load_image(Image.new("1", (8000, 8000)))
    (tmp_path / "cut.png").write_bytes(encode(flag(), "PNG")[:-40])
    with Image.open(tmp_path / "cut.png") as picture, pytest.raises(ImageError, match="cut.png"):
        load_image(picture)


def test_an_open_file_is_an_image_too(tmp_path):
    (tmp_path / "flag.png").write_bytes(encode(flag(), "PNG"))
    with open(tmp_path / "flag.png", "rb") as file:
        assert load_image(file).shape == (32, 48, 3)
    (tmp_path / "broken.png").write_bytes(b"broken")
    with (
        open(tmp_path / "broken.png", "rb") as file,
        pytest.raises(ImageError, match="broken.png"),
    ):
        load_image(file)
