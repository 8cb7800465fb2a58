from contextlib import suppress

import fsspec
import pytest

from logoflow.errors import AddressError
from logoflow.utils.paths import cache_home
from logoflow.utils.remote import local_copy, output_folder


@pytest.fixture
def memory():
    storage = fsspec.filesystem("memory")
    storage.store.clear()
    return storage


def test_a_folder_in_a_storage_is_copied_for_the_time_of_a_block(memory):
    memory.pipe_file("/models/mine/classifier.json", b"{}")
    memory.pipe_file("/models/mine/below/weights", b"12")
    with local_copy("memory://models/mine") as folder:
        assert (folder / "classifier.json").read_bytes() == b"{}"
        assert (folder / "below" / "weights").read_bytes() == b"12"
    assert not folder.exists()
    with local_copy("memory://models/mine/classifier.json") as file:
        assert (file.name, file.read_bytes()) == ("classifier.json", b"{}")


def test_what_is_not_there_is_an_error_with_its_address(memory):
    with (
        pytest.raises(FileNotFoundError, match="memory://models/none"),
        local_copy("memory://models/none"),
    ):
        pass


def test_a_folder_is_uploaded_with_its_changes_even_after_an_error(memory):
    with output_folder("memory://out/a") as folder:
        (folder / "part-0").write_text("0")
        (folder / "part-1").write_text("1")
    with suppress(KeyError), output_folder("memory://out/a") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["part-0", "part-1"]
        (folder / "part-2").write_text("2")
        raise KeyError("a fault")
    assert {name: memory.cat_file(name) for name in memory.find("/out/a")} == {
        "/out/a/part-0": b"0",
        "/out/a/part-1": b"1",
        "/out/a/part-2": b"2",
    }
    assert not list((cache_home() / "uploads").iterdir())


@pytest.mark.parametrize(
    ("address", "package"), [("s3://bucket/a", "s3fs"), ("gs://bucket/a", "gcsfs")]
)
def test_a_missing_package_is_named(address, package):
    pytest.importorskip("fsspec")
    try:
        __import__(package)
    except ModuleNotFoundError:
        with pytest.raises(AddressError, match=package), local_copy(address):
            pass
    else:
        pytest.skip(f"{package} is installed")


def test_web_addresses_are_no_storage():
    with (
        pytest.raises(AddressError, match="not on this machine"),
        local_copy("https://a.example/model"),
    ):
        pass
