"""Traits that are checked, mirrored or computed by the session behind the widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import traitlets

ADVICE = "replace the list, seg.clicks = [...], or use seg.add_click(x, y)"


class Clicks(list[Any]):
    """A list that can be read, compared and added to others, but not changed.

    A change in place would show, and go nowhere: the session would not hear of it.
    ``seg.clicks += [...]`` replaces the list, and takes effect.
    """

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"clicks cannot be changed in place: {ADVICE}")

    append = extend = insert = pop = remove = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __imul__ = _refuse

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]
        """Return a new list, to be set."""
        return [*self, *other]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle as plain lists."""
        return list, (list(self),)


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
        obj._locked(lambda: super(Checked, self).set(obj, value))


class Mirrored(traitlets.TraitType):
    """A synced trait whose value is kept elsewhere, so that it is never out of step.

    Parameters
    ----------
    read : callable
        ``(widget, name)`` -> the value.
    write : callable, optional
        ``(widget, name, value)``: sets it; raises TypeError or ValueError where it is
        refused. Read-only without.
    """

    def __init__(
        self,
        read: Callable[[Any, str], Any],
        write: Callable[[Any, str, Any], None] | None = None,
    ) -> None:
        super().__init__(read_only=write is None)
        self._read = read
        self._write = write
        self.tag(sync=True)

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Read the value."""
        return self._read(obj, str(self.name))

    def set(self, obj: Any, value: Any) -> None:
        """Write the value, and pass on why not as a TraitError."""
        if self._write is None:
            return
        try:
            self._write(obj, str(self.name), value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None


class Result(traitlets.TraitType):
    """A read-only trait that is computed by the session when it is read."""

    def __init__(self) -> None:
        super().__init__(read_only=True)

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Compute the value."""
        return getattr(obj._session, str(self.name))()

    def set(self, obj: Any, value: Any) -> None:
        """Keep nothing: the value follows from the session."""
