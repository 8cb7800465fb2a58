#!/bin/sh
# Install logoflow from this folder, without a network, and open the notebooks in JupyterLab:
#   sh install.sh
# Later calls only open the notebooks. Options go to JupyterLab, such as --ip=0.0.0.0 --port=9000.
# PYTHON=/path/to/python3 sh install.sh uses this Python.
set -eu
cd "$(dirname "$0")"
pythons="@PYTHONS@"
libraries="libgl1 libglib2.0-0 libgomp1 libquadmath0"

stop() {
  printf 'install: %s\n' "$@" >&2
  exit 1
}

version_of() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Whether the packages of this folder fit a Python, and it can make an environment.
fits() {
  case " $pythons " in *" $(version_of "$1") "*) ;; *) return 1 ;; esac
  "$1" -c 'import ensurepip, venv' 2>/dev/null
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    if fits "$PYTHON"; then python=$PYTHON; return; fi
    stop "$PYTHON is Python $(version_of "$PYTHON" || echo "(does not run)"), or has no module venv." \
      "This folder has the packages for Python $pythons."
  fi
  for version in $pythons ""; do
    if fits "python3${version#3}"; then python=python3${version#3}; return; fi
  done
  stop "This folder has the packages for Python $pythons, and none of these was found with venv." \
    "python3 is Python $(version_of python3 || echo "(not found)")." \
    "Install python3-venv or another Python, or ask for a folder that was made for your Python."
}

install() {
  if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    stop "This is $(uname -s) on $(uname -m). MXNet's packages in this folder are for Linux on x86-64." \
      "README.txt says what to do on Windows and on a Mac."
  fi
  find_python
  if ! sha256sum --check --quiet SHA256SUMS; then
    stop "The files above are missing or differ from the archive. Unpack it again."
  fi
  echo "install: packages for $python go into .venv (a few minutes, 2 GB) …"
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-index \
    --find-links wheels --no-deps --require-hashes -r requirements.txt
  .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-index \
    --no-deps wheels/logoflow-*.whl
  if ! .venv/bin/python -c "import logoflow, cv2, mxnet"; then
    stop "OpenCV or MXNet does not load; the line above says what is missing." \
      "On Debian and Ubuntu: sudo apt install $libraries"
  fi
  touch .venv/complete
}

if [ ! -e .venv/complete ]; then install; fi

# The built data set, and what the notebooks write, stay in this folder.
export LOGOFLOW_DATA="$PWD/data" LOGOFLOW_RUNS="$PWD/runs" LOGOFLOW_HOME="$PWD/cache"
if [ "$(id -u)" = 0 ]; then set -- --allow-root "$@"; fi
exec .venv/bin/python -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks "$@"
