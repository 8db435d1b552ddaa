"""Data for the page's previews: quantised eigenvectors, and their moments."""

from __future__ import annotations

from dataclasses import dataclass

from ncut_widget.core.checks import check_flag
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.quantised import (
    Quantised,
    quantise_image,
    quantise_sample,
)
from ncut_widget.page.protocol import Fields, Message, check_size
from ncut_widget.page.requests.base import Desk, Request, later
from ncut_widget.sessions.session import Session

VALUES_AT_ONCE = 2**24
"""Most values of eigenvectors whose moments take less than a tenth of a second."""


@dataclass(frozen=True)
class VectorsRequest(Request):
    """Send the quantised eigenvectors of some images, and of the sample if asked."""

    message_type = "vectors"
    id: str
    by: str
    images: list[int]
    sample: bool

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> VectorsRequest:
        """Read the images; refuse more than one answer can hold."""
        by, images = fields.way(session), fields.indices("images", session)
        _, height, width, num_eig = session.shape
        size = 2 * height * width * num_eig
        check_size(len(images), size, "images' eigenvectors")
        return cls(id, by, images, check_flag("sample", fields.content.get("sample")))

    def answer(self, desk: Desk) -> Message:
        """Return levels, one buffer for each image and, last, for the sample."""
        store, moments, *_ = desk.session.spectra[self.by]
        if self.sample and not _at_hand(moments, store.shape[3]):
            return later(self)
        parts: list[tuple[int | None, Quantised]] = [
            (image, quantise_image(store, moments, image)) for image in self.images
        ]
        if self.sample:
            parts.append((None, quantise_sample(store, moments)))
        entries = [
            {"image": image, "low": part.low.tolist(), "step": part.step.tolist()}
            for image, part in parts
        ]
        content = {"type": "vectors", "id": self.id, "by": self.by, "vectors": entries}
        return content, [part.levels.astype("<u2").tobytes() for _, part in parts]


@dataclass(frozen=True)
class MomentsRequest(Request):
    """Send mean and covariance of the leading eigenvectors."""

    message_type = "moments"
    id: str
    by: str
    num_eig: int

    @classmethod
    def read(cls, id: str, fields: Fields, session: Session) -> MomentsRequest:
        """Read how many eigenvectors."""
        return cls(id, fields.way(session), fields.num_eig(session))

    def answer(self, desk: Desk) -> Message:
        """Return the moments, in two buffers."""
        moments = desk.session.spectra[self.by].moments
        if not _at_hand(moments, self.num_eig):
            return later(self)
        prefix = moments.prefix(self.num_eig)
        buffers = [
            each.astype("<f8").tobytes() for each in (prefix.mean, prefix.covariance)
        ]
        return {
            "type": "moments",
            "id": self.id,
            "by": self.by,
            "num_eig": self.num_eig,
            "count": moments.count,
        }, buffers


def _at_hand(moments: Moments, num_eig: int) -> bool:
    """Whether moments and sample can be sent now; if not, begin to compute them."""
    if moments.values <= VALUES_AT_ONCE or moments.ready(num_eig):
        return True
    moments.prepare(num_eig)
    return False
