# Every target is safe to repeat. Nothing but make and Python 3.11 to 3.13 must be there before.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# No worker is replaced: xdist would give the new one the test that ended the old one, again and again.
SYNC := $(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode
PYTEST := pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup setup-spark spark run test test-fast test-slow test-one check format serve docs docs-site reference pictures types bench down lock
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: .venv/installed ## install the packages of requirements.lock into .venv

.venv/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none is on the PATH: install one, or say make PYTHON=/path/to/python" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo "Installing the packages of requirements.lock …"
	@awk '/^[^ ]/ { on = /^uv==/ } on' requirements.lock > .venv/uv.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(SYNC) requirements.lock $(if $(wildcard .venv/installed-spark),requirements-spark.lock)
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup-spark: .venv/installed-spark ## the same, and the packages of Spark: requirements-spark.lock

# Once they are there, `make setup` keeps them.
.venv/installed-spark: requirements-spark.lock .venv/installed
	@echo "Installing the packages of requirements-spark.lock (1 GB on disk) …"
	@$(SYNC) requirements.lock requirements-spark.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## make the demo where there is none, and run the whole pipeline
	@python -m demo make
	@weir run

spark: setup-spark ## a Spark cluster on this machine, and the demo's models on it
	@python -m demo make
	@weir land
	@weir spark up
	@weir parity

test: check ## the linters, the type checks and all tests
	$(PYTEST) -m "not slow"
	$(PYTEST) -vv --durations 30 --durations-min 20 -m slow

test-fast: setup ## the tests that need no further server and little time
	$(PYTEST) -m "not slow"

test-slow: setup ## the other tests
	$(PYTEST) -vv --durations 30 --durations-min 20 -m slow

test-one: setup ## one test, by a part of its name: make test-one T=undo
	@test -n "$(T)" || { echo "say which: make test-one T=undo" >&2; exit 1; }
	pytest -k "$(T)"

check: setup ## the linters, the type checks, the links of the pages, what Spark does not know
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo --no-cache
	sqlfluff lint models analyses tests/dbt
	yamllint .
	python -m docs.programs.links
	python -m tests.support.portable

format: setup ## put the code in its form
	ruff format .
	ruff check --fix .

serve: setup ## Prefect's server, a worker with the deployments, dbt docs; until Ctrl-C
	@python -m cli.serve || test $$? -eq 130  # Ctrl-C is how it ends

docs: setup ## dbt docs, made and served; until Ctrl-C
	@weir docs

docs-site: setup ## these pages as a searchable site, in target/site; fails where a link does not hold
	@NO_MKDOCS_2_WARNING=1 mkdocs build
	@echo "The site is in target/site; to look at it: python -m http.server --bind 127.0.0.1 --directory target/site 8581"

reference: setup ## write the pages of commands, settings and source keys anew
	python -m docs.programs.reference

pictures: setup ## draw docs/images/way.svg anew
	python -m docs.programs.way

types: setup ## write docs/reference/types.md anew
	WRITE_TYPES=1 pytest -q tests/ingest/test_type_page.py

bench: setup ## what a run costs that finds nothing new
	python -m benchmarks nothing-new

down: setup ## stop the servers
	@weir down

lock: setup ## resolve the packages anew into requirements.lock and requirements-spark.lock
	uv pip compile --universal --generate-hashes --no-header --group dev --group docs pyproject.toml -o requirements.lock -q
	uv pip compile --universal --generate-hashes --no-header --group spark -c requirements.lock -o requirements-spark.lock -q
