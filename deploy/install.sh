#!/bin/sh
# Installs the checkout with all extras into .venv: with uv where it can be had, else with pip. Hashes come from constraints.txt.
set -eu
py=.venv/bin/python
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    "$py" -m pip install -q --disable-pip-version-check uv >/dev/null 2>&1 && uv=.venv/bin/uv || true
fi
if [ -n "$uv" ]; then
    # uv does not read pip's configuration: a mirror that is set there is passed on.
    index=$("$py" -m pip config get global.index-url 2>/dev/null || true)
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then UV_DEFAULT_INDEX=$index; export UV_DEFAULT_INDEX; fi
    if "$uv" pip install -q --python "$py" --require-hashes -r constraints.txt && "$uv" pip install -q --python "$py" --no-deps -e .; then
        exit 0
    fi
    echo "uv could not install everything; trying pip."
fi
"$py" -m pip install -q --disable-pip-version-check --require-hashes -r constraints.txt
"$py" -m pip install -q --disable-pip-version-check --no-deps -e .
