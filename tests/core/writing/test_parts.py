"""What is made beside its place: what killed runs leave is swept."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from ncut_widget.core.writing import parts
from ncut_widget.core.writing import whole as writing
from ncut_widget.core.writing.parts import PART
from ncut_widget.core.writing.whole import whole_file, whole_folder
from tests.support.exported import NEW, OLD, tree, write


@pytest.fixture
def child() -> Iterator[Callable[[Callable[[], None]], int]]:
    """Give what runs a function in a process of its own, until it ends that itself."""
    children = []

    def start(act: Callable[[], None]) -> int:
        process = os.fork()
        if process == 0:
            try:
                act()
            finally:
                os._exit(1)
        children.append(process)
        return process

    yield start
    for process in children:
        with suppress(ChildProcessError, ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def kill(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_while_writing(out: Path) -> None:
    with whole_folder(out, overwrite=True) as folder:
        (folder / "half").write_bytes(b"")
        kill()


def killed_while_a_file_is_written(out: Path) -> None:
    with whole_file(out / "x.json", overwrite=True) as file:
        file.write_bytes(b"")
        kill()


def killed_after_the_swap(out: Path) -> None:
    real = writing._exchange

    def exchange(aside: Path, target: Path) -> bool:
        (target / "late.txt").write_text("mine")  # after what is there was carried over
        done = real(aside, target)
        kill()
        return done

    writing._exchange = exchange
    write(out, old=False)


def killed_between_two_renames(out: Path) -> None:
    writing._exchange = lambda *_: False
    real = os.rename

    def rename(one: Path, other: Path) -> None:
        real(one, other)
        if one == out:
            kill()

    os.rename = rename  # type: ignore[assignment]
    write(out, old=False)


@pytest.mark.parametrize(
    "killed",
    [
        killed_while_writing,
        killed_while_a_file_is_written,
        killed_after_the_swap,
        killed_between_two_renames,
    ],
)
def test_what_a_killed_run_leaves_is_swept_and_what_is_a_users_comes_back(
    tmp_path: Path,
    child: Callable[[Callable[[], None]], int],
    killed: Callable[[Path], None],
) -> None:
    out = tmp_path / "out"
    write(out, old=True)
    (out / "notes.txt").write_text("mine")
    _, status = os.waitpid(child(lambda: killed(out)), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    place = out if killed is killed_while_a_file_is_written else tmp_path
    assert list(place.glob(f"*{PART}"))
    with whole_file(place / "another", overwrite=True) as file:
        file.write_bytes(b"")
    assert not list(tmp_path.rglob(f"*{PART}"))
    found = tree(out)
    assert found.pop("notes.txt") == b"mine"
    late = found.pop("late.txt", None)
    assert late == (b"mine" if killed is killed_after_the_swap else None)
    assert found.items() >= (NEW if late else OLD).items()


def test_what_another_process_still_writes_is_left_alone(
    tmp_path: Path, child: Callable[[Callable[[], None]], int]
) -> None:
    started, begin = os.pipe()
    go_on, end = os.pipe()

    def work() -> None:
        with whole_folder(tmp_path / "theirs", overwrite=True) as folder:
            (folder / "a").write_bytes(b"theirs")
            os.write(begin, b"x")
            os.read(go_on, 1)
        os._exit(0)

    process = child(work)
    os.read(started, 1)
    write(tmp_path / "ours", old=True)
    write(tmp_path / "theirs", old=True)
    assert len(list(tmp_path.glob(f"*{PART}"))) == 1
    os.write(end, b"x")
    assert os.waitpid(process, 0)[1] == 0
    assert tree(tmp_path / "theirs")["a"] == b"theirs"
    assert not list(tmp_path.glob(f"*{PART}"))


def test_what_is_being_removed_is_settled_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", old=True)
    real, left = shutil.rmtree, []

    def remove(part: Path, **options: Any) -> None:
        left.extend(each for each in part.iterdir() if each.name == parts.ASIDE)
        real(part, **options)

    monkeypatch.setattr(shutil, "rmtree", remove)
    write(tmp_path / "out", old=False)
    assert not left


def test_a_part_that_another_takes_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Lock(FileLock):
        def acquire(self, *arguments: Any, **options: Any) -> Any:
            made.append(Path(self.lock_file).parent)
            if len(made) == 1:
                made[0].rmdir()  # as another writer does before there is a lock
                raise FileNotFoundError(self.lock_file)
            return super().acquire(*arguments, **options)

    monkeypatch.setattr(parts, "FileLock", Lock)
    write(tmp_path / "out", old=True)
    assert len(made) == 2
    assert tree(tmp_path / "out").items() >= OLD.items()
