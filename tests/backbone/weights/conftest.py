"""An empty cache, and a server of weights."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ncut_widget.backbone.weights import checkpoints
from ncut_widget.backbone.weights.checkpoints import Checkpoint
from tests.support.served import DATA, FileServer


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty cache, and no pauses."""
    monkeypatch.setenv("NCUT_WIDGET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(checkpoints, "RETRY_PAUSE", 0)
    folder = tmp_path / "cache" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def checkpoint(server: FileServer) -> Checkpoint:
    sha256 = hashlib.sha256(DATA).hexdigest()
    return Checkpoint("weights.pth", server.url, sha256, len(DATA))


@pytest.fixture
def dead_url() -> str:
    """Give an address that nothing listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/weights.pth"
