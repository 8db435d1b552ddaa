#!/bin/sh
# venv.sh PYTHON FOLDER: a virtual environment with pip, of a Python that is new enough.
set -eu
need=$(sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)
python=$1
[ ! -x "$2/bin/python" ] || python=$2/bin/python
if ! "$python" - "$need" <<'EOF'; then
import sys
sys.exit(sys.version_info < tuple(map(int, sys.argv[1].split("."))))
EOF
    echo "ncut_widget needs Python $need or newer, and $python is" \
        "$("$python" --version 2>&1 || true): try 'make PYTHON=python3.12 ...'" \
        "(after 'rm -r $2', if there is one)." >&2
    exit 1
fi
if ! "$2/bin/python" -m pip --version >/dev/null 2>&1; then
    "$1" -m venv --clear "$2"
    # The pip that comes with Python may be years old, and take twice the time.
    "$2/bin/python" -m pip --quiet install --upgrade pip
fi
