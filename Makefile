PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/%.stamp: requirements/%.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing requirements/$*.txt, pinned and hashed"
	@$(INSTALL) --require-hashes -r requirements/$*.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: $(VENV)/demo.stamp ## watch a simulated contact centre, a day a second (Ctrl-C ends it)
	@exec $(BIN)/touchpoint demo

.PHONY: setup
setup: $(VENV)/dev.stamp ## everything for development in .venv

.PHONY: test
test: setup lint types layers ## lint, types, layers and all tests
	$(BIN)/pytest

.PHONY: lint
lint: setup ## ruff, format included
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: format
format: setup ## mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: types
types: setup ## mypy --strict on both packages
	$(BIN)/mypy

.PHONY: layers
layers: setup ## who may import whom
	$(BIN)/lint-imports

.PHONY: bench
bench: setup ## measure, print, and write tests/benchmarks/results.md (TOUCHPOINT_BENCH_EVENTS=50000: a quick look)
	$(BIN)/pytest tests/benchmarks -m benchmark -s -q

.PHONY: soak
soak: setup ## the scenarios of tests/soak at full length, with results in tests/soak/results.md (an hour or two)
	TOUCHPOINT_SOAK=full $(BIN)/pytest tests/soak -s -q

.PHONY: screenshots
screenshots: setup ## draw the start page and previews of the boards for the documentation (needs chromium)
	$(BIN)/python tests/screenshots.py deploy/images
	TOUCHPOINT_SCREENSHOTS=grafana/previews $(BIN)/pytest -q tests/kafka/test_boards_live.py

.PHONY: schema
schema: setup ## write the JSON Schema of the event anew
	$(BIN)/python -m streams.formats.schema

.PHONY: boards
boards: setup ## write the JSON of the boards anew
	$(BIN)/python -m grafana.boards

# Without index lines: an address has no place in the repository.
COMPILE = uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	--python-version 3.11 --python-platform x86_64-manylinux_2_28 pyproject.toml requirements/build.in

.PHONY: requirements
requirements: ## pin and hash the newest dependencies that pyproject.toml allows (needs uv)
	$(COMPILE) --upgrade --output-file requirements/run.txt
	$(COMPILE) --upgrade --extra demo --output-file requirements/demo.txt
	$(COMPILE) --upgrade --extra demo --extra dev --output-file requirements/dev.txt

SECRETS = $(addprefix deploy/compose/secrets/,touchpoint_secret grafana_admin_password)

.PHONY: secrets
secrets: $(SECRETS) ## make up the secrets of docker-compose.yml; those that are there stay

# Behind a folder that is its owner's alone; Compose lends each file with its mode to a user of the service's own.
$(SECRETS):
	@chmod 700 $(@D)
	@head -c 32 /dev/urandom | base64 >$@
	@chmod 444 $@
	@echo "made $@"

.PHONY: clean
clean: ## remove what was built; the cache with Kafka's jars stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
