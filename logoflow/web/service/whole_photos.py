"""Convert a classifier for ONNX Runtime, to answer for whole photos on every core at once."""

import tempfile
import warnings
from typing import TYPE_CHECKING

import numpy as np

from logoflow.inference.export import export

if TYPE_CHECKING:
    from logoflow.inference.classifier import LogoClassifier
    from logoflow.inference.exported_model import ExportedModel


def exported_model(classifier: "LogoClassifier") -> "ExportedModel | None":
    """Convert a classifier for ONNX Runtime, with one thread for each picture.

    Requests come one picture at a time. MXNet shares the work of one picture among all cores, and
    its threads wait for one another. Pictures side by side, each on one core, take half of the
    time.

    Parameters
    ----------
    classifier : LogoClassifier

    Returns
    -------
    ExportedModel or None
        None if the classifier computes on a GPU or cannot be exported.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = lf.LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> judgement = exported_model(classifier).judge(np.full((300, 300, 3), 90, np.uint8))
    >>> judgement.probabilities.shape
    (2,)
    """
    if classifier.ctx.device_type != "cpu":
        return None
    classifier.logits([np.zeros((64, 64, 3), np.uint8)])  # fixes the shapes of a new network
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # other levels are answered by the classifier
        try:
            path = export(classifier, folder).onnx
        except (ValueError, ModuleNotFoundError):
            return None
        import onnxruntime

        from logoflow.inference.exported_model import ExportedModel

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        return ExportedModel(path, sess_options=options, providers=providers)
