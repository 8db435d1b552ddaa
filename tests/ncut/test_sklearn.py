"""NCUT as one of scikit-learn's estimators, with scikit-learn and without."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from ncut_widget.ncut import NCUT

EXPECTED = {
    "check_complex_data": "what is not a real number is a TypeError, in our own words",
    "check_estimators_empty_data_messages": "no columns are refused in our own words",
}
"""scikit-learn's checks that fail, and why they may."""

# Every import of scikit-learn fails.
WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "sklearn":
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
"""


@parametrize_with_checks(
    [
        NCUT(num_eig=2, return_eigenvalues=False, progress=False),
        NCUT(num_eig=2, graph="neighbors", return_eigenvalues=False, progress=False),
    ],
    legacy=True,
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_scikit_learn_s_own_check(estimator: NCUT, check: Any) -> None:
    check(estimator)


BLOBS = np.repeat([[5.0, 0.0], [0.0, 5.0]], 20, axis=0) + np.random.default_rng(
    0
).normal(size=(40, 2))


def test_it_is_a_step_of_a_pipeline() -> None:
    ncut = NCUT(num_eig=2, return_eigenvalues=False, progress=False)
    steps = make_pipeline(ncut, KMeans(2, n_init=3, random_state=0))
    labels = steps.fit_predict(BLOBS)
    assert len(set(labels[:20])) == len(set(labels[20:])) == 1
    assert labels[0] != labels[-1]
    np.testing.assert_array_equal(steps.predict(BLOBS), labels)
    assert steps.get_params()["ncut__num_eig"] == 2
    steps.set_params(ncut__num_eig=3)
    assert ncut.num_eig == 3


def test_its_output_may_be_a_frame_s_columns() -> None:
    ncut = NCUT(num_eig=2, progress=False).fit(BLOBS)
    assert list(ncut.get_feature_names_out()) == ["ncut0", "ncut1"]


def test_a_clone_has_the_parameters_and_no_fit() -> None:
    ncut = NCUT(num_eig=2, distance="rbf", progress=False).fit(BLOBS)
    copy = clone(ncut)
    assert copy.get_params() == ncut.get_params()
    with pytest.raises(NotFittedError, match="call fit"):
        copy.transform(BLOBS)


def test_the_published_way_returns_the_pair() -> None:
    eigvecs, eigvals = NCUT(num_eig=2, progress=False).fit_transform(BLOBS)
    assert eigvecs.shape == (40, 2)
    assert eigvals.shape == (2,)


def test_it_needs_no_scikit_learn() -> None:
    code = WITHOUT + textwrap.dedent(
        """
        import numpy as np
        from ncut_widget import NCUT
        ncut = NCUT(2, progress=False).set_params(distance="rbf")
        features = np.random.default_rng(0).normal(size=(20, 3))
        for error in (ValueError, AttributeError):
            try:
                ncut.transform(features)
            except error as raised:
                assert type(raised).__name__ == "NotFittedError"
            else:
                raise AssertionError("it is not fitted")
        eigvecs, eigvals = ncut.fit_transform(features)
        np.testing.assert_allclose(ncut.transform(features), eigvecs, atol=1e-5)
        assert ncut.get_params()["distance"] == "rbf"
        assert repr(ncut) == "NCUT(num_eig=2, distance='rbf', progress=False)", ncut
        assert "sklearn" not in sys.modules
        """
    )
    subprocess.run([sys.executable, "-c", code], check=True)
