"""Files of weights: every format is read, and whatever is wrong with one is said."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.backbone.weights.files import check_fit, load_state_dict

TENSORS = {
    "encoder.weight": torch.arange(6.0).reshape(2, 3),
    "encoder.bias": torch.ones(2, dtype=torch.float16),
    "decoder.weight": torch.zeros(4),
}


def save(folder: Path, kind: str) -> Path:
    if kind == "safetensors":
        path = folder / "weights.safetensors"
        safetensors.torch.save_file(TENSORS, path)
    else:
        path = folder / "weights.pth"
        torch.save(TENSORS, path, _use_new_zipfile_serialization=kind == "zip")
    return path


def unreadable(path: Path, prefix: str = "") -> str:
    with pytest.raises(CheckpointError) as caught:
        load_state_dict(path, prefix)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
def test_weights_of_every_format_are_read(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path, kind)
    state = load_state_dict(path)
    assert state.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert state[name].dtype == tensor.dtype
        assert torch.equal(state[name], tensor)


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
def test_a_prefix_chooses_weights_and_is_removed(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path, kind)
    state = load_state_dict(str(path), prefix="encoder.")
    assert state.keys() == {"weight", "bias"}
    assert torch.equal(state["weight"], TENSORS["encoder.weight"])


@pytest.mark.parametrize("kind", ["zip", "old", "safetensors"])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str, keep: float) -> None:
    path = save(tmp_path, kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    assert "cannot be read as weights: it is" in unreadable(path)


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("text", ["hello, this is text\n", "<!doctype html>"])
def test_a_text_file_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert "cannot be read as weights: it is" in unreadable(tmp_path / name)


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        """Make a directory when it is unpickled."""
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("kind", ["zip", "old", "pickle"])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "w.pth", tmp_path / "owned"
    state = {"encoder.weight": Malicious(target)}
    if kind == "pickle":
        path.write_bytes(pickle.dumps(state, protocol=2))
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    message = unreadable(path)
    assert "mkdir" in message or "more than tensors" in message
    assert not target.exists()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([torch.ones(2)], "must hold a dict of tensors, got list"),
        ({"epoch": 3}, "must hold a dict of tensors, but 'epoch' is of type int"),
        ({}, "no weights whose names start with '', its first names are none at all"),
    ],
)
def test_what_is_not_a_dict_of_tensors_is_refused(
    tmp_path: Path, value: object, reason: str
) -> None:
    torch.save(value, tmp_path / "w.pth")
    assert reason in unreadable(tmp_path / "w.pth")


def test_a_prefix_that_no_name_has_is_refused(tmp_path: Path) -> None:
    message = unreadable(save(tmp_path, "zip"), prefix="image_encoder.")
    assert "start with 'image_encoder.'" in message
    assert "encoder.weight, encoder.bias, decoder.weight" in message


def test_a_directory_is_not_read_as_weights(tmp_path: Path) -> None:
    assert "is a directory" in unreadable(tmp_path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file of weights .*gone\.pth"):
        load_state_dict(tmp_path / "gone.pth")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "it is a web page"),
        (b"<html>", "it is a web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "Git LFS pointer",
        ),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
        (b"\x1f\x8b\x08" + bytes(99), "compressed: unpack it first"),
        (b"\x93NUMPY\x01\x00", "an array of NumPy"),
    ],
)
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_what_is_often_downloaded_in_place_of_weights_is_named(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert reason in unreadable(tmp_path / name)


def test_an_archive_of_numpy_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weight=np.zeros(3))
    assert "an archive of NumPy" in unreadable(tmp_path / "w.npz")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.pth")
    assert "a device or a pipe" in unreadable(tmp_path / "w.pth")


@pytest.mark.parametrize("path", [3, None, "", b"w.pth"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(TypeError, match="checkpoint must be the path of a file"):
        load_state_dict(path)


def test_safetensors_are_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    path = save(tmp_path, "safetensors").rename(tmp_path / "w.bin")
    assert load_state_dict(path).keys() == TENSORS.keys()


BARE = {"stem.weight": torch.ones(3), "blocks.0.bias": torch.zeros(2)}


def prefixed(prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in BARE.items()}


@pytest.mark.parametrize(
    "state",
    [
        prefixed("module."),
        prefixed("module.model."),
        prefixed("_orig_mod.module."),
        prefixed("encoder."),
        {**prefixed("model."), "loss.weight": torch.ones(1)},
        {**prefixed("backbone."), "dino_head.mlp.0.weight": torch.ones(1)},
        {**prefixed("student."), **prefixed("teacher."), "step": 3},
        {"state_dict": prefixed("module."), "epoch": 3},
        {"model": BARE, "optimizer": {"lr": 0.1}},
        {"model": prefixed("x."), "model_ema": BARE},
        {"student": prefixed("x."), "teacher": prefixed("module.backbone.")},
    ],
)
def test_what_training_puts_around_weights_is_taken_off(
    tmp_path: Path, state: dict[str, Any]
) -> None:
    torch.save(state, tmp_path / "w.pth")
    found = load_state_dict(tmp_path / "w.pth")
    assert found.keys() == BARE.keys()
    assert torch.equal(found["stem.weight"], BARE["stem.weight"])


def test_a_dict_that_holds_itself_ends(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    state["model"] = state
    torch.save(state, tmp_path / "w.pth")
    assert "has no weights" in unreadable(tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, r"2 of its 2 weights are missing \(stem.weight, blocks.0.bias\)"),
        ({**BARE, "a": torch.ones(1)}, r": 1 weights are too many \(a\)$"),
        (
            {**BARE, "stem.weight": torch.ones(3, 1)},
            r": 1 have another shape \(stem.weight is \(3, 1\) in place of \(3,\)\)$",
        ),
        (
            {**BARE, "stem.weight": torch.ones(3, dtype=torch.int8)},
            "stem.weight is torch.int8 in place of torch.float32",
        ),
        (
            {**BARE, "stem.weight": torch.tensor([1, float("nan"), 1])},
            r"1 of its 2 weights are not finite \(stem.weight\)",
        ),
        (
            {**BARE, "stem.weight": torch.tensor([1, -float("inf"), 1]).half()},
            r"not finite \(stem.weight\)",
        ),
        (
            {f"foreign.{i}": torch.ones(1) for i in range(400)},
            r"2 of its 2 weights are missing .*, 400 weights are too many "
            r"\(foreign.0, foreign.1, foreign.2, \.\.\.\)$",
        ),
        ({**BARE, "x" * 10**7: torch.ones(1)}, r"too many \(x{77}\.\.\.\)$"),
    ],
)
def test_weights_that_are_not_the_models_are_counted_and_some_are_named(
    state: dict[str, Tensor], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message):
        check_fit("'w.pth' is not a checkpoint of m", state, BARE)


def test_weights_of_another_precision_fit() -> None:
    check_fit("", {name: tensor.half() for name, tensor in BARE.items()}, BARE)
