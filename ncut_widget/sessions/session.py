"""A session: prompts, settings and segments of one batch. No Jupyter here.

A session holds the prompts, the settings and the segments with their undo history; its
`Masker` makes their masks. Every public method takes the one lock: a notebook's
messages may arrive on any thread, and none sees a half-made change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ncut_widget.core.arrays import Mask
from ncut_widget.core.checks import check_number
from ncut_widget.masks.full import PerImage
from ncut_widget.methods import Spectrum
from ncut_widget.prompts import Recipe
from ncut_widget.segments.palette import free_color
from ncut_widget.segments.record import SegmentState, check_field, check_name
from ncut_widget.sessions.editable import Editable
from ncut_widget.sessions.history import Change, History
from ncut_widget.sessions.state import Editing, Shelf
from ncut_widget.settings import Settings


class Session(Editable):
    """Interactive segmentation of one batch.

    Parameters
    ----------
    eigvecs : Spectra, Store; or torch.Tensor or array_like of float, (B, H, W, K)
        An array is copied, as float32.
    sizes : sequence of (int, int), optional
        ``(h, w)`` of every image, in pixels; the latent grid by default.
    device : str or torch.device, optional
        Device that holds the eigenvectors; by default `pick_device` chooses.
    eigvals : array_like of float, shape (K,), optional
        Eigenvalues, which the methods ``"diffusion"`` and ``"biased_ncut"`` need.

    Raises
    ------
    TypeError, ValueError
        If eigenvectors, sizes or eigenvalues are not as above, or not finite.
    """

    def commit(self, name: str | None = None, color: Any = None) -> SegmentState:
        """Keep the masks as a segment, and clear the clicks for the next thing.

        Parameters
        ----------
        name : str, optional
            An existing segment of that name gets these clicks and settings. By default
            the segment that is open again does; else a new one is named "segment 1",
            "segment 2" and so on, the first free name.
        color : str or sequence of 3 floats, optional
            As for `check_color`; by default the first free colour of the palette.

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
                    "there is nothing to commit: add a positive click first"
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
        """Return the segment that a commit changes, if one exists, and its name."""
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
            ``place`` is its index among the segments: 0 is below all others, -1 above
            them, as in lists.

        Raises
        ------
        KeyError, TypeError, ValueError
            If there is no such segment, or a value is not allowed.
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

        The next commit gives the segment the new ones. Clicks that are not committed
        are removed; undo brings them back.

        Parameters
        ----------
        segment : str or int or None
            Name or id; None: close the open segment without a change.
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
            Clear the history: this change and earlier ones cannot be undone.
        """
        with self.lock:
            shelf = Shelf(tuple(segments), editing)
            if self._turn(shelf, recipe.given, recipe.prompts) and begin:
                self._history = History()

    def new_id(self) -> int:
        """Return a number that no segment has had."""
        with self.lock:
            self._made += 1
            return self._made

    def _settings_before(self, editing: Editing | None) -> Settings:
        """Return the settings that come back when no segment is open any more."""
        return self.recipe.given if editing is None else editing.settings

    def renew(self, spectrum: Spectrum) -> None:
        """Go on with eigenvectors of more images of the batch.

        Prompts, settings, segments and the history stay; a threshold that was found is
        found again.
        """
        with self.lock:
            self.masker.renew(spectrum)
            self._make(Change(len(self.prompts), (), ()), self.state.place)

    # Results ------------------------------------------------------------------------

    def masks(self) -> Mask:
        """Masks of the whole batch: bool, shape (B, H, W), on the latent grid.

        All False without a positive prompt.
        """
        return self.masker.masks(self.recipe).copy()

    def full_masks(self) -> PerImage:
        """Masks of all images at their own sizes, each made when it is asked for.

        Thus a loop over a thousand photographs needs the memory of one. The masks are
        those of the clicks and settings at the time of this call; later changes do not
        alter them.

        Returns
        -------
        PerImage
            A sequence of ndarray of bool, shapes (h_i, w_i).

        Examples
        --------
        >>> import numpy as np
        >>> from ncut_widget import NcutSegmenter
        >>> eigvecs = np.ones((2, 8, 8, 2), dtype=np.float32)
        >>> eigvecs[:, 2:5, 2:5, 1] = -1
        >>> seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
        >>> [int(mask.sum()) for mask in seg.full_masks()]
        [9, 9]
        """
        return self.masker.full_masks(self.recipe)
