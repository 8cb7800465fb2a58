"""Prepare a data set on the command line: ``python -m logoflow.prepare_data``."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from logoflow.datasets.class_list import CLASS_FILE
from logoflow.datasets.prepare import prepare_root
from logoflow.datasets.prepared import CACHE_FOLDER, SPLITS, read_summary
from logoflow.errors import LogoflowError
from logoflow.utils.files import write_text
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
        Exit code: 0 after the summary and a check of the data (`logoflow.check_data`). 2 if the
        data cannot be fetched or read; then standard error says why.

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
    print(_check(root))
    return 0


def _check(root: Path) -> str:
    """Check the data. The result is kept until another preparation changes the photos."""
    records = [root / f"{split}.json" for split in SPLITS] + [root / CLASS_FILE]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in records)).hexdigest()
    kept = root / CACHE_FOLDER / f"check-{stamp[:12]}.txt"
    if not kept.is_file():
        from logoflow.evaluation.check_data import check_data  # slow to import

        try:
            check = check_data(root)
        except (LogoflowError, OSError) as error:  # the data is ready all the same
            return f"The data was not checked: {error}"
        write_text(kept, f"{check}\n")
    return kept.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
