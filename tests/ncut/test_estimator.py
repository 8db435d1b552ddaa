"""NCUT as an estimator: signs, seeds, chunks, transform, kinds of arrays, corners."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from ncut_widget.ncut import NCUT
from tests.support.dense import (
    DISTANCES,
    Array,
    clusters,
    dense_ncut,
    smallest_principal_cosine,
)

# --- Signs, seeds, chunks, transform


def test_the_smaller_side_of_a_cut_is_positive() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.eye(2), [90, 10], axis=0)
    features = kinds + 0.05 * rng.normal(size=kinds.shape)
    for order in (np.arange(100), np.arange(100)[::-1]):
        eigvecs, _ = NCUT(2).fit_transform(features[order])
        assert (eigvecs[:, 0] > 0).all()
        assert ((eigvecs[:, 1] > 0) == (kinds[order, 1] == 1)).all()


def test_every_column_has_a_positive_third_moment(texture: Array) -> None:
    eigvecs = NCUT(20).fit_transform(texture)[0].reshape(-1, 20).astype(np.float64)
    share = (eigvecs**3).sum(axis=0) / (np.abs(eigvecs) ** 3).sum(axis=0)
    assert (share[np.abs(share) > 1.1e-3] > 0).all()


def test_the_same_seed_gives_the_same_result(texture: Array) -> None:
    first, second = (NCUT(10, num_sample=200).fit_transform(texture) for _ in "ab")
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    other = NCUT(10, num_sample=200, random_state=1).fit_transform(texture)
    assert (other[0] != first[0]).any()


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("chunk_size", [97, 100_000])
def test_the_chunk_size_changes_nothing(
    texture: Array, distance: str, chunk_size: int
) -> None:
    kwargs: dict[str, Any] = {"distance": distance, "num_sample": 300}
    if distance == "euclidean":
        kwargs["affinity_focal_gamma"] = 10.0
    expected = NCUT(8, **kwargs).fit_transform(texture)
    got = NCUT(8, chunk_size=chunk_size, **kwargs).fit_transform(texture)
    np.testing.assert_allclose(got[0], expected[0], atol=2e-4)
    np.testing.assert_allclose(got[1], expected[1], atol=1e-5)


def test_a_factor_too_large_to_keep_is_computed_anew(
    texture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = NCUT(8, num_sample=200).fit_transform(texture)
    monkeypatch.setattr("ncut_widget.ncut.full.nystrom._KEPT_FACTOR_BYTES", 0)
    got = NCUT(8, num_sample=200).fit_transform(texture)
    np.testing.assert_array_equal(got[0], expected[0])


def test_more_rows_than_the_landmarks_are_chosen_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = clusters(2000, 32, kinds=6, spread=0.2)
    exact, _ = dense_ncut(features, 6)
    monkeypatch.setattr("ncut_widget.ncut.landmarks._POOL_ROWS", 300)
    eigvecs, _ = NCUT(6, num_sample=100).fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.999


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("num_sample", [200, 600])
def test_transform_gives_the_rows_of_the_fit(
    texture: Array, distance: str, num_sample: int
) -> None:
    features = texture[0].reshape(-1, texture.shape[-1])
    gamma = 10.0 if distance == "euclidean" else 1.0
    ncut = NCUT(
        20, distance=distance, affinity_focal_gamma=gamma, num_sample=num_sample
    )
    eigvecs, _ = ncut.fit_transform(features)
    again = ncut.transform(features[5:50])
    np.testing.assert_allclose(again, eigvecs[5:50], atol=1e-4)


def test_transform_places_new_rows_beside_their_like() -> None:
    features = clusters(1000, 32, kinds=6, spread=0.2)
    fitted = NCUT(6, num_sample=200).fit(features[:900])
    new = fitted.transform(features[900:])
    whole = NCUT(6).fit_transform(features)[0][900:]
    new = new / np.linalg.norm(new, axis=1, keepdims=True)
    whole = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    assert (new * whole).sum(axis=1).min() > 0.99


# --- What goes in and what comes out


def test_any_leading_shape_comes_back(texture: Array) -> None:
    ncut = NCUT(5, num_sample=100)
    eigvecs, eigvals = ncut.fit_transform(texture)
    assert eigvecs.shape == (4, 24, 24, 5)
    assert eigvals.shape == (5,)
    assert ncut.eigenvectors_.shape == (4, 24, 24, 5)
    assert ncut.landmarks_.shape == (100, texture.shape[-1])
    assert ncut.n_features_in_ == texture.shape[-1]
    assert ncut.transform(texture[0]).shape == (24, 24, 5)
    flat, _ = ncut.fit_transform(texture.reshape(-1, texture.shape[-1]))
    np.testing.assert_array_equal(eigvecs.reshape(-1, 5), flat)


def test_torch_in_gives_torch_out_numpy_in_numpy_out() -> None:
    features = clusters(300, 16, kinds=4, spread=0.3)
    ncut = NCUT(4, num_sample=100, device="cpu")
    arrays = ncut.fit_transform(features)
    tensors = ncut.fit_transform(torch.from_numpy(features).requires_grad_())
    for array, tensor in zip(arrays, tensors, strict=True):
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float32
        assert isinstance(tensor, torch.Tensor)
        assert tensor.dtype == torch.float32
        assert not tensor.requires_grad
        np.testing.assert_array_equal(tensor.numpy(), array)
    assert isinstance(ncut.transform(features), np.ndarray)
    # Plain tensors, which may be changed in place and used in autograd.
    tensors[0].mul_(2).requires_grad_().sum().backward()


@pytest.mark.parametrize(
    "kind", ["float64", "float16", "int64", "int32", "uint8", ">f4"]
)
@pytest.mark.parametrize("distance", DISTANCES)
def test_numpy_types_give_what_float32_gives(kind: str, distance: str) -> None:
    features = np.round(40 * clusters(300, 8, kinds=4, spread=0.3)) % 128
    gamma = 200.0 if distance == "euclidean" else 1.0
    ncut = NCUT(4, num_sample=100, distance=distance, affinity_focal_gamma=gamma)
    expected, _ = ncut.fit_transform(features.astype(np.float32))
    eigvecs, _ = ncut.fit_transform(features.astype(kind))
    assert eigvecs.dtype == np.float32
    np.testing.assert_allclose(eigvecs, expected, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int32])
def test_torch_types_give_what_float32_gives(dtype: torch.dtype) -> None:
    features = torch.from_numpy(np.round(40 * clusters(300, 8, kinds=4, spread=0.3)))
    features = features.to(dtype)
    expected, _ = NCUT(4, num_sample=100).fit_transform(features.float())
    eigvecs, _ = NCUT(4, num_sample=100).fit_transform(features)
    torch.testing.assert_close(eigvecs, expected, atol=1e-4, rtol=0)


def test_features_are_left_as_they_were() -> None:
    features = clusters(300, 8, kinds=4, spread=0.3)
    for distance in DISTANCES:
        tensor = torch.from_numpy(features.copy())
        NCUT(4, num_sample=100, distance=distance).fit(tensor)
        np.testing.assert_array_equal(tensor.numpy(), features)


def test_a_read_only_memory_map_is_read(tmp_path: Any) -> None:
    features = clusters(500, 16, kinds=4, spread=0.3)
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        eigvecs, _ = NCUT(4, num_sample=100).fit_transform(mapped)
    expected, _ = NCUT(4, num_sample=100).fit_transform(features)
    np.testing.assert_array_equal(eigvecs, expected)


def test_distances_survive_a_large_offset() -> None:
    features = clusters(600, 8, kinds=4, spread=0.3).astype(np.float64)
    near, _ = NCUT(4, num_sample=100, distance="rbf").fit_transform(features)
    far, _ = NCUT(4, num_sample=100, distance="rbf").fit_transform(features + 1e7)
    np.testing.assert_allclose(far, near, atol=1e-3)


# --- Degenerate graphs


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("num_sample", [50, 1000])
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_constant_features_have_the_trivial_eigenvector_only(
    distance: str, num_sample: int, value: float
) -> None:
    features = np.full((200, 7), value)
    ncut = NCUT(3, distance=distance, num_sample=num_sample)
    with pytest.warns(RuntimeWarning, match="structure for 1 eigenvectors only"):
        eigvecs, eigvals = ncut.fit_transform(features)
    np.testing.assert_allclose(eigvals, [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(eigvecs[:, 0], 200**-0.5, rtol=1e-4)
    np.testing.assert_array_equal(eigvecs[:, 1:], 0)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("num_sample", [30, 1000])
def test_equal_rows_get_equal_eigenvectors(distance: str, num_sample: int) -> None:
    rows = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 1], [5, 0, 1]])
    features = np.tile(rows, (25, 1))
    ncut = NCUT(6, distance=distance, num_sample=num_sample)
    with pytest.warns(RuntimeWarning, match="structure for 4 eigenvectors only"):
        eigvecs, eigvals = ncut.fit_transform(features)
    exact, values = dense_ncut(features, 4, distance)
    np.testing.assert_allclose(eigvals[:4], values, atol=1e-5)
    assert smallest_principal_cosine(eigvecs[:, :4], exact) > 0.9999
    np.testing.assert_allclose(eigvecs, np.tile(eigvecs[:4], (25, 1)), atol=1e-5)


@pytest.mark.parametrize("num_sample", [60, 1000])
def test_rows_of_zeros_are_alike_and_unlike_the_rest(num_sample: int) -> None:
    features = clusters(400, 8, kinds=2, spread=0.1)
    features[:50] = 0
    eigvecs, _ = NCUT(3, num_sample=num_sample).fit_transform(features)
    unit = eigvecs / np.linalg.norm(eigvecs, axis=1, keepdims=True)
    similarity = unit @ unit[0]
    assert similarity[:50].min() > 0.999
    assert similarity[50:].max() < 0.5


def test_a_graph_without_edges_is_the_identity() -> None:
    features = clusters(100, 8, kinds=4, spread=0.3)
    ncut = NCUT(10, distance="euclidean", affinity_focal_gamma=1e-6)
    eigvecs, eigvals = ncut.fit_transform(features)
    np.testing.assert_allclose(eigvals, 1, atol=1e-6)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(10), atol=1e-5)
    np.testing.assert_array_equal(ncut.transform(features + 1e6), 0)


def test_a_single_row_is_a_graph() -> None:
    eigvecs, eigvals = NCUT(1).fit_transform([[3.0, 4.0]])
    np.testing.assert_allclose(eigvecs, [[1]])
    np.testing.assert_allclose(eigvals, [1])


# --- The estimator


def test_parameters_are_kept_by_name_and_shown() -> None:
    ncut = NCUT(7, distance="rbf")
    assert repr(ncut) == "NCUT(num_eig=7, distance='rbf')"
    assert NCUT(**ncut.get_params()).get_params() == ncut.get_params()
    assert ncut.set_params(num_eig=3) is ncut
    assert ncut.num_eig == 3
    with pytest.raises(ValueError, match="knn is no parameter of NCUT"):
        ncut.set_params(knn=10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("num_sample", [None, 512])
def test_cuda_agrees_with_the_cpu(texture: Array, num_sample: int | None) -> None:
    on_cpu, values = NCUT(20, num_sample=num_sample, device="cpu").fit_transform(
        texture
    )
    on_cuda, same = NCUT(20, num_sample=num_sample, device="cuda").fit_transform(
        texture
    )
    np.testing.assert_allclose(same, values, atol=1e-4)
    flat = on_cpu.reshape(-1, 20), on_cuda.reshape(-1, 20)
    assert smallest_principal_cosine(*flat) > 0.999
    tensor = torch.from_numpy(texture).cuda()
    assert NCUT(20).fit_transform(tensor)[0].device == tensor.device
