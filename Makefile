# `make` alone lists the targets. All targets use the environment in the folder .venv. If the conda
# environment of environment.yml is active, they use that environment instead.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:
.SHELLFLAGS := -euc
.PHONY: help setup data run test lint docs bench lab student bundle app notebooks lock clean

ifeq ($(CONDA_DEFAULT_ENV),logoflow)
READY :=
PY := python
else
READY := .venv/complete
PY := .venv/bin/python
endif

export PYDEVD_DISABLE_FILE_VALIDATION := 1
run test notebooks: export LOGOFLOW_PROGRESS := 0

# --- Variables of the command line: `make run EPOCHS=2` passes num_epochs=2 to the notebooks. ---

DATA_VARIABLES := DATASET DATA_DIR LAYOUT NO_LOGO_DIR PHOTOS_PER_CLASS SEED
RUN_VARIABLES := $(DATA_VARIABLES) BACKBONE RECIPE IMAGE_SIZE LEVEL EPOCHS BATCH_SIZE LEARNING_RATE WD NUM_GPUS NUM_WORKERS
SET_UP_VARIABLES := NAME PYTHON GPU IP PORT MODEL PYTHONS SOLUTIONS
KNOWN := $(RUN_VARIABLES) $(SET_UP_VARIABLES) LOGOFLOW_% MXNET_% OMP_% PIP_% UV_%

parameter_DATASET := dataset
parameter_DATA_DIR := data_dir
parameter_LAYOUT := layout
parameter_NO_LOGO_DIR := no_logo_dir
parameter_PHOTOS_PER_CLASS := photos_per_class
parameter_SEED := seed
parameter_BACKBONE := backbone
parameter_RECIPE := recipe
parameter_IMAGE_SIZE := image_size
parameter_LEVEL := level
parameter_EPOCHS := num_epochs
parameter_BATCH_SIZE := batch_size
parameter_LEARNING_RATE := learning_rate
parameter_WD := wd
parameter_NUM_GPUS := num_gpus
parameter_NUM_WORKERS := num_workers

option_DATASET := --dataset
option_DATA_DIR :=
option_LAYOUT := --layout
option_NO_LOGO_DIR := --no-logo-dir
option_PHOTOS_PER_CLASS := --photos-per-class
option_SEED := --seed

# Only variables of the command line count. The environment may have a NAME (as in WSL) or a SEED.
is_set = $(filter command,$(firstword $(origin $1)))
, := ,
quoted = '$(subst ','\'',$1)'
parameters = $(foreach v,$1,$(if $(and $(call is_set,$v),$($v)),$(call quoted,$(parameter_$v)=$($v))))
options = $(foreach v,$1,$(if $(and $(call is_set,$v),$($v)),$(option_$v) $(call quoted,$($v))))

ifneq ($(call is_set,VIEWS),)
$(error VIEWS is now LEVEL, such as LEVEL=windows or LEVEL="windows, read_names". docs/own-data.md lists the levels)
endif

UNKNOWN := $(filter-out $(KNOWN) -%,$(foreach v,$(.VARIABLES),$(if $(call is_set,$v),$v)))
ifneq ($(UNKNOWN),)
$(error There is no variable $(UNKNOWN). You can set $(SET_UP_VARIABLES) $(RUN_VARIABLES))
endif

# --- The lock file: requirements.txt for the processor, requirements-gpu.txt for a GPU. ---

# This file is written at the start of a set-up. It shows that make created .venv, even if the set-up
# was interrupted. It holds the name of the lock file, so that a GPU set-up stays until GPU=0.
MADE_BY_MAKE := .venv/made-by-make

ifneq ($(call is_set,GPU),)
ifeq ($(filter 0 1,$(GPU)),)
$(error GPU=$(GPU) is not allowed. Say GPU=1 for a set-up with GPU support, GPU=0 for one without)
endif
ifeq ($(READY),)
$(error GPU=$(GPU) changes .venv, but make uses the active conda environment $(CONDA_DEFAULT_ENV). \
  Leave that environment first: conda deactivate)
endif
LOCK := $(if $(filter 1,$(GPU)),requirements-gpu.txt,requirements.txt)
else
LAST := $(shell cat $(MADE_BY_MAKE) 2>/dev/null)
LOCK := $(or $(filter requirements-gpu.txt,$(LAST)),requirements.txt)
endif

# A checksum, because git changes the time of a file whenever it switches branches.
STAMP := $(LOCK) $(firstword $(shell cksum 2>/dev/null <$(LOCK)))
INSTALLED := $(shell test -x .venv/bin/python && cat .venv/complete 2>/dev/null)
VERSION := -c "import sys; print(sys.version)" 2>/dev/null
ifneq ($(call is_set,PYTHON),)
INSTALLED += $(shell test "$$("$(PYTHON)" $(VERSION))" = "$$(.venv/bin/python $(VERSION))" || \
  echo another Python)
endif
ifneq ($(strip $(INSTALLED)),$(STAMP))
.PHONY: .venv/complete
endif

# With --quiet, MkDocs would count no warnings, and let broken links pass. The theme's own warning is
# about MkDocs 2, which pyproject.toml excludes.
MAKE_SITE = NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build

# --- Targets ---

help:  ## list the targets
	@echo "logoflow: tell the brand in a photo by its logo"
	echo
	awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	echo
	echo "  make run DATASET=folder DATA_DIR=~/brands EPOCHS=10 NAME=mine   run the notebooks on your photos."
	echo "  Variables: NAME $(DATA_VARIABLES)"
	echo "  $(filter-out $(DATA_VARIABLES),$(RUN_VARIABLES))"
	echo
	echo "  make setup GPU=1                 packages for an NVIDIA GPU; GPU=0 goes back"
	echo "  make setup PYTHON=python3.12     use this Python"
	echo "  make lab IP=0.0.0.0 PORT=9000    let other machines reach JupyterLab, at port 9000"

setup: $(READY)  ## install the pinned packages into .venv (other targets do this too)
	@prefix=$$($(PY) -c 'import sys; print(sys.prefix)')
	echo "setup: ready ($$($(PY) --version), $(if $(READY),$(LOCK)$(,) )$$prefix)"

data: $(READY)  ## build the sample data set, or prepare yours (DATASET=, DATA_DIR=)
	@$(PY) -m logoflow data --check $(call options,$(DATA_VARIABLES))

run: data  ## run all notebooks; pages, plots and the model go to runs/<name>/
	@$(PY) -m logoflow.run_notebooks $(if $(call is_set,NAME),--name $(call quoted,$(NAME))) \
	  $(call parameters,$(RUN_VARIABLES))

test: $(READY)  ## run the unit tests, then check the notebooks' outputs
	@$(PY) -m pytest tests -n auto --maxprocesses=4 --dist=worksteal
	$(PY) -m pytest --nbval --nbval-current-env --nbval-cell-timeout=900 \
	  --nbval-sanitize-with tests/nbval.cfg notebooks

# import-linter has no `python -m`.
lint: $(READY)  ## check style, format (ruff, notebooks too), types (mypy), imports and the pages' links
	@$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-logo --no-cache
	$(MAKE_SITE)

docs: $(READY)  ## write these pages and the reference as a site to build/site/
	@$(MAKE_SITE)
	echo "docs: open build/site/index.html in a browser. It needs no server and no network."

bench: $(READY)  ## compare the speed with plain MXNet and others (20 minutes)
	@$(PY) benchmarks/speed.py

# A learner works on a copy: the committed notebooks keep the outputs that the texts talk about.
lab: $(READY)  ## open a copy of the notebooks in JupyterLab; your changes stay in my-notebooks/
	@mkdir -p my-notebooks
	for notebook in notebooks/[0-9]*.ipynb; do
	  copy=my-notebooks/$${notebook##*/}
	  if [ -e "$$notebook" ] && [ ! -e "$$copy" ]; then cp "$$notebook" "$$copy"; fi
	done
	root=
	if [ "$$(id -u)" = 0 ]; then
	  root=--allow-root
	  echo "lab: you are root. JupyterLab refuses to run as root without --allow-root; make adds it."
	fi
	$(PY) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/my-notebooks $$root \
	  $(if $(call is_set,IP),--ServerApp.ip=$(call quoted,$(IP))) \
	  $(if $(call is_set,PORT),--ServerApp.port=$(call quoted,$(PORT)))

student: $(READY)  ## write the notebooks without outputs and solutions to build/student/
	@rm -rf build/student
	$(PY) -m tools.notebooks build/student/notebooks
	cp -r docs build/student/
	echo "student: the notebooks are in build/student/notebooks/, and their pages in build/student/docs/."

bundle: docs  ## write one archive that installs without a network (PYTHONS="3.12 3.13", SOLUTIONS=1)
	@$(PY) -m tools.bundle $(if $(and $(call is_set,SOLUTIONS),$(filter 1,$(SOLUTIONS))),--solutions) \
	  $(if $(call is_set,PYTHONS),$(PYTHONS))

app: $(READY)  ## open a page that names the brand in a picture (MODEL=: with your model)
	@$(PY) -m logoflow app $(if $(call is_set,MODEL),$(call quoted,$(MODEL))) \
	  $(if $(call is_set,IP),--host $(call quoted,$(IP))) \
	  $(if $(call is_set,PORT),--port $(call quoted,$(PORT)))

notebooks: $(READY)  ## run the notebooks and save their outputs in place, to commit them
	@$(PY) -m nbconvert --to notebook --execute --inplace --log-level=WARN \
	  --ExecutePreprocessor.record_timing=False --KernelManager.transport_encryption=auto \
	  notebooks/[0-9]*.ipynb

# Without --upgrade, uv would keep the versions in the present lock files. [tool.uv] in pyproject.toml
# overrides the bounds of MXNet that forbid a current NumPy.
lock:  ## renew requirements.txt and requirements-gpu.txt from pyproject.toml (needs uv)
	@if ! uv --version >/dev/null 2>&1; then
	  echo "lock: make lock needs uv. Install it (pip install uv), then run make lock again." >&2
	  exit 1
	fi
	for kind in cpu gpu; do
	  lock=requirements.txt
	  if [ $$kind = gpu ]; then lock=requirements-gpu.txt; fi
	  uv pip compile pyproject.toml --extra $$kind $(addprefix --extra ,$(EXTRAS)) \
	    --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	    --quiet --output-file $$lock
	  echo "lock: $$lock has the newest versions."
	done
	echo "lock: run make test before you commit the lock files. It installs the new versions first."

clean:  ## remove runs/, built data and caches; keep .venv and your own data
	@rm -rf runs data/sample-* data/prepared build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	echo "clean: .venv, data/downloads and your own files in data/ stay. Remove them by hand."

# --- The environment. The last step writes .venv/complete. ---

EXTRAS := artwork backbones bulk read export sample serve tensorboard notebooks test
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3)
PLATFORM := $(shell uname -s)-$(shell uname -m)
SYSTEM_LIBRARIES := libgl1 libglib2.0-0 libgomp1 libquadmath0
SIZE := $(if $(filter requirements-gpu.txt,$(LOCK)),about 5 GB,1 to 4 minutes$(,) 1.8 GB)

# Prints the base Python of a virtual environment or pyenv shim, because .venv is emptied before use.
# pip needs the modules venv and ensurepip; uv does not. Most packages have no free-threaded wheels.
define FITS
import sys, sysconfig
if not (3, 11) <= sys.version_info[:2] <= (3, 14) or sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit(1)
if sys.argv[1] == "pip":
    import ensurepip, venv
print(getattr(sys, "_base_executable", "") or sys.executable)
endef

define FOUND
import importlib.util, sys
venv = importlib.util.find_spec("ensurepip")
version = "%d.%d" % sys.version_info[:2]
print("Found %s: Python %s%s" % (sys.executable, version, "" if venv else " without venv"))
endef

define NO_PYTHON
logoflow needs Python 3.11, 3.12, 3.13 or 3.14 with its venv module, and make found none.
Install one, then run make again:
  Debian 12 and 13    sudo apt install python3-venv
  Ubuntu 24.04        sudo apt install python3-venv
  Ubuntu 22.04        sudo add-apt-repository ppa:deadsnakes/ppa && sudo apt install python3.13-venv
  Fedora              sudo dnf install python3.13
  uv                  uv python install 3.13
  conda               conda create -n py313 python=3.13 && conda activate py313
  pyenv               pyenv install 3.13, then make setup PYTHON="$$(pyenv prefix 3.13)/bin/python"
If Python is elsewhere, give its path: make setup PYTHON=/path/to/python3.13
endef

define NO_PLATFORM
logoflow runs on Linux on x86-64, and this is $(PLATFORM). MXNet 1.9.1 has no wheel for Windows
or for Apple silicon, and the pinned packages are for Linux. On Windows, use WSL 2.
On other machines, use a virtual machine with Linux, or Docker:
  docker build --platform linux/amd64 -t logoflow .
  docker run --platform linux/amd64 --rm -it -p 8888:8888 logoflow
endef

define NO_GPU_PLATFORM
GPU=1 needs Linux on x86-64, and this is $(PLATFORM): mxnet-cu112 1.9.1 has no wheel for it.
Set up without GPU support: make setup GPU=0
endef

define NOT_OURS
make empties .venv before it installs packages, but only if it made the folder itself. Nothing has
been changed. Rename or remove .venv, then run make again.
endef

define NO_LIBRARY
setup: OpenCV or MXNet does not load; the line above says what is missing. On Debian and Ubuntu,
install the system libraries:
  sudo apt install $(SYSTEM_LIBRARIES)
Then run make again.
endef

define NO_DRIVER
setup: mxnet-cu112 does not load without libcuda.so.1, a library of NVIDIA's driver. Install the
driver (nvidia-smi shows whether it works), then run make again. Without a GPU: make setup GPU=0
endef

define UV_HINT
setup: uv does not read pip's configuration. If your packages come from a mirror, set its address
for uv, for example in the environment variable UV_DEFAULT_INDEX.
endef

export FITS FOUND NO_PYTHON NO_PLATFORM NO_GPU_PLATFORM NOT_OURS NO_LIBRARY NO_DRIVER UV_HINT

.venv/complete: | $(LOCK)
	@case "$(PLATFORM)" in Linux-x86_64|Linux-aarch64) ;; *) echo "$$NO_PLATFORM" >&2; exit 1;; esac
	if [ "$(PLATFORM)" = Linux-aarch64 ]; then
	  if [ $(LOCK) = requirements-gpu.txt ]; then printf '%s\n' "$$NO_GPU_PLATFORM" >&2; exit 1; fi
	  echo "setup: this is Linux on arm64. MXNet 1.9.1 has a wheel for it; logoflow is untested there."
	fi
	what=
	if [ -L .venv ]; then
	  what="a symbolic link to $$(readlink .venv)"
	elif [ -e .venv ] && [ ! -d .venv ]; then
	  what="a file"
	elif [ -d .venv ] && [ ! -e $(MADE_BY_MAKE) ] && [ ! -e .venv/complete ]; then
	  if [ -n "$$(ls -A .venv)" ]; then what="a folder that make did not make"; fi
	fi
	if [ -n "$$what" ]; then
	  printf '%s\n' "setup: .venv is $$what." "$$NOT_OURS" >&2
	  exit 1
	fi
	installer=pip
	if uv --version >/dev/null 2>&1; then installer=uv; fi
	python=
	for candidate in $(CANDIDATES); do
	  if python=$$("$$candidate" -c "$$FITS" $$installer 2>/dev/null); then break; fi
	  python=
	done
	if [ -z "$${python}$(PYTHON)" ] && [ $$installer = uv ]; then
	  python=$$(uv python find --system --no-python-downloads '>=3.11,<3.15' 2>/dev/null) || python=
	fi
	if [ -z "$$python" ]; then
	  printf '%s\n' "$$NO_PYTHON" >&2
	  for candidate in $(CANDIDATES); do "$$candidate" -c "$$FOUND" 2>/dev/null || true; done >&2
	  exit 1
	fi
	echo "setup: $$installer installs the packages of $(LOCK) into .venv ($$python, $(SIZE)) …"
	mkdir -p .venv
	echo $(LOCK) >$(MADE_BY_MAKE)
	rm -f .venv/complete
	find .venv -mindepth 1 ! -path $(MADE_BY_MAKE) -delete
	log=.venv/setup.log
	with_uv() {
	  uv venv --seed --allow-existing --python "$$python" .venv &&
	  uv pip install --python $(PY) --compile-bytecode --no-deps --require-hashes -r $(LOCK) &&
	  uv pip install --python $(PY) --no-deps --no-build-isolation -e .
	}
	with_pip() {
	  pip="$(PY) -m pip --disable-pip-version-check --no-input"
	  "$$python" -m venv .venv &&
	  $$pip install --no-deps --require-hashes -r $(LOCK) &&
	  $$pip install --no-deps --no-build-isolation -e .
	}
	if ! with_$$installer >$$log 2>&1; then
	  tail -n 15 $$log >&2
	  echo "setup: $$installer failed. $$log has its full output. Run make again to start over." >&2
	  if [ $$installer = uv ]; then printf '%s\n' "$$UV_HINT" >&2; fi
	  exit 1
	fi
	if ! $(PY) -c "import logoflow, cv2, mxnet" >>$$log 2>&1; then
	  tail -n 1 $$log >&2
	  if tail -n 1 $$log | grep -q libcuda; then
	    printf '%s\n' "$$NO_DRIVER" >&2
	  else
	    printf '%s\n' "$$NO_LIBRARY" >&2
	  fi
	  exit 1
	fi
	echo "$(STAMP)" >$@
