#!/bin/sh
# Make .venv, or bring it up to date with a hash-pinned lock file. Quick when nothing changed.
# Usage: scripts/venv.sh runtime|dev
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "usage: $0 runtime|dev" >&2; exit 2 ;;
esac

fingerprint() { sha256sum "$1" | cut -d ' ' -f 1; }

wanted=$(fingerprint "$lock")
stamp=.venv/.installed-$1
if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

# The lock is resolved for 3.11, so that version is preferred; newer ones work where every wheel exists.
find_python() {
    for candidate in "${PYTHON:-}" python3.11 python3 python3.12 python3.13; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Nyx-Net needs Python 3.11 or newer. On Debian: apt-get install python3 python3-pip" >&2
    return 1
}

# A Debian without python3-venv has no ensurepip. virtualenv brings its own pip and may be unpacked
# beside the project with --target, which an externally managed Python allows.
make_venv() {
    rm -rf .venv
    if "$python" -m venv .venv >/dev/null 2>&1; then
        return
    fi
    rm -rf .venv
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        echo "$python has neither venv nor pip. On Debian: apt-get install python3-pip" >&2
        return 1
    fi
    if [ ! -d .bootstrap/virtualenv ]; then
        rm -rf .bootstrap
        "$python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes \
            --target .bootstrap -r requirements-bootstrap.lock
    fi
    PYTHONPATH=.bootstrap "$python" -m virtualenv --quiet --no-download .venv
}

if ! { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    make_venv
fi

echo "Installing $lock (a minute the first time)"
rm -f .venv/.installed-*
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --root-user-action ignore \
    --require-hashes --no-deps -r "$lock"
if [ "$1" = dev ]; then  # the development lock contains the runtime one, at the same versions
    fingerprint requirements.lock > .venv/.installed-runtime
fi
echo "$wanted" > "$stamp"
