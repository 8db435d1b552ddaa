"""A random walk through all that users and pages do, beside a model of plain lists.

Hypothesis walks, 100 steps at a time. Where the segmenter and the model differ, it
looks for the shortest walk that shows it, and prints it as a program.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.soaked import soaked
from tests.support.walk.cells import InCells
from tests.support.walk.files import WithFiles
from tests.support.walk.pages import OnPages

STEPS = 100


class Walk(InCells, OnPages, WithFiles):
    """Somebody who does anything, in cells, on pages and with files."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(1200)
@soaked(36)
def test_a_segmenter_is_what_its_model_is(count: int, report: list[str]) -> None:
    Walk.walked = 0
    run_state_machine_as_test(
        seed(count)(Walk),
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report.append(f"{Walk.walked} steps beside a model: the same after each of them")
