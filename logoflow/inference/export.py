"""A trained net for other programs: Gluon symbol and weights, and ONNX."""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import mxnet as mx
import numpy as np

from logoflow.inference.classifier import LogoClassifier
from logoflow.loading.augment import augs_to_json
from logoflow.models.graph import fold_kernel_padding, graph_of
from logoflow.utils.extras import require_extra
from logoflow.utils.files import atomic_path, write_text
from logoflow.utils.mxnet_compat import restore_onnx_mapping

if TYPE_CHECKING:
    import onnx

OPSET = 13
SERVE = Path(__file__).with_name("serve_onnx.py")


class Exported(NamedTuple):
    """Files that `export` wrote.

    Parameters
    ----------
    symbol, params : Path
        For MXNet's `SymbolBlock.imports`, in any language that it has.
    onnx : Path
        For ONNX Runtime and others; ``data`` in, (batch, 3, height, width) float32 of any batch
        size, ``logits`` out, (batch, classes).
    facts : Path
        JSON: the class names and the preprocessing, which the ONNX file also has in its metadata.
    serve : Path
        A program that tells the brand in a picture with this ONNX file and ONNX Runtime.
    """

    symbol: Path
    params: Path
    onnx: Path
    facts: Path
    serve: Path


def export(classifier: LogoClassifier, folder: Path | str) -> Exported:
    """Write a classifier's net as files that need nothing of `logoflow`.

    They answer as ``views=1`` does before any decision: logits of a whole photo.

    Parameters
    ----------
    classifier : LogoClassifier
        Its preprocessing ends in a resize or a crop to a fixed size.
    folder : Path or str
        Where to; made if it is not there. Files of the same names are replaced.

    Returns
    -------
    Exported
        The files' places.

    Raises
    ------
    ValueError
        If the preprocessing fixes no size, or cannot be described.

    Examples
    --------
    >>> files = export(classifier, "served")
    >>> net = gluon.SymbolBlock.imports(str(files.symbol), ["data"], str(files.params))
    """
    require_extra("export")
    import onnx

    facts, folder = describe(classifier), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = ("model-symbol.json", "model-0000.params", "model.onnx", "model.json", "serve.py")
    files = Exported(*(folder / name for name in names))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as place:
        symbol, params = _write_symbol(classifier, Path(place))
        model = _to_onnx(symbol, params, facts)
        onnx.save(model, str(Path(place) / "model.onnx"))
        for path in (symbol, params, Path(place) / "model.onnx"):
            os.replace(path, folder / path.name)
    write_text(files.facts, json.dumps(facts, indent=1))
    with atomic_path(files.serve) as tmp:
        tmp.write_text(SERVE.read_text(encoding="utf-8"), encoding="utf-8")
    return files


def describe(classifier: LogoClassifier) -> dict:
    """Say what a program needs to know to use a classifier's net.

    Parameters
    ----------
    classifier : LogoClassifier

    Returns
    -------
    dict
        ``classes``; ``size``, (width, height), pixels; ``resized``, whether a picture is resized
        to it, else its middle is cut out; ``mean`` and ``std``, three numbers each on 0 to 255
        RGB: ``data`` is ``(picture - mean) / std``.

    Raises
    ------
    ValueError
        See `export`.
    """
    steps = dict(augs_to_json(classifier.augs))
    unknown = set(steps) - {"forceresizeaug", "centercropaug", "colornormalizeaug"}
    sizes = [steps[name]["size"] for name in ("forceresizeaug", "centercropaug") if name in steps]
    if unknown or len(sizes) != 1:
        raise ValueError(
            f"This preprocessing, {', '.join(steps)}, cannot be exported: it has to be one resize "
            "or centre crop to a fixed size, and at most a normalisation."
        )
    colours = steps.get("colornormalizeaug", {"mean": [0.0] * 3, "std": [1.0] * 3})
    return {
        "classes": list(classifier.classes),
        "size": [int(side) for side in sizes[0]],
        "resized": "forceresizeaug" in steps,
        "mean": [float(value) for value in np.ravel(colours["mean"])],
        "std": [float(value) for value in np.ravel(colours["std"])],
    }


def _write_symbol(classifier: LogoClassifier, folder: Path) -> tuple[Path, Path]:
    """Write the graph and the weights as Gluon's `export` would, without compiling the net."""
    symbol, arrays = fold_kernel_padding(*graph_of(classifier.net))
    paths = folder / "model-symbol.json", folder / "model-0000.params"
    mx.sym.identity(symbol, name="logits").save(str(paths[0]))
    mx.nd.save(str(paths[1]), arrays)
    return paths


def _to_onnx(symbol: Path, params: Path, facts: dict) -> "onnx.ModelProto":
    """Convert, and put right what MXNet's converter leaves: inputs, shapes, metadata."""
    import onnx

    restore_onnx_mapping()  # the exporter imports it
    width, height = facts["size"]
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
    # It writes nodes as of this version, and calls them the installed onnx package's newest.
    model.opset_import[0].version = OPSET
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    shape = ["batch", len(facts["classes"])]
    logits = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, shape)  # type: ignore[arg-type]
    assert [output.name for output in model.graph.output] == ["logits"]
    model.graph.output[0].CopyFrom(logits)
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in facts.items()})
    onnx.checker.check_model(model, full_check=True)
    return model
