"""Open an image of each format by the reader for this format."""

import io
import warnings
from collections.abc import Callable

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from logoflow.images.exif import exif_orientation
from logoflow.images.jpeg_segments import split_metadata

_MAX_TILE_PIXELS = 4096 * 4096

# Pillow warns about each damaged tag of EXIF and TIFF. The pixels are right all the same, and
# nobody can mend the tags of other people's photos.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")


def _open_heif(content: io.BytesIO) -> ImageFile:
    """Open a HEIC file with libheif, which applies the orientation itself."""
    from pi_heif import HeifImageFile  # slow to import, and few need it

    return HeifImageFile(content)


def _open_tiff(content: io.BytesIO) -> ImageFile:
    """Open a TIFF. Its tiles are decoded one by one, and a tile can be larger than the image."""
    image = TiffImageFile(content)
    tile = image.tag_v2.get(TILEWIDTH, 0) * image.tag_v2.get(TILELENGTH, 0)
    if tile > _MAX_TILE_PIXELS:
        raise ValueError(f"it has tiles of {tile:,} pixels")
    return image


# These classes are used directly because Image.open would also try other formats, and because it
# warns about or refuses large images by a process-wide limit before our own limit applies.
_READERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "bmp": BmpImageFile,
    "tiff": _open_tiff,
    "avif": AvifImageFile,
    "heif": _open_heif,
}


def open_image(content: bytes, kind: str) -> tuple[ImageFile, int]:
    """Open an image, without decoding it, and read its orientation.

    Parameters
    ----------
    content : bytes
        The encoded image.
    kind : str
        Its format (`logoflow.images.headers.image_format`).

    Returns
    -------
    image : ImageFile
    orientation : int
        The EXIF orientation, 1 to 8.

    Raises
    ------
    Exception
        Any error, if the image is corrupt.
    """
    # image.getexif() would read all that its entries refer to, and decode a PNG to find more.
    if kind == "jpeg":
        content, exif = split_metadata(content)
        return _READERS[kind](io.BytesIO(content)), exif_orientation(exif)
    image = _READERS[kind](io.BytesIO(content))
    return image, exif_orientation(image.info.get("exif"))
