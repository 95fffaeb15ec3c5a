# `make` sets everything up and runs the whole pipeline; `make help` lists the rest.
SHELL := /bin/bash
# DVC runs the stages by it: the user's own may be none that takes their commands (fish, csh, nologin).
export SHELL
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := build/peers
# Its warnings are about itself.
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
# Stages of a repro at once; the bytes are the same whatever the number.
JOBS ?= 2
# The address of a Dask scheduler, on whose workers a repro and a tuning run (docs/scaling.md).
CLUSTER ?=
ON_CLUSTER := $(if $(CLUSTER),--cluster $(CLUSTER))
PORT ?= 5000
export PATH := $(CURDIR)/$(BIN):$(PATH)
# DVC asks nothing and sends nothing; MLflow likewise.
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := all
.PHONY: all help setup dist repro report ui test test-all test-unit test-slow check format schema bench gpu-check bench-batching bench-prepare chomsky relaxed tune register audit clean

all: repro ## set up, run the pipeline, say where the report and the runs are
	@echo "runs: make ui"

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## create .venv with the locked packages

# The programs of a copied or renamed project's environment are those of the place where it was made, with the code that
# lies there: one of another place is made anew.
FOREIGN := $(shell test -L $(VENV) || head -n 3 $(BIN)/timeshare 2>/dev/null | grep -F '/$(BIN)/python' | grep -vF '$(CURDIR)/$(BIN)/python')
ifneq ($(FOREIGN),)
.PHONY: $(VENV)/.installed
endif

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(if $(FOREIGN),echo "$(VENV) was made in another folder: it is made anew"; rm -rf $(VENV))
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON) here; set PYTHON=..., a Python of 3.11 to 3.14" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 15) or sys.exit("make: timeshare needs a Python of 3.11 to 3.14; set PYTHON=...")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@echo "installing the packages of requirements.lock into $(VENV): one to three minutes"
	@$(PIP) --requirement requirements.lock || \
	  { echo "make: pip cannot install requirements.lock, as it says; if it finds no package at all, is its index in reach?" >&2; exit 1; }
	@$(PIP) --no-deps --editable .
	@touch $@

repro: setup ## run what an edit touched, as dvc repro does, JOBS independent stages side by side (default: 2)
	timeshare repro --jobs $(JOBS) $(ON_CLUSTER)

report: repro ## bring the report up to date and open it in the browser
	@echo "report: $(CURDIR)/report/index.html"
	@$(BIN)/python -m webbrowser -t "file://$(CURDIR)/report/index.html" >/dev/null

ui: setup ## browse the runs on 127.0.0.1, port 5000 (PORT=...)
	@timeshare ui --port $(PORT)

tune: setup ## choose every member's settings of training by trials, JOBS fits at once; goes on where it was stopped
	timeshare repro --jobs $(JOBS) $(ON_CLUSTER) size
	timeshare tune --now --jobs $(JOBS) $(ON_CLUSTER)

register: setup ## put each dataset's best model into the registry as champion
	timeshare register

check: setup ## ruff, mypy, import-linter
	ruff format --check .
	ruff check .
	mypy
	lint-imports

format: setup ## format the code
	ruff format .
	ruff check --fix .

test: setup ## the tests of every part
	$(BIN)/python -m pytest -n 2 -m "not slow and not thorough and not committed"

test-all: setup ## whole pipelines too, killed ones and trainings in several processes, as CI does
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-unit: setup ## unit tests alone
	$(BIN)/python -m pytest -n 2 -m "not slow and not pipeline and not browser and not integration"

test-slow: setup ## the tests that take minutes or much memory
	$(BIN)/python -m pytest -m slow

audit: ## look the locked packages up among the known vulnerabilities (asks api.osv.dev)
	@PYTHON=$(PYTHON) .ci/audit

schema: setup ## write docs/params.schema.json and docs/params.md anew
	$(BIN)/python -m timeshare.params.schema docs

bench: setup ## speed of the layers against their peers
	$(BIN)/python benchmarks/bench_layers.py

gpu-check: setup ## layers and fits on an NVIDIA card against the CPU, and their speed there; exit code 77: no card
	@$(BIN)/python benchmarks/gpu_check.py

bench-batching: $(PEERS)/.installed ## padding, bucketing, exact, one by one: time, waste, accuracy
	$(PEERS)/bin/python benchmarks/bench_batching.py

bench-prepare: $(PEERS)/.installed ## preparing text against datasets + tokenizers: rows/s, memory
	$(PEERS)/bin/python benchmarks/bench_prepare.py

# An environment of their own: where transformers is installed, Lightning imports it too, at 1.5 s a stage.
$(PEERS)/.installed: requirements.lock pyproject.toml
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[bench]'
	@touch $@

chomsky: setup ## the published table of the four formal tasks, at a CPU's budget (params.yaml: studies.chomsky)
	timeshare study chomsky

relaxed: setup ## which sharing scheme wins when the weights to be learned drift (params.yaml: studies.relaxed)
	timeshare study relaxed

dist: setup ## the package as a wheel, in dist/: the layers with torch alone, or all with its extra [pipeline]
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist/*.whl

clean: ## remove what the tests and benchmarks leave (no data, no models)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
