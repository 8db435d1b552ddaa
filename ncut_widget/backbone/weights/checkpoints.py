"""Checkpoints: files of weights, downloaded once and verified before use."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

import platformdirs
from filelock import FileLock

from ncut_widget.core.progress import Bar, bar

TIMEOUT = 30.0
"""Seconds that a server may stay silent, at connecting and at each read."""

TRIES = 3
"""Interruptions in a row without a new byte after which a download fails."""

RETRY_PAUSE = 1.0
"""Seconds before a retry; two and three times as long if no byte came."""

CHUNK = 1 << 16
"""Bytes read at a time; at most these are lost if a connection drops."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a full disk and of a used-up quota, which is common on clusters."""


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights, with its size and its hash.

    Attributes
    ----------
    filename : str
        Its name in the cache, as ``"sam_vit_b_01ec64.pth"``.
    url : str
        Where it is downloaded from.
    sha256 : str
        Hash of the whole file, 64 hexadecimal digits.
    size : int
        In bytes.
    """

    filename: str
    url: str
    sha256: str
    size: int


class CheckpointError(RuntimeError):
    """Why a checkpoint cannot be used, and what to do, in one sentence."""


class _Dropped(Exception):
    """A connection failed or ended early; the cause says why."""


def checkpoint_dir() -> Path:
    """Return the folder of the checkpoints, which may not exist yet.

    Returns
    -------
    Path
        ``$NCUT_WIDGET_CACHE/checkpoints`` where that variable is set, else
        ``ncut_widget/checkpoints`` in the user's cache, which platformdirs finds:
        ``$XDG_CACHE_HOME`` or ``~/.cache`` on Linux, ``~/Library/Caches`` on macOS,
        ``%LOCALAPPDATA%`` on Windows.

    Examples
    --------
    >>> checkpoint_dir().name
    'checkpoints'
    """
    own = os.environ.get("NCUT_WIDGET_CACHE")
    if own:
        return Path(own).expanduser().absolute() / "checkpoints"
    # Folder on macOS before this package used platformdirs. Newer releases of
    # platformdirs follow XDG_CACHE_HOME there; weights must not be fetched again.
    earlier = Path("~/Library/Caches/ncut_widget/checkpoints").expanduser()
    if earlier.is_dir():
        return earlier
    cache = platformdirs.user_cache_path("ncut_widget", appauthor=False, opinion=False)
    return cache.absolute() / "checkpoints"


def find_checkpoint(checkpoint: Checkpoint) -> Path | None:
    """Find a checkpoint in the cache by its name and size, without hashing it.

    Parameters
    ----------
    checkpoint : Checkpoint

    Returns
    -------
    Path or None
        None if it does not exist, or has another size.

    Examples
    --------
    >>> find_checkpoint(Checkpoint("no-such.pth", "https://example.org", "", 1)) is None
    True
    """
    path = checkpoint_dir() / checkpoint.filename
    try:
        found = path.is_file() and path.stat().st_size == checkpoint.size
    except OSError:
        return None
    return path if found else None


def fetch_checkpoint(checkpoint: Checkpoint, *, progress: bool = True) -> Path:
    """Return a verified file of a checkpoint; download it if it is not in the cache.

    A download that was interrupted, by the network, Ctrl-C or the end of the process,
    continues where it stopped. Of two processes that want the same checkpoint, one
    downloads it and the other waits.

    Parameters
    ----------
    checkpoint : Checkpoint
    progress : bool
        Whether to show a bar while downloading and hashing.

    Returns
    -------
    Path
        A file in `checkpoint_dir` whose SHA-256 is that of the checkpoint. It was
        hashed in this call, or in an earlier one and not changed since.

    Raises
    ------
    CheckpointError
        If it cannot be downloaded or stored, or if the file in the cache or the
        downloaded one is not the right one. A wrong file in the cache is left alone.
    """
    path = checkpoint_dir() / checkpoint.filename
    if _is_cached(checkpoint, path, progress):
        return path
    with _locked(path):
        if not _is_cached(checkpoint, path, progress):
            part = path.with_name(f"{path.name}.part")
            try:
                _download(checkpoint, part, progress)
                difference = _difference(checkpoint, part, progress)
                if difference:
                    part.unlink()
                    raise _not_used(checkpoint, path, difference)
                os.replace(part, path)
                _remember(path, _stamp(checkpoint, path))
            except OSError as error:
                if error.errno in FULL:
                    raise _no_space(checkpoint, part) from error
                raise _not_writable(path.parent, error) from error
    return path


def _is_cached(checkpoint: Checkpoint, path: Path, progress: bool) -> bool:
    """Whether the file is there; raise CheckpointError if it is the wrong one."""
    remedy = "or pass your own weights with checkpoint=path"
    try:
        if not path.exists():
            return False
        if path.is_dir():
            raise CheckpointError(
                f"{path} is a directory where a file must be: move it away, {remedy}"
            )
        stamp = _stamp(checkpoint, path)
        if _is_remembered(path, stamp):
            return True
        difference = _difference(checkpoint, path, progress)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}): make it readable, {remedy}"
        ) from error
    if difference:
        raise CheckpointError(
            f"{path} was not used, {difference}: delete it to download it again, "
            f"{remedy}"
        )
    _remember(path, stamp)
    return True


def _difference(checkpoint: Checkpoint, path: Path, progress: bool) -> str:
    """Say how a file differs from the checkpoint; empty if it does not."""
    size = path.stat().st_size
    if size != checkpoint.size:
        return f"expected {checkpoint.size} bytes, found {size}"
    sha256 = _sha256(path, progress)
    if sha256 != checkpoint.sha256.lower():
        return f"expected SHA-256 {checkpoint.sha256}, found {sha256}"
    return ""


def _stamp(checkpoint: Checkpoint, path: Path) -> str:
    """Identify a verified file by size and time, as hashing 2.5 GB takes long."""
    stat = path.stat()
    return f"{checkpoint.sha256} {stat.st_size} {stat.st_mtime_ns}\n"


def _is_remembered(path: Path, stamp: str) -> bool:
    try:
        return path.with_name(f"{path.name}.verified").read_bytes() == stamp.encode()
    except OSError:
        return False


def _remember(path: Path, stamp: str) -> None:
    # In a shared read-only cache this fails, and the file is hashed each time.
    with suppress(OSError):
        path.with_name(f"{path.name}.verified").write_bytes(stamp.encode())


def _sha256(path: Path, progress: bool) -> str:
    digest = hashlib.sha256()
    size = path.stat().st_size
    verified = bar(size, f"Verifying {path.name}", "B", progress)
    with path.open("rb") as file, verified:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            verified.update(len(chunk))
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from downloading to ``path``, waiting for those that do."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise _not_writable(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _download(checkpoint: Checkpoint, part: Path, progress: bool) -> None:
    """Download until the part has the size of the checkpoint, or more."""
    if _size(part) > checkpoint.size:
        part.unlink()
    start = reached = _size(part)
    if shutil.disk_usage(part.parent).free < checkpoint.size - start:
        raise _no_space(checkpoint, part)
    fruitless = 0
    size, name = checkpoint.size, checkpoint.filename
    with bar(size, name, "B", progress, after=0, initial=start) as done:
        while _size(part) < checkpoint.size:
            try:
                _receive(checkpoint, part, done)
            except _Dropped as dropped:
                fruitless = 0 if _size(part) > reached else fruitless + 1
                reached = max(reached, _size(part))
                error = dropped.__cause__
                # No network at all, or no such file: asking again would not help.
                final = isinstance(error, HTTPError) or (
                    isinstance(error, URLError) and reached == start
                )
                if final or fruitless == TRIES:
                    raise CheckpointError(
                        f"{checkpoint.filename} cannot be downloaded ({dropped}): "
                        f"download {checkpoint.url} on a machine with a network and "
                        f"put it at {part.with_suffix('')}, or pass checkpoint=path"
                    ) from error
                time.sleep(RETRY_PAUSE * (fruitless + 1))


def _receive(checkpoint: Checkpoint, part: Path, done: Bar) -> None:
    """Append the data of one request to the part."""
    start = _size(part)
    with _open(checkpoint.url, start) as response:
        # A server without range requests sends the file from its start.
        offset = start if response.status == 206 else 0
        if response.length not in (None, checkpoint.size - offset):
            # E.g. a login page instead of the file: the part must not be lost for it.
            if offset == start:
                part.unlink(missing_ok=True)
            size = offset + response.length
            difference = f"expected {checkpoint.size} bytes, found {size}"
            raise _not_used(checkpoint, part.with_suffix(""), difference)
        # Not buffered: closing after a failed write must not write again.
        with part.open("ab", buffering=0) as file:
            if offset < start:
                file.truncate(offset)
            while offset < checkpoint.size:
                chunk = _read(response)
                rest = memoryview(chunk)
                while rest:
                    rest = rest[file.write(rest) :]
                offset += len(chunk)
                done.update(offset - done.n)


def _open(url: str, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "ncut-widget"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        response: http.client.HTTPResponse = urllib.request.urlopen(
            request, timeout=TIMEOUT
        )
    except HTTPError as error:
        error.close()
        if error.code == 416 and start:
            return _open(url, 0)
        raise _Dropped(str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Dropped(str(getattr(error, "reason", error))) from error
    return response


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        chunk = response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Dropped(str(error)) from error
    if not chunk:
        raise _Dropped("the connection was closed before the end of the file")
    return chunk


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _not_used(checkpoint: Checkpoint, path: Path, difference: str) -> CheckpointError:
    return CheckpointError(
        f"what {checkpoint.url} gave was not used, {difference}: try again, put the "
        f"right file at {path}, or pass checkpoint=path"
    )


def _no_space(checkpoint: Checkpoint, part: Path) -> CheckpointError:
    free = shutil.disk_usage(part.parent).free
    missing = checkpoint.size - _size(part)
    return CheckpointError(
        f"{checkpoint.filename} needs {missing / 1e6:,.1f} MB more, but "
        f"{free / 1e6:,.1f} MB are free in {part.parent}: make room, or set "
        "NCUT_WIDGET_CACHE to a folder on another disk"
    )


def _not_writable(folder: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"{folder} cannot be written to ({error}): set NCUT_WIDGET_CACHE to a folder "
        "that can"
    )
