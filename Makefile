# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
GMG := $(BIN)/kubectl-gmg
# One more than small machines have cores: tests of terminals and servers mostly wait.
WORKERS := 3

.PHONY: demo test lint bench plugin clean

$(VENV)/.plain: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.plain
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.plugin: $(VENV)/.plain
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[plugin]'
	@touch $@

demo: $(VENV)/.plain ## Show the main job on the built-in example
	$(GMG) routes --demo --host www.example.com
	@echo
	$(GMG) tree --demo
	@echo
	$(GMG) curl http://www.example.com/reviews/v1/version --demo
	@echo
	$(GMG) check --demo
	@echo
	$(GMG) explain v1-version --demo --what-if sortMethod=ROUTE_SPECIFICITY

test: $(VENV)/.test ## Run every test
	$(BIN)/python -m tests.shells.fetch
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

lint: $(VENV)/.test ## Check style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

plugin: $(VENV)/.plugin ## Build this platform's archive for krew, in dist/
	$(BIN)/python .ci/plugin build

bench: $(VENV)/.test ## Measure speed and memory; never fails
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .ruff_cache .cache
