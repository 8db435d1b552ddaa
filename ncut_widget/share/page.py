"""A page that needs no kernel and no network: the widget with its data.

``js/src/offline`` answers its requests. The page computes masks of quantised
eigenvectors; this file measures, with the same ones, how far they are from the
kernel's. Of a method that cannot be computed there, the page has the kernel's maps of
the clicks, and goes on by another method.
"""

from __future__ import annotations

import base64
import html
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ncut_widget.core.arrays import AnyArray
from ncut_widget.core.progress import go_through
from ncut_widget.eigvecs.quantised import quantise_image, quantise_sample
from ncut_widget.images.names import escaped
from ncut_widget.masks.runs import to_runs
from ncut_widget.methods import METHODS, Seeds, Spectra
from ncut_widget.page.info import describe_way
from ncut_widget.page.pictures import Pictures, encode_picture
from ncut_widget.prompts import Click, Recipe
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.session import Session
from ncut_widget.settings import TABLE

OFFERED = tuple(name for name, method in METHODS.items() if method.twin)
"""Methods whose fields are computed in the page."""

INSTEAD = "diffusion"
"""The method of a page, or of new clicks, where the kernel's is none of `OFFERED`."""

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"

STAGE_SIDE = 1280
STAGE_QUALITY = 85
"""Longest side, and JPEG quality, of stage pictures: small enough for a mail."""

NOTE = (
    "Made by ncut_widget. Click and move the sliders as you like: the masks are "
    "computed in this page, and nothing is sent anywhere. New segments can be kept in "
    "the notebook only, and what you change here is gone when you close the page."
)


@dataclass(frozen=True)
class SharedPage:
    """A page that was written.

    Attributes
    ----------
    path : Path
    nbytes : int
        Its size.
    images : tuple of int
        The images of the batch that are in it.
    iou : float
        Intersection over union of the page's masks and the kernel's, over all cells of
        the page's images; the lowest of the segments and the clicks.
    """

    path: Path
    nbytes: int
    images: tuple[int, ...]
    iou: float

    def __str__(self) -> str:
        """Describe it in a line."""
        return (
            f"{self.path}: {self.nbytes / 1e6:.1f} MB, {len(self.images)} images, "
            f"IoU with the kernel's masks {self.iou:.4f}"
        )

    __repr__ = __str__


class Moment(NamedTuple):
    """A segmenter at one moment; it may change while its page is written.

    Attributes
    ----------
    traits : mapping
        The widget's traits, as they are sent to a page.
    recipe : Recipe
        The clicks that are not committed.
    segments : tuple of SegmentState
    images : list of int
        The images for the page, ascending.
    """

    traits: Mapping[str, Any]
    recipe: Recipe
    segments: tuple[SegmentState, ...]
    images: list[int]


def take_moment(
    session: Session,
    traits: Mapping[str, Any],
    images: Sequence[int] | None,
    most: int,
) -> Moment:
    """Take the state for a page, and choose its images.

    The images are those given, and those with clicks. If none are given, the active
    image and the first others are added, up to ``most`` images.
    """
    recipe, segments = session.recipe, session.shelf.segments
    shown = [recipe.prompts, *(segment.prompts for segment in segments)]
    chosen = {prompt.image for prompts in shown for prompt in prompts}
    if images is not None:
        chosen.update(images)
    else:
        for image in (traits["active_image"], *range(len(session.sizes))):
            if len(chosen) < most:
                chosen.add(image)
    return Moment(traits, recipe, segments, sorted(chosen))


def render_page(
    session: Session,
    pictures: Pictures,
    moment: Moment,
    title: str,
    *,
    progress: bool,
) -> str:
    """Make the page's HTML.

    Parameters
    ----------
    session : Session
    pictures : Pictures
    moment : Moment
    title : str
    progress : bool
        Show a bar.
    """
    page = _Page(session, pictures, moment)
    content = {
        "traits": page.traits(),
        "own_threshold": moment.recipe.own,
        **page.content(progress),
    }
    fields: dict[str, str] = {
        "title": html.escape(escaped(title)),
        "css": (STATIC / "widget.css").read_text(encoding="utf-8"),
        "note": html.escape(NOTE),
        "page": _in_script(json.dumps(content, allow_nan=False)),
        "widget": _checked((STATIC / "widget.js").read_text(encoding="utf-8")),
    }
    text = (HERE / "page.html").read_text(encoding="utf-8")
    for name, value in fields.items():
        before, _, after = text.partition(f"{{{name}}}")
        fields[name] = before + value  # filled-in text is not searched
        text = after
    return "".join(fields.values()) + text


class _Page:
    """Collects the content of a page."""

    def __init__(self, session: Session, pictures: Pictures, moment: Moment) -> None:
        self._session = session
        self._pictures = pictures
        self._moment = moment
        self._images = moment.images
        self._number = {image: number for number, image in enumerate(moment.images)}
        self._ways = [*_ways_of(session)]
        self._parts: list[str] = []

    def traits(self) -> dict[str, Any]:
        """Return the page's first traits, for its images alone."""
        told = self._moment.traits
        info = json.loads(json.dumps(told["_info"]))
        spectra = self._session.spectra
        info["ways"] = {by: describe_way(spectra[by]) for by in self._ways}
        by = info["settings"]["by"]
        by["choices"] = [name for name in by["choices"] if name in self._ways]
        info["sizes"] = [info["sizes"][image] for image in self._images]
        for way in info["ways"].values():
            way["blank"] = [self._number[i] for i in way["blank"] if i in self._number]
        info["offline"] = True
        missing = METHODS[self._moment.recipe.settings.method]
        if missing.twin is None:
            info["instead"] = {"of": missing.title, "by": INSTEAD}
        offered = [*OFFERED, missing.name] if carried_seeds(*self._made_of) else OFFERED
        last = len(self._images) - 1
        info["settings"]["active_image"].update(high=last, usual=last)
        info["methods"] = {
            name: told for name, told in info["methods"].items() if name in offered
        }
        method = info["settings"]["method"]
        method["choices"] = [name for name in method["choices"] if name in offered]
        traits = {name: told[name] for name in (*TABLE, "_colors", "_revision")}
        traits["active_image"] = self._number.get(told["active_image"], 0)
        if traits["method"] not in offered:
            traits["method"] = INSTEAD
        segments = [{**segment, "open": False} for segment in told["_segments"]]
        return {
            **traits,
            "_info": info,
            "_segments": segments,
            "_history": [False, False],
            "_still": None,
            "clicks": [
                prompt.on(self._number[prompt.image]).tell()
                for prompt in self._moment.recipe.prompts
            ],
        }

    def content(self, progress: bool) -> dict[str, Any]:
        """Return eigenvectors, pictures and segments; ``parts`` has their bytes."""
        content: dict[str, Any] = {
            "pictures": {"stage": [], "thumb": []},
            "segments": {"stage": {}, "thumb": {}},
        }
        for image in go_through(self._images, "Writing the page", "image", progress):
            number = self._number[image]
            for kind, entries in content["pictures"].items():
                entries.append(self._picture(kind, image))
            for segment in self._moment.segments:
                name = f"{segment.id} {number}"
                runs = to_runs(segment.full_instances()[image]).astype("<u4")
                bits = np.packbits(segment.masks[image])
                for kind, data in (("stage", runs), ("thumb", bits)):
                    content["segments"][kind][name] = {
                        "part": self._add(data),
                        "instances": segment.instances,
                    }
        ways = {by: self._way(by) for by in self._ways}
        maps = self._maps()
        return {**content, "ways": ways, "maps": maps, "parts": self._parts}

    def _maps(self) -> dict[str, Any] | None:
        """Return the kernel's maps of the clicks, if the page cannot make them."""
        seeds = carried_seeds(*self._made_of)
        if seeds is None:
            return None
        with self._session.lock:
            field = self._session.masker.field(seeds)
            maps = [field.map(image).astype("<f4") for image in self._images]
            return {
                "grids": [each.shape for each in maps],
                "presence": [field.presence(image) for image in self._images],
                "parts": [self._add(each) for each in maps],
            }

    @property
    def _made_of(self) -> tuple[Session, Recipe]:
        return self._session, self._moment.recipe

    def _way(self, by: str) -> dict[str, Any]:
        """Return the eigenvectors of a way, quantised, and their colours."""
        store, moments, *_ = self._session.spectra[by]
        vectors = {
            self._number[image]: self._add(
                quantise_image(store, moments, image).levels.astype("<u2")
            )
            for image in self._images
        }
        sample = quantise_sample(store, moments)
        quantised = {"low": sample.low.tolist(), "step": sample.step.tolist()}
        prefixes = {n: moments.prefix(n) for n in range(1, store.shape[3] + 1)}
        return {
            "vectors": vectors,
            "colors": [self._picture("eigvecs", image, by) for image in self._images],
            "sample": self._add(sample.levels.astype("<u2")),
            "quantised": quantised,
            "count": moments.count,
            "moments": {
                num_eig: [
                    self._add(part.astype("<f8"))
                    for part in (prefix.mean, prefix.covariance)
                ]
                for num_eig, prefix in prefixes.items()
            },
        }

    def _picture(self, kind: str, image: int, by: str | None = None) -> dict[str, Any]:
        by = by or self._session.spectra.ways[0]
        try:
            if kind == "stage" and self._pictures.has_images:
                small = self._pictures.small(image, STAGE_SIDE)
                picture = encode_picture(small, quality=STAGE_QUALITY)
            else:
                picture = self._pictures.encoder(kind, by)[1](image)
        except (OSError, ValueError) as error:
            return {"error": str(error)}
        described = picture._asdict()
        part = self._add(described.pop("data"))
        return {**described, "part": part}

    def _add(self, data: AnyArray | bytes) -> int:
        raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
        self._parts.append(base64.b64encode(raw).decode("ascii"))
        return len(self._parts) - 1


def carried_seeds(session: Session, recipe: Recipe) -> Seeds | None:
    """Return the seeds of the field that a page has the kernel's maps of.

    It is that of a method that the page can preview, but not compute.
    """
    if METHODS[recipe.settings.method].stand_in is None:
        return None
    positives, _ = session.masker.seeds(recipe)
    return positives[0] if positives else None


def _ways_of(session: Session) -> Iterator[str]:
    """Give the ways that a click can be meant; warn of one that cannot be made."""
    for by in session.spectra.ways:
        try:
            session.spectra[by]
        except Exception as error:
            warnings.warn(f"the page has no masks by {by}: {error}", stacklevel=2)
        else:
            yield by


def _in_script(text: str) -> str:
    """Escape JSON so that no text in it ends the script or begins another."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _checked(script: str) -> str:
    if "</script" in script.lower() or "<!--" in script:
        raise AssertionError("the bundle would end the script that it is in")
    return script


# How good the page's masks are ------------------------------------------------------


def compare_masks(session: Session, moment: Moment) -> float:
    """Compare masks of quantised eigenvectors with the kernel's, on some images.

    The masks are those of the clicks and of every segment; without these, those of a
    click in the middle of each image.

    Returns
    -------
    float
        The lowest intersection over union; 1 where both are empty.
    """
    images = moment.images
    made = [segment.recipe for segment in moment.segments]
    made += [moment.recipe] if moment.recipe.positive else []
    # The page makes no masks of other methods.
    made = [each for each in made if each.settings.method in OFFERED]
    if not made and carried_seeds(session, moment.recipe):
        return 1.0  # The page has the kernel's maps.
    if not made:
        settings = moment.recipe.settings
        if settings.method not in OFFERED:
            settings = replace(settings, **{"method": INSTEAD})
        blank = session.spectra[settings.by].store.blank
        for image in (each for each in images if each not in blank):
            height, width = session.sizes[image]
            middle = Click(image, width // 2, height // 2, 1)
            made.append(session.recipe_of((middle,), settings))
    standardised = any(METHODS[each.settings.method].standardised for each in made)
    # Statistics need the whole batch.
    held = range(len(session.sizes)) if standardised else images
    ways = dict.fromkeys(each.settings.by for each in made)
    others = {by: _quantised(session, by, held) for by in ways}
    number = {image: at for at, image in enumerate(held)}
    shares = []
    for recipe in made:
        prompts = tuple(each.on(number[each.image]) for each in recipe.prompts)
        other = others[recipe.settings.by]
        theirs = other.masker.masks(other.recipe_of(prompts, recipe.settings))
        theirs = theirs[[number[image] for image in images]]
        ours = session.masker.masks(recipe)[[*images]]
        either = (ours | theirs).sum()
        shares.append((ours & theirs).sum() / either if either else 1.0)
    return float(min(shares, default=1))


def _quantised(session: Session, by: str, images: Sequence[int]) -> Session:
    """Make a session of the quantised eigenvectors of a way that a page has."""
    store, moments, eigvals, *_ = session.spectra[by]
    _, height, width, num_eig = session.shape
    vectors = np.empty((len(images), height, width, num_eig), dtype=np.float32)
    for at, image in enumerate(images):
        low, step, levels = quantise_image(store, moments, image)
        rows = low[:, None] + step[:, None] * levels
        vectors[at] = rows.T.reshape(height, width, num_eig)
    sizes = [session.sizes[image] for image in images]
    return Session(Spectra(vectors, eigvals, by=by, device="cpu"), sizes)
