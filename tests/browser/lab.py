"""One tab with JupyterLab, for one notebook after the other.

JupyterLab takes longer to load than most files' tests to run. What a notebook leaves
behind goes with its document and its kernel; where it does not, so does the tab.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from playwright.sync_api import Browser
from playwright.sync_api import Page as BrowserPage

from tests.browser.host import HEIGHT, WIDTH, Host, Page, new_tab

OPEN = """async (path) => {
    await window.jupyterapp.commands.execute("docmanager:open", { path });
}"""

# What is not saved is not asked about; what is closed last is followed by a launcher.
CLOSE = """() => {
    for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
        if (widget.context) widget.context.model.dirty = false;
        widget.close();
    }
}"""

CLOSED = "() => !document.querySelector('.jp-Notebook, .ncut-segmenter')"

COMMS = "(how) => { window.jupyterapp.serviceManager.kernels.commsOverSubshells = how }"
"""What JupyterLab does with its setting of this name."""


class Lab:
    """A tab with JupyterLab that is loaded once, and again after a test has failed.

    Parameters
    ----------
    host : Host
    browser : Browser
    failed : callable
        Gives the number of tests that have failed so far.
    """

    def __init__(self, host: Host, browser: Browser, failed: Callable[[], int]) -> None:
        self._host = host
        self._browser = browser
        self._failed = failed
        self._failed_before = 0
        self._workspaces = itertools.count()
        self._tab: BrowserPage | None = None
        self._shown: Page | None = None

    def open(
        self,
        cells: list[str],
        *,
        width: int = WIDTH,
        height: int = HEIGHT,
        scale: float = 1,
        over_subshells: bool = True,
    ) -> Page:
        """Open a new notebook, and wait for its kernel.

        Parameters
        ----------
        cells : list of str
        width, height, scale : float
            Of the window, as `Page.resize` has them.
        over_subshells : bool
            Whether widget messages may be handled beside the running cell; else they
            wait for its end, as with kernels without subshells.
        """
        assert self._shown is None, "another notebook is open"
        name = self._host.write(cells)
        tab = self._loaded()
        self._shown = page = Page(self._host, tab, "lab", name, self._leave)
        page.resize(width, height, scale)
        tab.evaluate(COMMS, "perCommTarget" if over_subshells else "disabled")
        tab.evaluate(OPEN, name)
        page.wait_for_kernel()
        return page

    def _loaded(self) -> BrowserPage:
        """Give the tab with JupyterLab in it."""
        if self._failed() > self._failed_before:
            self._failed_before = self._failed()
            self.close()
        if self._tab is None:
            self._tab = new_tab(self._browser)
            workspace = f"lab/workspaces/shared-{next(self._workspaces)}"
            self._tab.goto(f"{self._host.url}/{workspace}?token={self._host.token}")
            self._tab.wait_for_function("() => window.jupyterapp?.restored")
        return self._tab

    def _leave(self) -> None:
        self._shown = None
        if self._tab is not None and self._failed() == self._failed_before:
            self._tab.evaluate(CLOSE)
            self._tab.wait_for_function(CLOSED)

    def close(self) -> None:
        """Close the tab."""
        if self._tab is not None:
            self._tab.context.close()
            self._tab = None
