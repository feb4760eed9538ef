# Everything a newcomer needs. The environments are made by scripts/bootstrap.py, which any
# Python 3 can run; the commands themselves are `ilsa` (bot/cli.py).
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
DEV ?= tests/data/dev.tsv
# Talks that nobody saw who wrote the rules; with the shared sets where they lie beside the project.
TALKS ?= tests/data/conversations.yml \
	$(wildcard ../shared/eval/followups_dev.tsv ../shared/eval/two_requests_dev.tsv)

# A pyenv shim named python3 may point to a Python that is not installed, so each is tried.
PYTHON := $(shell for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11 \
	python3.10 python; do "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' \
	>/dev/null 2>&1 && echo "$$python" && break; done)
ILSA := .venv-app/bin/ilsa

.PHONY: help setup setup-app run train test lint format eval eval-dialogue evaluate bench bench-understanding bench-knowledge bench-tickets bench-channels bench-staff doctor clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-27s %s\n' "$$target" "$$text"; done

setup: ## make both environments (uv and the Pythons are fetched when missing)
	@test -n "$(PYTHON)" || { echo "Python 3.8 or newer is needed to begin."; exit 1; }
	@$(PYTHON) scripts/bootstrap.py

setup-app:
	@test -n "$(PYTHON)" || { echo "Python 3.8 or newer is needed to begin."; exit 1; }
	@$(PYTHON) scripts/bootstrap.py --app

run: setup ## start everything: http://127.0.0.1:8120 (Ctrl-C stops it)
	@exec $(ILSA) run

train: setup ## train the Rasa model when its sources have changed
	@$(ILSA) train

test: setup ## every check and test (PARTS="unit" for the fast ones)
	@.venv-app/bin/python scripts/check.py $(PARTS)

lint: setup-app ## ruff, mypy and the layer contracts
	@.venv-app/bin/python scripts/check.py lint

format: setup-app ## format the code
	@.venv-app/bin/ruff check --fix --quiet . ; .venv-app/bin/ruff format .

eval: setup ## measure the service on labelled messages, in every way: make eval FILE=messages.tsv
	@$(ILSA) evaluate "$(or $(FILE),$(DEV))" --report

eval-dialogue: setup ## hold whole talks with the service: make eval-dialogue FILE="a.yml b.tsv"
	@$(ILSA) evaluate-dialogue $(or $(FILE),$(TALKS)) $(ARGS)

evaluate: setup ## the pipeline alone: make evaluate TRAIN=a.tsv TEST=b.tsv (FILE=messages.tsv: the service)
	@$(if $(TRAIN)$(TEST),.venv-rasa/bin/python -m bot.rasa.held_out "$(TRAIN)" "$(TEST)",\
		$(ILSA) evaluate "$(or $(FILE),tests/data/evaluation.tsv)" --json)

bench: setup ## speed and memory beside a stock Rasa bot (see benchmarks/README.md)
	@.venv-app/bin/python -m benchmarks.side_by_side

bench-understanding: setup ## understanding beside stock Rasa and nlp.js, taught the same (ARGS="--sample 40")
	@.venv-app/bin/python -m benchmarks.understanding $(ARGS)

bench-knowledge: setup ## answering with 10,000 articles beside the real ones
	@.venv-app/bin/python -m benchmarks.knowledge

bench-tickets: setup-app ## opening tickets by eight writers, finding them among a million (ARGS="--tickets 50000")
	@.venv-app/bin/python -m benchmarks.tickets $(ARGS)

bench-channels: setup ## every messenger's webhooks through the whole service (ARGS="line --webhooks 200")
	@.venv-app/bin/python -m benchmarks.channels $(ARGS)

bench-staff: setup-app ## inbox and search among a million messages, fifty live consoles (ARGS="--conversations 5000")
	@.venv-app/bin/python -m benchmarks.staff $(ARGS)

doctor: setup-app ## what is missing on this machine, and how to mend it
	@$(ILSA) doctor

clean: ## remove the environments, models and caches (var/ with its data stays)
	rm -rf .venv-app .venv-rasa .venv-uv models .rasa .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
