"""Save and load the weights of a network that logoflow can build again."""

from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import gluon

from logoflow.errors import DamagedFileError
from logoflow.models.article_nets import old_cnn_reason
from logoflow.utils.params_files import ArrayHeader, read_headers, write_params


def save_weights(net: gluon.Block, path: Path | str) -> Path:
    """Write the weights of a network, in the form of `Block.save_parameters`.

    Parameters
    ----------
    net : Block
        Initialised network.
    path : Path or str
        The file. It is replaced once the new file has been read back.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        If the disk has no room. MXNet itself would not notice.

    Examples
    --------
    >>> net = gluon.nn.Dense(3, in_units=4)
    >>> net.initialize()
    >>> path = save_weights(net, "dense.params")
    >>> net.load_parameters(str(path))
    """
    return write_params(path, arrays_of(net._collect_params_with_prefix()))


def arrays_of(parameters: dict[str, gluon.Parameter]) -> dict[str, np.ndarray]:
    """Copy the values of parameters. Those on several devices are averaged.

    Parameters
    ----------
    parameters : dict of str to Parameter

    Returns
    -------
    dict of str to ndarray
    """
    return {name: parameter._reduce().asnumpy() for name, parameter in parameters.items()}


def load_weights(
    net: gluon.HybridBlock, path: Path, size: tuple[int, int], ctx: mx.Context | list[mx.Context]
) -> None:
    """Load the weights of a network that logoflow built, from a file of a stranger.

    Parameters
    ----------
    net : HybridBlock
        The network, not initialised; changed in place.
    path : Path
        A file of `Block.save_parameters`.
    size : (width, height)
        Size of the network's input, in pixels.
    ctx : Context or list of Context
        Devices for the weights.

    Raises
    ------
    DamagedFileError
        If the weights do not fit the network. Nothing is allocated then.
    """
    headers, parameters = read_headers(path), net._collect_params_with_prefix()
    if set(headers) != set(parameters):
        others = ", ".join(sorted(set(headers) ^ set(parameters))[:3])
        raise _misfit(path, headers, f"{path} has other weights than the network: {others}.")
    shapes = {name: parameter.shape for name, parameter in parameters.items()}
    if not all(all(shape) for shape in shapes.values()):  # sizes that depend on the input's
        symbol, (width, height) = net(mx.sym.var("data")), size
        arguments, _, auxiliary = symbol.infer_shape(data=(1, 3, height, width))
        by_name = dict(zip(symbol.list_arguments(), arguments, strict=True))
        by_name |= dict(zip(symbol.list_auxiliary_states(), auxiliary, strict=True))
        shapes = {name: by_name[parameter.name] for name, parameter in parameters.items()}
    for name, header in headers.items():
        if header != ArrayHeader(tuple(shapes[name]), "float32"):
            raise _misfit(
                path,
                headers,
                f"{path}: {name} is {header.dtype} of shape {header.shape}, but the network needs "
                f"float32 of shape {shapes[name]}.",
            )
    net.load_parameters(str(path), ctx=ctx)


def _misfit(path: Path, headers: dict[str, ArrayHeader], problem: str) -> DamagedFileError:
    """Make the error for weights that do not fit. Weights of earlier versions get a reason."""
    reason = old_cnn_reason(header.shape for header in headers.values())
    if reason:
        return DamagedFileError(f"{path} does not fit. {reason} Train the network again.")
    return DamagedFileError(problem)
