"""A button in a live notebook with which a reader puts a photo of their own to a function."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from logoflow.errors import ImageError
from logoflow.images.decode import decode_image, read_image
from logoflow.utils.progress import in_notebook, watched


def with_upload(show: Callable[[np.ndarray], None], example: Path | str) -> None:
    """Show a result for an example photo, and for photos that a reader uploads.

    Where nobody can press the button, as in a batch run, a test or a page, only the example is
    shown. A file that is no picture gets a sentence that says so.

    Parameters
    ----------
    show : callable
        Shows something about an RGB photo of shape (height, width, 3), uint8.
    example : Path or str
        The photo to begin with.

    Examples
    --------
    >>> from PIL import Image
    >>> Image.new("RGB", (60, 40)).save("photo.png")
    >>> with_upload(lambda photo: print(f"{photo.shape[1]} pixels wide"), "photo.png")
    60 pixels wide
    """
    if not (watched() and in_notebook()):
        show(read_image(example))
        return
    import ipywidgets
    from IPython.display import display

    button = ipywidgets.FileUpload(description="Upload a photo", layout={"width": "auto"})
    result = ipywidgets.Output()

    def answer(change: dict) -> None:
        for file in change["new"]:
            result.clear_output(wait=True)
            with result:
                _show_content(show, file["content"], file["name"])

    button.observe(answer, names="value")
    display(button, result)
    with result:
        show(read_image(example))


def _show_content(show: Callable[[np.ndarray], None], content: bytes, name: str) -> None:
    """Decode the content of a file and show it, or print why it is no picture."""
    try:
        photo = decode_image(bytes(content), source=name)
    except ImageError as error:
        print(error)
        return
    show(photo)
