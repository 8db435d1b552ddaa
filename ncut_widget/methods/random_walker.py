"""Image by image: masks of an image with prompts depend on its own prompts alone.

An image without prompts gets what those with prompts say of it, and nothing where it
lacks the thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from scipy.special import expit
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.core.cache import Bounded
from ncut_widget.masks.coordinates import FINE_SIDE, centre_cell
from ncut_widget.masks.resample import area_mean, enlarge
from ncut_widget.methods.base import PRESENT, Field, LevelField, Method, Seeds
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.methods.walker.constants import (
    FAR,
    FARTHER,
    LOWER,
    UNSURE,
    WITHIN,
)
from ncut_widget.methods.walker.evidence import Prompted, order, own_map
from ncut_widget.methods.walker.own import OwnImage
from ncut_widget.methods.walker.proposal import Asking, Likeness, Voter
from ncut_widget.ncut.details import Details
from ncut_widget.prompts import Group, last_groups

MAP_BYTES = 4 * FINE_SIDE**2
"""Bytes of a map, at most."""

IMAGES_BYTES = 128 * 2**20
"""Bytes of images whose own graphs are kept."""

MAPS = 2048
"""Maps of images with prompts that are kept, for undo and for the prompts to come."""


class RandomWalkerMethod(Method):
    """Each image is told from its own cells, on a fine grid [1]_.

    References
    ----------
    .. [1] L. Grady, "Random walks for image segmentation", IEEE TPAMI 28(11), 2006.
    """

    name = "random_walker"
    title = "Image by image"
    parameters = ("by", "granularity")
    together = True
    last_counts = True
    ordered = True
    side = FINE_SIDE
    keeps_prompted = True
    standardised = False
    stand_in = "diffusion"

    def __init__(
        self, spectrum: Spectrum, sizes: Sequence[tuple[int, int]] | None = None
    ) -> None:
        super().__init__(spectrum, sizes)
        self._diffusion = DiffusionMethod(spectrum)
        self._images: Bounded[OwnImage] = Bounded(
            IMAGES_BYTES, lambda image: image.nbytes
        )
        self._making = Lock()
        self._maps: Bounded[Floats] = Bounded(MAPS)

    def check(self) -> None:
        """Raise ValueError if there are no eigenvalues."""
        self.spectrum.check_eigvals(self.name)

    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Make the field of all prompts; its maps are made when first read."""
        return RandomWalkerField(self, seeds, known)

    def own(self, image: int) -> OwnImage:
        """Return what is computed of one image alone."""
        with self._making:  # who comes second waits
            return self._images.get(
                image, lambda: OwnImage(self.details, image, self.grid(image))
            )

    @cached_property
    def weights(self) -> Floats | Doubles:
        """Of the eigenvectors where they take the place of features, (K,)."""
        weights: Doubles = np.sqrt(self.spectrum.check_eigvals(self.name).clip(0))
        return weights

    @cached_property
    def details(self) -> Details:
        """What each image is told from alone.

        Where there are no features, their place is taken by the eigenvectors.
        """
        if self.spectrum.details is not None:
            return self.spectrum.details
        store = self.spectrum.store
        images = [
            (store.image(image) * self.weights).astype(np.float16)
            for image in range(store.shape[0])
        ]
        return Details.of(np.stack(images), "cosine")

    def prepare(self, image: int) -> None:
        """Find the eigenvectors and factors of an image's own graph."""
        if image not in self.spectrum.store.blank:
            self.own(image)

    @cached_property
    def likeness(self) -> Likeness:
        """Which cells of the batch are alike."""
        return Likeness(self.details)

    def diffusion(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Return the diffusion field of the same prompts, on the latent grid."""
        groups = last_groups(
            (label, self._latent(group)) for label, group in seeds.in_order()
        )
        positives, negatives = (
            tuple(group for label, group in groups if label == side) for side in (1, 0)
        )
        if not positives:  # each lies in one cell with a later negative one
            positives = tuple(map(self._latent, seeds.positives))
            negatives = ()
        latent = Seeds(self._diffusion.name, positives, negatives, seeds.parameters)
        return self._diffusion.field(latent, known)

    def _latent(self, group: Group) -> Group:
        """Move seeds to the latent grid; those in one cell become one, the last."""
        grid = self.spectrum.store.grid
        moved = {
            cell: seed._replace(cell=cell)
            for seed in group
            for cell in [centre_cell(seed.cell, self.grid(seed.cell.image), grid)]
        }
        return tuple(moved.values())

    def prompted_map(
        self, seeds: Seeds, image: int, known: Callable[[Seeds], Field | None]
    ) -> Floats:
        """Make the map of an image with prompts.

        It depends on its own prompts, and on what was proposed for it when it had none:
        later prompts on other images change nothing.
        """
        labelled = tuple(seeds.in_order())
        first = next(
            at for at, (_, group) in enumerate(labelled) if _is_on(group, image)
        )
        earlier = None
        if any(said for said, _ in labelled[:first]):
            earlier = self.ordered_seeds(labelled[:first], seeds.parameters)
        prompts = order(labelled, image).labelled
        keys = [
            (earlier, image, prompts[:count], seeds.parameters)
            for count in range(1, len(prompts) + 1)
        ]
        # Only the last map that is known is looked up: the others may have gone.
        values, made = None, len(keys)
        while made and values is None:
            values = self._maps.peek(keys[made - 1])
            made -= values is None
        if values is not None:
            self._maps.put(keys[made - 1], values)  # it was used
        if values is not None and made == len(keys):
            return values
        proposal: Floats | None = None
        if earlier is not None:
            field = known(earlier) or self.field(earlier, known)
            proposal = field.map(image)
            proposal = proposal if bool((proposal > 0.5).any()) else None
        for key in keys[made:]:
            values = own_map(
                self.own(image),
                Prompted(key[2]),
                seeds.parameter("granularity"),
                proposal,
                values,
            )
            self._maps.put(key, values)
        assert values is not None
        return values


class RandomWalkerField(LevelField):
    """How well the fine cells of each image fit the prompts.

    Parameters
    ----------
    method : RandomWalkerMethod
    seeds : Seeds
        At least one positive group.
    known : callable
        As of `Method.field`.
    """

    def __init__(
        self,
        method: RandomWalkerMethod,
        seeds: Seeds,
        known: Callable[[Seeds], Field | None],
    ) -> None:
        self._method = method
        self._seeds = seeds
        self._known = known
        self._diffusion = method.diffusion(seeds, known)
        self._maps: dict[int, Floats] = {}
        self._presence: dict[int, float] = {}
        blank = method.spectrum.store.blank
        images = (group[0].cell.image for _, group in seeds.in_order())
        self._prompted = [each for each in dict.fromkeys(images) if each not in blank]
        self._asserted = {group[0].cell.image for group in seeds.positives}

    @property
    def nbytes(self) -> int:
        """Bytes of memory: of the maps made so far, and of the rest."""
        return self._diffusion.nbytes + len(self._maps) * MAP_BYTES

    def grid(self, image: int) -> tuple[int, int]:
        """Return the ``(h, w)`` of `map`."""
        return self._method.grid(image)

    def map(self, image: int) -> Floats:
        """Give the map of an image on its own grid; do not write to it."""
        if image in self._prompted:
            # In their order: each may start from what those before it propose.
            for each in self._prompted:
                if each not in self._maps:
                    self._maps[each] = self._method.prompted_map(
                        self._seeds, each, self._known
                    )
                if each == image:
                    break
        elif image not in self._maps:
            self._maps[image] = self._make(image)
        return self._maps[image]

    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the means of the maps on the latent grid: float32, (..., H, W)."""
        grid = self._method.spectrum.store.grid
        numbers = np.arange(self._method.spectrum.store.shape[0])[images]
        means = [area_mean(self.map(int(n)), grid) for n in np.atleast_1d(numbers)]
        return np.reshape(means, (*np.shape(numbers), *grid))

    def presence(self, image: int) -> float:
        """Say how surely an image has the thing; 1 where a positive prompt says so."""
        if image in self._asserted:
            return 1.0
        if image in self._prompted:
            return float((self.map(image) > 0.5).any())
        if image not in self._presence:
            self._presence[image] = self._present(image)
        return self._presence[image]

    def _present(self, image: Asking) -> float:
        far = self._method.likeness.distance(image, self._voters)
        return float(expit((FAR + FARTHER * self._kinship - far) / UNSURE))

    @cached_property
    def _kinship(self) -> float:
        """How surely the batch is of one kind."""
        count = self._method.spectrum.store.shape[0]
        known = {*self._asserted, *self._method.spectrum.store.blank}
        others = [image for image in range(count) if image not in known]
        asked = [image for image in self._prompted if image in self._asserted]
        return self._method.likeness.kinship(others, asked)

    def prepare(self) -> None:
        """Make the maps of the images with prompts."""
        _ = self._voters, self._kinship

    def extend(self, eigvecs: Tensor, shared: Floats | None = None) -> Floats:
        """Give the map of an image that is not in the batch: (H, W, K) -> (H, W)."""
        grid = (eigvecs.shape[0], eigvecs.shape[1])
        if shared is None:
            features = eigvecs.cpu().numpy() * self._method.weights
            (shared,) = self._method.details.share(features[None])
        if self._present(shared) < PRESENT:
            return np.zeros(grid, dtype=np.float32)
        return self._propose(shared, self._diffusion.extend(eigvecs), grid)

    def _make(self, image: int) -> Floats:
        if image in self._method.spectrum.store.blank or self.presence(image) < PRESENT:
            return np.zeros(self.grid(image), dtype=np.float32)
        return self._propose(image, self._diffusion.map(image), self.grid(image))

    def _propose(
        self, image: Asking, diffusion: Floats, grid: tuple[int, int]
    ) -> Floats:
        """Propose a map for an image without prompts."""
        share = self._kinship / len(self._seeds.order)
        votes = enlarge(self._method.likeness.vote(image, self._voters), grid)
        spread = enlarge(diffusion, grid).clip(*WITHIN)
        values = share * spread + (1 - share) * votes
        return (values + LOWER).astype(np.float32)

    @cached_property
    def _voters(self) -> list[Voter]:
        """The images with prompts, as others ask them."""
        voter = self._method.likeness.voter
        return [voter(image, self.map(image)) for image in self._prompted]


def _is_on(group: Group, image: int) -> bool:
    return group[0].cell.image == image
