import socket
from difflib import SequenceMatcher

import numpy as np
import pytest
from mxnet import init
from PIL import Image, ImageDraw, ImageFont

import logoflow as lf
from logoflow.inference.ocr import (
    MIN_SIDE,
    MIN_SIMILARITY,
    SIDE,
    BrandNameReader,
    _resized,
    letters_in_lines,
)
from logoflow.loading.augment import make_augs

CLASSES = ("Cocacola", "hp", "no-logo", "vodafone")


@pytest.fixture(scope="module")
def reader():
    return BrandNameReader(CLASSES)


def board(text, place=(60, 80), size=(400, 300), colour=(200, 30, 30)):
    """A white picture with text."""
    picture = Image.new("RGB", size, "white")
    font = ImageFont.load_default(48)
    ImageDraw.Draw(picture).text(place, text, fill=colour, font=font)
    return np.asarray(picture)


def test_a_name_is_read_in_a_new_picture(reader):
    assert reader.matched_letters(board("Coca-Cola")).tolist() == [5, 0, 0, 0]
    assert reader.matched_letters(board("VODAFONE", colour=(20, 20, 20))).tolist() == [0, 0, 0, 5]


def test_a_line_has_its_position_in_pixels_of_the_picture(reader):
    (line,) = reader.read(board("vodafone", place=(60, 80)))
    assert line.text == "vodafone"
    assert (60 < line.x < 340, 80 < line.y < 140) == (True, True)


def test_text_in_ignored_parts_does_not_count(reader):
    picture = board("vodafone")
    assert not reader.matched_letters(picture, ignore=[(50, 70, 300, 80)]).any()
    assert reader.matched_letters(picture, ignore=[(0, 200, 400, 100)])[3] == 5


def test_a_picture_without_text_has_no_letters(reader):
    assert reader.matched_letters(np.full((200, 300, 3), 90, np.uint8)).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (20, 2000), (3000, 40)])
def test_pictures_of_any_shape_are_read_at_one_size(reader, size):
    noise = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    sized, scale = _resized(noise)
    assert (max(sized.shape), min(sized.shape[:2]) >= MIN_SIDE) == (SIDE, True)
    assert scale == SIDE / max(size)
    assert reader.matched_letters(noise).shape == (4,)


def test_reading_needs_no_network(monkeypatch):
    def dialled(*where):
        raise AssertionError(f"{where} was dialled")

    monkeypatch.setattr(socket.socket, "connect", dialled)
    assert BrandNameReader(CLASSES).matched_letters(board("vodafone"))[3] == 5


def test_paths_bytes_and_arrays_are_read_alike(reader, tmp_path):
    path = tmp_path / "x.png"
    Image.fromarray(board("vodafone")).save(path)
    assert reader.read(path) == reader.read(path.read_bytes()) == reader.read(board("vodafone"))


@pytest.mark.parametrize(
    ("lines", "letters"),
    [
        (["COCA-COLA"], [5, 0, 0, 0]),
        (["Coca", "Cola"], [5, 0, 0, 0]),  # on two lines
        (["Trink Cöca Cola!"], [5, 0, 0, 0]),
        (["www.vodafone.de"], [0, 0, 0, 5]),
        (["hp"], [0, 2, 0, 0]),
        (["php", "ship", "hpx"], [0, 0, 0, 0]),
        (["no-logo"], [0, 0, 0, 0]),
        (["telephone", "cola", "coal"], [0, 0, 0, 0]),
        ([], [0, 0, 0, 0]),
        (["", "  ", "!?", "个"], [0, 0, 0, 0]),
    ],
)
def test_case_punctuation_and_spaces_do_not_matter(lines, letters):
    assert letters_in_lines(lines, CLASSES).tolist() == letters


def test_a_misread_name_counts_less():
    exact, close, far = (
        letters_in_lines([text], CLASSES)[3] for text in ("vodafone", "vodatone", "vod")
    )
    assert exact > close > far == 0


@pytest.mark.parametrize(
    ("word", "letters"),
    [
        ("vodafone", 5),
        ("vodatone", 5 * (14 / 16 - 0.8) / 0.2),  # one letter misread
        ("vodafon", 5 * (14 / 15 - 0.8) / 0.2),  # one letter missed
        ("vodaffone", 5 * (16 / 17 - 0.8) / 0.2),  # one letter too many
        ("vodafnoe", 5 * (14 / 16 - 0.8) / 0.2),  # two letters swapped
        ("vodeton", 0),
    ],
)
def test_the_letters_in_common_decide_how_much_a_misread_name_counts(word, letters):
    assert letters_in_lines([word], CLASSES)[3] == pytest.approx(letters)


def test_misread_names_count_as_they_did_with_difflib():
    """The thresholds of saved models were fitted with the similarity of Python's difflib."""
    rng = np.random.default_rng(0)
    for name in ("cocacola", "vodafone", "hp", "starbucks", "heineken"):
        for _ in range(50):
            word = misread(name, rng)
            share = SequenceMatcher(None, word, name).ratio()
            expected = min(len(name), 5) * max(0, share - MIN_SIMILARITY) / (1 - MIN_SIMILARITY)
            assert letters_in_lines([word], [name])[0] == pytest.approx(expected), (name, word)


def misread(name, rng):
    """Change up to three letters of a name, as a reader does with poor print."""
    letters = list(name)
    for _ in range(rng.integers(1, 4)):
        place = rng.integers(len(letters))
        letters[place] = rng.choice(["", *"aeo0l1tfcgq"])
    return "".join(letters) or "o"


def test_names_of_any_script_are_found():
    assert letters_in_lines(["喝 可口可乐"], ["可口可乐", "!!"]).tolist() == [4, 0]


@pytest.mark.parametrize("level", ["whole", "more-windows"])
def test_an_untrained_network_answers_the_name_that_is_read(level):
    net = lf.lenet5(3)
    net.initialize(init.Zero())
    augs = make_augs("logoflow", statistics=([120.0] * 3, [60.0] * 3))[1]
    classifier = lf.LogoClassifier(net, ("hp", "no-logo", "vodafone"), augs)
    pictures = [board("vodafone"), board("hp")]
    assert classifier.predict(pictures, level=level, read_names=True).brand.tolist() == [
        "vodafone",
        "hp",
    ]
