"""Traits: what is changed in place or misspelt is refused."""

from __future__ import annotations

import copy
import json
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import traitlets
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter


@pytest.fixture
def seg(eigvecs: NDArray) -> NcutSegmenter:
    return NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])


# In place, or misspelt --------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.append([0, 6, 6, 1]),
        lambda c: c.extend([[0, 6, 6, 1]]),
        lambda c: c.insert(0, [0, 6, 6, 1]),
        lambda c: c.pop(),
        lambda c: c.remove([0, 3, 3, 1]),
        lambda c: c.clear(),
        lambda c: c.sort(),
        lambda c: c.reverse(),
        lambda c: c.__setitem__(0, [0, 6, 6, 1]),
        lambda c: c.__delitem__(0),
        lambda c: c.__imul__(2),
        lambda c: c[0].__setitem__(1, 6),
        lambda c: c[0].append(6),
    ],
)
def test_a_change_of_clicks_in_place_is_refused(
    seg: NcutSegmenter, change: Any
) -> None:
    with pytest.raises(TypeError, match="cannot be changed in place: replace the list"):
        change(seg.clicks)
    assert seg.clicks == [[0, 3, 3, 1]]


def test_adding_to_clicks_takes_effect(seg: NcutSegmenter, eigvecs: NDArray) -> None:
    seg.clicks += [[0, 12, 12, 1]]
    other = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1], [0, 12, 12, 1]])
    assert seg.clicks == other.clicks == [[0, 3, 3, 1], [0, 12, 12, 1]]
    np.testing.assert_array_equal(seg.masks, other.masks)
    seg.undo()
    assert seg.clicks == [[0, 3, 3, 1]]


def test_copies_of_clicks_are_plain_lists(seg: NcutSegmenter) -> None:
    for copied in (copy.deepcopy(seg.clicks), pickle.loads(pickle.dumps(seg.clicks))):
        copied.append([0, 6, 6, 1])
        copied[0][1] = 7
    assert seg.clicks == [[0, 3, 3, 1]]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("treshold", "did you mean 'threshold'?"),
        ("num_eigs", "did you mean 'num_eig'?"),
        ("active_imag", "did you mean 'active_image'?"),
        ("zoom", "known: "),
    ],
)
def test_an_attribute_that_is_none_is_refused(
    seg: NcutSegmenter, name: str, hint: str
) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        setattr(seg, name, 0.5)
    assert hint in str(caught.value)
    assert not hasattr(seg, name)


@pytest.mark.parametrize("name", ["color", "clear", "add_click", "commit"])
def test_a_method_is_not_replaced(seg: NcutSegmenter, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"call seg\.{name}\("):
        setattr(seg, name, True)


@pytest.mark.parametrize("name", ["treshold", "mask", "heatmaps"])
def test_what_never_changes_cannot_be_observed(seg: NcutSegmenter, name: str) -> None:
    with pytest.raises(ValueError, match=f"no trait '{name}'"):
        seg.observe(print, name)


def test_all_traits_can_be_observed_and_linked(seg: NcutSegmenter) -> None:
    heard: list[str] = []
    seg.observe(lambda change: heard.append(change.name))
    other = NcutSegmenter(seg.eigvecs)
    traitlets.link((seg, "threshold"), (other, "threshold"))
    other.threshold = 0.2
    seg.add_click(9, 9)
    assert seg.threshold == 0.2
    assert {"threshold", "clicks", "masks", "_revision"} <= set(heard)
    seg.unobserve_all()
    count = len(heard)
    seg.undo()
    assert len(heard) == count


def test_clicks_are_numbers_that_messages_can_carry(seg: NcutSegmenter) -> None:
    seg.add_click(Fraction(7, 2), np.longdouble(3))
    assert json.loads(json.dumps(seg.clicks)) == [[0, 3, 3, 1], [0, 3.5, 3, 1]]
    with pytest.raises(ValueError, match="positive must be True or False"):
        seg.add_click(3, 3, positive=0.5)


def test_a_segment_is_made_of_clicks_and_not_assigned(seg: NcutSegmenter) -> None:
    seg.commit("thing")
    with pytest.raises(TypeError, match=r"call seg.commit\(name\)"):
        seg.segments["thing"] = seg.masks  # type: ignore[index]
    assert list(seg.segments) == ["thing"]
