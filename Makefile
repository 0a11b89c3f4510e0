# driftcloud: two commands do everything a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench format served clean help

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/.installed ## start the server with a generated estate, and say how to talk to it
	@$(BIN)/driftcloud serve --estate startup $(ARGS)

test: $(VENV)/.tested ## run every test, from nothing
	@# bytecode is kept, whatever the shell says: the many servers of the tests import it again
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q $(ARGS)

lint: $(VENV)/.linted ## format check, rules, types, security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/bandit -q -r driftcloud emulator handlers models drift -c pyproject.toml
	-$(BIN)/pip-audit --progress-spinner off

format: $(VENV)/.linted ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.benched ## print speed as ratios against named baselines
	$(BIN)/python -m tests.bench $(ARGS)

served: $(VENV)/.tested ## write the README's list of operations from the code
	$(BIN)/python -m tests.test_readme

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.tested: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $(VENV)/.installed $@

$(VENV)/.linted: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,lint]'
	@touch $@

$(VENV)/.benched: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

clean: ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
