# Two commands: `make demo` opens the playground, `make test` proves the checkout. Both build .venv themselves; `make install` does only that.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test check browser words reference constraints clean
.DEFAULT_GOAL := demo

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Usher needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old. Usher needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo "Installing into .venv ..."
	@sh deploy/install.sh
	@touch $(STAMP)

demo: $(STAMP)
	@PORT=$(PORT) $(BIN)/usher demo $(if $(FRESH),--fresh)

test: check
	$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder -m "not browser"
	@$(MAKE) --no-print-directory browser

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/usher check

# Processes of their own: the browser's driver and asyncio's tests do not share one. Without Chromium it says so and passes.
browser: $(STAMP)
	$(BIN)/pytest -q -rs -n 2 --dist loadfile -m browser tests/web/browser

# How well the words are told apart, intent by intent.
words: $(STAMP)
	$(BIN)/usher test

# Pages that are made from the code: docs/reference/ and usher.example.toml.
reference: $(STAMP)
	$(BIN)/python -m bot.reference

constraints: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o constraints.txt

clean:
	rm -rf .venv
