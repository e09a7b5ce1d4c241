# The two commands to know: `make demo` (the bot in a browser, no token) and `make test`.
# Everything is installed into .venv beside this file; `make clean` removes it.

SHELL := /bin/sh
.DEFAULT_GOAL := install
.DELETE_ON_ERROR:
.PHONY: install demo test check endure bench pins clean

# The first of these that is Python 3.11 or newer, unless you say PYTHON=/path/to/python.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

IN := .venv/bin
PIP := $(IN)/python -m pip --disable-pip-version-check --quiet
# The checkout itself: its build tool is already in .venv, so nothing is fetched here.
OURS := $(PIP) install --no-index --no-deps --no-build-isolation --editable .
QUICK := $(wildcard tests/test_architecture.py tests/test_content.py tests/content)

install: .venv/.run

# make demo                     the demonstration on its usual port
# make demo PORT=9000 ARGS=...  on another port, with further options of `whetstone demo`
demo: .venv/.run
	$(IN)/whetstone demo $(if $(PORT),--port $(PORT)) $(ARGS)

# make test                     all tests, on all cores
# make test ARGS="-k streak"    some of them
# Bytecode is kept even where the environment says otherwise: many tests start the program, and all rewrite their asserts.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/.dev
	$(IN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

# Everything that needs no running bot: style, types, import contracts, house rules, packs.
check: .venv/.dev
	$(IN)/ruff check .
	$(IN)/mypy --strict bot adapters
	$(IN)/lint-imports --no-logo
	$(if $(QUICK),$(IN)/python -m pytest $(QUICK))

# make endure N=200             kill the running bot N times over busy simulated weeks; count what people lost
# make endure N=20 ARGS="--seed 5 --keep FOLDER"
N := 200
endure: .venv/.dev
	$(IN)/python -m tests.endurance --kills $(N) $(ARGS)

# make bench                    what the bot costs: one line a measure, in about six minutes
# make bench ARGS="--only cpu"  one of them; --json for programs
bench: .venv/.dev
	$(IN)/python -m tests.bench $(ARGS)

# Writes both requirements files anew from pyproject.toml; needs uv (https://docs.astral.sh/uv/).
# make pins ARGS=--upgrade      takes newer versions
PIN := uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" --quiet
pins:
	$(PIN) $(ARGS) --output-file requirements.txt
	$(PIN) $(ARGS) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.made:
	@[ -n "$(PYTHON)" ] || { echo "Whetstone needs Python 3.11 or newer and found none: install it, or say make PYTHON=/path/to/python." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python 3.11 or newer: say make PYTHON=/path/to/a/newer/python." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment: on Debian or Ubuntu run 'sudo apt install python3-venv', then make again." >&2; exit 1; }
	"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/.run: .venv/.made requirements.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements.txt
	$(OURS)
	@touch $@

# The dev pins contain the run-time pins, so this satisfies both.
.venv/.dev: .venv/.made requirements-dev.txt requirements.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements-dev.txt
	$(OURS)
	@touch .venv/.run $@
