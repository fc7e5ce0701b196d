# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CONF ?= conf/local.yaml

.PHONY: help setup doctor run test lint test-slow wheel docs clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 14

setup: $(STAMP)  ## the virtual environment in .venv

# uv installs in a quarter of pip's time; where it cannot be had, or cannot reach the index, pip does the same.
$(STAMP): setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "setting up $(VENV) (once; under a minute with uv, three with pip)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv \
	  && index="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)" \
	  && UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$index}}" UV_LINK_MODE="$${UV_LINK_MODE:-copy}" \
	     $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --editable '.[local,dev]' \
	  || { echo "uv did not work here; installing with pip" >&2; \
	       $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[local,dev]'; }
	@touch $@

doctor: $(STAMP)  ## is everything there that a run needs?
	@$(BIN)/segmentation doctor

run: $(STAMP)  ## generate an operator, segment it, write the report (begins with the doctor; CONF=conf/x.yaml for another)
	@$(BIN)/segmentation run --conf-file $(CONF)

test: $(STAMP) doctor lint  ## linters and all tests but the slow ones
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test-slow: $(STAMP)  ## the long half: fits, ingestion, killed runs, spark-submit, a real cluster, real data, planted segments
	$(BIN)/python -m pytest -m slow

wheel: $(STAMP)  ## dist/: the wheel, and the same as segmentation.zip, which --py-files takes
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@cp $$(ls -t dist/segmentation-*.whl | head -1) dist/segmentation.zip

docs: $(STAMP)  ## write docs/tables.md, docs/features.md and docs/bad_input.md again from their declarations
	$(BIN)/segmentation tables --markdown > docs/tables.md
	$(BIN)/segmentation features --markdown > docs/features.md
	$(BIN)/python -m tests.sources.bad_input > docs/bad_input.md

clean:  ## remove what runs and tests left; not the virtual environment
	rm -rf warehouse vault landing report logs mlruns mlflow.db spark-warehouse metastore_db derby.log \
	  build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
