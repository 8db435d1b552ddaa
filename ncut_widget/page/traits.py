"""The widget's traits; the session checks, keeps or computes their values."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import traitlets
from anywidget import AnyWidget

from ncut_widget.core.names import hint
from ncut_widget.prompts import Prompt
from ncut_widget.settings import MASK, VIEW, MaskSettings, Setting, ViewSettings

ADVICE = "replace the list, seg.clicks = [...], or use seg.add_click(x, y)"


class Clicks(list[Any]):
    """A list that can be read, compared and added to others, but not changed.

    The session would not notice a change in place. ``seg.clicks += [...]`` replaces
    the list, and takes effect.
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


class ListedPrompts:
    """The list of prompts for users; entries that stay are made once."""

    def __init__(self) -> None:
        self._known: tuple[tuple[Prompt, ...], Clicks] = ((), Clicks())

    def of(self, prompts: tuple[Prompt, ...]) -> Clicks:
        """Return the list of some prompts: the same list for the same prompts."""
        known, listed = self._known
        if prompts is not known:
            keep = min(len(prompts), len(known))
            keep = keep if prompts[:keep] == known[:keep] else 0
            told = (prompt.tell() for prompt in prompts[keep:])
            more = (Clicks(each) if isinstance(each, list) else each for each in told)
            listed = Clicks([*listed[:keep], *more])
            self._known = prompts, listed
        return listed


class Checked(traitlets.TraitType[Any, Any]):
    """A synced trait whose values the session checks, with a sentence for errors.

    Parameters
    ----------
    entry : Setting
        The trait's entry in the table of settings.
    """

    def __init__(self, entry: Setting) -> None:
        super().__init__(help=entry.text)
        self.tag(sync=True)

    def default(self, obj: Any = None) -> Any:
        """Return the value at the start."""
        return obj._session.table[self.name].default

    def validate(self, obj: Any, value: Any) -> Any:
        """Check a value, and pass on the sentence as a TraitError."""
        try:
            return obj._session.check(str(self.name), value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None

    def set(self, obj: Any, value: Any) -> None:
        """Set under the session's lock.

        Page messages may arrive on another thread, beside the running cell.
        """
        obj._locked(lambda: super(Checked, self).set(obj, value))


class Mirrored(traitlets.TraitType[Any, Any]):
    """A synced trait without a value of its own: it reads and writes another place.

    Parameters
    ----------
    read : callable
        ``(widget, name)`` -> the value.
    write : callable, optional
        ``(widget, name, value)``: sets the value, or raises TypeError or ValueError.
        Without it the trait is read-only.
    help : str, optional
        Documentation of the trait.
    """

    def __init__(
        self,
        read: Callable[[Any, str], Any],
        write: Callable[[Any, str, Any], None] | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(read_only=write is None, help=help)
        self._read = read
        self._write = write
        self.tag(sync=True)

    def default(self, obj: Any = None) -> Any:
        """Return the first value: a setting's default, no clicks, else as read."""
        entry = obj._session.table.get(self.name)
        if entry is not None:
            return entry.default
        return Clicks() if self.name == "clicks" else self.get(obj)

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Read the value."""
        return self._read(obj, str(self.name))

    def set(self, obj: Any, value: Any) -> None:
        """Write the value; pass on an error as a TraitError."""
        # Traitlets sets again the value it has just read, and a page's is already set.
        if self._write is None or value is self._read(obj, str(self.name)):
            return
        try:
            self._write(obj, str(self.name), value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None


class Result(traitlets.TraitType[Any, Any]):
    """A read-only trait that is computed when it is read.

    Parameters
    ----------
    read : callable
        Widget -> value.
    help : str
        Documentation of the trait.
    """

    def __init__(self, read: Callable[[Any], Any], help: str) -> None:
        super().__init__(read_only=True, help=help)
        self._read = read

    def default(self, obj: Any = None) -> Any:
        """Compute the value: it follows from the session."""
        return self.get(obj)

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Compute the value."""
        return self._read(obj)

    def set(self, obj: Any, value: Any) -> None:
        """Keep nothing: the value follows from the session."""


def session_setting(help: str) -> Mirrored:
    """Return a trait of the clicks, or of a setting, that the session keeps."""
    return Mirrored(
        lambda self, name: self._read_setting(name),
        lambda self, name, value: self._write_setting(name, value),
        help,
    )


def told(read: Callable[[Any], Any]) -> Any:
    """Return a read-only trait that is sent to the page."""
    return Mirrored(lambda self, name: read(self))


if TYPE_CHECKING:

    class SettingTraits(MaskSettings, ViewSettings):
        """The settings, as an editor sees them."""

else:
    SettingTraits = traitlets.MetaHasTraits(
        "SettingTraits",
        (traitlets.HasTraits,),
        {
            "__doc__": "A trait for each entry of the table of settings.",
            "__module__": __name__,
            **{name: session_setting(entry.text) for name, entry in MASK.items()},
            **{name: Checked(entry) for name, entry in VIEW.items()},
        },
    )


def check_attribute(kind: type, own: type, name: str) -> None:
    """Raise AttributeError where setting it would do nothing, or undo a method.

    Parameters
    ----------
    kind : type
        Class of the widget; anywidget makes one for each widget.
    own : type
        `NcutSegmenter`. Classes derived from it may have attributes of their own.
    name : str
    """
    if inspect.isfunction(vars(own).get(name)) and not hasattr(AnyWidget, name):
        raise AttributeError(f"{name} is a method: call seg.{name}(...)")
    if not hasattr(kind, name) and kind.__name__ == own.__name__:
        known = [known for known in dir(kind) if not known.startswith("_")]
        raise AttributeError(
            f"{own.__name__} has no attribute {name!r}; {hint(name, known)}"
        )
