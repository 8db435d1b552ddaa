"""python -m docs.making FOLDER: make the live widgets and the notebooks' pages."""

from __future__ import annotations

import sys
from pathlib import Path

from docs.making import live, notebooks

folder = Path(sys.argv[1])
live.make(folder / "live")
notebooks.make(folder / "notebooks")
