"""Firefox, driven by WebDriver BiDi: what a smoke test of it needs, and no more.

https://www.w3.org/TR/webdriver-bidi/
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.browser.host import WAIT, wait_until


class Firefox:
    """One tab of a headless Firefox, with a profile of its own."""

    def __init__(self, path: str, folder: Path) -> None:
        self._folder = folder
        self._log = (folder / "firefox.log").open("w")
        profile = folder / "profile"
        profile.mkdir()
        self._process = subprocess.Popen(
            [
                *(path, "--headless", "--remote-debugging-port=0", "--no-remote"),
                *("--profile", str(profile), "about:blank"),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={"HOME": str(folder), "MOZ_HEADLESS_WIDTH": "1200", "PATH": "/usr/bin"},
        )
        self._numbers = itertools.count(1)
        address = wait_until(self._listening, "Firefox's own address")
        self._line: ClientConnection = connect(f"{address}/session", max_size=None)
        self._ask("session.new", capabilities={})
        contexts = self._ask("browsingContext.getTree")["contexts"]
        self._tab = contexts[0]["context"]

    def _listening(self) -> str | None:
        said = (self._folder / "firefox.log").read_text()
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said)
        return found and found[1]

    def _ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._line.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            reply = json.loads(self._line.recv(timeout=WAIT))
            if reply.get("id") == number:
                assert reply["type"] == "success", reply
                return reply["result"]

    def open(self, url: str) -> None:
        """Go to an address, and wait until it is loaded."""
        self._ask(
            "browsingContext.navigate", context=self._tab, url=url, wait="complete"
        )

    def value(self, expression: str) -> Any:
        """Value of an expression or a promise in the page, as JSON has it."""
        result = self._ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        return json.loads(result["result"].get("value", "null"))

    def click(self, x: float, y: float) -> None:
        """Click a place of the window, in CSS pixels."""
        mouse = {
            "type": "pointer",
            "id": "mouse",
            "actions": [
                {"type": "pointerMove", "x": round(x), "y": round(y)},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
        }
        self._ask("input.performActions", context=self._tab, actions=[mouse])

    def close(self) -> None:
        """End it."""
        self._line.close()
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
