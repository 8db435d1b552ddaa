"""Files of weights: every format is read, and whatever is wrong with one is said."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from ncut_widget.backbone.checkpoints import CheckpointError
from ncut_widget.backbone.weights import load_state_dict

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
