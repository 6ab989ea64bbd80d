# Every target sets itself up: Python 3.11 or newer with venv, make and git are all a machine needs.
#   make PYTHON=/opt/python3.12/bin/python3 test     with another Python
#   make test ARGS="tests/console -k stage"          with more words for pytest (or demo, lock)

PYTHON      ?= python3
WORKERS     ?= 2
FAST_WORKERS ?= 4
SLOW_WORKERS ?= 3
PROOF_SCALE ?= 0.1
ARGS        ?=

VENV  := .venv
BIN   := $(VENV)/bin
RUN   := $(VENV)/.ready-to-run
DEV   := $(VENV)/.ready-to-develop
PIP   := $(BIN)/python -m pip --disable-pip-version-check
LOCK  := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
         --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-slow prove prove-again bench judge-bench judge-live check format snapshots docs interface lock clean

help: ## say what there is
	@echo "Coalmine. make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(RUN) ## open the console on a simulated world (nothing leaves this machine)
	@$(BIN)/coalmine demo $(ARGS)

test: $(DEV) ## the fast suite: Python only, minutes
	$(BIN)/pytest -n $(FAST_WORKERS) --dist worksteal $(ARGS)

test-slow: $(DEV) ## real servers, whole programs, proofs at PROOF_SCALE; a skipped test fails it
	COALMINE_NO_SKIPS=1 PROOF_SCALE=$(PROOF_SCALE) $(BIN)/pytest -n $(SLOW_WORKERS) --dist loadgroup --timeout 900 -m '(slow or proof) and not bench' $(ARGS)

prove: $(DEV) ## the proofs at full size; stopped, it goes on where it was the next time
	PROOF_SCALE=1 COALMINE_NO_SKIPS=1 $(BIN)/pytest -n $(WORKERS) --dist loadgroup -p tests.prove --timeout 0 -m proof $(ARGS)

prove-again: ## forget the finished proofs and start over
	rm -rf .proof
	$(MAKE) prove

bench: $(DEV) ## measured ratios against their stated floors, printed
	COALMINE_NO_SKIPS=1 $(BIN)/pytest -n 0 --timeout 900 -m bench -s $(ARGS)

judge-bench: $(DEV) ## the judge against the others on simulated releases (ARGS="--scale 1 --write docs/judge-measured.md")
	$(BIN)/python -m tests.judging --workers $(WORKERS) $(ARGS)

judge-live: $(DEV) ## what the judge says under each scenario, on a real Prometheus (ARGS="--write docs/judge-live.md")
	$(BIN)/python -m tests.live $(ARGS)

check: $(DEV) ## lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## put the source in form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

snapshots: $(DEV) ## draw the screens' snapshots and the pictures of the docs again; look at the diff
	$(BIN)/pytest -n 0 -m 'not bench' tests/snapshots --snapshot-update $(ARGS)
	$(BIN)/python -m tests.pictures

docs: $(DEV) ## write the generated pages of docs/ again
	$(BIN)/python docs/generate.py

interface: $(DEV) ## write down help, exit codes and schemas again; look at the diff, things are only added
	$(BIN)/python -m tests.interface

lock: $(DEV) ## write both locks again (ARGS=--upgrade for newer versions)
	$(LOCK) --group dev $(ARGS) --output-file requirements.lock pyproject.toml
	$(LOCK) --group build --no-annotate --constraints requirements.lock --output-file requirements-run.lock pyproject.toml

clean: ## remove caches and built files (not .venv, not the journal of proofs)
	rm -rf build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache snapshot_report.html
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# pip comes last when a virtual environment is made: with it, the environment is whole.
$(BIN)/pip:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: there is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$("$(PYTHON)" --version 2>&1) is too old, Coalmine needs 3.11 or newer. Name one: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: this Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version)."
	@"$(PYTHON)" -m venv --clear $(VENV)

$(RUN): requirements-run.lock pyproject.toml | $(BIN)/pip
	@echo "Installing what Coalmine runs on (once; pinned and hashed in requirements-run.lock)."
	@$(PIP) install --quiet --require-hashes -r requirements-run.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements.lock $(RUN)
	@echo "Installing the tools for tests and checks (once; pinned and hashed in requirements.lock)."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@touch $@
