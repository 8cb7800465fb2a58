"""Export a trained network for other programs: Gluon symbol and weights, and ONNX."""

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import mxnet as mx
import numpy as np

from logoflow.images.network_input import CUBIC, INTERPOLATIONS
from logoflow.inference.classifier import LogoClassifier
from logoflow.inference.decision import decision_for
from logoflow.inference.decisions_json import decisions_to_json
from logoflow.inference.export_runtime import PACKAGE, PROGRAM, runtime_files
from logoflow.inference.levels import Level
from logoflow.loading.augment import augs_to_json
from logoflow.models.graph import fold_kernel_padding, graph_of, is_graph
from logoflow.utils.addresses import local_path
from logoflow.utils.extras import require_extra
from logoflow.utils.files import write_text
from logoflow.utils.mxnet_compat import restore_onnx_mapping
from logoflow.utils.params_files import write_params

if TYPE_CHECKING:
    import onnx

OPSET = 13
LEVEL = Level("whole")
"""The level that an exported model answers at."""


class Exported(NamedTuple):
    """Files that `export` wrote.

    Parameters
    ----------
    symbol, params : Path
        For MXNet's `SymbolBlock.imports`, in any language that MXNet supports.
    onnx : Path
        For ONNX Runtime and others. The input ``data`` is float32 (batch, 3, height, width) of
        any batch size, the output ``logits`` is (batch, classes).
    metadata : Path
        JSON with the class names, the preprocessing and the decision. The metadata of the ONNX file
        has the same content.
    serve : Path
        A program that answers for pictures as `predict` does, with ONNX Runtime.
    runtime : Path
        A package with the modules of logoflow that the program uses. It needs no MXNet.
    requirements : Path
        The packages that the program needs.
    """

    symbol: Path
    params: Path
    onnx: Path
    metadata: Path
    serve: Path
    runtime: Path
    requirements: Path


def export(classifier: LogoClassifier, folder: Path | str) -> Exported:
    """Write a classifier as files that need neither `logoflow` nor MXNet.

    The exported program gives the same answers as ``classifier.predict(photo, level="whole")``:
    it decodes and resizes pictures by the same code, and applies the same decision. The network in
    the files returns logits, before any decision.

    Parameters
    ----------
    classifier : LogoClassifier
        Its preprocessing must have one resize or crop to a fixed size.
    folder : Path or str
        It is created if it does not exist. Files of the same names are replaced.

    Returns
    -------
    Exported
        Paths of the files.

    Raises
    ------
    ValueError
        If the preprocessing has no fixed size, or steps that cannot be exported; if the network is
        an INT8 network; or if the classifier has decisions, but none for the level ``"whole"``.

    Warns
    -----
    UserWarning
        If the classifier looks closer by default than an exported model can.

    Examples
    --------
    >>> import logoflow as lf
    >>> net = lf.lenet5(2)
    >>> net.initialize()
    >>> classifier = LogoClassifier(net, ("bmw", "no-logo"), lf.val_test_augs)
    >>> probabilities = classifier.predict(np.full((300, 300, 3), 90, np.uint8))
    >>> files = export(classifier, "served")
    >>> served = mx.gluon.SymbolBlock.imports(str(files.symbol), ["data"], str(files.params))
    """
    require_extra("export")
    import onnx

    metadata, folder = export_metadata(classifier), local_path(folder)
    if classifier.level != LEVEL:
        warnings.warn(
            f'The exported model answers as predict(..., level="{LEVEL}") does. The default level '
            f'of this classifier is "{classifier.level}", which needs logoflow and MXNet; '
            "`logoflow serve` answers at every level.",
            stacklevel=2,
        )
    folder.mkdir(parents=True, exist_ok=True)
    files = Exported(
        symbol=folder / "model-symbol.json",
        params=folder / "model-0000.params",
        onnx=folder / "model.onnx",
        metadata=folder / "model.json",
        serve=folder / PROGRAM,
        runtime=folder / PACKAGE,
        requirements=folder / "requirements.txt",
    )
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as temporary:
        symbol, params = _write_symbol(classifier, Path(temporary))
        model = _to_onnx(symbol, params, metadata)
        onnx.save(model, str(Path(temporary) / "model.onnx"))
        for path in (symbol, params, Path(temporary) / "model.onnx"):
            os.replace(path, folder / path.name)
    write_text(files.metadata, json.dumps(metadata, indent=1))
    for name, content in runtime_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_text(folder / name, content)
    return files


def export_metadata(classifier: LogoClassifier) -> dict:
    """Collect what a program needs to know to answer with a classifier's network.

    Parameters
    ----------
    classifier : LogoClassifier

    Returns
    -------
    dict
        ``classes`` lists the class names. ``size`` is (width, height) in pixels. ``resized`` says
        whether a picture is resized to that size; if not, its centre is cut out. ``interp`` is the
        interpolation (`logoflow.images.network_input.INTERPOLATIONS`). ``mean`` and ``std`` have
        three numbers each, for RGB from 0 to 255: ``data`` is ``(picture - mean) / std``.
        ``decision`` has the decision for the level ``"whole"``
        (`logoflow.inference.decision.Decision`).

    Raises
    ------
    ValueError
        See `export`.
    """
    if is_graph(classifier.net):
        raise ValueError(
            "An INT8 network cannot be exported: ONNX has other operators for whole numbers. "
            "Export the classifier that it was made from."
        )
    decision = decision_for(classifier.decisions, LEVEL)
    steps = dict(augs_to_json(classifier.augs))
    unknown = set(steps) - {"forceresizeaug", "centercropaug", "colornormalizeaug"}
    fits = [steps[name] for name in ("forceresizeaug", "centercropaug") if name in steps]
    if unknown or len(fits) != 1 or fits[0].get("interp", CUBIC) not in INTERPOLATIONS:
        raise ValueError(
            f"The preprocessing {', '.join(steps)} cannot be exported. It must have one resize or "
            "centre crop to a fixed size, not with a random interpolation, and nothing else but a "
            "normalisation."
        )
    normalisation = steps.get("colornormalizeaug", {"mean": [0.0] * 3, "std": [1.0] * 3})
    return {
        "classes": list(classifier.classes),
        "size": [int(side) for side in fits[0]["size"]],
        "resized": "forceresizeaug" in steps,
        "interp": fits[0].get("interp", CUBIC),
        "mean": [float(value) for value in np.ravel(normalisation["mean"])],
        "std": [float(value) for value in np.ravel(normalisation["std"])],
        "decision": decisions_to_json({LEVEL: decision}),
    }


def _write_symbol(classifier: LogoClassifier, folder: Path) -> tuple[Path, Path]:
    """Write graph and weights as Gluon's `export` would, without compiling the network."""
    symbol, arrays = fold_kernel_padding(*graph_of(classifier.net))
    graph_file, weights_file = folder / "model-symbol.json", folder / "model-0000.params"
    write_text(graph_file, mx.sym.identity(symbol, name="logits").tojson())
    write_params(weights_file, {name: array.asnumpy() for name, array in arrays.items()})
    return graph_file, weights_file


def _to_onnx(symbol: Path, params: Path, metadata: dict) -> "onnx.ModelProto":
    """Convert a network to ONNX."""
    import onnx

    restore_onnx_mapping()  # MXNet's exporter imports it
    width, height = metadata["size"]
    path = symbol.with_name("converted.onnx")
    mx.onnx.export_model(
        str(symbol),
        str(params),
        [(1, 3, height, width)],
        np.float32,
        str(path),
        dynamic=True,
        dynamic_input_shapes=[("batch", 3, height, width)],
    )
    model = onnx.load(str(path))
    _correct_onnx(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


def _correct_onnx(model: "onnx.ModelProto", metadata: dict) -> None:
    """Correct the version, the inputs and the output that MXNet's converter writes."""
    import onnx

    # The converter writes nodes of this version, but names the newest version that onnx knows.
    model.opset_import[0].version = OPSET
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    shape = ["batch", len(metadata["classes"])]
    logits = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, shape)  # type: ignore[arg-type]
    assert [output.name for output in model.graph.output] == ["logits"]
    model.graph.output[0].CopyFrom(logits)
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in metadata.items()})
