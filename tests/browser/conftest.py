"""A Jupyter server and a browser for the whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.host import (
    CHROMIUM_FLAGS,
    HANDLERS_ON_MAIN_THREAD,
    Host,
    Page,
)
from tests.browser.proxy import Proxy
from tests.install.browser import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
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
def main_thread_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Start a host whose JupyterLab sends no widget message over a subshell."""
    host = Host(tmp_path_factory.mktemp("jupyter-main"), HANDLERS_ON_MAIN_THREAD)
    yield host
    host.close()


@pytest.fixture(scope="module")
def line(host: Host) -> Iterator[Proxy]:
    """Lay a line to the host that can be cut: `open_page` takes its ``url``."""
    proxy = Proxy(host.port)
    yield proxy
    proxy.close()


@pytest.fixture
def open_page(host: Host, browser: Browser) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def open_one(app: str, cells: list[str], **view: Any) -> Page:
        pages.append(host.open(browser, app, cells, **view))
        return pages[-1]

    yield open_one
    for page in pages:
        page.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.rootpath) / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
