"""The facts of a batch that the page needs; they change while images are to come."""

from __future__ import annotations

from typing import Any

from ncut_widget.methods import METHODS, Spectrum
from ncut_widget.page.pictures import Pictures
from ncut_widget.sessions.session import Session


def describe_batch(session: Session, pictures: Pictures, mark: str) -> dict[str, Any]:
    """Return sizes, methods and settings, and the mark of the output's picture."""
    failure = session.spectra.failure
    return {
        "grid": list(session.grid),
        "sizes": [list(size) for size in session.sizes],
        "has_images": pictures.has_images,
        "mark": mark,
        "ways": {by: describe_way(each) for by, each in session.spectra.ready.items()},
        "methods": {name: method.describe() for name, method in METHODS.items()},
        "settings": {name: entry.describe() for name, entry in session.table.items()},
        **({} if failure is None else {"failure": failure}),
    }


def describe_way(spectrum: Spectrum) -> dict[str, Any]:
    """Return the eigenvalues, if there are any, and the images without eigenvectors.

    ``awaited`` are those of them that are still to come, if there are any.
    """
    store, eigvals, awaited = spectrum.store, spectrum.eigvals, spectrum.awaited
    return {
        "eigvals": None if eigvals is None else eigvals.tolist(),
        "blank": sorted(store.blank),
        **({"awaited": sorted(awaited)} if awaited else {}),
    }
