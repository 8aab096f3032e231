# Each target only names what manage.py and public tools do; the README says how to do it by hand.
.PHONY: run test test-all lint bench messages lock audit sbom setup setup-dev clean

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# Many tests wait for a site or a browser: three processes keep two cores busy.
SIDE_BY_SIDE := -n 3 --no-loadscope-reorder

run: setup
	@exec $(BIN)/python manage.py run

test: setup-dev
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# What `test` leaves out: every width and theme, power cuts, whole trainings, faults of a running site.
test-all: test $(VENV)/.installed-bench
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m slow

lint: audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	npm --version >/dev/null || { echo "npm is missing (Debian: apt install npm)"; exit 1; }
	npm ci --silent && npx --no-install tsc --noEmit -p jsconfig.json

# Without a network, only the licences of what is installed are looked at.
ACCEPTED = $(shell $(BIN)/python -c "import tomllib; print(*('--ignore-vuln ' + each for each in \
	tomllib.load(open('pyproject.toml', 'rb'))['tool']['pip-audit']['ignore-vulns']))")
audit: setup-dev
	$(BIN)/pip-licenses --order=license >/dev/null
	@mkdir -p -m 700 var && rm -f var/audit.txt
	@$(BIN)/pip-audit --progress-spinner off --strict --disable-pip --require-hashes --timeout 5 --output var/audit.txt $(ACCEPTED) \
		$(foreach file,requirements requirements-dev requirements-bench,-r $(file).txt) 2>var/audit.log || { \
		test ! -s var/audit.txt && echo "PyPI can't be asked for known vulnerabilities (var/audit.log says why); going on."; } || { \
		cat var/audit.txt; exit 1; }

sbom: setup-dev
	@mkdir -p -m 700 var
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file var/sbom.json requirements.txt

# Pins what pyproject.toml asks for, and all that it brings along, in the versions that are there already.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --custom-compile-command "make lock" $(ARGS)
lock: setup-dev
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group bench -c requirements.txt -c requirements-dev.txt -o requirements-bench.txt
	$(LOCK) --group gpu -c requirements.txt -o requirements-gpu.txt

# Starts a site of its own and writes docs/benchmarks.md; `make bench ARGS=--quick` only tries it.
bench: $(VENV)/.installed-bench
	@exec $(BIN)/python manage.py bench $(ARGS)

# Each app's texts lie with it. What is new comes out untranslated, and the tests name it.
messages: setup
	@msgfmt --version >/dev/null || { echo "gettext is missing (Debian: apt install gettext)"; exit 1; }
	for app in frontend predictor; do (cd $$app && \
		$(abspath $(BIN))/python ../manage.py makemessages --locale de --no-obsolete --no-wrap --add-location file && \
		$(abspath $(BIN))/python ../manage.py compilemessages --locale de) || exit 1; done

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (Debian: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "Python's venv module is incomplete (Debian: apt install python3-venv)."; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what the site needs; the first time this takes some minutes …"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed
	@echo "Installing what the benchmark needs …"
	@$(INSTALL) -r requirements-bench.txt
	@touch $@

clean:
	rm -rf $(VENV) node_modules test-artifacts
