# logoflow: plain `make` lists the targets. One environment, .venv, serves them all; with the conda
# environment of environment.yml (the GPU set-up) active, that is used instead.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:
.SHELLFLAGS := -euc
.PHONY: help setup data run test lint bench lab notebooks clean

ifeq ($(CONDA_DEFAULT_ENV),logoflow)
READY :=
PY := python
else
READY := .venv/complete
PY := .venv/bin/python
endif

export PYDEVD_DISABLE_FILE_VALIDATION := 1
run test notebooks: export LOGOFLOW_PROGRESS := 0

# --- What `make run NAME=value …` hands on to the notebooks, where it is set. ---

DATA_KNOBS := DATASET DATA_DIR NO_LOGO_DIR PHOTOS_PER_CLASS SEED
KNOBS := $(DATA_KNOBS) BACKBONE RECIPE IMAGE_SIZE VIEWS EPOCHS BATCH_SIZE LEARNING_RATE WD NUM_GPUS NUM_WORKERS
KNOWN := $(KNOBS) NAME PYTHON LOGOFLOW_% MXNET_% OMP_% PIP_%

parameter_DATASET := dataset
parameter_DATA_DIR := data_dir
parameter_NO_LOGO_DIR := no_logo_dir
parameter_PHOTOS_PER_CLASS := photos_per_class
parameter_SEED := seed
parameter_BACKBONE := backbone
parameter_RECIPE := recipe
parameter_IMAGE_SIZE := image_size
parameter_VIEWS := views
parameter_EPOCHS := num_epochs
parameter_BATCH_SIZE := batch_size
parameter_LEARNING_RATE := learning_rate
parameter_WD := wd
parameter_NUM_GPUS := num_gpus
parameter_NUM_WORKERS := num_workers

# From the command line only: an environment has its own NAME (WSL) or SEED.
given = $(filter command,$(firstword $(origin $1)))
quoted = '$(subst ','\'',$1)'
pass = $(foreach v,$1,$(if $(and $(call given,$v),$($v)),$(call quoted,$(parameter_$v)=$($v))))

UNKNOWN := $(filter-out $(KNOWN) -%,$(foreach v,$(.VARIABLES),$(if $(call given,$v),$v)))
ifneq ($(UNKNOWN),)
$(error There is no variable $(UNKNOWN). You can set NAME PYTHON $(KNOBS))
endif

# --- Targets ---

help:  ## this list
	@echo "logoflow: tell the brand in a photo by its logo"
	echo
	awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	echo
	echo "  make run DATASET=folder DATA_DIR=~/brands EPOCHS=10 NAME=mine   runs them on your data;"
	echo "  it takes NAME $(DATA_KNOBS)"
	echo "  $(filter-out $(DATA_KNOBS),$(KNOBS))"

setup: $(READY)  ## install the pinned packages into .venv (done by the others when needed)
	@echo "setup: ready ($$($(PY) --version), $$($(PY) -c 'import sys; print(sys.prefix)'))"

data: $(READY)  ## build the sample data set, or prepare yours (DATASET=, DATA_DIR=)
	@$(PY) -m logoflow.prepare_data $(call pass,$(DATA_KNOBS))

run: data  ## run the notebooks into runs/<name>/: pages, figures, the trained model
	@$(PY) -m logoflow.run_notebooks $(if $(call given,NAME),--name $(call quoted,$(NAME))) \
	  $(call pass,$(KNOBS))

test: $(READY)  ## unit tests, then the notebooks against their committed outputs
	@$(PY) -m pytest tests -n auto --maxprocesses=4 --dist=worksteal
	$(PY) -m pytest --nbval --nbval-current-env --nbval-cell-timeout=900 \
	  --nbval-sanitize-with tests/nbval.cfg notebooks

lint: $(READY)  ## ruff: style and format, notebooks too
	@$(PY) -m ruff check .
	$(PY) -m ruff format --check .

bench: $(READY)  ## measure the speed against MXNet as it comes and others (20 minutes)
	@$(PY) benchmarks/speed.py

lab: $(READY)  ## open the notebooks in JupyterLab
	@$(PY) -m jupyterlab --ServerApp.root_dir=notebooks

notebooks: $(READY)  ## run the notebooks and save their outputs in place, to commit them
	@$(PY) -m nbconvert --to notebook --execute --inplace --log-level=WARN \
	  --ExecutePreprocessor.record_timing=False --KernelManager.transport_encryption=auto \
	  notebooks/[0-9]*.ipynb

clean:  ## remove runs/, the built data (not what you put in data/) and caches; keep .venv
	@rm -rf runs data/sample-* data/prepared build dist .pytest_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
	echo "clean: kept .venv, data/downloads and what you put in data/; remove them by hand."

# --- The environment: only complete when the last step has passed. ---

CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3.11 python3.10 python3)
PLATFORM := $(shell uname -s)-$(shell uname -m)

define FITS
import sys, venv, ensurepip
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 11))
endef

define FOUND
import importlib.util, sys
venv = importlib.util.find_spec("ensurepip")
version = "%d.%d" % sys.version_info[:2]
print("Found %s: Python %s%s" % (sys.executable, version, "" if venv else " without venv"))
endef

define NO_PYTHON
logoflow needs Python 3.10 or 3.11 with its venv module: MXNet 1.9.1 needs NumPy 1.23, which
has no wheels for newer ones. Get one in one of these ways, then run make again:
  Debian 12           sudo apt install python3.11-venv
  Ubuntu 22.04        sudo apt install python3.10-venv
  newer Ubuntu        sudo add-apt-repository ppa:deadsnakes/ppa && sudo apt install python3.11-venv
  Fedora              sudo dnf install python3.11
  uv                  uv python install 3.11;        make setup PYTHON="$$(uv python find 3.11)"
  conda               conda create -n py311 python=3.11 && conda activate py311
  pyenv               pyenv install 3.11;            make setup PYTHON="$$(pyenv prefix 3.11)/bin/python"
If yours has another name, say which: make setup PYTHON=/path/to/python3.11
endef

define NO_PLATFORM
logoflow runs on Linux x86-64, and this is $(PLATFORM): its pinned wheels are made for that one.
Use a machine, a virtual machine (WSL 2 on Windows) or a container with it, for example
  docker run --platform linux/amd64 -it -p 8888:8888 -v "$$PWD":/logoflow -w /logoflow python:3.11 bash
endef

export FITS FOUND NO_PYTHON NO_PLATFORM

.venv/complete: requirements.txt
	@if [ "$(PLATFORM)" != Linux-x86_64 ]; then printf '%s\n' "$$NO_PLATFORM" >&2; exit 1; fi
	python=
	for candidate in $(CANDIDATES); do
	  if "$$candidate" -c "$$FITS" 2>/dev/null; then python=$$candidate; break; fi
	done
	if [ -z "$$python" ]; then
	  printf '%s\n' "$$NO_PYTHON" >&2
	  for candidate in $(CANDIDATES); do "$$candidate" -c "$$FOUND" 2>/dev/null || true; done >&2
	  exit 1
	fi
	echo "setup: installing the pinned packages into .venv, 2 to 4 minutes, 1.3 GB …"
	"$$python" -m venv --clear .venv
	log=.venv/setup.log
	pip="$(PY) -m pip --disable-pip-version-check --no-input"
	if ! { $$pip install -r requirements.txt &&
	       $$pip install --no-deps --no-build-isolation -e .; } >$$log 2>&1; then
	  tail -n 15 $$log >&2
	  echo "setup: pip stopped; $$log has all it said. Run make again to start over." >&2
	  exit 1
	fi
	if ! $(PY) -c "import cv2, mxnet" >>$$log 2>&1; then
	  tail -n 1 $$log >&2
	  echo "setup: a system library is missing; on Debian and Ubuntu get it by" >&2
	  echo "  sudo apt install libgl1 libglib2.0-0 libgomp1" >&2
	  exit 1
	fi
	touch $@
