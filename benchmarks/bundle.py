"""Install a bundle without a network, and run its notebooks: what a learner does in a class.

    make bundle PYTHONS=3.11
    python benchmarks/bundle.py build/logoflow-workshop-*.zip --python /usr/bin/python3.11

The archive is unpacked into an empty folder whose name has a space. Nothing but 127.0.0.1 can be
reached (`unshare --net`, which needs root), and of the environment only PATH and HOME are set.
--root names a folder with a bare system to do it in, such as one that debootstrap made.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

# In namespaces of their own, so that nothing stays mounted. A folder of a bare system lacks these.
ALONE = """
ip link set lo up
if [ "$0" != / ]; then
  mount -t proc proc "$0/proc"
  mount --rbind /dev "$0/dev"
  mount --rbind /sys "$0/sys"
fi
exec "$@"
"""
NB_CONVERT = ["-m", "nbconvert", "--to", "notebook", "--execute", "--log-level=WARN"]
NB_CONVERT += ["--KernelManager.transport_encryption=auto"]  # else each kernel warns


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the time of each step. The exit code is 1 if one of them fails."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.root / "tmp", prefix="a class ") as work:
        with ZipFile(options.archive) as archive:
            archive.extractall(work)
        (folder,) = Path(work).iterdir()
        inside = Path("/") / folder.relative_to(options.root)
        run = Runner(options.root, inside, options.python)
        good = run("install.sh", "sh", "install.sh", "--version")
        for number in options.notebooks if good else []:
            (notebook,) = folder.glob(f"notebooks/{number}_*.ipynb")
            done = ["--output-dir=done", f"notebooks/{notebook.name}"]
            good &= run(notebook.name, ".venv/bin/python", *NB_CONVERT, *done)
    return 0 if good else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--python", default="python3", help="that install.sh uses")
    parser.add_argument("--root", type=Path, default=Path("/"), help="folder of a bare system")
    parser.add_argument("--notebooks", nargs="*", default=["00", "01", "02", "03", "04"])
    return parser


class Runner:
    """Runs commands in a folder of a bare system, without a network, and prints their times."""

    def __init__(self, root: Path, folder: Path, python: str):
        variables = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder),
            "PYTHON": python,
            "PIP_NO_INDEX": "1",
            "LOGOFLOW_DATA": str(folder / "data"),
            "LOGOFLOW_RUNS": str(folder / "runs"),
            "LOGOFLOW_HOME": str(folder / "cache"),
        }
        assignments = [f"{name}={value}" for name, value in variables.items()]
        change = ["chroot", str(root), "sh", "-c", 'cd "$HOME" && exec "$@"', "sh"]
        alone = ["unshare", "--net", "--mount", "sh", "-euc", ALONE, str(root)]
        self.prefix = [*alone, "env", "-i", *assignments, *change]

    def __call__(self, name: str, *command: str) -> bool:
        start = time.monotonic()
        good = subprocess.run([*self.prefix, *command], check=False).returncode == 0
        print(f"{name}: {time.monotonic() - start:.0f} s{'' if good else ', failed'}", flush=True)
        return good


if __name__ == "__main__":
    sys.exit(main())
