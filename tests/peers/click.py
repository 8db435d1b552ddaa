"""Answers clicks with ncut-pytorch 3.2.0's masks, in its own environment.

Reads JSON, a line each: ``{"features": file}``, (N, C), begins a batch; ``{"fg": rows,
"bg": rows, "to": file}`` asks for the heatmap of clicks, (N,), which is above 0 in the
mask. Each is answered by an empty line.
"""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import ncut_pytorch
import numpy as np
import torch

CLICK_WEIGHT = 0.5
"""The default of the predictor for images."""

SEGMENTS = [5]
"""For `initialize`, which also makes segments nobody clicked: as few as will do."""


def load_predictor() -> Any:
    """Load its class alone: the package of predictors needs torchvision."""
    path = Path(ncut_pytorch.__file__).parent / "predictor" / "predictor.py"
    spec = spec_from_file_location("predictor", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NcutPredictor


def main() -> None:
    """Answer until there is no more."""
    make = load_predictor()
    answers, sys.stdout = sys.stdout, sys.stderr  # the package prints
    predictor: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        if "features" in asked:
            torch.manual_seed(0)
            predictor = make()
            features = torch.from_numpy(np.load(asked["features"]))
            predictor.initialize(features, n_segments=SEGMENTS)
        else:
            fg, bg = (np.array(asked[name], dtype=np.int64) for name in ("fg", "bg"))
            _, heatmap = predictor.predict_clicks(fg, bg, CLICK_WEIGHT)
            np.save(asked["to"], heatmap.numpy())
        print(file=answers, flush=True)


if __name__ == "__main__":
    main()
