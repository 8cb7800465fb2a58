import io

import ipywidgets
import pytest
from PIL import Image

from logoflow.plots import upload


def png(width=60, height=40):
    content = io.BytesIO()
    Image.new("RGB", (width, height)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def example(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(png())
    return path


@pytest.fixture
def button(example, monkeypatch):
    """A button in a live notebook, and the sizes of the photos that were shown."""
    monkeypatch.setattr(upload, "watched", lambda: True)
    monkeypatch.setattr(upload, "in_notebook", lambda: True)
    displayed, sizes = [], []
    monkeypatch.setattr("IPython.display.display", lambda *parts: displayed.extend(parts))
    upload.with_upload(lambda photo: sizes.append(photo.shape[:2]), example)
    assert isinstance(displayed[0], ipywidgets.FileUpload)
    return displayed[0], sizes


def send(button, name, content):
    """Do what a browser does with a chosen file."""
    file = {"name": name, "type": "", "size": len(content), "last_modified": 1_700_000_000_000}
    button.set_state({"value": [{**file, "content": memoryview(content)}]})


def test_without_a_watcher_the_example_is_shown_once(example):
    sizes = []
    upload.with_upload(lambda photo: sizes.append(photo.shape[:2]), example)
    assert sizes == [(40, 60)]


def test_an_uploaded_photo_is_shown_after_the_example(button):
    widget, sizes = button
    send(widget, "mine.png", png(30, 20))
    assert sizes == [(40, 60), (20, 30)]


@pytest.mark.parametrize(
    "content", [b"Dear diary, no picture today.", b"", png()[:60]], ids=["text", "empty", "cut"]
)
def test_a_file_that_is_no_picture_gets_a_sentence(button, capsys, content):
    widget, sizes = button
    send(widget, "diary.txt", content)
    assert sizes == [(40, 60)], "nothing but the example was shown"
    assert "diary.txt: " in capsys.readouterr().out
