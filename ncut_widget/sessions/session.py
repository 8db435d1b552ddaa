"""Clicks, settings and segments, and what becomes of them. No Jupyter here.

A session holds the clicks, the settings and the segments with their undo history; what
masks they give, its `Masker` says. Every public method takes the one lock, so results
are never seen half-updated from whatever thread a notebook's messages arrive on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.core.checks import check_number
from ncut_widget.masks.coordinates import (
    Cell,
    Click,
    check_click,
    check_clicks,
    to_cell,
)
from ncut_widget.masks.full import PerImage
from ncut_widget.methods.masker import Compared, Masker
from ncut_widget.methods.similarity import SETS, Source
from ncut_widget.prompts.recipe import Prompts
from ncut_widget.segments.palette import free_color
from ncut_widget.segments.record import (
    ByName,
    SegmentState,
    check_field,
    check_name,
    spelled,
)
from ncut_widget.sessions.history import Change, History, Turn
from ncut_widget.sessions.state import Editing, Shelf, State
from ncut_widget.settings import MASK, Batch, Setting, Settings, table_of


class Session:
    """Interactive segmentation of one batch.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K)
        Copied, as float32.
    sizes : sequence of (int, int), optional
        ``(h, w)`` of every image, in pixels; the latent grid by default.
    device : str or torch.device, optional
        Where to hold the eigenvectors; by default `pick_device` chooses.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, which the methods ``"diffusion"`` and ``"biased_ncut"`` need.

    Raises
    ------
    TypeError, ValueError
        If eigenvectors, sizes or eigenvalues are not as above, or not finite.
    """

    def __init__(
        self,
        eigvecs: ArrayLike,
        sizes: Sequence[tuple[int, int]] | None = None,
        device: str | torch.device | None = None,
        eigvals: ArrayLike | None = None,
    ) -> None:
        self.masker = Masker(eigvecs, sizes, device, eigvals)
        self.lock = self.masker.lock
        self.eigvecs = self.masker.eigvecs
        self.eigvals = self.masker.eigvals
        self.shape = self.masker.shape
        self.grid = self.masker.grid
        self.sizes = self.masker.sizes
        batch, height, width, num_eig = self.shape
        known = Batch(batch, height * width, num_eig, eigvals is not None)
        self.table: dict[str, Setting] = table_of(known)
        defaults = Settings(**{name: self.table[name].default for name in MASK})
        self._state = State(Prompts((), (), defaults), Shelf(), place=0, revision=0)
        self._history = History()
        self._made = 0
        self._new_clicks: list[Click] = []

    @property
    def locked_here(self) -> bool:
        """Whether this very thread holds the lock."""
        return self.lock._is_owned()  # type: ignore[attr-defined]

    @property
    def prompts(self) -> Prompts:
        """Clicks and settings, of one moment."""
        return self._state.prompts

    @property
    def clicks(self) -> tuple[Click, ...]:
        """The clicks, in the order in which they were made."""
        return self._state.prompts.clicks

    @property
    def settings(self) -> Settings:
        """What masks depend on besides the clicks."""
        return self._state.prompts.settings

    @property
    def revision(self) -> int:
        """How many changes there have been."""
        return self._state.revision

    @property
    def history(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        with self.lock:
            place = self._state.place
            before, after = self._history.before(place), self._history.after(place)
            return before is not None, after is not None

    def check(self, name: str, value: Any) -> Any:
        """Return a value for ``clicks`` or a setting, checked and as plain Python.

        Raises
        ------
        TypeError, ValueError
            In one sentence: the name, what is allowed, what came.
        """
        if name == "clicks":
            return check_clicks(value, self.sizes)
        checked = self.table[name].check(value)
        if name == "method" and checked in SETS:
            self.masker.check_eigvals(checked)
        if name == "method" and checked == "biased_ncut":
            self.masker.graph()
        return checked

    # Clicks and settings ------------------------------------------------------------

    def begin(self, **settings: Any) -> None:
        """Set settings as `update` does, before anything that could be undone."""
        with self.lock:
            given = self._given(**settings)
            self._state = State(self.prompts_of((), given), Shelf(), 0, 0)

    def update(self, step: str | None = None, /, **changes: Any) -> bool:
        """Set clicks or settings, all of them or, where one is refused, none.

        Parameters
        ----------
        step : str, optional
            Undone together are changes of settings of the same step, as of a slider
            while it is moved, with no other change between.
        **changes
            ``clicks`` and fields of `Settings`. A new threshold turns
            ``auto_threshold`` off.

        Returns
        -------
        bool
            Whether anything changed; only then `revision` has grown, by one.

        Raises
        ------
        TypeError, ValueError
            As `check`.
        """
        with self.lock:
            clicks = None
            if "clicks" in changes:
                clicks = self.check("clicks", changes.pop("clicks"))
            return self._turn(None, self._given(**changes), clicks, step)

    def _given(self, **changes: Any) -> Settings:
        """Return the settings as they are set after some changes, which are checked."""
        checked = {name: self.check(name, value) for name, value in changes.items()}
        given = self.prompts.given
        if checked.get("threshold", self.settings.threshold) != self.settings.threshold:
            checked.setdefault("auto_threshold", False)
        elif checked.get("auto_threshold", given.auto_threshold):
            checked.pop("threshold", None)  # it is the one that was found
        return replace(given, **checked)

    def add_click(self, click: Any) -> None:
        """Add ``[image, x, y, label]`` after the other clicks."""
        with self.lock:
            checked = check_click(click, self.sizes)
            self._change(Change(len(self.clicks), (), (checked,)))
            self._new_clicks.append(checked)

    def take_clicks(self) -> list[Click]:
        """Give the clicks that were added since this was last asked, once."""
        with self.lock:
            taken, self._new_clicks = self._new_clicks, []
            return taken

    def clear(self) -> None:
        """Remove every click; can be undone."""
        self.update(clicks=())

    def undo(self) -> None:
        """Go back to what was before the last change of clicks, settings, segments."""
        with self.lock:
            place = self._state.place
            change = self._history.before(place)
            if change is not None:
                self._make(change.undo(), place - 1)

    def redo(self) -> None:
        """Take back the last `undo`, if nothing has been changed since."""
        with self.lock:
            place = self._state.place
            change = self._history.after(place)
            if change is not None:
                self._make(change, place + 1)

    def _change(self, change: Change) -> None:
        """Note a change, and make it."""
        place = self._state.place
        last = self._history.before(place)
        goes_on = last and not self._history.after(place) and last.then(change)
        if not goes_on:
            self._history.note(place, change)
            self._make(change, place + 1)
        elif goes_on.before == goes_on.after:  # a slider is back where it began
            self._make(change, place - 1)
            self._history.end(place - 1)
        else:
            self._history.replace(place - 1, goes_on)
            self._make(change, place)

    def _make(self, change: Change, place: int) -> None:
        (clicks, cells, *_), shelf, *_ = self._state
        to = change.after or Turn()
        prompts = Prompts(
            (*clicks[: change.keep], *change.added),
            (*cells[: change.keep], *self._cells_of(change.added)),
            to.settings or self.prompts.given,
        )
        if prompts.settings.auto_threshold:
            threshold = self.masker.best_threshold(prompts)
            if threshold is not None:
                prompts = prompts.found(threshold)
        self._state = State(prompts, to.shelf or shelf, place, self.revision + 1)

    def _cells_of(self, clicks: Iterable[Click]) -> tuple[Cell, ...]:
        return tuple(
            to_cell(click, self.sizes[click.image], self.grid) for click in clicks
        )

    # Segments -----------------------------------------------------------------------

    @property
    def state(self) -> State:
        """All of one moment."""
        return self._state

    @property
    def shelf(self) -> Shelf:
        """The segments in their order, and which of them is open again."""
        return self._state.shelf

    @property
    def segments(self) -> Mapping[str, SegmentState]:
        """The segments by name, in their order."""
        return ByName({segment.name: segment for segment in self.shelf.segments})

    def find(self, segment: str | int) -> SegmentState:
        """Return a segment by name or id.

        Raises
        ------
        KeyError
            If there is none.
        """
        wanted = spelled(segment)
        for each in self.shelf.segments:
            if wanted in (each.id, each.name):
                return each
        raise KeyError(segment)

    def commit(self, name: str | None = None, color: Any = None) -> SegmentState:
        """Keep the masks as a segment, and clear the clicks for the next thing.

        Parameters
        ----------
        name : str, optional
            A segment of that name gets these clicks and settings. By default the one
            that is open again does, or else "segment 1", "segment 2" and so on, the
            first that is free, is new.
        color : str or sequence of 3 floats, optional
            As `check_color`; by default the first of the palette that is free.

        Returns
        -------
        SegmentState

        Raises
        ------
        TypeError
            If the name is not a string.
        ValueError
            If it is empty, or there is no positive click.
        """
        with self.lock:
            old, name = self._commit_to(name)
            given = None if color is None else check_field("color", color)
            if not self.prompts.clicked(label=1):
                raise ValueError(
                    "there is nothing to commit: click something first, positively"
                )
            segments, editing = self.shelf
            number = self.new_id()
            if old is None:
                color = given or free_color(each.color for each in segments)
                new = SegmentState(
                    name, color, self.prompts, id=number, masker=self.masker
                )
                segments = (*segments, new)
            else:
                color = given or old.color
                new = replace(old, prompts=self.prompts, color=color, edition=number)
                segments = tuple(new if each is old else each for each in segments)
            self._turn(Shelf(segments), self._settings_before(editing), ())
            return new

    def _commit_to(self, name: Any) -> tuple[SegmentState | None, str]:
        """Return the segment that a commit goes to, if there is one, and its name."""
        editing = self.shelf.editing
        if name is None and editing is not None:
            opened = self.find(editing.id)
            return opened, opened.name
        name = check_name(name, self.segments)
        return self.segments.get(name), name

    def change_segment(self, segment: str | int, /, **fields: Any) -> None:
        """Change a segment's name, color, visible, instances, or its place.

        Parameters
        ----------
        segment : str or int
            Name or id.
        **fields
            ``place`` is its number among the segments, of which later ones lie over
            earlier ones: 0 is below all others, -1 above them, as in lists.

        Raises
        ------
        KeyError, TypeError, ValueError
            If there is no such segment, or it cannot be so.
        """
        with self.lock:
            old = self.find(segment)
            place = None
            if "place" in fields:
                place = int(check_number("place", fields.pop("place"), whole=True))
            checked = {name: check_field(name, fields[name]) for name in fields}
            name = checked.get("name", old.name)
            if name != old.name and name in self.segments:
                raise ValueError(f"there is a segment of the name {name!r} already")
            if all(getattr(old, name) == value for name, value in checked.items()):
                new = old
            else:
                new = replace(old, **checked)
            segments = [new if each is old else each for each in self.shelf.segments]
            if place is not None:
                place += len(segments) if place < 0 else 0
                segments.remove(new)
                segments.insert(max(place, 0), new)
            if tuple(segments) != self.shelf.segments:
                self._turn(self.shelf._replace(segments=tuple(segments)))

    def delete_segment(self, segment: str | int) -> None:
        """Remove a segment; can be undone.

        If it is open, its clicks and settings go with it, as `reopen` of None does.
        """
        with self.lock:
            gone = self.find(segment)
            segments, editing = self.shelf
            left = tuple(each for each in segments if each is not gone)
            if editing is not None and editing.id == gone.id:
                self._turn(Shelf(left), editing.settings, ())
            else:
                self._turn(Shelf(left, editing))

    def reopen(self, segment: str | int | None) -> None:
        """Bring a segment's clicks and settings back, to go on with them.

        The next commit gives it the new ones. Clicks that are not committed go; undo
        brings them back.

        Parameters
        ----------
        segment : str or int or None
            Name or id; None: leave the one that is open as it was.
        """
        with self.lock:
            segments, editing = self.shelf
            before = self._settings_before(editing)
            if segment is not None:
                found = self.find(segment)
                shelf = Shelf(segments, Editing(found.id, before))
                self._turn(shelf, found.prompts.given, found.clicks)
            elif editing is not None:
                self._turn(Shelf(segments), before, ())

    def restore(
        self,
        segments: Sequence[SegmentState],
        prompts: Prompts,
        editing: Editing | None,
        *,
        begin: bool = False,
    ) -> None:
        """Set segments, clicks and settings at once.

        Parameters
        ----------
        segments : sequence of SegmentState
        prompts : Prompts
        editing : Editing or None
        begin : bool
            Begin with them: neither they nor what was before can be undone.
        """
        with self.lock:
            shelf = Shelf(tuple(segments), editing)
            if self._turn(shelf, prompts.given, prompts.clicks) and begin:
                self._history = History()

    def prompts_of(
        self,
        clicks: tuple[Click, ...],
        settings: Settings,
        own: float | None = None,
    ) -> Prompts:
        """Make prompts of checked clicks and settings."""
        return Prompts(clicks, self._cells_of(clicks), settings, own)

    def new_id(self) -> int:
        """Return a number that no segment has had."""
        with self.lock:
            self._made += 1
            return self._made

    def _settings_before(self, editing: Editing | None) -> Settings:
        """Return the settings that come back when no segment is open any more."""
        return self.prompts.given if editing is None else editing.settings

    def _turn(
        self,
        shelf: Shelf | None,
        settings: Settings | None = None,
        clicks: tuple[Click, ...] | None = None,
        step: str | None = None,
    ) -> bool:
        """Note and make a change, if it is one; None is for what stays."""
        change = Change.between(self.clicks, self.clicks if clicks is None else clicks)
        before, after = Turn(), Turn()
        if settings not in (None, self.prompts.given):
            before, after = Turn(None, self.prompts.given), Turn(None, settings)
        if shelf not in (None, self.shelf):
            before = before._replace(shelf=self.shelf)
            after = after._replace(shelf=shelf)
        if before != after:
            change = change._replace(before=before, after=after, step=step)
        elif not (change.removed or change.added):
            return False
        self._change(change)
        return True

    # Results ------------------------------------------------------------------------

    def similarity(self, source: Source, num_eig: int | None = None) -> Compared:
        """Compare every cell with what was clicked; see `Masker.similarity`."""
        return self.masker.similarity(source, num_eig or self.settings.num_eig)

    def masks(self) -> NDArray:
        """Masks of the whole batch: bool, shape (B, H, W), on the latent grid.

        All False without a positive click.
        """
        return self.masker.masks(self.prompts).copy()

    def full_masks(self) -> PerImage:
        """Masks at the images' own sizes, each made when it is asked for.

        Returns
        -------
        PerImage
            Of the clicks and settings as they are now, whatever they become.
        """
        return self.masker.full_masks(self.prompts)

    def heatmaps(self) -> NDArray:
        """Heatmaps of the whole batch; see `Masker.heatmaps`."""
        return self.masker.heatmaps(self.prompts)

    def cells(self, label: int | None = None) -> list[Cell]:
        """Cells of the clicks, each once, of one label or of both."""
        return self.prompts.clicked(label)

    def sources(self) -> tuple[list[Source], list[Source]]:
        """Name what masks are made of: alike to the first, and not to the second."""
        return self.prompts.sources()

    def predictor(self) -> Callable[..., Iterator[NDArray]]:
        """Freeze clicks and settings; see `Masker.predictor`."""
        return self.masker.predictor(self.prompts)
