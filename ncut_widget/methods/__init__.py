"""Methods make fields of a recipe: one file a method.

Each keeps to the contract of `ncut_widget.methods.base`; no other folder asks which
method it has. Methods know neither Jupyter nor history.
"""

from ncut_widget.methods.base import Field, Method, Seeds, Sides
from ncut_widget.methods.biased import BiasedMethod
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.methods.random_walker import RandomWalkerMethod
from ncut_widget.methods.similarity import SimilarityMethod
from ncut_widget.methods.spectra import Spectra
from ncut_widget.methods.spectrum import Spectrum

METHODS: dict[str, type[Method]] = {
    each.name: each
    for each in (SimilarityMethod, DiffusionMethod, RandomWalkerMethod, BiasedMethod)
}
"""By the name that the setting ``method`` has."""

__all__ = ["METHODS", "Field", "Method", "Seeds", "Sides", "Spectra", "Spectrum"]
