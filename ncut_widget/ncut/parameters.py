"""Make a class an estimator for scikit-learn, without needing scikit-learn.

Parameters are read from the signature of ``__init__``, as in
``sklearn.base.BaseEstimator``. Only methods that scikit-learn calls import it.
"""

from __future__ import annotations

import inspect
from typing import Any


class NotFittedError(ValueError, AttributeError):
    """An estimator is used before it is fitted; see `not_fitted_error`."""


def not_fitted_error(message: str) -> Exception:
    """Return a NotFittedError: scikit-learn's own, if that is installed."""
    try:
        from sklearn.exceptions import NotFittedError as Known
    except ImportError:
        return NotFittedError(message)
    error: Exception = Known(message)
    return error


class Parameters:
    """Parameters by name, for scikit-learn's ``clone``, ``Pipeline`` and searches."""

    @classmethod
    def _parameters(cls) -> dict[str, Any]:
        """Return the defaults of the parameters, by name."""
        signature = inspect.signature(cls.__init__)
        return {
            name: each.default
            for name, each in list(signature.parameters.items())[1:]
            if each.kind is not each.VAR_KEYWORD
        }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **params: Any) -> Any:
        """Set parameters by name and return self; they are checked at ``fit``.

        Raises
        ------
        ValueError
            If there is no parameter of a name.
        """
        known = self._parameters()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"{name} is no parameter of {type(self).__name__}, which has "
                    f"{list(known)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the parameters that are not the default."""
        defaults = self._parameters()
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name] and value != defaults[name]
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what the estimator is: a transformer of dense rows."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(two_d_array=True, three_d_array=True),
        )
