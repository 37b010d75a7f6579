VENV := .venv
PYTHON ?= python3
DEV := $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(DEV): pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# All tests on SQLite, then those that use the database again on PostgreSQL.
.PHONY: test
test: $(DEV) counterparts
	$(VENV)/bin/python -m pytest $(TESTS)
	$(VENV)/bin/python -m tests.counterparts.postgres $(VENV)/bin/python -m pytest -m database $(TESTS)

.PHONY: counterparts
counterparts:
	sh tests/counterparts/install.sh

.PHONY: bench
bench: $(DEV) counterparts
	$(VENV)/bin/python -m pytest --override-ini python_files=bench_*.py --capture no tests/bench
