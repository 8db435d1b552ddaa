"""A server of one file, with the faults that a test sets."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from ncut_widget.backbone.weights.checkpoints import (
    CHUNK,
    Checkpoint,
    CheckpointError,
    fetch_checkpoint,
)

HALF = 2 * CHUNK

DATA = np.random.default_rng(0).bytes(2 * HALF + 123)

FETCH = """
import sys
from ncut_widget.backbone.weights.checkpoints import Checkpoint, fetch_checkpoint
filename, url, sha256, size = sys.argv[1:]
print("ready", flush=True)
print(fetch_checkpoint(Checkpoint(filename, url, sha256, int(size))), flush=True)
"""


class FileServer(ThreadingHTTPServer):
    """Serves ``data`` under any address, with the faults that a test sets."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.data = DATA
        self.ranges = True
        self.lengths = True
        self.status = 0
        self.cuts: list[int] = []  # bytes after which one request each is dropped
        self.hold_at: int | None = None  # byte at which requests wait for `released`
        self.released = threading.Event()
        self.requests: list[str | None] = []  # the Range header of each

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/weights.pth"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that are gone."""


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server, data = self.server, self.server.data
        asked = self.headers["Range"]
        server.requests.append(asked)
        start = int(asked[len("bytes=") : -1]) if asked and server.ranges else 0
        if server.status or start >= len(data):
            self.send_error(server.status or 416)
            return
        self.send_response(206 if start else 200)
        if server.lengths:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        body = data[start:]
        if server.cuts:
            body = body[: server.cuts.pop(0)]
        if server.hold_at is not None:
            self.wfile.write(body[: server.hold_at])
            server.released.wait()
            body = body[server.hold_at :]
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def start_fetch(checkpoint: Checkpoint) -> subprocess.Popen[str]:
    fields = (checkpoint.filename, checkpoint.url, checkpoint.sha256)
    command = [sys.executable, "-c", FETCH, *fields, str(checkpoint.size)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def no_hashing(*args: object) -> str:
    raise AssertionError("the file was hashed")


def refusal(checkpoint: Checkpoint) -> str:
    with pytest.raises(CheckpointError) as caught:
        fetch_checkpoint(checkpoint)
    message = str(caught.value)
    assert "\n" not in message
    return message
