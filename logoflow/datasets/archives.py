"""Archives from elsewhere: fetched whole or not at all, extracted within their folder only."""

import hashlib
import lzma
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import pooch
import requests
from tqdm.auto import tqdm

from logoflow.datasets.listing import parts_of
from logoflow.errors import ArchiveError
from logoflow.utils.paths import data_home
from logoflow.utils.progress import watched

MAX_BYTES = 8_000_000_000
MAX_FILES = 500_000
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
PIECE = 1 << 20
NESTED = (".tar", ".tar.gz", ".tgz", ".zip")
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
)


def open_source(source: Path | str, name: str) -> Path:
    """Turn what a user gives as a data set into a folder.

    Parameters
    ----------
    source : Path or str
        A folder, an archive or the http(s) URL of one.
    name : str
        Of the data set. Archives are extracted to ``<data home>/<name>-<what it came from>``.

    Returns
    -------
    Path
        The folder itself, or the one extracted to. A second call finds it there.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file.
    ArchiveError
        If the archive cannot be fetched or extracted.
    """
    if "://" in str(source):
        source = fetch_archive(str(source), folder=data_home() / "downloads")
    source = Path(source).expanduser().resolve()
    if source.is_dir():
        return source
    if not source.is_file():
        raise FileNotFoundError(f"No {source}: give a folder, an archive or a http(s) URL.")
    state = source.stat()
    return extract(
        source, data_home() / f"{name}-{_short(f'{source} {state.st_size} {state.st_mtime_ns}')}"
    )


def fetch_archive(
    url: str, *, known_sha256: str | None = None, folder: Path | str, max_bytes: int = MAX_BYTES
) -> Path:
    """Download an archive, unless it is there already.

    Parameters
    ----------
    url : str
        http or https.
    known_sha256 : str, optional
        Checked where it is given, on a file that is there already too.
    folder : Path or str
        Where to keep it. The file's name has a hash of the URL in it, so that no two URLs
        share a file.
    max_bytes : int
        Size at which a download is given up.

    Returns
    -------
    Path
        The archive. A download that breaks off leaves nothing behind.

    Raises
    ------
    ArchiveError
        If it cannot be had, is too large, is no archive or has another hash.

    Examples
    --------
    >>> fetch_archive("https://example.org/FlickrLogos-32.zip", folder="downloads")
    PosixPath('downloads/3f0c…-FlickrLogos-32.zip')
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ArchiveError(f"{url} is not a http or https URL.")
    last = parts_of(unquote(urlsplit(url).path).rstrip("/"))[-1:] or ("archive",)

    def download(url: str, output_file: str, pooch: object) -> None:
        _download(url, Path(output_file), max_bytes)

    pooch.get_logger().setLevel("ERROR")
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=known_sha256 and f"sha256:{known_sha256}",
                fname=f"{_short(url)}-{last[0][-100:]}",
                path=folder,
                downloader=download,
            )
        )
    except requests.RequestException as error:
        raise ArchiveError(
            f"Could not fetch {url}: {error}. Try again, or fetch it with a browser and give the "
            "file instead."
        ) from error
    except ValueError as error:
        raise ArchiveError(f"{url}: {error}") from error


def extract(
    archive: Path | str,
    target: Path | str,
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
) -> Path:
    """Extract a zip or tar archive, and archives directly in it, to a new folder.

    Parameters
    ----------
    archive : Path or str
        zip, tar, or tar compressed with gzip, bzip2 or xz; told by its bytes.
    target : Path or str
        The folder to make. Where it exists nothing is done: it appears only once complete.
    max_bytes, max_files : int
        How much may be extracted in all, nested archives included.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    ArchiveError
        If it is broken, encrypted or too large, or has anything in it but files and folders
        that stay below `target`: an absolute path, ``..``, a link, a device.

    Examples
    --------
    >>> extract("flickr_logos_27_dataset.tar.gz", "flickrlogos27")
    PosixPath('flickrlogos27')
    """
    archive, target = Path(archive), Path(target)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    tmp = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    try:
        os.chmod(tmp, target.parent.stat().st_mode & 0o777)
        left = _unpack(archive, tmp, (max_bytes, max_files))
        for nested in sorted(tmp.rglob("*")):
            if nested.name.lower().endswith(NESTED) and nested.is_file():
                left = _unpack(nested, nested.parent, left)
                nested.unlink()
        _move_into_place(tmp, target)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    return target


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _download(url: str, path: Path, max_bytes: int) -> None:
    """Stream a URL to a file, whole and not above a size, and look whether it is an archive."""
    headers = {"Accept-Encoding": "identity"}  # a .tar.gz as it is, or its hash would not fit
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        response.raise_for_status()
        length = int(response.headers.get("Content-Length") or 0) or None
        bar = tqdm(total=length, unit="B", unit_scale=True, leave=False, disable=not watched())
        with open(path, "wb") as file, bar:
            for piece in response.iter_content(PIECE):
                file.write(piece)
                bar.update(len(piece))
                if file.tell() > max_bytes:
                    raise ArchiveError(f"{url} is larger than {max_bytes:,} bytes: given up.")
    if not (zipfile.is_zipfile(path) or tarfile.is_tarfile(path)):
        raise ArchiveError(f"{url} is neither a zip nor a tar archive. Is it a page around one?")


def _unpack(archive: Path, folder: Path, left: tuple[int, int]) -> tuple[int, int]:
    """Extract one archive to a folder; take and give back how many bytes and files are left."""
    bytes_left, files_left = left
    try:
        for name, content in _members(archive):
            files_left -= 1
            if files_left < 0:
                raise ArchiveError(f"{archive} has more files than may be extracted.")
            path = _below(folder, name, archive)
            if content is None:
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, open(path, "wb") as file:
                while piece := content.read(PIECE):
                    bytes_left -= len(piece)
                    if bytes_left < 0:
                        raise ArchiveError(f"{archive} holds more bytes than may be extracted.")
                    file.write(piece)
    except BROKEN as error:
        raise ArchiveError(f"{archive} is broken ({error}): fetch it again.") from error
    except OSError as error:
        raise ArchiveError(f"{archive} could not be extracted: {error}") from error
    return bytes_left, files_left


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Go through an archive: each name with its content, or with None for a folder."""
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
    elif tarfile.is_tarfile(archive):
        yield from _tar_members(archive)
    else:
        raise ArchiveError(f"{archive} is neither a zip nor a tar archive.")


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _not_a_file(archive, member.filename)
            if member.flag_bits & 1:
                raise ArchiveError(f"{archive} is encrypted: extract it and give the folder.")
            yield member.filename, None if member.is_dir() else file.open(member)


def _tar_members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with tarfile.open(archive) as file:
        for member in file:
            if not (member.isreg() or member.isdir()):
                raise _not_a_file(archive, member.name)
            yield member.name, None if member.isdir() else file.extractfile(member)


def _not_a_file(archive: Path, name: str) -> ArchiveError:
    return ArchiveError(
        f"{archive}: {name} is a link or a device, which are not extracted. If you trust it, "
        "extract it yourself and give the folder."
    )


def _below(folder: Path, name: str, archive: Path) -> Path:
    parts = parts_of(name)
    if not parts and name.strip("./"):
        raise ArchiveError(f"{archive}: {name} would be extracted outside its folder.")
    return folder.joinpath(*parts)


def _move_into_place(tmp: Path, target: Path) -> None:
    try:
        os.rename(tmp, target)
    except OSError:
        if not target.is_dir():  # else another process was quicker
            raise
