"""Undo, redo and the revision: what was done last is taken back first."""

from __future__ import annotations

import tracemalloc

import pytest

from ncut_widget.sessions.session import Session


def test_undo_and_redo_walk_through_every_state(session: Session) -> None:
    states = [()]
    for click in ([0, 1, 1, 1], [1, 5, 5, 0], [2, 7, 7, 1]):
        session.add(click)
        states.append(session.prompts)
    session.clear()
    states.append(session.prompts)
    assert session.history == (True, False)
    for state in reversed(states[:-1]):
        session.undo()
        assert session.prompts == state
    assert session.history == (False, True)
    session.undo()
    assert session.prompts == ()
    for state in states[1:]:
        session.redo()
        assert session.prompts == state
    assert session.history == (True, False)


def test_the_history_keeps_differences_and_forgets_the_oldest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ncut_widget.sessions.history.HISTORY_BYTES", 100 * 400)
    clicks = [[0, x % 32, x // 32, 1] for x in range(300)]
    for click in clicks:
        session.add(click)
    assert len(session._history._changes) == 100
    for _ in range(300):
        session.undo()
    assert [list(click) for click in session.prompts] == clicks[:200]
    assert session.history == (False, True)
    for _ in range(300):
        session.redo()
    assert [list(click) for click in session.prompts] == clicks
    session.clear()  # removes more than may be kept, and can be undone all the same
    session.undo()
    assert len(session.prompts) == 300


def test_a_new_click_ends_redo(session: Session) -> None:
    session.add([0, 1, 1, 1])
    session.undo()
    session.add([0, 2, 2, 1])
    assert session.history == (True, False)


def test_undo_takes_back_what_was_done_last_be_it_a_setting(session: Session) -> None:
    session.update(gamma=2)
    session.add([0, 1, 1, 1])
    session.update(threshold=0.7)
    session.update(threshold=0.7)  # changes nothing
    session.commit("a")
    done = []
    while session.history[0]:
        session.undo()
        done.append((len(session.segments), len(session.prompts), session.settings))
    assert [(n, k, s.threshold, s.gamma) for n, k, s in done] == [
        (0, 1, 0.7, 2),
        (0, 1, 0.5, 2),
        (0, 0, 0.5, 2),
        (0, 0, 0.5, 1),
    ]
    while session.history[1]:
        session.redo()
    assert (len(session.segments), session.settings.threshold) == (1, 0.7)


def test_a_new_setting_ends_redo(session: Session) -> None:
    session.add([0, 1, 1, 1])
    session.undo()
    session.update(threshold=0.7)
    assert session.history == (True, False)


def test_changes_of_one_step_are_undone_together(session: Session) -> None:
    for value in (0.6, 0.7, 0.8):
        session.update("p-1", threshold=value)
    for value in (0.7, 0.4):
        session.update("p-2", threshold=value)
    session.add([0, 1, 1, 1])
    session.update("p-2", threshold=0.3)  # a click came between
    seen = []
    while session.history[0]:
        session.undo()
        seen.append((session.settings.threshold, len(session.prompts)))
    assert seen == [(0.4, 1), (0.4, 0), (0.8, 0), (0.5, 0)]
    session.redo()
    session.update("p-1", threshold=0.6)  # a step that was undone goes on no more
    assert session.history == (True, False)
    session.undo()
    assert session.settings.threshold == 0.8


def test_a_slider_that_is_back_where_it_began_leaves_nothing_to_undo(
    session: Session,
) -> None:
    session.update(gamma=2)
    for value in (0.6, 0.5):
        session.update("p-1", threshold=value)
    assert session.settings.threshold == 0.5
    assert session.history == (True, False)
    session.undo()
    assert session.settings.gamma == 1


def test_the_history_of_settings_takes_no_more_than_its_memory(
    session: Session,
) -> None:
    """What a step of a slider takes is measured, and counted as that or more."""
    tracemalloc.start()
    try:
        session.update(threshold=0.1)
        begun = tracemalloc.get_traced_memory()[0]
        for k in range(1000):
            session.update(threshold=0.2 + k / 2000)
        taken = tracemalloc.get_traced_memory()[0] - begun
    finally:
        tracemalloc.stop()
    assert session._history._bytes >= taken
    assert len(session._history._changes) == 1001


def test_the_oldest_settings_are_forgotten_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ncut_widget.sessions.history.HISTORY_BYTES", 100 * 1450)
    for k in range(300):
        session.update(threshold=k / 1000)
    for _ in range(300):
        session.undo()
    assert session.settings.threshold == 0.199
    assert session.history == (False, True)


def test_the_revision_grows_with_each_change_and_only_then(session: Session) -> None:
    assert session.revision == 0
    assert session.update(threshold=0.6, gamma=2, clicks=[[0, 1, 1, 1]])
    assert session.revision == 1
    assert not session.update(threshold=0.6, clicks=[[0, 1, 1, 1]])
    session.redo()
    assert session.revision == 1
    session.undo()
    assert session.revision == 2
