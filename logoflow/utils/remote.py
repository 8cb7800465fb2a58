"""Copies of files and folders at addresses such as ``s3://bucket/model``."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from logoflow.errors import AddressError
from logoflow.utils.addresses import explained, local_path, open_storage, storage_address
from logoflow.utils.paths import cache_home


@contextmanager
def local_copy(path: str | os.PathLike) -> Iterator[Path]:
    """Provide a file or folder on this machine. A remote one is copied for the time of the block.

    Parameters
    ----------
    path : str or path
        A path, or an address of fsspec.

    Yields
    ------
    Path

    Raises
    ------
    FileNotFoundError
        If there is nothing at an address.
    AddressError
        If a package for the address is missing.

    Examples
    --------
    >>> with local_copy("~/photos") as folder:
    ...     folder.name
    'photos'
    """
    address = storage_address(path)
    if address is None:
        yield local_path(path)
        return
    with tempfile.TemporaryDirectory(prefix="logoflow-") as temporary:
        target = Path(temporary) / (PurePosixPath(address).name or "files")
        if not _download(address, target):
            raise FileNotFoundError(f"There is no file or folder {address}.")
        yield target


@contextmanager
def output_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Provide a folder to write to. For a remote address, it is uploaded when the block ends.

    Parameters
    ----------
    path : str or path
        A path, or an address of fsspec. What is at the address already is downloaded first, so that
        it can be continued. The files are uploaded even if the block raises an error. Until the
        upload succeeds, they stay in the cache folder, and the next call goes on with them.

    Yields
    ------
    Path
        The folder. A local one may not exist yet.

    Raises
    ------
    OSError
        If the upload fails. The message says where the files are.
    AddressError
        If a package for the address is missing.

    Examples
    --------
    >>> with output_folder("served") as folder:
    ...     folder.name
    'served'
    """
    address = storage_address(path)
    if address is None:
        yield local_path(path)
        return
    staging = cache_home() / "uploads" / hashlib.sha256(address.encode()).hexdigest()[:16]
    staging.mkdir(parents=True, exist_ok=True)
    _download(address, staging)
    before = {file: file.stat().st_mtime_ns for file in staging.rglob("*")}
    try:
        yield staging
    finally:
        _upload(staging, address, before)
        shutil.rmtree(staging)


def _download(address: str, target: Path) -> bool:
    """Download the missing files of an address. Tell whether the address has any files."""
    files, root = open_storage(address)
    with explained(address):
        names = files.find(root)
        for name in names:
            relative = name.removeprefix(root).lstrip("/")
            local = target / relative if relative else target
            if ".." in PurePosixPath(relative).parts:
                raise AddressError(f"{address} has a file outside its folder: {name}.")
            if not local.exists():
                local.parent.mkdir(parents=True, exist_ok=True)
                files.get_file(name, str(local))
    return bool(names)


def _upload(folder: Path, address: str, before: dict[Path, int]) -> None:
    """Upload the new and changed files of a folder. A JSON file names others, so it comes last."""
    files, root = open_storage(address)
    written = [file for file in folder.rglob("*") if file.is_file() and file.name[0] != "."]
    changed = [file for file in written if before.get(file) != file.stat().st_mtime_ns]
    try:
        for file in sorted(changed, key=lambda file: (file.suffix == ".json", file)):
            target = f"{root.rstrip('/')}/{file.relative_to(folder).as_posix()}"
            files.makedirs(target.rpartition("/")[0], exist_ok=True)
            files.put_file(str(file), target)
            if files.size(target) != file.stat().st_size:
                raise OSError(f"{target} is incomplete")
        for file in set(before) - set(written):
            if file.suffix and not file.exists():
                files.rm_file(f"{root.rstrip('/')}/{file.relative_to(folder).as_posix()}")
    except Exception as error:
        raise OSError(
            f"Cannot upload to {address} ({error}). The files are in {folder}. Make the same call "
            "again, or copy them yourself."
        ) from error
