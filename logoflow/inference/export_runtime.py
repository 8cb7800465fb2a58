"""Copy the modules of logoflow that an exported model needs."""

import re
from pathlib import Path

import logoflow

PACKAGE = "logoflow_runtime"
"""Name of the copied package. It is not logoflow, so that both can be installed."""

PROGRAM = "serve.py"

REQUIREMENTS = """\
# For Python 3.11 or newer. In place of opencv-python-headless, opencv-python does as well.
numpy>=1.26,<3
pillow>=11.3
opencv-python-headless>=4.10.0.84
onnxruntime>=1.20
# Reads HEIC, the photos of iPhones.
pi-heif>=1.1
"""

_ROOT = Path(logoflow.__file__).parent
_IMPORT = re.compile(r"^from logoflow\.([\w.]+) import", re.MULTILINE)
_ENTRY = "inference.serve_onnx"
_ABOUT = (
    f'"""Part of logoflow {logoflow.__version__}, under the Apache License 2.0. '
    'logoflow.export copied it."""\n'
)


def runtime_files() -> dict[str, str]:
    """Return the content of the files of the program.

    Returns
    -------
    dict of str to str
        By path in the export's folder. The package's name is replaced; nothing else is changed.

    Examples
    --------
    >>> sorted(path for path in runtime_files() if "/" not in path)
    ['requirements.txt', 'serve.py']
    """
    sources = _modules_below(_ENTRY)
    files = {PROGRAM: sources.pop(_ENTRY), "requirements.txt": REQUIREMENTS}
    for module, source in sources.items():
        files[f"{PACKAGE}/{module.replace('.', '/')}.py"] = source
        for folder in Path(*module.split(".")).parents:
            files[(Path(PACKAGE) / folder / "__init__.py").as_posix()] = _ABOUT
    return files


def _modules_below(entry: str) -> dict[str, str]:
    """Follow the imports of a module; imports in functions and for types do not count."""
    found, remaining = {}, [entry]
    while remaining:
        module = remaining.pop()
        if module not in found:
            path = _ROOT.joinpath(*module.split(".")).with_suffix(".py")
            source = path.read_text(encoding="utf-8")
            found[module] = re.sub(r"\bfrom logoflow\.", f"from {PACKAGE}.", source)
            remaining += _IMPORT.findall(source)
    return found
