"""Fields of single cells, by similarity."""

from __future__ import annotations

from typing import Any

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods import Field, Seeds, Spectrum
from ncut_widget.methods.similarity import SimilarityField
from ncut_widget.prompts import Seed
from ncut_widget.sessions.session import Session


def seeds_at(cell: Cell, num_eig: int) -> Seeds:
    """Name the field of a cell."""
    given = ("by", "semantics"), ("num_eig", num_eig)
    return Seeds("similarity", ((Seed(cell),),), (), given)


def field_at(session: Session, cell: Cell, num_eig: int | None = None) -> Field:
    """Give a session's field of a cell."""
    count = session.settings.num_eig if num_eig is None else num_eig
    return session.masker.field(seeds_at(cell, count))


def similarity(
    eigvecs: Any, cell: Cell, num_eig: int, device: str | None = None
) -> SimilarityField:
    """Make the field of a cell, of a store or of what becomes one in memory."""
    if not isinstance(eigvecs, Store):
        eigvecs = MemoryStore(eigvecs, device)
    return SimilarityField(Spectrum.of(eigvecs, None), (Seed(cell),), num_eig)
