"""Prompts, settings and segments, and what becomes of them. No Jupyter here.

A session holds the prompts, the settings and the segments with their undo history; its
`Masker` says what masks they give. Every public method takes the one lock, so results
are never seen half-updated from whatever thread a notebook's messages arrive on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.core.checks import check_number
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.full import PerImage
from ncut_widget.methods.masker import Masker
from ncut_widget.prompts import Group, Prompt, Recipe, check_prompt, check_prompts
from ncut_widget.segments.palette import free_color
from ncut_widget.segments.record import SegmentState, check_field, check_name
from ncut_widget.sessions.history import Change, History, Turn
from ncut_widget.sessions.state import Editing, Shelf, State
from ncut_widget.settings import MASK, Batch, Setting, Settings, table_of

LISTS_KEPT = 32
"""Lists of prompts that pages may have been told last."""


class Session:
    """Interactive segmentation of one batch.

    Parameters
    ----------
    eigvecs : Store; or torch.Tensor or array_like of float, shape (B, H, W, K)
        An array is copied, as float32.
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
        eigvecs: ArrayLike | Store,
        sizes: Sequence[tuple[int, int]] | None = None,
        device: str | torch.device | None = None,
        eigvals: ArrayLike | None = None,
    ) -> None:
        store = eigvecs if isinstance(eigvecs, Store) else MemoryStore(eigvecs, device)
        self.masker = Masker(store, sizes, eigvals)
        self.lock = self.masker.lock
        self.store, self.moments, self.eigvals = self.masker.spectrum
        self.shape = store.shape
        self.grid = self.masker.grid
        self.sizes = self.masker.sizes
        batch, height, width, num_eig = self.shape
        known = Batch(batch, height * width, num_eig, eigvals is not None)
        self.table: dict[str, Setting] = table_of(known)
        defaults = Settings(**{name: self.table[name].default for name in MASK})
        self._state = State(Recipe((), (), defaults), Shelf(), place=0, revision=0)
        self._history = History()
        self._made = 0
        self._new: list[Prompt] = []
        self._lists: deque[tuple[int, tuple[Prompt, ...]]] = deque(maxlen=LISTS_KEPT)

    @property
    def locked_here(self) -> bool:
        """Whether this very thread holds the lock."""
        return self.lock._is_owned()  # type: ignore[attr-defined]

    @property
    def recipe(self) -> Recipe:
        """Prompts and settings, of one moment."""
        return self._state.recipe

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts, in the order in which they were made."""
        return self._state.recipe.prompts

    @property
    def settings(self) -> Settings:
        """What masks depend on besides the prompts."""
        return self._state.recipe.settings

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
            return check_prompts(value, self.sizes)
        checked = self.table[name].check(value)
        if name == "method":
            self.masker.check_method(checked)
        return checked

    # Prompts and settings -----------------------------------------------------------

    def begin(self, **settings: Any) -> None:
        """Set settings as `update` does, before anything that could be undone."""
        with self.lock:
            given = self._given(self._checked(settings))
            self._state = State(self.recipe_of((), given), Shelf(), 0, 0)

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
            return self.set(step, **self._checked(changes))

    def set(self, step: str | None = None, /, **checked: Any) -> bool:
        """Do as `update` does with what `check` has returned."""
        with self.lock:
            prompts = checked.pop("clicks", None)
            return self._turn(None, self._given(checked), prompts, step)

    def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.check(name, value) for name, value in changes.items()}

    def _given(self, checked: dict[str, Any]) -> Settings:
        """Return the settings as they are set after some changes."""
        given = self.recipe.given
        if checked.get("threshold", self.settings.threshold) != self.settings.threshold:
            checked.setdefault("auto_threshold", False)
        elif checked.get("auto_threshold", given.auto_threshold):
            checked.pop("threshold", None)  # it is the one that was found
        return replace(given, **checked)

    def add(self, prompt: Any) -> None:
        """Add a prompt after the others: a click is ``[image, x, y, label]``."""
        with self.lock:
            checked = check_prompt(prompt, self.sizes)
            self._change(Change(len(self.prompts), (), (checked,)))
            self._new.append(checked)

    def take_new(self) -> list[Prompt]:
        """Give the prompts that were added since this was last asked, once."""
        with self.lock:
            taken, self._new = self._new, []
            return taken

    def changed_since(self, revision: int) -> Change:
        """Compare the prompts with those of a revision.

        Of one that is not known any more they are all new.
        """
        with self.lock:
            then = next((p for at, p in self._lists if at == revision), ())
            if revision == self.revision:
                then = self.prompts
            return Change.between(then, self.prompts)

    def clear(self) -> None:
        """Remove every prompt; can be undone."""
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
        (prompts, seeds, *_), shelf, *_ = self._state
        to = change.after or Turn()
        recipe = Recipe(
            (*prompts[: change.keep], *change.added),
            (*seeds[: change.keep], *self._seeds_of(change.added)),
            to.settings or self.recipe.given,
        )
        if recipe.settings.auto_threshold:
            threshold = self.masker.best_threshold(recipe)
            if threshold is not None:
                recipe = recipe.found(threshold)
        self._lists.append((self.revision, prompts))
        self._state = State(recipe, to.shelf or shelf, place, self.revision + 1)

    def _seeds_of(self, prompts: Iterable[Prompt]) -> tuple[Group, ...]:
        return tuple(
            prompt.seeds(self.sizes[prompt.image], self.grid) for prompt in prompts
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
        return self.shelf.by_name

    def find(self, segment: str | int) -> SegmentState:
        """Return a segment by name or id; raise KeyError if there is none."""
        return self.shelf.find(segment)

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
            if not self.recipe.positive:
                raise ValueError(
                    "there is nothing to commit: click something first, positively"
                )
            segments, editing = self.shelf
            number = self.new_id()
            if old is None:
                color = given or free_color(each.color for each in segments)
                new = SegmentState(
                    name, color, self.recipe, id=number, masker=self.masker
                )
                segments = (*segments, new)
            else:
                color = given or old.color
                new = replace(old, recipe=self.recipe, color=color, edition=number)
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
            self._turn(self.shelf.changed(old, checked, place))

    def delete_segment(self, segment: str | int) -> None:
        """Remove a segment; can be undone.

        If it is open, its clicks and settings go with it, as `reopen` of None does.
        """
        with self.lock:
            editing = self.shelf.editing
            left = self.shelf.without(self.find(segment))
            if editing is not None and left.editing is None:
                self._turn(left, editing.settings, ())
            else:
                self._turn(left)

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
                self._turn(shelf, found.recipe.given, found.prompts)
            elif editing is not None:
                self._turn(Shelf(segments), before, ())

    def restore(
        self,
        segments: Sequence[SegmentState],
        recipe: Recipe,
        editing: Editing | None,
        *,
        begin: bool = False,
    ) -> None:
        """Set segments, prompts and settings at once.

        Parameters
        ----------
        segments : sequence of SegmentState
        recipe : Recipe
        editing : Editing or None
        begin : bool
            Begin with them: neither they nor what was before can be undone.
        """
        with self.lock:
            shelf = Shelf(tuple(segments), editing)
            if self._turn(shelf, recipe.given, recipe.prompts) and begin:
                self._history = History()

    def recipe_of(
        self,
        prompts: tuple[Prompt, ...],
        settings: Settings,
        own: float | None = None,
    ) -> Recipe:
        """Make a recipe of checked prompts and settings."""
        return Recipe(prompts, self._seeds_of(prompts), settings, own)

    def new_id(self) -> int:
        """Return a number that no segment has had."""
        with self.lock:
            self._made += 1
            return self._made

    def _settings_before(self, editing: Editing | None) -> Settings:
        """Return the settings that come back when no segment is open any more."""
        return self.recipe.given if editing is None else editing.settings

    def _turn(
        self,
        shelf: Shelf | None,
        settings: Settings | None = None,
        prompts: tuple[Prompt, ...] | None = None,
        step: str | None = None,
    ) -> bool:
        """Note and make a change, if it is one; None is for what stays."""
        now = self.prompts
        change = Change.between(now, now if prompts is None else prompts)
        before, after = Turn(), Turn()
        if settings not in (None, self.recipe.given):
            before, after = Turn(None, self.recipe.given), Turn(None, settings)
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

    def masks(self) -> NDArray:
        """Masks of the whole batch: bool, shape (B, H, W), on the latent grid.

        All False without a positive prompt.
        """
        return self.masker.masks(self.recipe).copy()

    def full_masks(self) -> PerImage:
        """Masks at the images' own sizes, each made when it is asked for.

        Returns
        -------
        PerImage
            Of the prompts and settings as they are now, whatever they become.
        """
        return self.masker.full_masks(self.recipe)
