# Every verb of the project. The environment is .venv; python3 (3.11 or newer), pip and make are all it needs to begin.
.DEFAULT_GOAL := help
.PHONY: help run env dev test test-needs test-crash bench lint types contracts check lock clean

PYTEST := .venv/bin/python -m pytest
WORKERS := -n logical --maxprocesses 4
LOCK := .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 $(LOCK_FLAGS)

help:  ## Show these verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

run: env  ## Start the studio on http://localhost:8080
	@exec .venv/bin/python main.py

env:
	@scripts/venv.sh runtime

dev:
	@scripts/venv.sh dev

test-needs:
	@scripts/test-needs.sh

test: dev test-needs lint types contracts  ## Everything that must hold before a change is merged
	$(PYTEST) $(WORKERS) -m "not browser and not crash and not live"
	$(PYTEST) $(WORKERS) --dist loadfile -m "browser and not crash and not live"

test-crash: dev test-needs  ## The long campaigns: kill -9 and simulated days
	$(PYTEST) $(WORKERS) -m crash --timeout 5400

bench: dev test-needs  ## Measure, and write bench/RESULTS.md
	.venv/bin/python -m bench

lint: dev  ## Style (ruff)
	.venv/bin/ruff check .

types: dev  ## Types (mypy strict)
	.venv/bin/mypy

contracts: dev  ## Who may import whom (import-linter)
	.venv/bin/lint-imports --no-logo

check: lint types contracts  ## Lint, types, contracts and the rules about the source itself
	$(PYTEST) tests/architecture

lock: dev  ## Refresh the lock files from pyproject.toml (LOCK_FLAGS=--upgrade for newer versions)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group pyproject.toml:bootstrap -o requirements-bootstrap.lock

clean:  ## Remove the environment and caches; data/ stays
	rm -rf .venv .bootstrap .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
