"""Images -> features: in batches that fit into memory, optionally cached on disk."""

from __future__ import annotations

import copy
import inspect
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from ncut_widget.backbone.described import describe_model, name_of, plain
from ncut_widget.backbone.extraction.cache import FeatureCache
from ncut_widget.backbone.extraction.output import Features, Output, Stale
from ncut_widget.backbone.layers import LayeredBackbone, Node, versions
from ncut_widget.backbone.registry import Backbone, resolve_model
from ncut_widget.core.checks import check_choice, check_number
from ncut_widget.core.device import pick_device
from ncut_widget.core.names import check_keywords
from ncut_widget.core.progress import AFTER_SECONDS, bar, silence
from ncut_widget.images import FLOAT_TOLERANCE, Images, RGBImage, read_ahead

NORMALIZED = 10.0
"""Largest magnitude of an image normalised for a network."""

FINE = 24
"""Fewest cells on a side with which masks are fine enough to correct by clicks."""


SoFar: TypeAlias = Callable[[int, Callable[[], Any]], object]
"""Called while features come: how many images from the first on have theirs, and a
function that gives these."""

DTYPES = (torch.float16, torch.bfloat16, torch.float32)
"""Types that models can compute in."""


class FeatureExtractor:
    """Images -> features, in the same way for later images as for the first ones.

    Parameters
    ----------
    model, node_type, layer, batch_size, device, dtype, amp, cache_dir, progress
        As for `extract_features`.
    **options
        As for `extract_features`.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if a parameter is not as there.
    """

    def __init__(
        self,
        model: str | Backbone = "texture",
        node_type: str | None = None,
        layer: int | Sequence[int] | None = None,
        batch_size: int | None = None,
        *,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
        amp: bool = True,
        cache_dir: str | os.PathLike[str] | None = None,
        progress: bool = True,
        **options: Any,
    ) -> None:
        with silence(not progress):
            self.model = resolve_model(model)
        self._name = model if isinstance(model, str) else name_of(self.model)
        self._described: Future[dict[str, Any]] | None = None
        self._progress = progress
        self._many = False
        self._nodes: list[Node | None] = [None]
        self._options = options
        self._encoder = self.model if isinstance(self.model, LayeredBackbone) else None
        if self._encoder is not None:
            if options:
                raise TypeError(
                    f"{type(self._encoder).__name__} has no option {', '.join(options)}"
                )
            if isinstance(layer, Sequence) and not isinstance(layer, str):
                self._many = True
                self._nodes = [self._encoder.node(node_type, at) for at in layer]
            else:
                self._nodes = [self._encoder.node(node_type, layer)]
            if not self._nodes:
                raise ValueError("layer must name at least one layer, got none")
            self._encoder.to(pick_device(device, self._encoder.device))
            dtype = torch.float16 if dtype is None else dtype
        else:
            given = {"node_type": node_type, "layer": layer}
            self._options |= {k: v for k, v in given.items() if v is not None}
            _check_options(self.model, self._options)
        self._dtype = check_choice("dtype", dtype or torch.float32, DTYPES)
        self._batch_size = _check_batch_size(batch_size, self.model)
        on_cuda = self._encoder is not None and self._encoder.device.type == "cuda"
        self._amp = amp and on_cuda
        self._cache = None if cache_dir is None else self._open_cache(cache_dir)
        self._standardize: list[Callable[[Any], Any]] = []  # for each node
        self._finest = 0
        self._told = False

    def fit_transform(self, images: Any, so_far: SoFar | None = None) -> Any:
        """Compute features of a batch; keep its standardizer for later images.

        What ``so_far`` gives is on the scale of the images that are there.
        """
        self._note_model()
        return self._fit(self._extract(images, self._progress, so_far))

    def _fit(self, features: Any) -> Any:
        """Bring the features of a batch to its scale, perhaps in place."""
        standardizer = getattr(self.model, "standardizer", None)
        if standardizer is None:
            return features
        self._standardize = [standardizer(each) for each in self._each(features)]
        return self._standardized(features)

    def fit_alone(self, images: Any) -> Any:
        """Compute features on the scale of these images, and keep nothing of it."""
        self._note_model()
        alone = copy.copy(self)
        alone._cache = None
        return alone.fit_transform(images)

    def transform(self, images: Any, *, progress: bool | None = None) -> Any:
        """Compute features of other images, on the scale of the batch."""
        shown = self._progress if progress is None else progress
        return self._standardized(self._extract(images, shown))

    def _each(self, features: Any) -> list[Any]:
        """List the features of each node."""
        return features if self._many else [features]

    def _standardized(self, features: Any) -> Any:
        if not self._standardize:
            return features
        pairs = zip(self._standardize, self._each(features), strict=True)
        # In place where it can be: a copy of the batch's features takes gigabytes.
        found = [
            getattr(standardize, "in_place", standardize)(each)
            for standardize, each in pairs
        ]
        return found if self._many else found[0]

    def describe(self) -> dict[str, Any]:
        """Describe the model, the nodes of the features, and how it computes."""
        nodes = [node for node in self._nodes if node is not None]
        return {
            "model": self._name,
            **self._note_model().result(),
            "nodes": [{"node_type": kind, "layer": layer} for kind, layer in nodes],
            "options": plain(self._options),
            "dtype": str(self._dtype).removeprefix("torch."),
            "amp": self._amp,
            "device": None if self._encoder is None else self._encoder.device.type,
        }

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that features depend on, besides those that are always used."""
        own = getattr(self.model, "packages", None)
        return tuple(own) if own else (name_of(self.model).partition(".")[0],)

    def _note_model(self) -> Future[dict[str, Any]]:
        """Describe the model before it computes, as its weights may change later.

        This runs in a thread, as the digest of gigabytes of weights takes time.
        """
        if self._described is None:
            beside = ThreadPoolExecutor(1)
            self._described = beside.submit(describe_model, self.model)
            beside.shutdown(wait=False)
        return self._described

    @property
    def batch_size(self) -> int | None:
        """Images given to the model at a time; None for all of them."""
        return self._batch_size

    def _open_cache(self, folder: str | os.PathLike[str]) -> FeatureCache:
        fingerprint = getattr(self.model, "fingerprint", None)
        if fingerprint is None:
            raise ValueError(
                "cache_dir needs a backbone with a fingerprint() that names all its "
                f"features depend on, which {self.model!r} has not"
            )
        precision = f"{self._dtype} amp={self._amp}"
        recipe = f"{fingerprint()} {self._options} {precision} {versions()}"
        return FeatureCache(folder, recipe)

    def _extract(self, images: Any, progress: bool, so_far: SoFar | None = None) -> Any:
        with silence(not progress):
            return self._features(images, so_far)

    def _features(self, images: Any, so_far: SoFar | None) -> Any:
        items = self._items(images)
        try:
            outputs = self._fill(items, so_far)
        except Stale as stale:
            warnings.warn(
                f"features kept in cache_dir do not go with others of "
                f"{type(self.model).__name__} ({stale}): all are computed again",
                RuntimeWarning,
                stacklevel=2,
            )
            outputs = self._fill(items, so_far, reads=False)
        results = [output.read() for output in outputs]
        self._check_grids(results)
        return results if self._many else results[0]

    def _fill(
        self,
        items: Sequence[RGBImage | Tensor],
        so_far: SoFar | None = None,
        *,
        reads: bool = True,
    ) -> list[Output]:
        """Collect features: cached ones, if these may be read, and computed ones."""
        outputs = [Output(len(items), self._dtype) for _ in self._nodes]
        waiting: list[tuple[int, Any, list[Path]]] = []
        # With a delay, no bar would show while the first image is computed.
        after = AFTER_SECONDS if self._encoder is None else 0
        with bar(len(items), "Features", "image", after=after) as done:
            for index, item in enumerate(read_ahead(items)):
                self._finest = max(self._finest, min(_sides(item)))
                keys = self._cache.keys(item, self._nodes) if self._cache else []
                kept = (
                    [self._cache.load(key) for key in keys]
                    if self._cache and reads
                    else []
                )
                if kept and all(features is not None for features in kept):
                    for output, features in zip(outputs, kept, strict=True):
                        output.write([index], features, kept=True)
                    done.update()
                else:
                    waiting.append((index, item, keys))
                while waiting and (
                    len(waiting) >= (self._batch_size or len(items))
                    or index == len(items) - 1
                ):
                    count = self._work_off(waiting, outputs)
                    done.update(count)
                    del waiting[:count]
                if so_far is not None:
                    there = waiting[0][0] if waiting else index + 1
                    so_far(there, partial(self._fit_first, outputs, there))
        return outputs

    def _fit_first(self, outputs: Sequence[Output], count: int) -> Any:
        """Return the features of the first images, on their own scale."""
        results = [output.copy(slice(count)) for output in outputs]
        return self._fit(results if self._many else results[0])

    def _check_grids(self, results: Sequence[Features]) -> None:
        """Warn once if the grid is coarse although the images are not."""
        rows, cols = min((part.shape[1:3] for part in results), key=min)
        if self._told or min(rows, cols) >= FINE or self._finest < FINE:
            return
        self._told = True
        if self._encoder is not None:
            remedy = "give load_model a larger size=..., or take an earlier layer=..."
        elif hasattr(self.model, "grid"):
            remedy = "give load_model a finer grid=..., the default is 64"
        else:
            remedy = "have the backbone work on larger images, or in smaller steps"
        warnings.warn(
            f"the latent grid of {type(self.model).__name__} is {rows} x {cols} cells, "
            f"and masks are as coarse; from {FINE} cells on a side on they follow a "
            f"thing's outline: {remedy}",
            UserWarning,
            stacklevel=2,
        )

    def _items(self, images: Any) -> Sequence[RGBImage | Tensor]:
        """Read images as they are needed; a normalised tensor (B, 3, h, w) as it is."""
        if (
            self._encoder is not None
            and isinstance(images, Tensor)
            and images.ndim == 4
            and images.shape[1] == 3
            and images.is_floating_point()
            and len(images)
        ):
            low, high = (float(value) for value in torch.aminmax(images))
            in_unit = low >= -FLOAT_TOLERANCE and high <= 1 + FLOAT_TOLERANCE
            if not in_unit and max(-low, high) <= NORMALIZED:  # False for NaN
                return images.detach().unbind()
        found = Images(images)
        found.check()
        return found

    def _work_off(
        self, waiting: Sequence[tuple[int, Any, list[Path]]], outputs: list[Output]
    ) -> int:
        """Compute the first waiting images; return how many, 0 to try again."""
        batch = waiting[: self._batch_size or len(waiting)]
        computed = self._compute([image for _, image, _ in batch])
        if computed is None:
            return 0
        indices = [index for index, _, _ in batch]
        for output, features in zip(outputs, computed, strict=True):
            output.write(indices, features)
        if self._cache is not None:
            for index, _, keys in batch:
                for key, output in zip(keys, outputs, strict=True):
                    self._cache.save(key, output.read(slice(index, index + 1)))
        return len(batch)

    def _compute(self, images: list[Any]) -> list[Any] | None:
        """Run the model; None to try again with fewer images or without amp."""
        try:
            # no_grad, not inference_mode, for a user's callable: its outputs may be
            # written to later. Outputs of our own encoders are copied.
            if self._encoder is None:
                with torch.no_grad():
                    return [self.model(images, **self._options)]
            nodes = [node for node in self._nodes if node is not None]
            half = torch.autocast("cuda", torch.float16) if self._amp else nullcontext()
            with torch.inference_mode(), half:
                features = self._encoder.read(self._encoder.preprocess(images), nodes)
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error) or len(images) == 1:
                raise
        else:
            if not self._amp or all(bool(part.isfinite().all()) for part in features):
                return features
            # Activations of some large encoders are beyond float16.
            self._amp = False
            return None
        # Outside of the handler, whose traceback keeps the tensors in memory.
        self._batch_size = len(images) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        warnings.warn(
            f"out of memory with {len(images)} images at a time: going on with "
            f"batch_size={self._batch_size}",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


def _sides(image: RGBImage | Tensor) -> tuple[int, int]:
    """Height and width of an image (h, w, 3) or a normalised tensor (3, h, w)."""
    sides = image.shape[1:] if isinstance(image, Tensor) else image.shape[:2]
    return int(sides[0]), int(sides[1])


def _check_options(model: Any, options: Mapping[str, Any]) -> None:
    """Raise TypeError for options that a backbone does not take, before any work."""
    try:
        taken = list(inspect.signature(model).parameters.values())
    except (TypeError, ValueError):  # some callables written in C have no signature
        return
    if not any(each.kind is each.VAR_KEYWORD for each in taken):
        named = [
            each.name for each in taken[1:] if each.kind is not each.VAR_POSITIONAL
        ]
        check_keywords(f"the backbone {name_of(model)}", options, named)


def _check_batch_size(batch_size: Any, model: Backbone) -> int | None:
    """Return the images at a time; None for all of them."""
    if batch_size is None:
        return getattr(model, "batch_size", None)
    return int(check_number("batch_size", batch_size, 1, integer=True))


def _out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: allocators raise different errors."""
    said = ("out of memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(text in str(error) for text in said)
