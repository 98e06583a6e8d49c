# Two commands: `make demo` opens the playground, `make test` proves the checkout. Both build .venv themselves.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test install check browser clean
.DEFAULT_GOAL := demo

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Usher needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@sh deploy/install.sh
	@touch $(STAMP)

demo: $(STAMP)
	@PORT=$(PORT) $(BIN)/usher demo $(if $(FRESH),--fresh)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/usher check

test: check
	$(BIN)/pytest -q -n 2 --dist loadscope -m "not browser"
	$(MAKE) browser

browser: $(STAMP)
	$(BIN)/pytest -q -m browser tests/web/browser

clean:
	rm -rf .venv
