# make run    the dashboard on http://localhost:8501      (PORT=8600: another port; HOST=0.0.0.0: the whole network)
# make test   style, types, layers and all tests
# Both make .venv and install what they need; a second call works offline.
# Beside them: make lint, make format, make bench, make clean;
# make peers: libraries that `python -m xai_core bench explainers` compares with, in .peers, used by nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint format bench peers clean

VENV ?= .venv
HOST ?= localhost
PORT ?= 8501
# Not compiled: Python compiles what it imports when it first does, which is a small part of 3 GB.
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile
step = @printf '\n== %s\n'

help:
	@sed -n '1,/^$$/s/^# //p' Makefile

run: $(VENV)/.installed-run
	@echo "NoiseLens: http://localhost:$(PORT)  (Ctrl+C stops it)"
	@exec $(VENV)/bin/python -m streamlit run app.py --server.address $(HOST) --server.port $(PORT)

test: lint
	$(step) "tests"
	@$(VENV)/bin/python -m pytest

lint: $(VENV)/.installed-test
	$(step) "style (ruff)"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	$(step) "types (mypy, strict)"
	@$(VENV)/bin/mypy
	$(step) "layers (import-linter)"
	@$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.installed-test
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

peers: $(VENV)/.installed-test
	@$(PIP) install --no-deps --upgrade --target .peers xplique==2.0.2 einops deprecated wrapt \
	  tensorflow-probability==0.25.0 tf_keras dm-tree decorator cloudpickle

bench: $(VENV)/.installed-run
	@for script in benchmarks/[a-z]*.py; do \
	  name=$$(basename "$$script" .py); printf '\n== %s\n' "$$name"; $(VENV)/bin/python -m "benchmarks.$$name"; \
	done

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once, installed again only when the requirements change -----------------------------------

$(VENV)/.installed-run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what NoiseLens needs into $(VENV) (3 GB on disk; two to five minutes, once) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-test: requirements-dev.txt requirements-fits.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what NoiseLens and its tests need into $(VENV) (3 GB on disk; two to five minutes, once) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.installed-run $@

# The first Python 3.11 to 3.13 of $(PYTHON), python3, python3.13, python3.12, python3.11.
$(VENV)/bin/python:
	@found=; for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "NoiseLens needs Python 3.11, 3.12 or 3.13; found: $$(python3 --version 2>/dev/null || echo none)." >&2; \
	  echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.12 run" >&2; \
	  exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi; \
	"$$found" -m venv $(VENV)
