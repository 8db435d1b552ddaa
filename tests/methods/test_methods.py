"""Every method, from every store."""

from __future__ import annotations

from ncut_widget.methods import METHODS
from ncut_widget.methods.biased import BiasedMethod
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.methods.random_walker import RandomWalkerMethod
from ncut_widget.methods.similarity import SimilarityMethod
from tests.support.contracts.methods import MethodTests, solved

__all__ = ["solved"]


class TestSimilarity(MethodTests):
    method = SimilarityMethod


class TestDiffusion(MethodTests):
    method = DiffusionMethod


class TestRandomWalker(MethodTests):
    method = RandomWalkerMethod


class TestBiased(MethodTests):
    method = BiasedMethod
    apart = 1e-6


def test_every_method_is_tested() -> None:
    tested = {each.method for each in MethodTests.__subclasses__()}
    assert tested == {*METHODS.values()}
