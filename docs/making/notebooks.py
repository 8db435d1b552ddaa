"""The notebooks as pages, as they look when they have run.

They are committed without outputs. Those that take seconds are run here, in this very
process; where one shows a widget, its page without a kernel takes that place.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from ncut_widget import NcutSegmenter

SOURCES = Path(__file__).parents[2] / "notebooks"
NOT_RUN = {
    "tutorial_sam": "Its pictures are not shown here: it takes minutes, most of them "
    "for t-SNE. `notebooks/tutorial_sam.ipynb` of the repository draws them."
}
FRAME_HEIGHT = 720


def make(folder: Path) -> None:
    """Write a page, and what it shows, for each notebook."""
    folder.mkdir(parents=True)
    mpl.use("Agg")
    for path in sorted(SOURCES.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        page = _Page(folder, path.stem)
        text = "\n\n".join(page.parts(cells))
        (folder / f"{path.stem}.md").write_text(text + "\n", encoding="utf-8")


class _Page:
    """One notebook on its way to a page."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._count = 0

    def parts(self, cells: list[dict[str, Any]]) -> Iterator[str]:
        """Give the page's text, cell by cell."""
        runs = self._name not in NOT_RUN
        if runs:
            shell = InteractiveShell.instance()
            shell.reset()
            formatter = shell.display_formatter.mimebundle_formatter
            formatter.for_type(NcutSegmenter, self._show_widget)
        for number, cell in enumerate(cells):
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield source
            else:
                yield f"```python\n{source}\n```"
                if runs:
                    yield from self._run(shell, source)
            if number == 0:
                yield self._note()

    def _note(self) -> str:
        file = f"`notebooks/{self._name}.ipynb`"
        if self._name in NOT_RUN:
            return f'!!! note ""\n    {NOT_RUN[self._name]}'
        return (
            f'!!! note ""\n    This is {file} of the repository, run when this site '
            "was built. The widgets in it are alive: click in them. They have no "
            "kernel, so the cells below a widget do not follow your clicks."
        )

    def _run(self, shell: InteractiveShell, source: str) -> Iterator[str]:
        """Run a cell, and give what it shows."""
        results: list[dict[str, Any]] = []
        shell.display_trap.hook = CapturingDisplayHook(shell, results)
        with capture_output() as captured:
            shell.run_cell(source).raise_error()
        if captured.stdout:
            yield f"```text\n{captured.stdout.rstrip()}\n```"
        for data in [*(out.data for out in captured.outputs), *results]:
            yield from self._show(data.get("data", data))
        for number in plt.get_fignums():
            file = self._file("png")
            plt.figure(number).savefig(file, dpi=100)
            yield f"![A figure that the cell draws]({file.name})"
        plt.close("all")

    def _show(self, data: dict[str, Any]) -> Iterator[str]:
        if "image/png" in data:
            file = self._file("png")
            file.write_bytes(data["image/png"])
            yield f"![A figure that the cell draws]({file.name})"
        elif "text/html" in data:
            yield f'<div class="output" markdown="0">\n{data["text/html"]}\n</div>'
        elif "text/plain" in data:
            yield f"```text\n{data['text/plain']}\n```"

    def _show_widget(
        self, seg: NcutSegmenter, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        file = self._file("html")
        seg.save_html(file, title=f"{self._name}: {seg!r}", progress=False)
        # From the page's own folder: MkDocs gives each page one.
        return {"text/html": frame(f"../{file.name}", repr(seg))}

    def _file(self, suffix: str) -> Path:
        self._count += 1
        return self._folder / f"{self._name}-{self._count}.{suffix}"


def frame(address: str, title: str) -> str:
    """Return the frame of a page without a kernel."""
    return (
        f'<iframe class="widget" src="{html.escape(address)}" loading="lazy" '
        f'title="{html.escape(title)}" height="{FRAME_HEIGHT}"></iframe>'
    )
