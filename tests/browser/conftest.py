"""A Jupyter server and a browser for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as BrowserPage

from tests.browser.files import OpenFile
from tests.browser.host import CHROMIUM_FLAGS, Host, Page
from tests.browser.lab import Lab
from tests.browser.proxy import Proxy
from tests.install.browser import chromium, headless_shell


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = headless_shell() or chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("jupyter"))
    yield host
    host.close()


@pytest.fixture(scope="session")
def lab(host: Host, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Lab]:
    lab = Lab(host, browser, lambda: request.session.testsfailed)
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def line(host: Host) -> Iterator[Proxy]:
    """Lay a line to the host that can be cut: `open_page` takes its ``url``."""
    proxy = Proxy(host.port)
    yield proxy
    proxy.close()


@pytest.fixture
def open_page(host: Host, browser: Browser, lab: Lab) -> Iterator[Callable[..., Page]]:
    """Open notebooks in "lab" or "notebook"; those that were not, are closed after."""
    pages: list[Page] = []

    def open_one(app: str, cells: list[str], **window: Any) -> Page:
        pages.append(
            lab.open(cells, **window)
            if app == "lab"
            else host.open(browser, app, cells, **window)
        )
        return pages[-1]

    yield open_one
    for page in pages:
        page.close()


@pytest.fixture
def open_file(browser: Browser) -> Iterator[OpenFile]:
    """Open a file in a tab that has no network."""
    contexts = []

    def open_it(path: Path, **view: Any) -> BrowserPage:
        size = {"width": 1200, "height": 1000}
        context = browser.new_context(**{"viewport": size, "offline": True, **view})
        contexts.append(context)
        tab = context.new_page()
        asked: list[str] = []
        errors: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.asked, tab.errors = asked, errors  # type: ignore[attr-defined]
        tab.goto(path.as_uri())
        return tab

    yield open_it
    for context in contexts:
        for tab in context.pages:
            assert not tab.errors  # type: ignore[attr-defined]
            assert tab.evaluate("typeof hacked") == "undefined"
            for url in tab.asked:  # type: ignore[attr-defined]
                assert url.startswith(("file:", "blob:", "data:")), url
        context.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.rootpath) / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
