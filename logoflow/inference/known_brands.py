"""Brands that are known from their artwork alone, without a training photo."""

import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from logoflow.errors import ClassifierError
from logoflow.models.backbones.logo_lite0 import EMBEDDING_SIZE
from logoflow.utils.addresses import local_path
from logoflow.utils.files import atomic_path

SIMPLE_ICONS = Path(__file__).with_name("simple_icons.npz")


class KnownBrands(NamedTuple):
    """Brands and what their logos look like (`lf.index_brands`).

    Parameters
    ----------
    names : tuple of str
        The brands.
    embeddings : ndarray of float32
        (logos, 256), each of length 1.
    brands : ndarray of int
        (logos,), position in `names` of the brand that each logo belongs to.
    usual : ndarray of float32
        (logos,), how similar each logo is to pictures without a logo, -1 to 1. Simple shapes are
        a little like everything.
    """

    names: tuple[str, ...]
    embeddings: np.ndarray
    brands: np.ndarray
    usual: np.ndarray

    def save(self, path: Path | str) -> Path:
        """Write the brands to a file of NumPy arrays (.npz), with embeddings in float16.

        Parameters
        ----------
        path : Path or str

        Returns
        -------
        Path
            The file.

        Examples
        --------
        >>> one = np.zeros(1, np.float32)
        >>> brands = KnownBrands(("acme",), np.eye(1, 256, dtype=np.float32), one.astype(int), one)
        >>> read_brands(brands.save("brands.npz")).names
        ('acme',)
        """
        path = local_path(path)
        with atomic_path(path) as tmp, open(tmp, "wb") as file:
            np.savez_compressed(
                file,
                names=np.array(self.names, dtype=np.str_),
                embeddings=self.embeddings.astype(np.float16),
                brands=self.brands.astype(np.int32),
                usual=self.usual.astype(np.float16),
            )
        return path


def read_brands(path: Path | str) -> KnownBrands:
    """Read brands that `KnownBrands.save` wrote.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    KnownBrands

    Raises
    ------
    ClassifierError
        If the file is damaged, or holds something else.
    OSError
        If the file is missing or cannot be read.

    Examples
    --------
    >>> len(read_brands(SIMPLE_ICONS).names) > 3000
    True
    """
    path = local_path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            names = tuple(file["names"].tolist())
            embeddings, usual = (file[name].astype(np.float32) for name in ("embeddings", "usual"))
            brands = file["brands"]
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ClassifierError(
            f"{path} is damaged, or no file of brands ({error}): make it again with index_brands."
        ) from error
    has_sizes = embeddings.shape == (len(brands), EMBEDDING_SIZE) and usual.shape == brands.shape
    is_finite = np.isfinite(embeddings).all() and np.isfinite(usual).all()
    has_names = bool(names) and set(brands.tolist()) <= set(range(len(names)))
    if not (has_sizes and is_finite and has_names):
        raise ClassifierError(f"{path} is damaged: make it again with index_brands.")
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return KnownBrands(names, embeddings / np.maximum(lengths, 1e-6), brands, usual)


@cache
def simple_icons_brands() -> KnownBrands:
    """Return the brands of Simple Icons, 3,459, from the file in the package.

    Examples
    --------
    >>> "Red Bull" in simple_icons_brands().names
    True
    """
    return read_brands(SIMPLE_ICONS)
