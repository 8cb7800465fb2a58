import io

import numpy as np
import pytest
from PIL import Image

from logoflow.datasets.composing.artwork import SIDE, draw_svg, read_artwork
from logoflow.errors import ArtworkError, ImageError

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">%s</svg>'
RED = 200, 0, 0


def with_square(background=(255, 255, 255), ink=RED, size=(40, 60)):
    picture = np.full((*size, 3), background, np.uint8)
    picture[10:30, 20:40] = ink
    return picture


def png_of(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_an_svg_file_is_cut_to_its_ink(tmp_path):
    path = tmp_path / "logo.svg"
    path.write_bytes(SVG % b'<path fill="#c80000" d="M10 5h20v10h-20z"/>')
    artwork = read_artwork(path)
    assert artwork.picture.shape == (SIDE // 2, SIDE, 4)
    assert artwork.colour.tolist() == [200, 0, 0]
    assert artwork.picture[..., 3].min() > 200


def test_the_usual_colour_of_one_colour_artwork_can_be_given():
    artwork = read_artwork(SVG % b'<path d="M0 0h10v10z"/>', colour="#0066B1")
    assert artwork.colour.tolist() == [0, 102, 177]


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (20, 90, 30)])
def test_paper_of_one_colour_becomes_transparent(background):
    artwork = read_artwork(with_square(background))
    assert artwork.picture.shape == (SIDE, SIDE, 4)
    assert artwork.picture[..., 3].mean() > 250
    assert np.abs(artwork.colour.astype(int) - RED).max() <= 2


def test_transparent_pictures_keep_their_transparency():
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[10:30, 20:40] = 0, 0, 200, 255
    pixels[15:25, 25:35, 3] = 0
    artwork = read_artwork(png_of(pixels))
    assert artwork.picture[SIDE // 2, SIDE // 2, 3] == 0
    assert artwork.picture[10, 10].tolist() == [0, 0, 200, 255]


def test_a_cut_out_of_a_photo_stays_a_rectangle():
    noise = np.random.default_rng(0).integers(0, 255, (30, 50, 3), dtype=np.uint8)
    artwork = read_artwork(noise)
    assert artwork.picture[..., 3].min() == 255
    assert artwork.colour is None


def test_artwork_in_two_colours_has_no_usual_colour():
    picture = with_square()
    picture[10:30, 30:40] = 0, 0, 200
    assert read_artwork(picture).colour is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((20, 20, 4), np.uint8), "is empty"),
        (np.full((20, 20, 3), 90, np.uint8), "one colour only"),
        (SVG % b"", "is empty"),
        (SVG % b'<image href="file:///etc/passwd"/>', "refers to other files"),
        (SVG % b'<image xlink:href="/etc/passwd"/>', "refers to other files"),
        (SVG % b'<path style="fill:url(http://127.0.0.1/a.svg)"/>', "refers to other files"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path", "cannot be drawn"),
        (np.zeros((20, 20), np.uint8), "has shape"),
    ],
)
def test_unusable_artwork_is_an_error_that_says_why(source, message):
    with pytest.raises(ArtworkError, match=message):
        read_artwork(source)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    path = tmp_path / "logo.png"
    path.write_text("no picture")
    with pytest.raises(ImageError, match=r"logo\.png"):
        read_artwork(path)


def test_a_number_is_no_artwork():
    with pytest.raises(TypeError, match="path, bytes or an array"):
        read_artwork(7)


def test_local_references_within_an_svg_are_fine():
    body = b'<defs><path id="a" d="M0 0h10v10z"/></defs><use href="#a"/>'
    assert draw_svg(SVG % body)[..., 3].max() == 255
