"""quickstart.py NOTEBOOK: run a notebook's cells where the package is installed.

No page, no kernel: IPython runs the cells in this process. It tells what was run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import ncut_widget


def main(notebook: Path) -> None:
    """Run all code cells; the first that fails ends it."""
    home = Path(ncut_widget.__file__).parent
    if not home.is_relative_to(sys.prefix):
        sys.exit(f"ncut_widget is not the installed one, but that of {home}")
    mpl.use("Agg")
    shell = InteractiveShell.instance()
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code:
        with capture_output() as captured:
            result = shell.run_cell("".join(cell["source"]))
        if not result.success:
            sys.exit(captured.stdout + captured.stderr)
    print(
        f"ncut_widget {ncut_widget.__version__} of {home}: "
        f"{len(code)} cells of {notebook.name} ran"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
