"""Traits that are checked, and computed, by the session behind the widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets


class Checked(traitlets.TraitType):
    """A synced trait whose values pass the widget's own check, with its one sentence.

    Parameters
    ----------
    check : callable
        ``(widget, name, value)`` -> the value as plain Python; raises TypeError or
        ValueError where it is refused.
    default : callable
        ``(widget, name)`` -> the value at the start.
    """

    def __init__(
        self,
        check: Callable[[Any, str, Any], Any],
        default: Callable[[Any, str], Any],
    ) -> None:
        super().__init__()
        self._check = check
        self._default = default
        self.tag(sync=True)

    def default(self, obj: Any = None) -> Any:
        """Ask the widget for the value at the start."""
        return self._default(obj, str(self.name))

    def validate(self, obj: Any, value: Any) -> Any:
        """Check a value, and pass on the sentence as a TraitError."""
        try:
            return self._check(obj, str(self.name), value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None

    def set(self, obj: Any, value: Any) -> None:
        """Set under the session's lock.

        Page messages may arrive on another thread, beside the running cell.
        """
        with obj._session.lock:
            super().set(obj, value)


class Result(traitlets.TraitType):
    """A read-only trait that is computed by the session when it is read."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Compute the value."""
        return getattr(obj._session, str(self.name))()
