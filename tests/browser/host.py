"""JupyterLab and Notebook 7 in headless Chromium, driven as a person would.

A `Host` is one running server. `Host.open` gives a `Page`: a notebook in a browser
tab, whose kernel answers questions on its own channel, so that nothing is typed
into cells.
"""

from __future__ import annotations

import ast
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from jupyter_client import BlockingKernelClient
from numpy.typing import NDArray
from playwright.sync_api import Browser, CDPSession, Error, Locator
from playwright.sync_api import Page as BrowserPage

from tests.browser.forked import Forks

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LAB = """
import runpy, sys
sys.modules["rfc3987_syntax"] = None  # as in tests/conftest.py
runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)
"""

QUIET = [
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
]

WAIT = 60.0
"""Seconds that anything may take; only a failure takes as long."""

WIDTH, HEIGHT = 1200, 1400
"""Of a page's window, in its own pixels."""


def wait_until(condition: Callable[[], Any], what: str, seconds: float = WAIT) -> Any:
    """Return the condition's first true value."""
    start = time.monotonic()
    while not (value := condition()):
        waited = time.monotonic() - start
        if waited > seconds:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        time.sleep(min(0.02 + waited / 10, 0.2))  # to look costs what is waited for
    return value


def new_tab(browser: Browser, **view: Any) -> BrowserPage:
    """Open a tab in a window of the usual size, with no memory of other tabs."""
    size = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(**{"viewport": size, **view})
    context.set_default_timeout(WAIT * 1000)
    return context.new_page()


class Host:
    """A Jupyter server with JupyterLab and Notebook 7, in a folder of its own.

    The kernel of the next notebook is started ahead, while the one before is used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "notebooks"
        self.runtime = folder / "runtime"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        environment = {
            **os.environ,
            "HOME": str(folder),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_PREFER_ENV_PATH": "0",  # there first is the description of Forks
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        self._log = (folder / "server.log").open("w")
        self._forks = Forks(folder / "data", folder / "forks", self._log)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", LAB, "--no-browser", "--allow-root"),
                f"--ServerApp.port={self.port}",
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.root_dir={self.root}",
                f"--IdentityProvider.token={self.token}",
                *QUIET,
            ],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._numbers = itertools.count()
        self._aside = ThreadPoolExecutor(1)
        wait_until(self._up, "the Jupyter server")
        self._forks.wait()
        self._clients: dict[str, BlockingKernelClient] = {}
        self._next = self._start_kernel()

    def _up(self) -> bool:
        try:
            self.ask("status")
        except OSError:
            return False
        return True

    def ask(
        self, path: str, method: str = "GET", body: dict[str, Any] | None = None
    ) -> Any:
        """Call the server's REST interface."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}"},
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = response.read()
        return json.loads(answer) if answer else None

    @property
    def port(self) -> int:
        """Where the server listens, on 127.0.0.1."""
        return int(self.url.rsplit(":", 1)[1])

    def _start_kernel(self) -> str:
        """Start the kernel of a notebook that is not there yet; give its name."""
        name = f"notebook-{next(self._numbers)}.ipynb"
        kernel = {"name": "python3"}
        session = {"path": name, "name": name, "type": "notebook", "kernel": kernel}
        self.ask("sessions", "POST", session)
        self.client(name)
        return name

    def kernel(self, name: str) -> str | None:
        """Id of a notebook's kernel, if it has one."""
        for session in self.ask("sessions"):
            if session["path"] == name and session["kernel"]:
                return session["kernel"]["id"]
        return None

    def client(self, name: str) -> BlockingKernelClient:
        """Give a client of a notebook's kernel, which may be busy yet."""
        if name not in self._clients:
            client = BlockingKernelClient()
            path = self.runtime / f"kernel-{self.kernel(name)}.json"
            client.load_connection_file(path)
            client.start_channels(stdin=False, hb=False, control=False)
            self._clients[name] = client
        return self._clients[name]

    def leave_kernel(self, name: str) -> None:
        """Let a notebook's kernel, or its client, be another from now on."""
        if client := self._clients.pop(name, None):
            client.stop_channels()

    def end_kernel(self, name: str) -> None:
        """Shut a notebook's kernel down, without a wait for its end."""
        self.leave_kernel(name)
        if kernel := self.kernel(name):
            self._aside.submit(self.ask, f"kernels/{kernel}", "DELETE")

    def write(self, cells: list[str]) -> str:
        """Write a notebook whose kernel is there already; give its name."""
        name, self._next = self._next, self._start_kernel()
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self.root / name)
        return name

    def open(
        self,
        browser: Browser,
        app: str,
        cells: list[str],
        url: str | None = None,
        **view: Any,
    ) -> Page:
        """Open a new notebook in "lab" or "notebook", and wait for its kernel.

        It has a tab of its own. The browser finds the server at ``url``, if it is
        another than the server's own.
        """
        return self.show(browser, app, self.write(cells), url, **view)

    def show(
        self,
        browser: Browser,
        app: str,
        name: str,
        url: str | None = None,
        **view: Any,
    ) -> Page:
        """Open a notebook that is there in its own tab, and wait for its kernel."""
        tab = new_tab(browser, **view)
        page = Page(self, tab, app, name, tab.context.close)
        # A workspace for each page: two pages in one make JupyterLab navigate away.
        where = (
            f"lab/workspaces/{name.split('.')[0]}/tree/{name}"
            if app == "lab"
            else f"notebooks/{name}"
        )
        tab.goto(f"{url or self.url}/{where}?token={self.token}")
        page.wait_for_kernel()
        return page

    def close(self) -> None:
        """Stop the server and its kernels."""
        for name in list(self._clients):
            self.leave_kernel(name)
        self._aside.shutdown()
        for kernel in self.ask("kernels"):
            self.ask(f"kernels/{kernel['id']}", "DELETE")
        self._process.terminate()
        self._process.wait(30)
        self._forks.close()
        self._log.close()


class Page:
    """One notebook in one browser tab, which ``leave`` takes it off."""

    def __init__(
        self,
        host: Host,
        tab: BrowserPage,
        app: str,
        name: str,
        leave: Callable[[], None],
    ) -> None:
        self.host = host
        self.app = app
        self.name = name
        self.tab = tab
        self.context = tab.context
        self.errors: list[str] = []
        self._leave = leave
        self._devtools: CDPSession | None = None
        self._client: BlockingKernelClient | None = None
        self._closed = False
        tab.on("pageerror", self._note)

    def _note(self, error: Error) -> None:
        self.errors.append(str(error))

    def wait_for_kernel(self) -> None:
        """Wait until the notebook is shown and its kernel idle."""
        self.tab.wait_for_selector(".jp-Notebook .jp-Cell")
        wait_until(lambda: self.host.kernel(self.name), "the notebook's kernel")
        self.tab.wait_for_function(
            """() => {
                const widget = window.jupyterapp?.shell.currentWidget;
                return widget?.sessionContext?.session?.kernel?.status === "idle";
            }"""
        )

    def run_all(self) -> None:
        """Run every cell and wait for the last to end."""
        self.tab.evaluate(
            "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
        )

    def start_cell(self, index: int) -> None:
        """Run one cell, and do not wait for its end."""
        self.tab.evaluate(
            """(index) => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
                void window.jupyterapp.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def clear_outputs(self) -> None:
        """Clear every cell's output, and wait until the widgets are gone."""
        command = "notebook:clear-all-cell-outputs"
        self.tab.evaluate("(name) => window.jupyterapp.commands.execute(name)", command)
        self.tab.wait_for_function("() => !document.querySelector('.ncut-segmenter')")

    def resize(
        self, width: int = WIDTH, height: int = HEIGHT, scale: float = 1
    ) -> None:
        """Give the window a size, and a number of device pixels for each of its own."""
        if self._devtools is None:
            self._devtools = self.context.new_cdp_session(self.tab)
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale}
        self._devtools.send(
            "Emulation.setDeviceMetricsOverride", {**metrics, "mobile": False}
        )

    def save(self) -> None:
        """Save the notebook."""
        self.tab.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def reload(self) -> None:
        """Reload the browser's page; the kernel stays."""
        self.tab.reload()
        self.wait_for_kernel()

    def restart_kernel(self) -> None:
        """Restart the kernel; the page stays."""
        self._close_client()
        self.tab.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext"
            ".session.kernel.restart()"
        )
        self.wait_for_kernel()

    def segmenter(self, number: int = 0) -> Locator:
        """Find the n-th widget on the page, once its stage is there."""
        root = self.tab.locator(".ncut-segmenter").nth(number)
        root.locator("canvas[data-ncut=stage]").wait_for()
        return root

    # The kernel, on a channel of its own ------------------------------------------

    @property
    def client(self) -> BlockingKernelClient:
        """A client of the notebook's kernel."""
        if self._client is None:
            client = self.host.client(self.name)
            client.wait_for_ready(timeout=WAIT)
            self._client = client
        return self._client

    def _close_client(self) -> None:
        self.host.leave_kernel(self.name)
        self._client = None

    def run(self, code: str) -> None:
        """Run code in the notebook's kernel."""
        self._ask(code, {})

    def value(self, expression: str, before: str = "") -> Any:
        """Value of an expression in the kernel, as a literal, after some code."""
        reply = self._ask(before, {"value": f"repr({expression})"})
        return ast.literal_eval(ast.literal_eval(reply["data"]["text/plain"]))

    def array(self, expression: str) -> NDArray:
        """Value of an expression in the kernel, a numpy array of bool."""
        pack = "__import__('numpy').packbits"
        shape, packed = self.value(
            f"(lambda mask: (mask.shape, {pack}(mask).tobytes()))({expression})"
        )
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=np.prod(shape))
        return bits.reshape(shape).astype(bool)

    def _ask(self, code: str, expressions: dict[str, str]) -> Any:
        content = self.client.execute(
            code, silent=True, store_history=False, user_expressions=expressions,
            reply=True, timeout=WAIT,
        )["content"]  # fmt: skip
        answer = content.get("user_expressions", {}).get("value", content)
        if "error" in (content["status"], answer.get("status")):
            failed = answer if answer.get("status") == "error" else content
            raise RuntimeError(f"{failed['ename']}: {failed['evalue']}")
        return answer

    def close(self) -> None:
        """Close the notebook, if it is open, and shut the kernel down."""
        if self._closed:
            return
        self._closed = True
        self.tab.remove_listener("pageerror", self._note)
        if self._devtools is not None:
            self._devtools.detach()  # and the window has its first size again
        self._leave()
        self.host.end_kernel(self.name)
