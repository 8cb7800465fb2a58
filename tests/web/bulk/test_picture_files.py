import os
import socket
from hashlib import sha256

import fsspec
import pytest
from pictures import jpeg
from PIL import Image

from logoflow.errors import FetchError
from logoflow.web.bulk.picture_files import read_picture_file

RED = jpeg("red")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a picture and much that is none; another one is the current folder."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHOTOS", str(tmp_path))
    (tmp_path / "a cup.jpg").write_bytes(RED)
    (tmp_path / "large.jpg").write_bytes(RED + bytes(10_000))
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    Image.new("1", (1001, 1000)).save(tmp_path / "many-pixels.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    return tmp_path


def read(entry, folder, max_bytes=9_000):
    return read_picture_file(entry, str(folder), max_bytes=max_bytes, max_pixels=1_000_000)


def error_of(entry, folder):
    with pytest.raises(FetchError) as caught:
        read(entry, folder)
    return f"{caught.value.kind}: {caught.value.reason}"


@pytest.mark.parametrize(
    "entry",
    ["a cup.jpg", "./a cup.jpg", "{}/a cup.jpg", "file://{}/a%20cup.jpg", "~/a cup.jpg"]
    + ["$PHOTOS/a cup.jpg", "${{PHOTOS}}/a cup.jpg"],
)
def test_a_path_is_read_however_it_is_written(folder, entry):
    picture = read(entry.format(folder), folder)
    assert picture.content == RED
    assert (picture.width, picture.height) == (40, 30)
    assert picture.sha256 == sha256(RED).hexdigest()
    assert read(picture.url, "/").content == RED
    assert picture.path is None


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("none.jpg", "not_found: there is no file {}/none.jpg"),
        ("notes.txt/a.jpg", "not_found: there is no file {}/notes.txt/a.jpg"),
        ("$PHOTOS/none.jpg", "not_found: there is no file $PHOTOS/none.jpg"),
        ("$NO_SUCH/cup.jpg", "refused: $NO_SUCH/cup.jpg: the environment variable NO_SUCH is not"),
        ("~no-such-user/a.jpg", "unreadable: the file cannot be read: Could not determine home"),
        ("file://other/a.jpg", "refused: file://other/a.jpg names the machine 'other'"),
        ("elsewhere", "unreadable: this is a folder"),
        ("x" * 300, "unreadable: the file cannot be read: File name too long"),
        ("a\0b.jpg", "unreadable: the file cannot be read: "),
        ("pipe.jpg", "unreadable: this is a device, a pipe or a socket"),
        ("/dev/zero", "unreadable: this is a device, a pipe or a socket"),
        ("notes.txt", "not_an_image: the file: not an image"),
        ("/proc/self/environ", "not_an_image: the file: not an image"),
        ("empty.jpg", "not_an_image: the file: empty"),
        ("large.jpg", "too_large: 10,"),
        ("many-pixels.png", "too_large: 1001 x 1000 pixels; at most 1,000,000 are allowed"),
        ("s3://bucket/cup.jpg", "refused: s3://bucket/cup.jpg cannot be opened: Install s3fs"),
        ("no-such://bucket/cup.jpg", "refused: no-such://bucket/cup.jpg cannot be opened"),
        ("simplecache::http://127.0.0.1/a.jpg", "refused: an address with :: is not read"),
        ("ftp://ann:secret@127.0.0.1:1/a.jpg", "unreadable: the file cannot be read: Connection"),
        ("memory://none.jpg", "not_found: there is no such file"),
        ("line 3 has 4 fields for 2 columns: ['a']", "refused: this row of the CSV file has too"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_its_row(folder, entry, error):
    if entry.startswith("s3:"):
        try:
            import s3fs  # noqa: F401
        except ModuleNotFoundError:
            pass
        else:
            pytest.skip("s3fs is installed")
    assert error_of(entry, folder).startswith(error.format(folder))


def test_a_file_without_permission_is_unreadable(folder):
    (folder / "a cup.jpg").chmod(0)
    if os.access(folder / "a cup.jpg", os.R_OK):
        pytest.skip("root reads every file")
    assert "Permission denied" in error_of("a cup.jpg", folder)


def test_a_socket_is_unreadable(folder):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert error_of("elsewhere/s", folder).startswith("unreadable: this is a device")


def test_an_address_of_fsspec_is_read_within_the_limits(folder):
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/photos/cup.jpg", RED)
    memory.pipe_file("/photos/empty.jpg", b"")
    picture = read("memory://photos/cup.jpg", folder)
    assert (picture.content, picture.url) == (RED, "memory://photos/cup.jpg")
    assert error_of("memory://photos", folder).startswith("unreadable: this is a folder")
    assert error_of("memory://photos/empty.jpg", folder).startswith("not_an_image")
    with pytest.raises(FetchError, match=f"{len(RED):,} bytes; max_bytes is 100"):
        read("memory://photos/cup.jpg", folder, max_bytes=100)


@pytest.mark.parametrize("entry", ["{}/a cup.jpg", "file://{}/a%20cup.jpg", "~/a cup.jpg"])
def test_nothing_is_read_unless_files_are_allowed(folder, entry):
    with pytest.raises(FetchError, match="allow_files=True") as caught:
        read_picture_file(entry.format(folder), None, max_bytes=9_000, max_pixels=1_000_000)
    assert caught.value.kind == "refused"
