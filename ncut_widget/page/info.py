"""The facts of a batch that the page needs, and that never change."""

from __future__ import annotations

from typing import Any

from ncut_widget.methods import METHODS, Spectrum
from ncut_widget.page.pictures import Pictures
from ncut_widget.sessions.session import Session


def describe_batch(session: Session, pictures: Pictures, mark: str) -> dict[str, Any]:
    """Return sizes, methods and settings, and the mark of the output's picture."""
    return {
        "grid": list(session.grid),
        "sizes": [list(size) for size in session.sizes],
        "has_images": pictures.has_images,
        "mark": mark,
        "ways": {by: describe_way(each) for by, each in session.spectra.ready.items()},
        "methods": {name: method.describe() for name, method in METHODS.items()},
        "settings": {name: entry.describe() for name, entry in session.table.items()},
    }


def describe_way(spectrum: Spectrum) -> dict[str, Any]:
    """Return the eigenvalues, if there are any, and the images without eigenvectors."""
    store, _, eigvals, _ = spectrum
    return {
        "eigvals": None if eigvals is None else eigvals.tolist(),
        "blank": sorted(store.blank),
    }
