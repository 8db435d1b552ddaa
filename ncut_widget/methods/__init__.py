"""What makes fields of prompts: one file a method.

Each keeps to the contract of `ncut_widget.methods.base`; nothing outside of this room
asks which one it is. It knows neither Jupyter nor history.
"""

from ncut_widget.methods.base import Field, Method, Seeds, Sides, Spectrum
from ncut_widget.methods.biased import BiasedMethod
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.methods.similarity import SimilarityMethod

METHODS: dict[str, type[Method]] = {
    each.name: each for each in (SimilarityMethod, DiffusionMethod, BiasedMethod)
}
"""By name, as the setting ``method`` has them."""

__all__ = ["METHODS", "Field", "Method", "Seeds", "Sides", "Spectrum"]
