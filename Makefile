# Everything one does here, as one word. `make help` lists it; .ci/run says the same words.

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; print(sys.executable if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
VENV := .venv
RUN := $(VENV)/.run-ready
DEV := $(VENV)/.dev-ready
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench trials contract rulebook lock

help:  ## list these words
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(RUN)  ## start everything on this machine: servers, demo shops, web and worker (Ctrl-C ends it)
	@exec $(VENV)/bin/python cli.py up $(ARGS)

test: $(DEV)  ## run every test on real servers (ARGS="tests/domain -k replies" for some)
	$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

check: $(DEV)  ## style, types, and that the contract is the schema's
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python cli.py contract --check

fix: $(DEV)  ## put right what a tool can put right
	$(VENV)/bin/python -m ruff check --fix .
	$(VENV)/bin/python -m ruff format .

bench: $(DEV)  ## measure beside named peers, and print tables (ARGS="reads --quick" for some)
	$(VENV)/bin/python -m benchmarks $(ARGS)

trials: $(DEV)  ## the long trials: killed servers, bad clocks and wires; lists at a million; the rules beside a model (ARGS="--quick")
	$(VENV)/bin/python -m tests.trials $(ARGS)
	$(VENV)/bin/python -m tests.explain $(filter --quick,$(ARGS))
	$(VENV)/bin/python -m tests.model $(filter --quick,$(ARGS))

contract: $(RUN)  ## write frontend-contract/schema.graphql from the schema
	$(VENV)/bin/python cli.py contract

rulebook: $(DEV)  ## write docs/rulebook.md: the rules, and the tests that show them
	$(VENV)/bin/python -m tests.rulebook

lock: $(DEV)  ## choose the newest versions that pyproject.toml allows, with their hashes
	$(PIP) uv
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --output-file requirements-dev.lock

LOCK := $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' --upgrade

$(VENV)/bin/python:
	@$(if $(PYTHON),,echo "Lanshou needs Python 3.11 or newer and finds none: install one, or name it: make run PYTHON=/path/to/python3" >&2; exit 1)
	@$(if $(PYTHON),$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))',:) || \
		{ echo "$(PYTHON) is not Python 3.11 or newer: name one that is, make run PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }

$(RUN): requirements.lock | $(VENV)/bin/python
	@echo "installing what requirements.lock lists (once)"
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | $(VENV)/bin/python
	@echo "installing what requirements-dev.lock lists (once)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $(RUN) $@
