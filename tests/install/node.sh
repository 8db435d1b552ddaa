#!/bin/sh
# Node and npm, for the JavaScript checks and tests: js/package.json says which Node.
set -eu
need=$(sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' js/package.json)
enough() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        printf '%s\n' "v$need" "$(node --version)" | sort -V -C
}

if ! command -v node >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
then
    export DEBIAN_FRONTEND=noninteractive
    wait="-o DPkg::Lock::Timeout=300"
    apt-get $wait update -qq
    apt-get $wait install -y -qq --no-install-recommends nodejs npm
    # Debian 12 has Node 18; npm has newer ones.
    enough || npm install --global --no-audit --no-fund "node@${need%%.*}"
fi
if ! enough; then
    echo "The tests need Node $need or newer with npm, and here is" \
        "$(command -v npm >/dev/null || echo no npm and) Node" \
        "$(node --version 2>/dev/null || echo none): install it and run again." >&2
    exit 1
fi
