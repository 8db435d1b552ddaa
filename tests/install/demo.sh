#!/bin/sh
# Open the quickstart in JupyterLab; without a display, say how to look at it.
set -eu
jupyter=$1
set -- lab --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/quickstart.ipynb
[ "$(id -u)" -ne 0 ] || set -- "$@" --allow-root
if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    cat <<'EOF'
There is no display here. JupyterLab prints its address below (http://127.0.0.1:...).
To look from another machine, forward its port there and open the address in a browser:

    ssh -L 8888:127.0.0.1:8888 <this machine>

Stop with Ctrl-C, twice.
EOF
    set -- "$@" --no-browser
fi
exec "$jupyter" "$@"
