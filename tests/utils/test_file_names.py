import os

import pytest

from logoflow.utils.file_names import as_text, class_name, fitting_name, readable_name


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("bmw", "bmw"),
        (os.fsdecode("nestlé".encode()), "nestlé"),
        (os.fsdecode(b"nestl\xe9"), "nestlé"),
        (os.fsdecode(b"\x93quoted\x94"), "“quoted”"),
        ("b\nm\r\nw", "b m w"),
        ("nestle\u0301", "nestlé"),
        ("東京", "東京"),
        ("Ba$$in", "Ba$$in"),
    ],
)
def test_names_become_readable(name, readable):
    assert readable_name(name) == readable
    readable_name(name).encode()


def test_class_names_can_be_folders():
    assert class_name(" a/b\\c\n") == "a_b_c"


@pytest.mark.parametrize("character", ["x", "é", "東", "\udce9"])
def test_long_names_are_shortened_and_stay_different(character):
    names = [fitting_name(character * length + ".jpg") for length in (250, 251)]
    assert len(set(names)) == 2
    for name in names:
        assert name.endswith(".jpg")
        assert len(name.encode("utf-8", "surrogateescape")) <= 136
        assert fitting_name(name) == name


def test_paths_stay_as_they_are_unless_they_cannot_be_stored():
    for path in ("cafe\u0301/a  b.jpg", "a\nb", "東京"):
        assert as_text(path) == path
    assert as_text(os.fsdecode("straße/".encode() + b"caf\xe9.jpg")) == "straße/café.jpg"
    as_text("\ud83d alone").encode()


@pytest.mark.parametrize("name", [".NET", "..", "x" * 300, " .x", "a/../b"])
def test_every_class_name_can_be_a_folder_that_is_seen(name, tmp_path):
    (tmp_path / class_name(name)).mkdir()
    assert not class_name(name).startswith(".")


def test_a_class_keeps_a_name_that_a_folder_can_have():
    assert class_name("b" * 255) == "b" * 255
