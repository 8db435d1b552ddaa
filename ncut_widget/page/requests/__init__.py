"""The page's requests: a file for each kind, found by the type of its messages."""

from importlib import import_module
from pkgutil import iter_modules

from ncut_widget.page.requests.base import Desk, Request, read_request

__all__ = ["Desk", "Request", "read_request"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
