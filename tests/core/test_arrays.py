"""Arrays of every kind enter by one door."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget import NCUT, NcutSegmenter, get_mask, load_images, rgb_from_pca_3d


def read_only(array: NDArray) -> NDArray:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


ARRAYS: dict[str, Callable[[NDArray], Any]] = {
    "big endian": lambda a: a.astype(">f4"),
    "big endian double": lambda a: a.astype(">f8"),
    "longdouble": lambda a: a.astype(np.longdouble),
    "reversed twice": lambda a: a[..., ::-1].copy()[..., ::-1],
    "Fortran's order": np.asfortranarray,
    "read-only": read_only,
    "float16": lambda a: a.astype(np.float16),
    "list": lambda a: a.tolist(),
    "bfloat16": lambda a: torch.tensor(a).bfloat16(),
    "with gradient": lambda a: torch.tensor(a, requires_grad=True),
    "inference": lambda a: torch.inference_mode()(torch.tensor)(a),
    "masked, nothing hidden": lambda a: np.ma.masked_array(a, mask=np.zeros(a.shape)),
}

rng = np.random.default_rng(0)
FEATURES = rng.normal(size=(2, 8, 8, 5)).astype(np.float32)
FEATURES[:, 2:5, 2:5] += 4
EIGVECS, EIGVALS = NCUT(3, progress=False).fit_transform(FEATURES)


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_every_kind_enter_by_one_door(kind: str) -> None:
    make = ARRAYS[kind]
    rough = kind in ("bfloat16", "float16")

    def same(one: Any, other: Any) -> None:
        one, other = np.asarray(one, float), np.asarray(other, float)
        share = np.isclose(one, other, atol=0.1 if rough else 1e-4).mean()
        assert share > (0.9 if rough else 0.999)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        eigvecs, _ = NCUT(3, progress=False).fit_transform(make(FEATURES))
        eigvecs = torch.as_tensor(eigvecs).detach().numpy()
        same(np.abs(eigvecs), np.abs(EIGVECS))
        masks = []
        for given, values in ((EIGVECS, EIGVALS), (make(EIGVECS), make(EIGVALS))):
            seg = NcutSegmenter(given, eigvals=values, clicks=[[0, 3, 3, 1]])
            masks.append(seg.masks)
        same(*masks)
        same(
            get_mask(make(EIGVECS), make(EIGVECS[0, 3, 3])),
            get_mask(EIGVECS, EIGVECS[0, 3, 3]),
        )
        same(rgb_from_pca_3d(make(EIGVECS))[1], rgb_from_pca_3d(EIGVECS)[1])
        if kind != "list":  # which is many images, or none
            rgb = np.abs(FEATURES[0, :3]).transpose(1, 2, 0) / 20
            made = make(np.ascontiguousarray(rgb))
            if isinstance(made, torch.Tensor):
                made = made.permute(2, 0, 1)
            away = load_images(made)[0].astype(int) - load_images(rgb)[0]
            assert np.abs(away).max() <= 1


def test_hidden_values_are_not_shown() -> None:
    hidden = np.ma.masked_array(FEATURES, mask=FEATURES > 5)
    with pytest.raises(ValueError, match=r"features has masked values.*filled"):
        NCUT(3, progress=False).fit_transform(hidden)
    with pytest.raises(ValueError, match="eigvecs has masked values"):
        NcutSegmenter(np.ma.masked_array(EIGVECS, mask=EIGVECS > 0))


@pytest.mark.parametrize("shape", [(2, 768, 16, 16), (1, 96, 20, 12), (2, 64, 8, 8)])
def test_channels_first_get_a_hint(shape: tuple[int, ...]) -> None:
    features = rng.normal(size=shape).astype(np.float32)
    with pytest.warns(UserWarning, match=r"if they are \(B, C, H, W\).*permute"):
        NcutSegmenter.from_features(features, num_eig=2, progress=False)


@pytest.mark.parametrize("shape", [(2, 16, 16, 768), (1, 40, 30, 64), (1, 30, 20, 5)])
def test_channels_last_get_none(shape: tuple[int, ...]) -> None:
    features = rng.normal(size=shape).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        NcutSegmenter.from_features(features, num_eig=2, progress=False)
