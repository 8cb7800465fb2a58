"""Data sets as archives or URLs of archives. A download is complete or leaves no file behind."""

import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
from tqdm.auto import tqdm

from logoflow.datasets.extract import MAX_BYTES, extract, is_archive
from logoflow.datasets.list_files import parts_of
from logoflow.errors import ArchiveError, FetchError
from logoflow.fetch.download import FetchOptions, download_file
from logoflow.utils.addresses import local_path
from logoflow.utils.paths import data_home
from logoflow.utils.progress import watched

CONNECT_TIMEOUT, TOTAL_TIMEOUT = 10.0, 12 * 3600.0  # seconds of a download


def open_source(source: Path | str, name: str) -> Path:
    """Turn a folder, an archive or a URL of an archive into a folder.

    Parameters
    ----------
    source : Path or str
        A folder, an archive, or the http(s) URL of an archive.
    name : str
        Name of the data set. An archive is extracted to ``<data home>/<name>-<hash>``, where
        the hash depends on the archive's path, size and modification time.

    Returns
    -------
    Path
        The folder itself, or the folder with the extracted files. A second call with the same
        archive returns the existing folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file.
    ArchiveError
        If the archive cannot be downloaded or extracted.

    Examples
    --------
    >>> Path("my-brands").mkdir()
    >>> open_source("my-brands", "folder").name
    'my-brands'
    """
    if is_url(source):
        source = fetch_archive(str(source), folder=data_home() / "downloads")
    source = local_path(source).resolve()
    if source.is_dir():
        return source
    if not source.is_file():
        raise FileNotFoundError(f"{source} does not exist: give a folder, an archive or a URL.")
    status = source.stat()
    digest = _short_hash(f"{source} {status.st_size} {status.st_mtime_ns}")
    return extract(source, data_home() / f"{name}-{digest}")


def is_url(source: Path | str) -> bool:
    """Tell whether a source is to be downloaded.

    Examples
    --------
    >>> is_url("https://example.com/brands.zip"), is_url("file:///brands.zip")
    (True, False)
    """
    return str(source).lower().startswith(("http://", "https://"))


def fetch_archive(url: str, *, folder: Path | str) -> Path:
    """Download an archive, unless the folder already holds it.

    Parameters
    ----------
    url : str
        An http or https URL.
    folder : Path or str
        Folder for the file. The file name contains a hash of the URL, so two URLs never share
        a file.

    Returns
    -------
    Path
        The archive. A download that fails leaves no file behind.

    Raises
    ------
    ArchiveError
        If the download fails or exceeds 8 GB, or if the file is not a zip or tar archive.

    Examples
    --------
    >>> fetch_archive("https://example.org/logos.zip", folder="downloads")  # doctest: +SKIP
    PosixPath('downloads/3f0c1a52be94-logos.zip')
    """
    try:
        is_web = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        is_web = False
    if not is_web:
        raise ArchiveError(f"{url} is not an http or https URL.")
    file_name = (parts_of(unquote(urlsplit(url).path).rstrip("/")) or ("archive",))[-1]

    def download(url: str, output_file: str, pooch: object) -> None:
        _download(url, Path(output_file))

    pooch.get_logger().setLevel("ERROR")
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=None,
                fname=f"{_short_hash(url)}-{file_name[-100:]}",
                path=folder,
                downloader=download,
            )
        )
    except (FetchError, OSError) as error:
        raise ArchiveError(
            f"Could not download {url}: {_reason(error)}. Try again, or download the file with a "
            "browser and give its path."
        ) from error


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _download(url: str, path: Path) -> None:
    """Stream a URL to a file and check that the file is an archive of an acceptable size."""
    bar = tqdm(unit="B", unit_scale=True, leave=False, disable=not watched())

    def report(size: int, announced: int | None) -> None:
        bar.total = announced
        bar.update(size)

    options = FetchOptions(
        allow_private=True,  # the caller chose the URL
        connect_timeout=CONNECT_TIMEOUT,
        total_timeout=TOTAL_TIMEOUT,
        max_bytes=MAX_BYTES,
        per_host=8,
        honour_opt_out=False,
    )
    with bar:
        try:
            download_file(url, path, options, report)
        except FetchError as error:
            if error.kind != "too_large":
                raise
            raise ArchiveError(
                f"{url} is larger than {MAX_BYTES:,} bytes. Download it yourself and give the file."
            ) from error
    if not is_archive(path):
        raise ArchiveError(
            f"{url} is neither a zip nor a tar archive. If it is a web page, give the URL of the "
            "archive that it links to."
        )


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, FetchError) else str(error)
