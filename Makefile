# `make demo` sets everything up and trains a first model; `make test` sets everything up and runs
# the tests. Both need Python >= 3.11, make and a package index, nothing else.
#
#   make demo PYTHON=python3.12        another Python
#   make test VENV=/somewhere/venv     another virtual environment
#   make test PYTEST_ARGS="-k lstm"    some of the tests

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
    command -v $$name >/dev/null 2>&1 \
    && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    && echo $$name && break; done)
VENV ?= .venv
PYTEST_ARGS ?=
DEMO_ARGS ?=

BIN := $(VENV)/bin
# Every install goes by the constraints: an open range for torch would bring gigabytes of another build.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help venv demo test proofs check bench faults fuzz docs wheel clean

help:
	@echo "make demo    set up, then train a sentiment classifier on bundled reviews, offline"
	@echo "make test    set up, then run the tests"
	@echo "make proofs  run what takes longer: pages of the docs, real terminals, killed runs, fuzz"
	@echo "make check   lint, formatting, types, import contracts, generated documentation"
	@echo "make bench   run the benchmarks"
	@echo "make faults  kill runs, damage files, fill disks: thousands of cases (half an hour)"
	@echo "make fuzz    10,000 inputs that nobody would think of (some minutes)"
	@echo "make docs    write the generated documentation again"
	@echo "make wheel   build the wheel and test it in a clean environment"
	@echo "make venv    set up alone"
	@echo "make clean   remove the virtual environment and what the tools left behind"

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "make: seqkit needs Python 3.11 or newer, and none was found. Name one: make PYTHON=/path/to/python3.12" >&2; \
	  exit 2; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: seqkit needs Python 3.11 or newer, and PYTHON=$(PYTHON) is not. Name one: make PYTHON=/path/to/python3.12" >&2; \
	  exit 2; }
	@echo "Making a virtual environment in $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv "$(VENV)" || { \
	  rm -rf "$(VENV)"; \
	  echo "make: $(PYTHON) -m venv failed. On Debian and Ubuntu, install python3-venv." >&2; exit 2; }

# The stamps say which extras were installed, so that a second run starts at once. The larger
# install counts as the smaller one too.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing seqkit and its built-in plugins (the first time takes a minute or more: torch is large)."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing seqkit with its development tools (the first time takes a minute or more: torch is large)."
	@# Where torchtext has no build, the extra is empty and the tests that need it are skipped.
	@$(INSTALL) -e '.[dev,torchtext]'
	@touch $(VENV)/.installed $@

venv: $(VENV)/.installed-dev

demo: $(VENV)/.installed
	@$(BIN)/seqkit run sentiment $(DEMO_ARGS)

# One thread a process: the tests' tensors are small, and processes share cores better
# than their threads do. Three on two cores: those that drive terminals wait much of the time.
test: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 -m "not slow and not proof" $(PYTEST_ARGS)

proofs: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 -m "proof and not slow" $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/vulture
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/generate.py --check

docs: $(VENV)/.installed-dev
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest tests/benchmarks -m slow -s $(PYTEST_ARGS)

# FAULTS_SEED chooses the cases, FAULTS_COUNT their number in each test.
faults: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/faults -m slow -o faulthandler_timeout=7200 $(PYTEST_ARGS)

fuzz: $(VENV)/.installed-dev
	@OMP_NUM_THREADS=1 FUZZ_CASES=$${FUZZ_CASES:-10000} $(BIN)/python -m pytest tests/fuzz -o faulthandler_timeout=7200 $(PYTEST_ARGS)

wheel: $(VENV)/.installed-dev
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist .
	@SEQKIT_WHEEL="$$(ls dist/seqkit-*.whl)" $(BIN)/python -m pytest tests/packaging -m slow $(PYTEST_ARGS)

clean:
	rm -rf "$(VENV)" build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find seqkit plugins tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
