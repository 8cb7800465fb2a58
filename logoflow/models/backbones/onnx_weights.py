"""Read the weights of an ONNX file back into the Gluon net that it was exported from."""

from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon, init

from logoflow.errors import WeightsError
from logoflow.utils.extras import require_extra


def load_onnx(net: gluon.HybridBlock, path: Path | str, ctx=None) -> None:
    """Initialise a net with the weights of an ONNX file made from the same architecture.

    Only the stored arrays are read, nothing of the file is run. Each array's name is the
    Gluon parameter's under some prefix (``resnetv22_`` in the ONNX Model Zoo).

    Parameters
    ----------
    net : HybridBlock
        Of 224 pixel RGB photos, with one Dense layer; changed in place.
    path : Path or str
        An ``.onnx`` file.
    ctx : Context or list of Context, optional
        Where the weights go.

    Raises
    ------
    WeightsError
        If the file cannot be read, or an array is missing, left over or of another shape.

    Examples
    --------
    >>> net = mx.gluon.model_zoo.vision.resnet18_v2()
    >>> load_onnx(net, "resnet18-v2-7.onnx")
    """
    arrays = read_arrays(path)
    net.infer_shape(mx.nd.zeros((1, 3, 224, 224)))
    parameters = _by_suffix(net)
    prefix = _common_prefix(arrays, path)
    found = {name.removeprefix(prefix): array for name, array in arrays.items()}
    problems = _differences(parameters, found)
    if problems:
        some = "; ".join(problems[:5])
        raise WeightsError(f"{path} does not fit the net in {len(problems)} places: {some}.")
    net.initialize(init.Zero(), ctx=ctx, force_reinit=True)
    for name, parameter in parameters.items():
        parameter.set_data(mx.nd.array(found[name]))


def read_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Read an ONNX file's floating point arrays by name.

    Arrays of integers are constants of the graph (the target of a reshape), not weights.
    """
    require_extra("export")
    import onnx
    from google.protobuf.message import DecodeError

    try:
        tensors = onnx.load(str(path), load_external_data=False).graph.initializer
        if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
            raise ValueError("its arrays are in other files, which could be any of this machine")
        arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}
    except (OSError, DecodeError, ValueError, TypeError) as error:
        raise WeightsError(f"{path} cannot be read as an ONNX file: {error}.") from error
    return {name: a for name, a in arrays.items() if np.issubdtype(a.dtype, np.floating)}


def _by_suffix(net: gluon.HybridBlock) -> dict[str, gluon.Parameter]:
    parameters = net.collect_params().items()
    return {name.removeprefix(net.prefix): parameter for name, parameter in parameters}


def _common_prefix(arrays: dict[str, np.ndarray], path: Path | str) -> str:
    """Find what stands before Gluon's own names, from the one Dense layer's weight."""
    ends = [name for name in arrays if name.endswith("dense0_weight")]
    if len(ends) != 1:
        raise WeightsError(
            f"{path} has {len(ends)} arrays named ...dense0_weight instead of one: "
            "was it exported from Gluon's resnet18_v2?"
        )
    return ends[0].removesuffix("dense0_weight")


def _differences(
    parameters: dict[str, gluon.Parameter], arrays: dict[str, np.ndarray]
) -> list[str]:
    """List what is missing, left over or of another shape, in words; empty if all fits."""
    missing, extra = sorted(parameters.keys() - arrays), sorted(arrays.keys() - parameters)
    problems = [f"{name} is missing" for name in missing]
    problems += [f"{name} is left over" for name in extra]
    for name in sorted(parameters.keys() & arrays):
        if arrays[name].shape != parameters[name].shape:
            problems.append(f"{name} is {arrays[name].shape}, not {parameters[name].shape}")
    return problems
