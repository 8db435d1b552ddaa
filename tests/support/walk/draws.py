"""What Hypothesis draws: clicks, settings, names, edits, and what is refused."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

PLACES = st.tuples(
    st.sampled_from([0, 0, 1, 2]),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([1, 1, 0]),
)
SETTINGS = {
    "threshold": st.integers(0, 20).map(lambda n: n / 20),
    "gamma": st.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0]),
    "negative_threshold": st.integers(0, 20).map(lambda n: n / 20),
    "denoise": st.booleans(),
    "denoise_area_th": st.integers(0, 12),
    "num_eig": st.integers(2, 6),
    "granularity": st.sampled_from([1.0, 2.0, 3.5, 5.0]),
    "click_weight": st.sampled_from([0.1, 0.5, 0.9]),
    "bg_weight": st.sampled_from([0.0, 0.1, 1.0]),
    "auto_threshold": st.booleans(),
    "method": st.sampled_from(["similarity", "diffusion", "diffusion", "biased_ncut"]),
}
LOOKS = {
    "active_image": st.integers(0, 2),
    "overlay": st.sampled_from(["image", "eigvecs", "heatmap"]),
    "opacity": st.integers(0, 4).map(lambda n: n / 4),
    "hover_preview": st.booleans(),
}
NAMES = st.sampled_from(
    [
        "hand", "Hand", " hand ", "é", "e\u0301", "左\u3000手", "می\u200cخواهم",
        "👩\u200d🔬", "a/b", "../x", "zone\u00a01", "0", "segment 1", "<b>x</b>", "$x$",
    ]
)  # fmt: skip
NO_NAMES = st.sampled_from(
    ["", "  ", "\u3000", "a\nb", "\u202eabc", "\0", "x" * 201, "\ud800", 7, True]
)
COLORS = st.sampled_from(["#ff0000", "#123456", "#00a877"])
FIELDS = {
    "name": NAMES,
    "color": COLORS,
    "visible": st.booleans(),
    "instances": st.sampled_from(["connected", "watershed", "whole"]),
}
WRONG_FIELDS = st.sampled_from(
    [
        {"id": 1}, {"prompts": None}, {"masker": 0}, {"edition": 9}, {"clicks": []},
        {"settings": {}}, {"place": float("inf")}, {"place": 0.5}, {"place": "0"},
        {"place": float("nan")}, {"place": True}, {"color": "reddish"},
        {"color": [2, 0, 0]}, {"visible": 1}, {"instances": "two"}, {"colour": "red"},
        {"name": "ok", "color": "reddish"}, {"name": "new", "edition": 9},
    ]
)  # fmt: skip
WRONG_CLICKS = st.sampled_from(
    [
        [0, -1, 0, 1], [0, 8, 0, 1], [3, 0, 0, 1], [-1, 0, 0, 1], [0, 0, 0, 2],
        [0, 0, 0], [0, "1", 0, 1], [0, float("nan"), 0, 1], [True, 0, 0, 1], None, 7,
        [0, 1e400, 0, 1], [0.5, 0, 0, 1],
    ]
)  # fmt: skip
WRONG_SETTINGS = st.sampled_from(
    [
        {"threshold": 1.5}, {"threshold": "0.5"}, {"threshold": True},
        {"threshold": float("nan")}, {"gamma": 0}, {"gamma": 11}, {"num_eig": 7},
        {"num_eig": 2.5}, {"denoise": 1}, {"denoise_area_th": -1}, {"method": "cut"},
        {"method": None}, {"granularity": 6}, {"granularity": 0.5}, {"bg_weight": -1},
        {"active_image": 3}, {"overlay": "mask"}, {"opacity": 2}, {"hover_preview": 0},
        {"gamma": 2.0, "threshold": 9}, {"opacity": 0.25, "gamma": "x"},
        {"threshold": 0.33, "clicks": [[0, 99, 0, 1]]},
    ]
)  # fmt: skip


NOBODY = st.sampled_from(["nobody", "", 7])
WRONG_EDITS = st.one_of(
    WRONG_CLICKS.map(lambda click: {"op": "add", "prompt": click}),
    NO_NAMES.map(lambda name: {"op": "commit", "name": name}),
    WRONG_FIELDS.map(lambda fields: {"op": "change", "fields": fields}),
    st.just({"op": "delete", "segment": None}),
)
EDITS = (
    ["click"] * 6
    + ["undo", "undo", "redo", "clear", "commit", "commit", "change", "change"]
    + ["delete", "reopen", "wrong"]
)
ATS = st.integers(0, 99)
SLOTS = st.integers(0, 2)


def some(named: dict[str, Any], most: int) -> st.SearchStrategy[dict[str, Any]]:
    """Give values to some of what has a name."""
    names = st.lists(st.sampled_from([*named]), min_size=1, max_size=most, unique=True)
    return names.flatmap(
        lambda names: st.fixed_dictionaries({name: named[name] for name in names})
    )
