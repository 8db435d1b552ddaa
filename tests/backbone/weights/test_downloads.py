"""Downloads of weights: resumed, given up, refused, done once."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ncut_widget.backbone.weights import checkpoints
from ncut_widget.backbone.weights.checkpoints import CHUNK, Checkpoint, fetch_checkpoint
from tests.support.served import DATA, HALF, FileServer, flipped, refusal, start_fetch


def test_a_download_is_the_file_that_is_served(
    checkpoint: Checkpoint, cache: Path
) -> None:
    path = fetch_checkpoint(checkpoint)
    assert path == cache / "weights.pth"
    assert path.read_bytes() == DATA
    assert not (cache / "weights.pth.part").exists()


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
