"""Load the weights of an ONNX file into the Gluon network that it was exported from."""

from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon, init

from logoflow.errors import WeightsError
from logoflow.utils.devices import Contexts
from logoflow.utils.extras import require_extra


def load_onnx(net: gluon.HybridBlock, path: Path | str, ctx: Contexts | None = None) -> None:
    """Initialise a network with the weights of an ONNX file of the same architecture.

    Only the stored arrays are read; nothing in the file is run. The name of each array is a prefix
    (``resnetv22_`` in the ONNX Model Zoo) and the name of the Gluon parameter.

    Parameters
    ----------
    net : HybridBlock
        Network for RGB photos of 224 pixels with one Dense layer; changed in place.
    path : Path or str
        An ``.onnx`` file.
    ctx : Context or list of Context, optional
        Devices for the weights.

    Raises
    ------
    WeightsError
        If the file cannot be read, or if an array is missing, superfluous or of another shape.

    Examples
    --------
    >>> net = mx.gluon.model_zoo.vision.resnet18_v2()
    >>> load_onnx(net, "resnet18-v2-7.onnx")  # doctest: +SKIP
    """
    arrays = read_arrays(path)
    net.infer_shape(mx.nd.zeros((1, 3, 224, 224)))
    parameters = _by_suffix(net)
    prefix = _common_prefix(arrays, path)
    stored = {name.removeprefix(prefix): array for name, array in arrays.items()}
    problems = _differences(parameters, stored)
    if problems:
        first_problems = "; ".join(problems[:5])
        raise WeightsError(
            f"{path} does not fit the network in {len(problems)} places: {first_problems}."
        )
    net.initialize(init.Zero(), ctx=ctx, force_reinit=True)
    for name, parameter in parameters.items():
        parameter.set_data(mx.nd.array(stored[name]))


def read_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Read the floating point arrays of an ONNX file.

    Arrays of integers are constants of the graph, such as the target of a reshape, not weights.

    Parameters
    ----------
    path : Path or str
        An ``.onnx`` file.

    Returns
    -------
    dict of str to ndarray
        Arrays by name.

    Raises
    ------
    WeightsError
        If the file cannot be read, or if its arrays are in other files.
    """
    require_extra("export")
    import onnx
    from google.protobuf.message import DecodeError

    try:
        tensors = onnx.load(str(path), load_external_data=False).graph.initializer
        if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors):
            raise ValueError("its arrays are in other files, which are not read for safety")
        arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}
    except (OSError, DecodeError, ValueError, TypeError) as error:
        raise WeightsError(f"{path} cannot be read as an ONNX file: {error}.") from error
    return {name: a for name, a in arrays.items() if np.issubdtype(a.dtype, np.floating)}


def _by_suffix(net: gluon.HybridBlock) -> dict[str, gluon.Parameter]:
    parameters = net.collect_params().items()
    return {name.removeprefix(net.prefix): parameter for name, parameter in parameters}


def _common_prefix(arrays: dict[str, np.ndarray], path: Path | str) -> str:
    """Find the prefix of Gluon's names, with the help of the weight of the Dense layer."""
    dense_weights = [name for name in arrays if name.endswith("dense0_weight")]
    if len(dense_weights) != 1:
        raise WeightsError(
            f"{path} has {len(dense_weights)} arrays named ...dense0_weight instead of one: "
            "it was not exported from Gluon's resnet18_v2."
        )
    return dense_weights[0].removesuffix("dense0_weight")


def _differences(
    parameters: dict[str, gluon.Parameter], arrays: dict[str, np.ndarray]
) -> list[str]:
    """Describe each array that is missing, superfluous or of another shape."""
    missing, extra = sorted(parameters.keys() - arrays), sorted(arrays.keys() - parameters)
    problems = [f"{name} is missing" for name in missing]
    problems += [f"{name} is superfluous" for name in extra]
    for name in sorted(parameters.keys() & arrays):
        if arrays[name].shape != parameters[name].shape:
            problems.append(f"{name} is {arrays[name].shape}, not {parameters[name].shape}")
    return problems
