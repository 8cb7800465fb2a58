"""A model that `logoflow.export` wrote: it answers with ONNX Runtime, without MXNet.

`logoflow.export` copies this module and all modules of logoflow that it imports, so that an
exported model decodes, preprocesses and decides as `predict` does.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

from logoflow.errors import LogoflowError
from logoflow.images.decode import load_image
from logoflow.images.network_input import crop_centre, normalise, resize_to
from logoflow.inference.answer_rows import WITH_ERRORS, answer_row, error_row, json_row
from logoflow.inference.decisions_json import decisions_from_json
from logoflow.inference.evidence import Evidence
from logoflow.inference.judge import Judgement, judge
from logoflow.labels import no_logo_index


class ExportedModel:
    """A model that `logoflow.export` wrote.

    Parameters
    ----------
    path : path or str
        Its ONNX file.
    **session_options
        Further arguments of `onnxruntime.InferenceSession`, such as `providers`.

    Examples
    --------
    >>> import numpy as np
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> picture = np.full((300, 300, 3), 90, np.uint8)
    >>> probability = classifier.predict(picture).probability[0]
    >>> exported = ExportedModel(lf.export(classifier, "served").onnx)
    >>> bool(abs(exported.predict(picture)["probability"] - probability) < 1e-3)
    True
    """

    def __init__(self, path: str | os.PathLike, **session_options: Any):
        self._session = onnxruntime.InferenceSession(os.fspath(path), **session_options)
        stored = self._session.get_modelmeta().custom_metadata_map
        self.metadata = {key: json.loads(text) for key, text in stored.items()}
        self.classes = tuple(self.metadata["classes"])
        self._no_logo = no_logo_index(self.classes)
        ((self._level, self._decision),) = decisions_from_json(self.metadata["decision"]).items()

    def predict(self, picture: Any, *, top_k: int = 3) -> dict[str, Any]:
        """Name the brand in a picture.

        Parameters
        ----------
        picture : path, bytes, file object, ndarray or PIL.Image.Image
            An array is (height, width, 3), RGB, 0 to 255, uint8.
        top_k : int
            Number of the likeliest classes to list.

        Returns
        -------
        dict
            What JSON can hold, with the keys ``path``, ``status``, ``error``, ``brand``,
            ``probability``, ``top_k`` and ``reason``, as in docs/bulk.md. A picture that cannot be
            read gets a ``status`` other than ``"ok"`` and an ``error`` that says why.
        """
        path = os.fspath(picture) if isinstance(picture, str | os.PathLike) else None
        try:
            pixels = load_image(picture)
        except (LogoflowError, OSError) as error:
            return self._row(error_row(path, error))
        judgement = self.judge(pixels)
        return self._row(answer_row(path, judgement, self.classes, self._no_logo, top_k))

    def judge(self, pixels: np.ndarray) -> Judgement:
        """Judge a decoded picture.

        Parameters
        ----------
        pixels : ndarray
            (height, width, 3), RGB, 0 to 255, uint8.

        Returns
        -------
        Judgement
        """
        data = network_input(pixels, self.metadata)[None]
        (logits,) = self._session.run(["logits"], {"data": data})
        return judge(Evidence(np.asarray(logits)), self._level, self._decision, self._no_logo)

    def _row(self, values: tuple) -> dict[str, Any]:
        return json_row(dict(zip(WITH_ERRORS, values, strict=True)))


def network_input(pixels: np.ndarray, metadata: Mapping[str, Any]) -> np.ndarray:
    """Convert a decoded picture to the input of an exported network.

    Parameters
    ----------
    pixels : ndarray
        RGB of (height, width, 3), uint8.
    metadata : mapping
        See `logoflow.inference.export.export_metadata`.

    Returns
    -------
    ndarray
        (3, height, width), float32.
    """
    width, height = metadata["size"]
    fit = resize_to if metadata["resized"] else crop_centre
    fitted = fit(pixels, (width, height), metadata["interp"])
    return normalise(fitted, metadata["mean"], metadata["std"])
