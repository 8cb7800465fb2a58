"""Prepare a data set by command: ``python -m logoflow.prepare_data``, or ``make data``."""

import sys
from collections.abc import Sequence

from logoflow.datasets.prepare import prepare_root
from logoflow.datasets.prepared import read_summary
from logoflow.errors import LogoflowError
from logoflow.utils.parameters import read_parameters


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the data set that ``parameter=value`` arguments name; the sample without any.

    Parameters
    ----------
    arguments : sequence of str, optional
        Parameters of `prepare_root`, such as ``dataset=folder data_dir=~/brands``. Those of the
        command line by default.

    Returns
    -------
    int
        Exit code: 0, or 2 where the data cannot be had or read (standard error says why).
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
