"""The state of a session, its changes and undo: one lock, one state, one history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import ArrayLike

from ncut_widget.eigvecs.store import Store
from ncut_widget.methods import Spectra, Spectrum
from ncut_widget.methods.masker import Masker
from ncut_widget.prompts import Group, Prompt, Recipe, check_prompt, check_prompts
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.history import Change, History, RecentLists, Turn
from ncut_widget.sessions.state import Shelf, State
from ncut_widget.settings import MASK, WAYS, Batch, Setting, Settings, table_of


class Editable:
    """Prompts and settings of one batch, with undo.

    Parameters are those of `ncut_widget.sessions.session.Session`.
    """

    def __init__(
        self,
        eigvecs: ArrayLike | Store | Spectra,
        sizes: Sequence[tuple[int, int]] | None = None,
        device: str | torch.device | None = None,
        eigvals: ArrayLike | None = None,
    ) -> None:
        spectra = eigvecs
        if not isinstance(spectra, Spectra):
            spectra = Spectra(eigvecs, eigvals, device=device)
        self.spectra = spectra
        self.masker = Masker(spectra, sizes)
        self.lock = self.masker.lock
        self.shape = spectra.shape
        self.grid = self.masker.grid
        self.sizes = self.masker.sizes
        batch, height, width, num_eig = self.shape
        first = spectra[spectra.ways[0]]
        known = Batch(
            batch,
            height * width,
            num_eig,
            first.eigvals is not None,
            first.details is not None,
            spectra.ways,
        )
        self.table: dict[str, Setting] = table_of(known)
        defaults = Settings(**{name: self.table[name].default for name in MASK})
        self._state = State(Recipe((), (), defaults), Shelf(), place=0, revision=0)
        self._history = History()
        self._made = 0
        self._new: list[Prompt] = []
        self._lists = RecentLists()

    @property
    def locked_here(self) -> bool:
        """Whether the calling thread holds the lock."""
        return bool(self.lock._is_owned())  # type: ignore[attr-defined]

    @property
    def spectrum(self) -> Spectrum:
        """Eigenvectors, their moments and eigenvalues, as the setting ``by`` says."""
        return self.spectra[self.settings.by]

    @property
    def recipe(self) -> Recipe:
        """Prompts and settings as they are now."""
        return self._state.recipe

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts, in the order in which they were made."""
        return self._state.recipe.prompts

    @property
    def settings(self) -> Settings:
        """The settings that masks depend on, besides the prompts."""
        return self._state.recipe.settings

    @property
    def revision(self) -> int:
        """Number of changes so far."""
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
        if name == "by" and isinstance(value, str) and value in WAYS:
            self._check_way(value)
        checked = self.table[name].check(value)
        if name == "method":
            self.masker.method(replace(self.settings, **{name: checked})).check()
        return checked

    def _check_way(self, by: str) -> None:
        """Raise ValueError if a click cannot be meant in a way, or not yet."""
        if by not in self.spectra.ways:
            raise ValueError(
                f"by cannot be {by!r} here: these eigenvectors are of one backbone, by "
                f"{self.spectra.ways[0]}. NcutSegmenter.from_images(images), or two "
                "backbones in a list, make both"
            )
        if self.spectra.begin(by) is None:
            raise ValueError(
                f"what is alike by {by} is still being computed: try again soon"
            )

    def await_way(self, by: Any) -> None:
        """Make the eigenvectors of a way, if the batch can have them: it takes a while.

        Without it `check` refuses a way whose eigenvectors are not there yet.
        """
        if isinstance(by, str) and by in self.spectra.ways:
            if by not in self.spectra.ready:
                self.spectra.wait()
            self.spectra[by]

    # Prompts and settings -----------------------------------------------------------

    def begin(self, **settings: Any) -> None:
        """Set the first settings as `update` does; this cannot be undone."""
        self.await_way(settings.get("by"))
        with self.lock:
            given = self._given(self._checked(settings))
            self._state = State(self.recipe_of((), given), Shelf(), 0, 0)

    def update(self, step: str | None = None, /, **changes: Any) -> bool:
        """Set clicks or settings: all of them or, if one is refused, none.

        Parameters
        ----------
        step : str, optional
            Changes of settings with the same step are undone together, if no other
            change is between them: as those of a slider while it is moved.
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
        self.await_way(changes.get("by"))
        with self.lock:
            return self.set(step, **self._checked(changes))

    def set(self, step: str | None = None, /, **checked: Any) -> bool:
        """Do as `update` does, with values that `check` has returned."""
        with self.lock:
            prompts = checked.pop("clicks", None)
            return self._turn(None, self._given(checked), prompts, step)

    def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.check(name, value) for name, value in changes.items()}

    def _given(self, checked: dict[str, Any]) -> Settings:
        """Return the given settings after some changes."""
        given = self.recipe.given
        if checked.get("threshold", self.settings.threshold) != self.settings.threshold:
            checked.setdefault("auto_threshold", False)
        elif checked.get("auto_threshold", given.auto_threshold):
            checked.pop("threshold", None)  # it is the found threshold
        return replace(given, **checked)

    def add(self, prompt: Any) -> None:
        """Add a prompt after the others: a click is ``[image, x, y, label]``."""
        with self.lock:
            checked = check_prompt(prompt, self.sizes)
            self._change(Change(len(self.prompts), (), (checked,)))
            self._new.append(checked)

    def take_new(self) -> list[Prompt]:
        """Return the prompts that were added since the last call."""
        with self.lock:
            taken, self._new = self._new, []
            return taken

    def changed_since(self, revision: int) -> Change:
        """Compare the prompts with those of a revision.

        If that revision is not known any more, all prompts are new.
        """
        with self.lock:
            then = self.prompts
            if revision != self.revision:
                then = self._lists.at(revision)
            return Change.between(then, self.prompts)

    def clear(self) -> None:
        """Remove every prompt; can be undone."""
        self.update(clicks=())

    def undo(self) -> None:
        """Take back the last change of clicks, settings or segments."""
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
        self._lists.note(self.revision, prompts)
        self._state = State(recipe, to.shelf or shelf, place, self.revision + 1)

    def _seeds_of(self, prompts: Iterable[Prompt]) -> tuple[Group, ...]:
        return tuple(
            prompt.seeds(self.sizes[prompt.image], self.grid) for prompt in prompts
        )

    @property
    def state(self) -> State:
        """The whole state as it is now."""
        return self._state

    @property
    def shelf(self) -> Shelf:
        """The segments in their order, and which is open again."""
        return self._state.shelf

    @property
    def segments(self) -> Mapping[str, SegmentState]:
        """The segments by name, in their order."""
        return self.shelf.by_name

    def find(self, segment: str | int) -> SegmentState:
        """Return a segment by name or id; raise KeyError if there is none."""
        return self.shelf.find(segment)

    def recipe_of(
        self,
        prompts: tuple[Prompt, ...],
        settings: Settings,
        own: float | None = None,
    ) -> Recipe:
        """Make a recipe of checked prompts and settings."""
        return Recipe(prompts, self._seeds_of(prompts), settings, own)

    def _turn(
        self,
        shelf: Shelf | None,
        settings: Settings | None = None,
        prompts: tuple[Prompt, ...] | None = None,
        step: str | None = None,
    ) -> bool:
        """Note and make a change, if anything differs; None: that part stays."""
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
