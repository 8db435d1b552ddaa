"""Segments as users have them: a field that is set takes effect at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ncut_widget.core.arrays import Floats, Mask
from ncut_widget.core.checks import shown
from ncut_widget.core.names import hint
from ncut_widget.masks.full import PerImage
from ncut_widget.prompts import Click
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.session import Session
from ncut_widget.settings import Settings

Apply = Callable[..., Any]
"""Calls a function that changes a session, and tells of the changes."""


def _field(name: str, text: str) -> property:
    def get(self: Segment) -> Any:
        return getattr(self._state, name)

    def set(self: Segment, value: Any) -> None:
        self._change(**{name: value})

    return property(get, set, doc=text)


class Segment:
    """A segment of a `NcutSegmenter`: named, kept, and open to change.

    A field that is set shows on the page at once, and can be undone. After the segment
    was deleted, its last values can still be read.

    Examples
    --------
    >>> import numpy as np
    >>> from ncut_widget import NcutSegmenter
    >>> eigvecs = np.ones((1, 8, 8, 2), dtype=np.float32)
    >>> eigvecs[:, 2:5, 2:5, 1] = -1
    >>> seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    >>> hand = seg.commit("hand")
    >>> hand.color = "tomato"
    >>> hand.color, int(hand.masks.sum())
    ('#ff6347', 9)
    """

    name: str = _field("name", "Its name; no other segment has it.")  # type: ignore[assignment]
    color: Any = _field("color", 'Its colour, ``"#rrggbb"``; takes any CSS colour.')
    visible: bool = _field("visible", "Whether the page shows it.")  # type: ignore[assignment]
    instances: str = _field(  # type: ignore[assignment]
        "instances",
        "How its masks are split into single things: ``connected``, ``watershed`` or "
        "``whole``; see `number_instances`.",
    )

    def __init__(self, session: Session, apply: Apply, state: SegmentState) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_apply", apply)
        object.__setattr__(self, "_known", state)

    @property
    def _state(self) -> SegmentState:
        known: SegmentState = self._known  # type: ignore[attr-defined]
        shelf = self._session.shelf  # type: ignore[attr-defined]
        place = shelf.place(known.id)
        if place is not None:
            known = shelf.segments[place]
            object.__setattr__(self, "_known", known)
        return known

    @property
    def _whole(self) -> SegmentState:
        """Its state, once all images of the batch are there."""
        self._session.spectra.wait()  # type: ignore[attr-defined]
        return self._state

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks that it is made of."""
        prompts = self._state.prompts
        return tuple(each for each in prompts if isinstance(each, Click))

    @property
    def settings(self) -> Settings:
        """The settings that it was made with."""
        return self._state.settings

    @property
    def masks(self) -> Mask:
        """Masks on the latent grid: bool, shape (B, H, W), read-only.

        They are whole, also where other segments lie over them.
        """
        return self._whole.masks

    @property
    def score(self) -> float:
        """Mean similarity of the cells in its masks, 0 to 1; 0 without any."""
        return self._whole.score

    @property
    def presence(self) -> Floats:
        """How surely each image has the thing: float32, shape (B,), 0 to 1."""
        return self._whole.presence

    def full_masks(self) -> PerImage:
        """Masks at the images' own sizes, bool (h_i, w_i), each made when asked for."""
        return self._whole.full_masks()

    def _change(self, **fields: Any) -> None:
        session, apply = self._session, self._apply  # type: ignore[attr-defined]
        apply(session.change_segment, self._state.id, **fields)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a property; refuse any other name."""
        if not isinstance(vars(Segment).get(name), property):
            known = [name for name in vars(Segment) if not name.startswith("_")]
            raise AttributeError(f"a segment has no {name!r}; {hint(name, known)}")
        super().__setattr__(name, value)

    def __eq__(self, other: Any) -> bool:
        """Whether it is the same segment, even if its fields have changed."""
        return isinstance(other, Segment) and self._state.id == other._state.id

    def __hash__(self) -> int:
        """Hash by the id, which never changes."""
        return hash(self._state.id)

    def __repr__(self) -> str:
        """Name it."""
        state = self._state
        return f"Segment({state.name!r}, {state.color!r}, {len(state.prompts)} clicks)"


class Segments(Mapping[str, Segment]):
    """The segments by name, in their order: later ones lie over earlier ones.

    ``del segments["hand"]`` removes one, ``segments.move("hand", 0)`` puts it below all
    others. `NcutSegmenter.commit` makes them.
    """

    def __init__(self, session: Session, apply: Apply) -> None:
        self._session = session
        self._apply = apply

    def __getitem__(self, name: str) -> Segment:
        """Return the segment of a name."""
        return Segment(self._session, self._apply, self._find(name))

    def __setitem__(self, name: str, value: Any) -> None:
        """Refuse: a segment is made by committing clicks."""
        raise TypeError(
            "a segment cannot be assigned: click, and call seg.commit(name). Its name "
            "and looks can be set, as segments[name].color = 'red'"
        )

    def __delitem__(self, name: str) -> None:
        """Remove a segment; can be undone."""
        self._apply(self._session.delete_segment, self._find(name).id)

    def __iter__(self) -> Iterator[str]:
        """Go through the names, as they are now."""
        return iter(list(self._session.segments))

    def __len__(self) -> int:
        """Count the segments."""
        return len(self._session.shelf.segments)

    def move(self, name: str, place: int) -> None:
        """Give a segment its place among the others, as in a list.

        Parameters
        ----------
        name : str
        place : int
            0 is below all others, -1 above them; larger numbers are the last place.

        Raises
        ------
        KeyError, TypeError, ValueError
            If there is no such segment, or it is no whole number.
        """
        found = self._find(name)
        self._apply(self._session.change_segment, found.id, place=place)

    def _find(self, name: str) -> SegmentState:
        segments = self._session.segments
        if name not in segments:
            raise KeyError(
                f"there is no segment {shown(name)}; {hint(str(name), list(segments))}"
            )
        return segments[name]

    def __repr__(self) -> str:
        """List the segments, one a line."""
        lines = [f"  {n} {each!r}" for n, each in enumerate(self.values(), 1)]
        return "\n".join(["Segments:", *lines]) if lines else "Segments: none"
