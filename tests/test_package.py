"""What is installed: the wheel, and the files it must bring along."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    """Built, unpacked elsewhere, imported: with its bundle, without Node."""
    root = Path(__file__).parents[1]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=root,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    program = (
        "import ncut_widget, numpy as np;"
        "seg = ncut_widget.NcutSegmenter(np.eye(4, dtype='f4').reshape(1, 2, 2, 4));"
        "print(ncut_widget.__file__); print(len(seg._esm), len(seg._css))"
    )
    path = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r});"
    output = subprocess.run(
        [sys.executable, "-c", path + program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert output[0].startswith(str(tmp_path))
    assert all(int(length) > 1000 for length in output[1:])
