"""Eigenvectors by semantics and by appearance: made once, when they are asked for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from ncut_widget.core.progress import bar
from ncut_widget.methods import Spectra
from tests.support.two_ways import EIGVALS, TwoWays, halves


def until(condition: object) -> None:
    """Wait for what a thread does."""
    for _ in range(6000):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_the_other_way_is_made_when_it_is_first_asked_for() -> None:
    two = TwoWays()
    spectra = two.spectra()
    assert spectra.ways == ("semantics", "appearance")
    assert [*spectra.ready] == ["semantics"]
    assert two.made == 0
    first = spectra["appearance"]
    assert spectra["appearance"] is first
    assert two.made == 1
    assert [*spectra.ready] == ["semantics", "appearance"]
    with pytest.raises(KeyError):
        spectra["touch"]


def test_it_is_made_beside_the_work_of_others() -> None:
    two = TwoWays(waits=True)
    spectra = two.spectra()
    assert spectra.begin("semantics") is spectra["semantics"]
    assert spectra.begin("appearance") is None
    assert spectra.begin("appearance") is None  # it does not begin twice
    assert [*spectra.ready] == ["semantics"]
    two.go.set()
    assert spectra["appearance"] is spectra.begin("appearance")  # waits for the thread
    assert two.made == 1


def test_two_that_ask_at_once_get_the_same() -> None:
    two = TwoWays(waits=True)
    spectra, got = two.spectra(), []
    threads = [
        threading.Thread(target=lambda: got.append(spectra["appearance"]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    two.go.set()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len({*map(id, got)}) == 1
    assert two.made == 1


def test_what_failed_is_told_and_can_be_tried_again() -> None:
    two = TwoWays()
    two.error = MemoryError("no memory left")
    spectra = two.spectra()
    assert spectra.begin("appearance") is None
    until(lambda: two.made == 1 and spectra._failures)
    with pytest.raises(MemoryError, match="no memory left"):
        spectra.begin("appearance")
    assert two.made == 1
    with pytest.raises(MemoryError, match="no memory left"):
        spectra["appearance"]
    assert spectra.begin("appearance") is None  # tries again
    until(lambda: two.made == 3 and spectra._failures)
    two.error = None
    assert spectra["appearance"] is spectra.begin("appearance")


def test_an_interrupt_leaves_it_to_be_made() -> None:
    two = TwoWays()
    spectra = two.spectra()
    two.error = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        spectra["appearance"]
    two.error = None
    np.testing.assert_array_equal(spectra["appearance"].store.array(), halves(0))


def test_both_have_the_same_shape() -> None:
    others = {"appearance": lambda: (halves(0)[:, :8], EIGVALS)}
    spectra = Spectra(halves(1), EIGVALS, others=others)
    with pytest.raises(ValueError, match=r"\(2, 16, 16, 3\), got \(2, 8, 16, 3\)"):
        spectra["appearance"]


def test_closing_stops_the_work_that_nobody_waits_for() -> None:
    def endless() -> object:
        with bar(10**9, "long work", "step") as done:
            while True:
                time.sleep(0.001)
                done.update()

    spectra = Spectra(halves(1), EIGVALS, others={"appearance": endless})
    assert spectra.begin("appearance") is None
    (thread,) = spectra._begun.values()
    spectra.close()
    thread.join(60)
    assert not thread.is_alive()


END = """
import sys, time
import numpy as np
from ncut_widget.core.progress import bar
from ncut_widget.core.progress import bar
from ncut_widget.methods import Spectra

def make():
    with bar(10**9, "long work", "step") as done:
        while True:
            time.sleep(0.01)
            done.update()

spectra = Spectra(np.ones((1, 4, 4, 2)), others={"appearance": make})
assert spectra.begin("appearance") is None
print("the end")
"""


def test_the_end_of_a_program_does_not_wait_for_it() -> None:
    run = subprocess.run(
        [sys.executable, "-c", END], capture_output=True, text=True, timeout=120
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "the end\n", "")
