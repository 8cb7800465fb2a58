import io
import stat
import tarfile
import tracemalloc
import zipfile

import pytest
from archive_files import files_in, zip_with

from logoflow.datasets import extract as extract_module
from logoflow.datasets.extract import extract
from logoflow.errors import ArchiveError


def tar_with(path, members, mode="w:gz"):
    """Write a tar of (name, content or a TarInfo type) pairs."""
    with tarfile.open(path, mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes) and len(content) == 1:
                info.type, info.linkname = content, "/etc/passwd"
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.xz"])
def test_extract_reads_every_archive_format(tmp_path, kind):
    members = [("set/a.txt", b"first"), ("set/deep/b.txt", b"second")]
    if kind == "zip":
        archive = zip_with(tmp_path / "set.zip", members)
    else:
        compression = kind.removeprefix("tar").strip(".")
        archive = tar_with(tmp_path / f"set.{kind}", members, f"w:{compression}")
    target = extract(archive, tmp_path / "out")
    assert files_in(target) == {"set/a.txt", "set/deep/b.txt"}
    assert (target / "set/deep/b.txt").read_bytes() == b"second"


def test_extract_unpacks_a_nested_archive(tmp_path):
    images = tar_with(tmp_path / "images.tar.gz", [("images/1.jpg", b"a photo")])
    outer = [("set/list.txt", b"1.jpg"), ("set/images.tar.gz", images.read_bytes())]
    target = extract(tar_with(tmp_path / "set.tar.gz", outer), tmp_path / "out")
    assert files_in(target) == {"set/list.txt", "set/images/1.jpg"}


def test_extract_does_nothing_the_second_time(tmp_path):
    archive = zip_with(tmp_path / "set.zip", [("a.txt", b"as packed")])
    target = extract(archive, tmp_path / "out")
    (target / "a.txt").write_text("changed by the user")
    archive.unlink()
    assert extract(archive, target) == target
    assert (target / "a.txt").read_text() == "changed by the user"


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt"])
@pytest.mark.parametrize("pack", [zip_with, tar_with])
def test_extract_refuses_files_outside_the_target(tmp_path, name, pack):
    inside = tmp_path / "inside"
    archive = pack(tmp_path / "evil.archive", [("good.txt", b"good"), (name, b"evil")])
    with pytest.raises(ArchiveError, match="outside its folder"):
        extract(archive, inside / "out")
    assert list(tmp_path.rglob("evil.txt")) == []
    assert list(inside.iterdir()) == []  # and no partly extracted folder either


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_extract_refuses_links_and_devices(tmp_path, kind):
    archive = tar_with(tmp_path / "evil.tar", [("door", kind)], "w")
    with pytest.raises(ArchiveError, match="door is a link or a device"):
        extract(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_extract_refuses_a_link_in_a_zip(tmp_path):
    link = zipfile.ZipInfo("door")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = zip_with(tmp_path / "evil.zip", [(link, b"/etc")])
    with pytest.raises(ArchiveError, match="door is a link"):
        extract(archive, tmp_path / "out")


@pytest.mark.parametrize("pack", [zip_with, tar_with])
def test_extract_limits_the_number_of_bytes(tmp_path, monkeypatch, pack):
    archive = pack(tmp_path / "bomb", [(f"{n}.bin", bytes(600_000)) for n in range(2)])
    assert archive.stat().st_size < 10_000
    monkeypatch.setattr(extract_module, "MAX_BYTES", 1_000_000)
    with pytest.raises(ArchiveError, match="more bytes"):
        extract(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(extract_module, "MAX_BYTES", 1_200_000)
    assert extract(archive, tmp_path / "out").is_dir()


def test_extract_counts_the_bytes_of_a_nested_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(extract_module, "MAX_BYTES", 1_000_000)
    inner = tar_with(tmp_path / "in.tar.gz", [("big.bin", bytes(900_000))]).read_bytes()
    archive = zip_with(tmp_path / "out.zip", [("small.bin", bytes(200_000)), ("in.tar.gz", inner)])
    with pytest.raises(ArchiveError, match="more bytes"):
        extract(archive, tmp_path / "out")


def test_extract_limits_the_number_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr(extract_module, "MAX_FILES", 4)
    archive = zip_with(tmp_path / "many.zip", [(f"{n}/", b"") for n in range(5)])
    with pytest.raises(ArchiveError, match="more files"):
        extract(archive, tmp_path / "out")


@pytest.mark.parametrize("pack", [zip_with, tar_with])
def test_extract_names_a_corrupt_archive(tmp_path, pack):
    archive = pack(tmp_path / "whole", [("a.bin", bytes(range(256)) * 4000)])
    content = bytearray(archive.read_bytes())
    content[100:1500] = bytes(1400)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"damaged is (corrupt|neither)"):
        extract(damaged, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_too_long_for_a_file_is_shortened(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(f"bmw/{'x' * 300}.jpg", b"a photo")
        file.writestr(f"bmw/{'x' * 301}.jpg", b"another")
    photos = list(extract(tmp_path / "a.zip", tmp_path / "a").rglob("*.jpg"))
    assert sorted(photo.read_bytes() for photo in photos) == [b"a photo", b"another"]


def headers_of(size, kind=tarfile.GNUTYPE_LONGNAME):
    """A tar that begins with a long header, compressed to a thousandth of it."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, size
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.addfile(info, io.BytesIO(b"a" * size))
    return file.getvalue()


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_extract_refuses_a_long_header_before_it_takes_memory(tmp_path, kind):
    (tmp_path / "long.tar.gz").write_bytes(headers_of(50_000_000, kind))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match=r"long\.tar\.gz"):
        extract(tmp_path / "long.tar.gz", tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_extract_takes_names_that_are_long_but_allowed(tmp_path):
    name = "/".join(["folder" * 20] * 5) + "/a.txt"
    target = extract(tar_with(tmp_path / "set.tar", [(name, b"photo")], "w"), tmp_path / "out")
    assert files_in(target) == {name}


def test_extract_names_an_archive_with_a_name_that_no_file_can_have(tmp_path):
    archive = zip_with(tmp_path / "odd.zip", [("a.txt", b"a")])
    content = archive.read_bytes().replace(b"a.txt", b"\xff\xfe.tx")
    for position in (6, content.index(b"PK\1\2") + 8):  # the flag that a name is UTF-8
        content = content[: position + 1] + b"\x08" + content[position + 2 :]
    archive.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"odd\.zip is"):
        extract(archive, tmp_path / "out")
