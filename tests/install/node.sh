#!/bin/sh
# Node and npm, for the JavaScript checks and tests.
set -eu
if command -v npm >/dev/null; then
    exit 0
elif [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends nodejs npm
else
    echo "The tests need Node 18 or newer with npm: install it and run again." >&2
    exit 1
fi
