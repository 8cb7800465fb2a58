import struct
import time
from pathlib import Path

import pytest

import logoflow as lf
from logoflow.training.curves import curve_writer, log_folder


def read_scalars(folder: Path) -> list[tuple[int, str, float]]:
    """Read the (step, name, value) rows of TensorBoard's event files."""
    from tensorboardX.proto.event_pb2 import Event

    rows = []
    for path in folder.rglob("events.*"):
        content, position = path.read_bytes(), 0
        while position < len(content):  # length, checksum, record, checksum
            (length,) = struct.unpack_from("<Q", content, position)
            event = Event.FromString(content[position + 12 : position + 12 + length])
            rows += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
            position += 12 + length + 4
    return rows


def test_rows_are_readable_while_the_training_goes_on(tmp_path):
    with curve_writer(tmp_path, "member0") as write:
        write(20, {"loss": 0.5})
        deadline = time.monotonic() + 20  # a thread writes
        while not (scalars := read_scalars(tmp_path / "member0")) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert scalars == [(20, "loss", 0.5)]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with curve_writer(None, "member0") as write:
        assert write is None
    assert not list(tmp_path.iterdir())


def test_fit_writes_the_curves_of_its_history(small_root, tmp_path):
    settings = {"image_size": 64, "levels": ("whole",), "quiet": True, "hard_negative_rounds": 1}
    classifier = lf.fit(small_root, "lenet5", num_epochs=2, log_dir=tmp_path / "logs", **settings)
    history = classifier.metadata["history"]
    scalars = read_scalars(tmp_path / "logs")
    assert [name for step, name, _ in scalars if step == 1] == ["loss", "train_acc", "val_acc"]
    accuracies = [round(value, 3) for _, name, value in scalars if name == "val_acc"]
    assert accuracies == [round(value, 3) for value in history["val_acc"]]


@pytest.mark.hours
def test_fine_tuning_on_regions_writes_its_loss(small_root, tmp_path):
    logs = tmp_path / "logs"
    classifier = lf.fit(small_root, num_epochs=1, levels=("whole",), log_dir=logs, quiet=True)
    (row,) = read_scalars(logs)
    assert row[:2] == (classifier.metadata["history"]["step"][0], "loss")


def test_a_log_dir_that_is_no_path_is_refused():
    with pytest.raises(ValueError, match="log_dir must be the path of a folder, not 3"):
        log_folder(3)
