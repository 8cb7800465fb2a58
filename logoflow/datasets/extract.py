"""Extract archives safely: nothing is written outside the target folder, and sizes are limited."""

import lzma
import os
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from logoflow.datasets.list_files import parts_of
from logoflow.errors import ArchiveError
from logoflow.utils.file_names import fitting_name
from logoflow.utils.paths import make_folder

MAX_BYTES = 8_000_000_000  # of a download, and of everything that one archive may unpack to
MAX_FILES = 500_000  # that one archive may unpack to
MAX_PART_BYTES = 255  # of a file name on Linux; a longer one is shortened
MAX_HEADER_BYTES = 1 << 20  # of one long name, or of other extensions of a tar's header
MAX_ALL_HEADER_BYTES = 256 << 20  # of all of them, and of the list of files of a zip
CHUNK_BYTES = 1 << 20
ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".zip")
CORRUPT_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeError,
    ValueError,
    OverflowError,
    struct.error,
    RecursionError,
    KeyError,
    IndexError,
)


def extract(archive: Path | str, target: Path | str) -> Path:
    """Extract a zip or tar archive, and the archives inside it, to a new folder.

    Parameters
    ----------
    archive : Path or str
        A zip or tar file; tar may be compressed with gzip, bzip2 or xz. The content decides,
        not the file name.
    target : Path or str
        The folder to create. It appears only when the extraction is complete. If it exists,
        the function does nothing.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    ArchiveError
        If the archive is corrupt or encrypted, if it unpacks to more than 8 GB or 500,000 files
        (nested archives included), or if it contains an absolute path, ``..``, a link or a
        device.

    Examples
    --------
    >>> with zipfile.ZipFile("brands.zip", "w") as file:
    ...     file.writestr("acme/1.jpg", b"a photo")
    >>> [path.name for path in extract("brands.zip", "brands").rglob("*.jpg")]
    ['1.jpg']
    """
    archive, target = Path(archive), Path(target)
    if target.is_dir():
        return target
    make_folder(target.parent)
    tmp = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        os.chmod(tmp, target.parent.stat().st_mode & 0o777)
        remaining = _unpack(archive, tmp, (MAX_BYTES, MAX_FILES))
        for nested in sorted(tmp.rglob("*")):
            if nested.name.lower().endswith(ARCHIVE_SUFFIXES) and nested.is_file():
                remaining = _unpack(nested, nested.parent, remaining)
                nested.unlink()
        _move_into_place(tmp, target)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    return target


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or tar archive, by its content."""
    return zipfile.is_zipfile(path) or _is_tar(path)


def _unpack(archive: Path, folder: Path, limits: tuple[int, int]) -> tuple[int, int]:
    """Extract one archive to a folder.

    `limits` are the bytes and files that may still be extracted. The function returns what
    remains of them.
    """
    bytes_left, files_left = limits
    try:
        for name, content in _members(archive):
            files_left -= 1
            if files_left < 0:
                raise ArchiveError(
                    f"{archive} contains more files than {MAX_FILES:,}, the limit. "
                    "If you trust it, extract it yourself and give the folder."
                )
            path = _path_inside(folder, name, archive)
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, open(path, "wb") as file:
                while chunk := content.read(CHUNK_BYTES):
                    bytes_left -= len(chunk)
                    if bytes_left < 0:
                        raise ArchiveError(
                            f"{archive} unpacks to more bytes than {MAX_BYTES:,}, the limit. "
                            "If you trust it, extract it yourself and give the folder."
                        )
                    file.write(chunk)
    except CORRUPT_ARCHIVE_ERRORS as error:
        raise ArchiveError(f"{archive} is corrupt ({error}): download it again.") from error
    except OSError as error:
        raise ArchiveError(f"{archive} could not be extracted: {error}") from error
    return bytes_left, files_left


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Yield the name and content of each member; the content of a folder is None."""
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
    elif _is_tar(archive):
        yield from _tar_members(archive)
    else:
        raise ArchiveError(f"{archive} is neither a zip nor a tar archive.")


def _is_tar(path: Path) -> bool:
    try:
        with tarfile.open(path, tarinfo=_bounded_headers()):
            return True
    except CORRUPT_ARCHIVE_ERRORS:
        return False


def _bounded_headers() -> type[tarfile.TarInfo]:
    """Make a class of tar headers that may not grow without limit, for one archive.

    A long name and the extensions of pax are read into memory as a whole, and a few kilobytes
    can unpack to gigabytes of such headers.
    """
    read_bytes = 0

    class BoundedHeader(tarfile.TarInfo):
        def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
            nonlocal read_bytes
            if self.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
                read_bytes += self.size
                if self.size > MAX_HEADER_BYTES or read_bytes > MAX_ALL_HEADER_BYTES:
                    raise tarfile.ReadError(f"a header of {self.size:,} bytes")
            return super()._proc_member(tar)  # type: ignore[misc]

    return BoundedHeader


def _check_zip_list(archive: Path) -> None:
    """Refuse a zip whose list of files, which is read into memory as a whole, is too long."""
    with open(archive, "rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > MAX_ALL_HEADER_BYTES:  # type: ignore[attr-defined]
        raise zipfile.BadZipFile(f"a list of files of {end[5]:,} bytes")


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    _check_zip_list(archive)
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            file_type = stat.S_IFMT(member.external_attr >> 16)
            if file_type not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _link_or_device_error(archive, member.filename)
            if member.flag_bits & 1:
                raise ArchiveError(
                    f"{archive} is encrypted: extract it yourself and give the folder."
                )
            yield member.filename, None if member.is_dir() else file.open(member)


def _tar_members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with tarfile.open(archive, tarinfo=_bounded_headers()) as file:
        for member in file:
            if not (member.isreg() or member.isdir()):
                raise _link_or_device_error(archive, member.name)
            yield member.name, None if member.isdir() else file.extractfile(member)


def _link_or_device_error(archive: Path, name: str) -> ArchiveError:
    return ArchiveError(
        f"{archive}: {name} is a link or a device, and logoflow extracts neither. If you trust "
        "the archive, extract it yourself and give the folder."
    )


def _path_inside(folder: Path, name: str, archive: Path) -> Path:
    parts = parts_of(name)
    if not parts and name.strip("./"):
        raise ArchiveError(f"{archive}: {name} would be extracted outside its folder.")
    return folder.joinpath(*(fitting_name(part, MAX_PART_BYTES) for part in parts))


def _move_into_place(tmp: Path, target: Path) -> None:
    try:
        os.rename(tmp, target)
    except OSError:
        if not target.is_dir():  # a folder there means that another process was faster
            raise
