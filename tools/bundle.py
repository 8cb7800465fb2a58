"""Write one archive for a class: packages, data, notebooks and pages. `make bundle` calls it.

The archive is a zip file, which Windows, Mac and Linux open without another program.
"""

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from packaging.requirements import Requirement

import logoflow as lf
from tools.notebooks import notebook_paths, write_for_students

REPO = Path(__file__).resolve().parent.parent
BUILD = REPO / "build"
SITE = BUILD / "site"
NAME = f"logoflow-workshop-{lf.__version__}"
PYTHONS = "3.11", "3.12", "3.13", "3.14"
GLIBC_MINORS = range(28, 4, -1)
"""Wheels for glibc 2.28 and older run on Debian 10, Ubuntu 20.04 and later systems."""

OLD_NAMES = "manylinux2014", "manylinux2010", "manylinux1", "linux"
PIN = re.compile(r"^[a-z0-9].*?(?=^[a-z0-9#]|\Z)", re.MULTILINE | re.DOTALL)
COMPRESSED = ".whl", ".jpg", ".png", ".woff2"


def locked_for(full_version: str) -> str:
    """Return the lines of the lock file that one Python installs, such as Python 3.12.3.

    pip could read the lock file itself, but would pick the lines for the Python that runs pip.
    """
    environment = {"python_version": full_version.rpartition(".")[0]}
    environment |= {"python_full_version": full_version, "sys_platform": "linux"}
    lines = []
    for pin in PIN.findall((REPO / "requirements.txt").read_text(encoding="utf-8")):
        requirement, _, hashes = pin.partition("\\\n")
        marker = Requirement(requirement).marker
        if marker is None or marker.evaluate(environment):
            lines.append(f"{requirement.partition(' ;')[0]} \\\n{hashes}")
    return "".join(lines)


def download_wheels(folder: Path, pythons: Sequence[str]) -> None:
    """Download the packages of the lock file, for Linux on x86-64 and each Python."""
    names = [*(f"manylinux_2_{minor}" for minor in GLIBC_MINORS), *OLD_NAMES]
    platforms = [option for name in names for option in ("--platform", f"{name}_x86_64")]
    for python in pythons:
        print(f"bundle: packages for Python {python} …", flush=True)
        # The lock file may have one version for 3.11.0 to 3.11.4, and another from 3.11.5 on.
        locks = {locked_for(full): full for full in (f"{python}.0", f"{python}.99")}
        for lock, full_version in locks.items():
            with NamedTemporaryFile("w", suffix=".txt") as file:
                file.write(lock)
                file.flush()
                target = "--only-binary", ":all:", "--python-version", full_version, *platforms
                pip("download", "--no-deps", "-r", file.name, *target, "--dest", folder)


def build_own_wheel(folder: Path) -> None:
    """Build the wheel of logoflow. Files of an earlier build would get into it."""
    shutil.rmtree(BUILD / "lib", ignore_errors=True)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, REPO)


def pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    if subprocess.run([*command, "--quiet"], check=False).returncode:
        sys.exit("bundle: pip failed. The lines above say why.")


def write_texts(folder: Path, pythons: Sequence[str]) -> None:
    """Write the installer and its README, with the version and the Pythons filled in."""
    for source in sorted((REPO / "tools" / "workshop").iterdir()):
        text = source.read_text(encoding="utf-8")
        text = text.replace("@VERSION@", lf.__version__)
        target = folder / source.name
        words = " or ".join(pythons) if source.suffix == ".txt" else " ".join(pythons)
        target.write_text(text.replace("@PYTHONS@", words), encoding="utf-8")
        shutil.copymode(source, target)
    shutil.copyfile(REPO / "requirements.txt", folder / "requirements.txt")
    shutil.copyfile(REPO / "LICENSE", folder / "LICENSE")


def write_checksums(folder: Path) -> None:
    """Write SHA256SUMS, which `sha256sum --check` reads."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def fill(
    folder: Path, pythons: Sequence[str], site: Path, sample: Path, *, solutions: bool = False
) -> None:
    """Put everything but the packages into a folder, and then the checksums of all files."""
    write_for_students(folder / "notebooks")
    if solutions:
        (folder / "notebooks-with-solutions").mkdir()
        for path in notebook_paths():
            shutil.copy(path, folder / "notebooks-with-solutions")
    shutil.copytree(REPO / "docs", folder / "docs")
    shutil.copytree(site, folder / "pages")
    unlocked = shutil.ignore_patterns("*.lock")
    shutil.copytree(sample, folder / "data" / sample.name, ignore=unlocked)
    write_texts(folder, pythons)
    write_checksums(folder)


def pack(folder: Path) -> Path:
    """Pack a folder into a zip file beside it. Packages and pictures are not compressed again."""
    archive = folder.with_name(f"{folder.name}.zip")
    with ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            method = ZIP_STORED if path.suffix in COMPRESSED else ZIP_DEFLATED
            file.write(path, path.relative_to(folder.parent), compress_type=method)
    return archive


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Without a Python, the one in use is taken."""
    parser = argparse.ArgumentParser(prog="make bundle", description=__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON", help="such as 3.13")
    parser.add_argument("--solutions", action="store_true", help="add notebooks with solutions")
    options = parser.parse_args(arguments)
    options.pythons = options.pythons or [".".join(platform.python_version_tuple()[:2])]
    if unknown := set(options.pythons) - set(PYTHONS):
        known = ", ".join(PYTHONS)
        parser.error(f"there are no packages for Python {min(unknown)}, only for {known}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the archive, and print where it is."""
    options = parse(arguments)
    folder = BUILD / NAME
    shutil.rmtree(folder, ignore_errors=True)
    download_wheels(folder / "wheels", options.pythons)
    build_own_wheel(folder / "wheels")
    sample = lf.make_sample().parent  # built if there is none
    fill(folder, options.pythons, SITE, sample, solutions=options.solutions)
    archive = pack(folder)
    size = f"{archive.stat().st_size / 1e6:.0f} MB"
    print(f"bundle: {archive.relative_to(REPO)} ({size}), for Python {', '.join(options.pythons)}.")


if __name__ == "__main__":
    main()
