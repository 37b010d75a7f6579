# `make help` says what there is. Everything is installed into .venv: the first run needs package registries, later ones
# do not, because the stamps depend on pyproject.toml alone.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

.DEFAULT_GOAL := help
.PHONY: help
help:  ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# The home is ./.bursar, unless BURSAR_HOME says otherwise.
.PHONY: run
run: $(INSTALLED)  ## Serve on http://localhost:8085, with a provider to practise with
	@echo 'Commands for this home, in another terminal: export BURSAR_HOME="'"$${BURSAR_HOME:-$(CURDIR)/.bursar}"'" PATH="$(CURDIR)/$(BIN):$$PATH"'
	@BURSAR_HOME="$${BURSAR_HOME:-$(CURDIR)/.bursar}" exec $(BIN)/bursar serve --practice

# All tests on SQLite, then those that use the database again on PostgreSQL, both shared out by file between two processes:
# more of them at once would have tests wait for each other's processes. Exit code 5 of pytest means that none of the named
# tests uses the database. What Python has compiled is kept, whatever the environment says: the tests start many processes.
SHARED := --numprocesses 2 --dist loadfile --no-loadscope-reorder
.PHONY: test
test: export PYTHONDONTWRITEBYTECODE =
test: $(DEV) counterparts  ## Run all tests, with TESTS=path some of them
	@echo "== SQLite"; $(BIN)/python -m pytest $(SHARED) $(TESTS); sqlite=$$?; \
	echo "== PostgreSQL"; \
	$(BIN)/python -m tests.counterparts.postgres $(BIN)/python -m pytest $(SHARED) -m database $(TESTS); postgres=$$?; \
	[ $$sqlite = 0 ] && { [ $$postgres = 0 ] || [ $$postgres = 5 ]; }

.PHONY: check
check: $(DEV)  ## Lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: $(DEV) counterparts  ## Run the benchmarks
	$(BIN)/python -m pytest --override-ini python_files=bench_*.py --capture no tests/bench

.PHONY: messages
messages: $(DEV)  ## Take the sources' messages into the catalogues, and compile them
	$(BIN)/python -m tests.messages

.PHONY: screenshots
screenshots: $(DEV) counterparts  ## Take pictures of every page, and those of README and docs anew
	$(BIN)/python -m tests.browser.pictures

.PHONY: format
format: $(DEV)  ## Format the sources
	$(BIN)/ruff format .

.PHONY: openapi
openapi: $(DEV)  ## Write the description of the API anew
	BURSAR_HOME=.bursar $(BIN)/python -m tests.openapi_reference

.PHONY: counterparts
counterparts:  ## Install the servers that the tests talk to
	sh tests/counterparts/install.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Bursar needs Python 3.11 or newer; name it with PYTHON=.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml scripts/bursar | $(BIN)/python
	$(PIP) .
	touch $@

$(DEV): pyproject.toml scripts/bursar | $(BIN)/python
	$(PIP) '.[dev]'
	touch $@ $(INSTALLED)
