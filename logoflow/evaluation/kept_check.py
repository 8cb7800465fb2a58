"""The check of a prepared data set, kept until the photos change."""

import hashlib
from pathlib import Path

from logoflow.datasets.class_list import CLASS_FILE
from logoflow.datasets.prepared import CACHE_FOLDER, SPLITS
from logoflow.errors import LogoflowError
from logoflow.evaluation.check_data import check_data
from logoflow.utils.files import write_text


def kept_check(root: Path) -> str:
    """Check a prepared data set, or return the check of an earlier call for the same photos.

    Parameters
    ----------
    root : Path
        Folder that `logoflow.prepare_root` prepared.

    Returns
    -------
    str
        The summary of `logoflow.check_data`, or a sentence that says why the check failed. The
        data set is prepared all the same.

    Examples
    --------
    >>> import logoflow as lf
    >>> sample = lf.make_sample("photos", brands=2, train=3, val=2, test=2, no_logo=3)
    >>> root = lf.prepare_root("flickrlogos32", sample, output_dir="root")
    >>> kept_check(root) == kept_check(root)
    True
    """
    records = [root / f"{split}.json" for split in SPLITS] + [root / CLASS_FILE]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in records)).hexdigest()
    kept = root / CACHE_FOLDER / f"check-{stamp[:12]}.txt"
    if not kept.is_file():
        try:
            check = check_data(root)
        except (LogoflowError, OSError) as error:
            return f"The data was not checked: {error}"
        write_text(kept, f"{check}\n")
    return kept.read_text(encoding="utf-8").strip()
