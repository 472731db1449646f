# Every target makes its own virtual environment first; nothing needs installing by hand.
.DEFAULT_GOAL := help
ARGS ?=
EXAMPLES ?= 200
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

# The newest Python that really runs: a name on the PATH may be a shim for one that is not there.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)

.PHONY: help demo run test fuzz lint bench screenshots clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Collectarr needs Python 3.11 or newer, and none was found." \
		"Install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a" \
		"virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $(INSTALLED) $@

demo: $(INSTALLED)  ## the product beside stand-ins for Emby and the list sources
	$(BIN)/collectarr demo $(ARGS)

run: $(INSTALLED)  ## the product for real, its data in ./data
	$(BIN)/collectarr serve $(ARGS)

test: $(DEV)  ## every test; some of them: make test ARGS=tests/flows
	$(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

fuzz: $(DEV)  ## the API and the sync engine, at random; how often: make fuzz EXAMPLES=1000
	COLLECTARR_FUZZ=$(EXAMPLES) $(BIN)/pytest tests/contract/test_fuzz.py \
		tests/flows/test_machine.py tests/flows/test_follow_equals_sync.py $(ARGS)

lint: $(DEV)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV)  ## the budgets, measured: a table, and build/bench.json
	$(BIN)/python -m tests.bench

screenshots: $(DEV)  ## pictures of the running demo, for the documentation
	$(BIN)/python -m tests.browser.screenshots

clean:  ## everything that these targets made, but not ./data
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
