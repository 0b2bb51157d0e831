# Each target does its own set-up: Python >= 3.11, git and make are all that must be there. Everything else is in .venv,
# which is built anew when pyproject.toml changes.
PYTHON ?= python3
SHARED := $(or $(AAC_SHARED),../shared)
BIN := .venv/bin
READY := .venv/.ready
# A process for each core; the tests of a file share theirs, since they share what is dear to make. The order of files is
# that of tests/conftest.py.
PYTEST := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: help demo test test-all test-long real-data browser postgresql docs screenshots lint types bench clean

help:
	@echo "make demo       from clone to wiki: validate, pull, check and build the sample company of this repository"
	@echo "make test       the tests that need no server and no browser"
	@echo "make test-all   all tests but the long ones; installs the browser and the server they need"
	@echo "make test-long  the long random runs"
	@echo "make docs       writes the pages that are made from the program: findings, kinds, and what docs/reference says it made"
	@echo "make screenshots  writes docs/screenshots: the terminal and the wiki of the sample company"
	@echo "make lint types bench clean"

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aac needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12")'
	rm -rf .venv
	@if command -v uv >/dev/null; then set -ex; \
		uv venv --quiet --python "$$(command -v $(PYTHON))" .venv; \
		uv pip install --quiet --python $(BIN)/python --compile-bytecode --editable . --group dev; \
	else set -ex; \
		$(PYTHON) -m venv .venv; \
		$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"; \
		$(BIN)/python -m pip install --quiet --editable . --group dev; \
	fi
	@touch $@

demo: $(READY)
	$(BIN)/aac validate
	$(BIN)/aac pull
	@echo "$(BIN)/aac check"; $(BIN)/aac check; code=$$?; \
	case $$code in \
		0) ;; \
		1) echo "aac check ended with exit code 1: an agreement is off target, as the sample company means it to be. It is no failure of the demo." ;; \
		*) exit $$code ;; \
	esac
	$(BIN)/aac build
	@echo "The wiki is there; open it in a browser: $(CURDIR)/site/index.html"

test: $(READY) real-data
	$(PYTEST) -m "not servers and not long"

# Given in one call, `make test test-all` runs each test once.
test-all: test browser postgresql
	$(PYTEST) -m "servers and not long"

test-long: $(READY)
	$(PYTEST) -m long

real-data:
	@test -d "$(SHARED)/data/maven_crm" || \
		echo "NOTE: the real data is absent ($(SHARED)/data/maven_crm): the tests of real input are skipped below. AAC_SHARED names another folder."

browser:
	$(call INSTALL,command -v chromium >/dev/null,the browser chromium on PATH,chromium)

postgresql:
	$(call INSTALL,ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null,the server PostgreSQL (a folder with initdb),postgresql)

# A test for something, what it is called, and the Debian package that brings it.
define INSTALL
@{ $(1); } || { \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo "make test-all needs $(2). Install it, or run this as root on Debian, which installs it." >&2; \
			exit 1; \
		fi; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(3) >/dev/null; \
	}
endef

docs: $(READY)
	$(BIN)/pytest tests/test_codes.py tests/test_kind_pages.py tests/test_template_pages.py \
		tests/test_reference_pages.py -k pages --snapshot-update

screenshots: $(READY) browser
	$(BIN)/python -m tests.browser.screenshots

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/pyright

BENCHES := start.py documents.py documents.py+--documents+10000 gate.py agreements.py work.py+--again \
	together.py+--again+--little scans.py impact.py landing.py

# All of them, whatever one misses.
bench: $(READY)
	@for bench in $(BENCHES); do \
		$(BIN)/python bench/$$(echo $$bench | tr + ' ') || missed="$$missed $$bench"; \
	done; \
	test -z "$$missed" || { echo "missed:$$missed" >&2; exit 1; }

clean:
	rm -rf .venv .aac site dist bench/out .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
