# make study   the study, by default the quick one; STUDY=tau22_mini another; CORES=4 on so many cores; ONLY=05_results
#              just this notebook and what it needs; ONLY=03:<run> the report of one run;
#              CELL_TIMEOUT=3600 ends a notebook in which one cell takes longer, in seconds
# make lab     JupyterLab on the notebooks
# make explore the panels as a page without code, for a classroom; on this machine only
# make test    what CI runs; the tests in a browser are left out where there is no Chromium
# make bench   how fast it is, beside its peers; ROWS="convolution bank" only these
# make versions the same tests with the oldest and with the newest versions that pyproject.toml allows, on
#              Python 3.11 and 3.13, in .venv-oldest and .venv-newest: an hour, 6 GB each;
#              TESTS="tests/test_run.py" only these; OLDEST=python3.12 NEWEST=/path/to/python other Pythons
# Each makes its own environment in .venv first, if there is none or the lock has changed.

STUDY ?= quick
CORES ?=
ONLY ?=
CELL_TIMEOUT ?=
GPUS ?= $(shell nvidia-smi -L 2>/dev/null | grep -c GPU)
ROWS ?=
PYTHON ?= python3
OLDEST ?= python3.11
NEWEST ?= python3.13
TESTS ?=
UV = uv==0.13.9
BIN = .venv/bin
# a file of tests on one core; in the order of tests/conftest.py
PYTEST = -m pytest -n $(if $(CORES),$(CORES),auto) --dist loadfile --no-loadscope-reorder

# What a user has set for other work stays out: packages would go elsewhere, or come from elsewhere. Where Python
# may not keep what it compiles, each job would compile torch anew.
export PIP_USER := 0
export PYTHONNOUSERSITE := 1
unexport PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV UV_SYSTEM_PYTHON UV_TARGET PYTHONPATH PYTHONHOME
unexport PYTHONDONTWRITEBYTECODE SNAKEMAKE_PROFILE

.PHONY: study lab explore test bench versions lint lock
.DEFAULT_GOAL := study

study: .venv/.study
	@$(BIN)/snakemake --profile params/profiles/local $(if $(CORES),--cores $(CORES)) \
		$(if $(filter-out 0,$(GPUS)),--resources gpu=$(GPUS)) --config 'study=$(STUDY)' $(if $(ONLY),'only=$(ONLY)') \
		$(if $(CELL_TIMEOUT),cell_timeout=$(CELL_TIMEOUT))

lab: .venv/.study
	$(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

explore: .venv/.study
	@$(BIN)/python -m asc_lib.explore '$(STUDY)'

# one thread a process, since they share the cores: twice as fast
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python $(PYTEST) $(TESTS)

bench: .venv/.dev
	@$(BIN)/python benchmarks $(ROWS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# not from the lock, and made anew: a version that came out yesterday is what is looked for
versions: versions-oldest versions-newest

versions-oldest: ON = $(OLDEST)
versions-oldest: TAKE = lowest-direct
versions-newest: ON = $(NEWEST)
versions-newest: TAKE = highest
versions-oldest versions-newest: versions-%: .venv/.dev
	$(BIN)/uv venv --quiet --clear --python $(ON) .venv-$*
	$(BIN)/uv pip install --quiet --python .venv-$*/bin/python --resolution $(TAKE) --upgrade \
		-r pyproject.toml --extra dev
	$(BIN)/uv pip install --quiet --python .venv-$*/bin/python --no-deps -e .
	OMP_NUM_THREADS=1 .venv-$*/bin/python $(PYTEST) $(TESTS)

# after a change of the dependencies in pyproject.toml: what a study needs, and with it what developers need
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
lock: .venv/.dev
	$(COMPILE) --no-annotate pyproject.toml -o requirements.lock
	$(COMPILE) --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

.venv/.study .venv/.dev: .venv/.%: pyproject.toml requirements.lock requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed, '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@echo "making the environment in .venv (some minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
		-r requirements$(if $(filter dev,$*),-dev).lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch .venv/.study $@
