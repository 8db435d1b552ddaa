"""Receives the page's traits and requests, and answers the requests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import traitlets

from ncut_widget.core.checks import check_number, shown
from ncut_widget.page.callbacks import TOLD, Telling
from ncut_widget.page.edits import Edits
from ncut_widget.page.pictures import Pictures
from ncut_widget.page.protocol import check_short, read_id
from ncut_widget.page.requests import Desk, read_request
from ncut_widget.settings import MASK, TABLE, VIEW

log = logging.getLogger(__name__)

FROM_PAGE: dict[str, Callable[[Any], Any] | None] = {
    **dict.fromkeys(("clicks", *TABLE)),
    "_view_count": lambda value: value is None or _check_count("_view_count", value),
    "_seen": lambda value: _check_count("_seen", value),
    "_step": lambda value: value == "" or check_short("_step", value),
}
"""All traits that the page may set, with their checks; None: the session checks.

Fields of a segment are set by an edit, and checked by `check_field`: see `OPERATIONS`.
"""


class Receiving(Telling):
    """A widget that answers its page.

    A subclass sets ``_session`` and ``_pictures`` before it calls ``__init__``.
    """

    _pictures: Pictures

    def __init__(self, **traits: Any) -> None:
        self._edits = Edits()
        super().__init__(**traits)
        self.on_msg(self._receive)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Set traits that the page sends; answer a refused one with its kept value."""
        taken = {k: value for k, value in sync_data.items() if k in FROM_PAGE}
        wrong = sync_data.keys() & set(self.keys) - taken.keys()

        def take() -> None:
            try:
                # Checked before any is set, or sent to other pages.
                self._apply(self._take, taken, self._checked(taken))
                wrong.update(taken.keys() - self._as_given(taken))
            except (TypeError, ValueError, traitlets.TraitError) as error:
                self._send_error(None, error)
                wrong.update(taken)
            if wrong:
                self.send_state(wrong)

        self._locked(take)

    def _take(self, values: Mapping[str, Any], checked: Mapping[str, Any]) -> None:
        """Set checked values; those that masks depend on are one change."""
        ours = {k: v for k, v in checked.items() if k in ("clicks", *MASK)}
        step, _, _ = values.get("_step", "").partition(".")
        self._session.set(step or None, **ours)
        ours.pop("clicks", None)  # the page and the session write prompts differently
        super().set_state(self._as_given({**values, **ours}))

    def _as_given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that were set as given; a threshold may have been found."""
        found = self._session.recipe.own is not None
        return {
            name: value
            for name, value in values.items()
            if not (found and name == "threshold")
        }

    def _checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Check values and return them in the form to be set."""
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in FROM_PAGE:
                raise ValueError(f"the page may not set {shown(name)}")
            check = FROM_PAGE[name] or partial(self._session.check, name)
            checked[name] = check(value)
        return checked

    def _receive(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer a request of the page; see `ncut_widget.page.requests`."""
        desk = Desk(
            self._session,
            self._pictures,
            self._edits,
            self.send,
            self._apply,
            self._sync,
            self.send_state,
            self._take_views,
        )
        try:
            read_request(content, self._session).handle(desk)
        except (TypeError, ValueError, OSError, traitlets.TraitError) as error:
            self._send_error(read_id(content), error)
        except Exception as error:
            log.exception("a message from the page failed: %s", shown(content))
            self._send_error(read_id(content), error)

    def _take_views(self, count: int, keeps: bool) -> None:
        """Note how many views a page has; a subclass may override this."""

    def _sync(self, settings: Mapping[str, Any], then: Callable[[], object]) -> None:
        """Set settings that may not have arrived, and send all traits to the page."""

        def sync() -> None:
            try:
                self._apply(self._take, settings, self._checked(settings))
            finally:
                self.send_state([*TOLD, *VIEW])
            then()

        self._locked(sync)

    def _send_error(self, request_id: str | None, error: Exception) -> None:
        message = str(error) or type(error).__name__
        self.send({"type": "error", "id": request_id, "message": message})


def _check_count(name: str, value: Any) -> float:
    return check_number(name, value, 0, 2**53, integer=True)
