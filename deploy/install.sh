#!/bin/sh
# Installs the checkout with all extras into .venv: with uv where it can be had, else with pip. Versions and hashes come from constraints.txt.
set -eu
cd "$(dirname "$0")/.."
py=.venv/bin/python
pip="$py -m pip --disable-pip-version-check"

# What pip was told, by its configuration or by the environment; uv reads neither.
told() {
    variable=$(printf 'PIP_%s' "$1" | tr 'a-z-' 'A-Z_')
    eval "found=\${$variable:-}"
    [ -n "$found" ] || found=$($pip config get "install.$1" 2>/dev/null || $pip config get "global.$1" 2>/dev/null || true)
    printf '%s' "$found" | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}

pass() { # variable of uv, option of pip, what separates several values
    eval "given=\${$1:-}"
    [ -z "$given" ] || return 0
    found=$(told "$2" | sed "s/  */$3/g")
    [ -z "$found" ] || export "$1=$found"
}

pass_all() {
    pass UV_DEFAULT_INDEX index-url ' '
    pass UV_INDEX extra-index-url ' '
    pass UV_FIND_LINKS find-links ','
    pass UV_INSECURE_HOST trusted-host ' '
    pass SSL_CERT_FILE cert ' '
    pass UV_HTTP_TIMEOUT timeout ' '
    [ -z "${UV_INDEX:-}" ] || export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}" # as pip does; the hashes guard what is taken
}

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    $pip --version >/dev/null 2>&1 || "$py" -m ensurepip >/dev/null
    if [ -z "${USHER_NO_UV:-}" ]; then
        $pip install -q uv >/dev/null 2>&1 && uv=.venv/bin/uv || true
    fi
fi
if [ -n "$uv" ]; then
    pass_all
    if "$uv" pip install -q --python "$py" --require-hashes -r constraints.txt && "$uv" pip install -q --python "$py" --no-deps -e .; then
        exit 0
    fi
    echo "uv could not install everything (see above); trying pip."
fi
if $pip install -qq --require-hashes -r constraints.txt && $pip install -qq --no-deps -e .; then
    exit 0
fi
echo "The dependencies could not be installed. They come from the package index that pip is set to; behind a firewall name a mirror:"
echo "    pip config set global.index-url <address of the mirror>"
exit 1
