"""Prepare a data set on the command line: ``python -m logoflow.prepare_data``."""

import sys
from collections.abc import Sequence

from logoflow.datasets.prepare import prepare_root
from logoflow.datasets.prepared import read_summary
from logoflow.errors import LogoflowError
from logoflow.utils.parameters import read_parameters


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare a data set.

    Parameters
    ----------
    arguments : sequence of str, optional
        Parameters of `prepare_root` as ``parameter=value``, such as ``dataset=folder`` and
        ``data_dir=~/brands``. Without any, the sample is built. Default: the arguments of the
        command line.

    Returns
    -------
    int
        Exit code: 0, or 2 if the data cannot be fetched or read. Then standard error says why.

    Examples
    --------
    >>> main(["dataset=folder", "data_dir=nowhere"])
    data … stopped
    2
    """
    print("data … ", end="", flush=True)
    try:
        root = prepare_root(**read_parameters(sys.argv[1:] if arguments is None else arguments))
    except (ValueError, TypeError, OSError, LogoflowError) as error:
        print("stopped", flush=True)
        print(error, file=sys.stderr)
        return 2
    print(read_summary(root).strip() or root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
