"""What methods compute with: the eigenvectors and eigenvalues of a batch."""

from __future__ import annotations

from typing import Any, NamedTuple

from ncut_widget.core.arrays import Doubles, Floats, as_array
from ncut_widget.core.checks import check_array, check_finite
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.store import Store
from ncut_widget.ncut.details import Details


class Spectrum(NamedTuple):
    """The eigenvectors and eigenvalues of a batch, which methods compute with.

    Attributes
    ----------
    store : Store
    moments : Moments
        Mean and covariance of the store's eigenvectors, and a sample of them.
    eigvals : ndarray of float, shape (K,), or None
    details : Details or None
        What each image is told from alone.
    awaited : frozenset of int
        Images that are still to come, and blank until then.
    """

    store: Store
    moments: Moments
    eigvals: Floats | Doubles | None
    details: Details | None = None
    awaited: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls,
        store: Store,
        eigvals: Any,
        details: Details | None = None,
        awaited: frozenset[int] = frozenset(),
    ) -> Spectrum:
        """Check eigenvalues, one for each eigenvector of a store, or None."""
        if eigvals is None:
            return cls(store, Moments(store), None, details, awaited)
        num_eig = store.shape[3]
        checked = as_array(check_array("eigvals", eigvals))
        if checked.shape != (num_eig,):
            raise ValueError(
                f"eigvals must be one for each of the {num_eig} eigenvectors, shape "
                f"({num_eig},): got shape {checked.shape}"
            )
        checked = check_finite("eigvals", checked)
        return cls(store, Moments(store), checked, details, awaited)

    def check_eigvals(self, method: str) -> Floats | Doubles:
        """Return the eigenvalues; raise ValueError if there are none for a method."""
        if self.eigvals is None:
            raise ValueError(
                f"method {method!r} needs the eigenvalues of eigvecs, got none: give "
                "eigvals, shape (K,)"
            )
        return self.eigvals
