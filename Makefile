# make study   the study, by default the quick one; STUDY=tau22_mini another, CORES=4 on so many,
#              ONLY=05_results just this notebook and what it needs
#              CELL_TIMEOUT=3600 ends a notebook in which one cell takes longer, in seconds
# make test    what CI runs; the tests in a browser are left out where there is no Chromium
# make versions the same tests with the oldest and with the newest versions that pyproject.toml allows, on
#              Python 3.11 and 3.13, in .venv-oldest and .venv-newest: an hour, 6 GB each;
#              TESTS="tests/test_study.py" only these; OLDEST=python3.12 NEWEST=/path/to/python other Pythons
# make bench   how fast it is, beside its peers and the machine's limits; DEVICE=cuda on a GPU,
#              ROWS="convolution bank" only these
# make lab     JupyterLab on the notebooks
# make explore the panels as a page without code, for a classroom; on this machine only
# Each makes its own environment in .venv first, if there is none or the lock has changed.

STUDY ?= quick
CORES ?=
ONLY ?=
CELL_TIMEOUT ?=
DEVICE ?= cpu
ROWS ?=
PYTHON ?= python3
OLDEST ?= python3.11
NEWEST ?= python3.13
TESTS ?=
UV = uv==0.13.9
BIN = .venv/bin
# a file of tests on one core; in the order of tests/conftest.py
PYTEST = -m pytest -n $(if $(CORES),$(CORES),auto) --dist loadfile --no-loadscope-reorder

# Python compiles what it first imports and may keep it, also where a container says not to: all of
# the environment would take as long to compile as to install, and most of it is never imported
export PYTHONDONTWRITEBYTECODE :=

.PHONY: study test versions bench lab explore lint lock
.DEFAULT_GOAL := study

study: .venv/.stamp
	@$(BIN)/python -m asc_lib.study $(STUDY) $(if $(CORES),--cores $(CORES)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(CELL_TIMEOUT),--cell-timeout $(CELL_TIMEOUT))

# one thread a process, since they share the cores: twice as fast
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python $(PYTEST)

# not from the lock, and made anew: a version that came out yesterday is what is looked for
versions: versions-oldest versions-newest

versions-oldest: ON = $(OLDEST)
versions-oldest: TAKE = lowest-direct
versions-newest: ON = $(NEWEST)
versions-newest: TAKE = highest
versions-oldest versions-newest: versions-%: .venv/.stamp
	$(BIN)/uv venv --quiet --clear --python $(ON) .venv-$*
	$(BIN)/uv pip install --quiet --python .venv-$*/bin/python --resolution $(TAKE) --upgrade \
		-r pyproject.toml --extra dev
	$(BIN)/uv pip install --quiet --python .venv-$*/bin/python --no-deps -e .
	OMP_NUM_THREADS=1 .venv-$*/bin/python $(PYTEST) $(TESTS)

bench: .venv/.stamp
	@$(BIN)/python -m asc_lib.bench --device $(DEVICE) $(ROWS)

lab: .venv/.stamp
	$(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks

explore: .venv/.stamp
	@$(BIN)/python -m asc_lib.explore $(STUDY)

lint: .venv/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# after a change of the dependencies in pyproject.toml
lock: .venv/.stamp
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-header --quiet pyproject.toml -o requirements.lock

.venv/.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed, '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@echo "making the environment in .venv (some minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
