"""Checkpoints are downloaded once, resumed, verified, and never used if wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
from platformdirs import windows
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from ncut_widget.backbone.weights import checkpoints
from ncut_widget.backbone.weights.checkpoints import (
    CHUNK,
    Checkpoint,
    CheckpointError,
    checkpoint_dir,
    fetch_checkpoint,
    find_checkpoint,
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


def test_the_cache_is_where_its_variable_says(cache: Path) -> None:
    assert checkpoint_dir() == cache


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "", "/home/x/.cache/ncut_widget/checkpoints"),
        ("linux", "XDG_CACHE_HOME", "/fast/ncut_widget/checkpoints"),
        ("darwin", "", "/home/x/Library/Caches/ncut_widget/checkpoints"),
        ("win32", "LOCALAPPDATA", "/fast/ncut_widget/checkpoints"),
    ],
)
def test_the_cache_is_where_the_platform_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, expected: str
) -> None:
    for name in ("NCUT_WIDGET_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/x")
    kinds = {"linux": Unix, "darwin": MacOS, "win32": Windows}
    monkeypatch.setattr(platformdirs, "PlatformDirs", kinds[platform])
    monkeypatch.setattr(windows, "get_win_folder", lambda _: os.environ["LOCALAPPDATA"])
    if variable:
        monkeypatch.setenv(variable, "/fast")
    assert checkpoint_dir() == Path(expected)


def test_the_cache_of_a_mac_stays_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("NCUT_WIDGET_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")
    kept = tmp_path / "Library/Caches/ncut_widget/checkpoints"
    assert checkpoint_dir() != kept
    kept.mkdir(parents=True)
    assert checkpoint_dir() == kept


def test_a_checkpoint_is_found_by_name_and_size(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    assert find_checkpoint(checkpoint) is None
    path.write_bytes(DATA[:-1])
    assert find_checkpoint(checkpoint) is None
    path.write_bytes(DATA)
    assert find_checkpoint(checkpoint) == path
    assert not server.requests


def test_a_download_is_the_file_that_is_served(
    checkpoint: Checkpoint, cache: Path
) -> None:
    path = fetch_checkpoint(checkpoint)
    assert path == cache / "weights.pth"
    assert path.read_bytes() == DATA
    assert not (cache / "weights.pth.part").exists()


def test_a_second_fetch_neither_downloads_nor_hashes(
    checkpoint: Checkpoint, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch_checkpoint(checkpoint)
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    assert fetch_checkpoint(checkpoint) == path
    assert len(server.requests) == 1


@pytest.mark.parametrize("sidecar", [None, b"", b"\xff\x00{"])
def test_a_file_without_a_valid_sidecar_is_hashed(
    checkpoint: Checkpoint,
    cache: Path,
    server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
    sidecar: bytes | None,
) -> None:
    (cache / "weights.pth").write_bytes(DATA)
    if sidecar is not None:
        (cache / "weights.pth.verified").write_bytes(sidecar)
    assert fetch_checkpoint(checkpoint) == cache / "weights.pth"
    assert not server.requests
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    fetch_checkpoint(checkpoint)


def test_a_verified_file_with_another_time_is_hashed_again(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch_checkpoint(checkpoint)
    os.utime(path, ns=(1, 1))
    monkeypatch.setattr(checkpoints, "_sha256", no_hashing)
    with pytest.raises(AssertionError, match="was hashed"):
        fetch_checkpoint(checkpoint)


def test_a_verified_file_of_another_size_is_refused_though_its_time_is_kept(
    checkpoint: Checkpoint,
) -> None:
    path = fetch_checkpoint(checkpoint)
    time = path.stat().st_mtime_ns
    path.write_bytes(DATA[:-1])
    os.utime(path, ns=(time, time))
    assert f"found {len(DATA) - 1}" in refusal(checkpoint)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on Windows")
def test_a_download_of_a_killed_process_is_resumed(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.hold_at = HALF
    part = cache / "weights.pth.part"
    with start_fetch(checkpoint) as process:
        while not part.exists() or part.stat().st_size < HALF:
            assert process.poll() is None
            server.released.wait(0.01)
        process.kill()
    server.hold_at = None
    server.released.set()
    assert part.read_bytes() == DATA[:HALF]
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    assert server.requests == [None, f"bytes={HALF}-"]


def test_an_interrupt_keeps_what_is_there(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = iter([DATA[:CHUNK]])

    def interrupted(response: object) -> bytes:
        for chunk in chunks:
            return chunk
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch_checkpoint(checkpoint)
    assert (cache / "weights.pth.part").read_bytes() == DATA[:CHUNK]


def test_dropped_connections_are_resumed_as_long_as_something_comes(
    checkpoint: Checkpoint, server: FileServer
) -> None:
    server.cuts = [CHUNK, 0, 0, CHUNK, 0, 0]
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    expected = [None, *[f"bytes={CHUNK}-"] * 3, *[f"bytes={2 * CHUNK}-"] * 3]
    assert server.requests == expected


def test_a_connection_that_gives_nothing_three_times_is_given_up(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.cuts = [CHUNK, 0, 0, 0, 0, 0, 0]
    assert "cannot be downloaded (" in refusal(checkpoint)
    assert len(server.requests) == 4
    assert (cache / "weights.pth.part").read_bytes() == DATA[:CHUNK]


def test_a_silent_server_is_given_up(
    checkpoint: Checkpoint, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "TIMEOUT", 0.05)
    server.hold_at = 0
    assert "timed out" in refusal(checkpoint)


def test_a_server_without_ranges_starts_over(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.ranges = False
    (cache / "weights.pth.part").write_bytes(b"x" * HALF)
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    assert len(server.requests) == 1


def test_a_part_that_is_complete_is_used_as_it_is(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    (cache / "weights.pth.part").write_bytes(DATA)
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    assert not server.requests


def test_a_part_that_is_too_long_is_downloaded_anew(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    (cache / "weights.pth.part").write_bytes(DATA + b"x")
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    assert server.requests == [None]


def test_a_range_that_the_server_refuses_is_asked_for_whole(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.data = DATA[:CHUNK]
    (cache / "weights.pth.part").write_bytes(DATA[:HALF])
    assert f"found {CHUNK}:" in refusal(checkpoint)
    assert server.requests == [f"bytes={HALF}-", None]


def test_a_flipped_byte_in_the_cached_file_is_refused_and_left_alone(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    path.write_bytes(flipped(DATA))
    message = refusal(checkpoint)
    found = hashlib.sha256(flipped(DATA)).hexdigest()
    for part in (str(path), checkpoint.sha256, found, "delete it", "checkpoint=path"):
        assert part in message
    assert path.read_bytes() == flipped(DATA)
    assert not server.requests


def test_a_truncated_cached_file_is_refused_and_left_alone(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    path = cache / "weights.pth"
    path.write_bytes(DATA[:100])
    message = refusal(checkpoint)
    assert f"{path} was not used, expected {len(DATA)} bytes, found 100" in message
    assert path.read_bytes() == DATA[:100]
    assert not server.requests


def test_a_directory_in_place_of_the_file_is_named(
    checkpoint: Checkpoint, cache: Path
) -> None:
    (cache / "weights.pth").mkdir()
    assert f"{cache / 'weights.pth'} is a directory" in refusal(checkpoint)


@pytest.mark.parametrize("data", [flipped(DATA), DATA[:-1], DATA + b"x", b"<html>"])
def test_a_wrong_download_is_refused_and_nothing_is_kept(
    checkpoint: Checkpoint, cache: Path, server: FileServer, data: bytes
) -> None:
    server.data = data
    message = refusal(checkpoint)
    assert f"what {server.url} gave was not used, expected" in message
    assert not list(cache.glob("weights.pth"))
    assert not list(cache.glob("*.part"))


def test_a_server_that_does_not_say_how_long_the_file_is_will_do(
    checkpoint: Checkpoint, server: FileServer
) -> None:
    server.lengths = False
    server.cuts = [HALF]
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA
    assert server.requests == [None, f"bytes={HALF}-"]


def test_a_download_that_does_not_end_where_it_should_is_refused(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.lengths = False
    server.data = DATA * 3
    assert "was not used, expected" in refusal(checkpoint)
    assert not list(cache.glob("weights.pth"))
    assert not list(cache.glob("*.part"))


def test_a_login_page_in_place_of_the_rest_does_not_cost_the_part(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    part = cache / "weights.pth.part"
    part.write_bytes(DATA[:HALF])
    server.data, server.ranges = b"<html>", False
    refusal(checkpoint)
    assert part.read_bytes() == DATA[:HALF]


def test_without_a_network_the_address_and_the_place_are_named(
    checkpoint: Checkpoint, cache: Path, dead_url: str
) -> None:
    message = refusal(replace(checkpoint, url=dead_url))
    assert message.startswith("weights.pth cannot be downloaded (")
    assert f"download {dead_url} on a machine with a network" in message
    assert f"put it at {cache / 'weights.pth'}, or pass" in message


def test_an_address_that_is_gone_is_asked_once_and_named(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.status = 404
    message = refusal(checkpoint)
    assert "HTTP Error 404" in message
    assert server.url in message
    assert str(cache / "weights.pth") in message
    assert len(server.requests) == 1


def test_a_full_disk_is_noticed_before_the_download(
    checkpoint: Checkpoint,
    cache: Path,
    server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (cache / "weights.pth.part").write_bytes(DATA[:HALF])
    needed = replace(checkpoint, size=HALF + 3_000_000)
    usage = shutil._ntuple_diskusage(10**9, 10**9, 2_900_000)  # type: ignore
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    message = refusal(needed)
    assert f"needs 3.0 MB more, but 2.9 MB are free in {cache}" in message
    assert "NCUT_WIDGET_CACHE" in message
    assert not server.requests


def test_a_disk_that_gets_full_keeps_the_part(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk:
        """A file on a disk that is full after a chunk."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Disk:
            return self

        def __exit__(self, *args: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> int:
            room = CHUNK + 10 - self.file.tell()
            if not room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(data[:room])

    open_file = Path.open

    def full(path: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        file = open_file(path, mode, *args, **options)
        return Disk(file) if mode == "ab" else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        message = refusal(checkpoint)
    assert f"free in {cache}" in message
    assert "NCUT_WIDGET_CACHE" in message
    assert (cache / "weights.pth.part").read_bytes() == DATA[: CHUNK + 10]
    assert fetch_checkpoint(checkpoint).read_bytes() == DATA


def test_a_cache_that_cannot_be_written_is_named(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NCUT_WIDGET_CACHE", str(tmp_path / "file"))
    folder = tmp_path / "file" / "checkpoints"
    assert f"{folder} cannot be written to" in refusal(checkpoint)


def test_two_processes_at_once_download_once(
    checkpoint: Checkpoint, cache: Path, server: FileServer
) -> None:
    server.hold_at = HALF
    with start_fetch(checkpoint) as first, start_fetch(checkpoint) as second:
        for process in (first, second):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        server.released.set()
        printed = [process.communicate()[0] for process in (first, second)]
    assert printed == [f"{cache / 'weights.pth'}\n"] * 2
    assert server.requests == [None]
    assert (cache / "weights.pth").read_bytes() == DATA
