"""A random walk over everything that a hand can do; the stage is right at every step.

After each step every pixel of the stage is compared with ``seg.mask``, and every slider
with its trait.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.browser.host import wait_until
from tests.browser.test_hosts import MAKE, SIZES, OpenPage
from tests.browser.widget import Widget

WALKS = (
    (5, 25),
    *(pytest.param(seed, 100, marks=pytest.mark.soak) for seed in (1, 2, 3)),
)
"""Seeds, and how many steps."""

SLIDERS = {
    "threshold": (0.05, 0.95, 0.05),
    "gamma": (0.2, 5.0, 0.1),
    "negative_threshold": (0.05, 0.95, 0.05),
    "denoise_area_th": (0, 40, 1),
    "num_eig": (2, 8, 1),
    "granularity": (1, 7, 0.5),
    "opacity": (1, 1, 1),
}

# The same with eigenvalues: by default all clicks are taken together.
KNOWING = MAKE.replace("opacity", "eigvals=np.linspace(1, 0.3, 8), opacity")

KEPT = "[seg.clicks, len(seg.segments), *vars(seg._session.settings).values()]"
"""All that undo takes back."""

WEIGHTS = {
    "click": 8,
    "undo": 3,
    "redo": 3,
    "clear": 1,
    "commit": 1,
    "slide": 6,
    "method": 1,
    "granularity": 1,
    "auto": 2,
    "denoise": 1,
    "turn": 3,
    "zoom": 4,
    "pan": 2,
    "whole": 1,
    "hover": 3,
    "python": 1,
}


class Walk:
    """A hand that does anything."""

    def __init__(self, widget: Widget, seed: int) -> None:
        self.widget = widget
        self.random = random.Random(seed)
        self.mouse = widget.page.tab.mouse
        self.keyboard = widget.page.tab.keyboard

    def step(self) -> str:
        """Do something; return its name."""
        (name,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        act: Callable[[], None] = getattr(self, name)
        act()
        return name

    def place(self) -> tuple[float, float]:
        """Choose a place on the stage."""
        box = self.widget.stage.bounding_box()
        assert box is not None
        return (
            box["x"] + box["width"] * self.random.uniform(0.02, 0.98),
            box["y"] + box["height"] * self.random.uniform(0.02, 0.98),
        )

    def press(self, name: str) -> None:
        """Press a button, where it can be."""
        button = self.widget.root.locator(f"button[name={name}]")
        if button.is_enabled():
            button.click()

    def click(self) -> None:
        button = self.random.choice(["left", "left", "left", "right"])
        self.mouse.click(*self.place(), button=button)

    def undo(self) -> None:
        self.press("undo")

    def redo(self) -> None:
        self.press("redo")

    def clear(self) -> None:
        self.press("clear")

    def commit(self) -> None:
        self.press("commit")

    def slide(self) -> None:
        """Set a slider, by many values on the way."""
        shown = [name for name in SLIDERS if self.widget.slider(name).is_visible()]
        name = self.random.choice(shown)
        low, high, step = SLIDERS[name]
        for _ in range(self.random.randint(1, 6)):
            value = low + step * self.random.randint(0, round((high - low) / step))
            self.widget.slider(name).fill(f"{value:g}")
        wanted = float(self.widget.slider(name).input_value())
        wait_until(lambda: self.widget.value(f"seg.{name}") == wanted, name)

    def method(self) -> None:
        """Choose one of those that want no more than eigenvalues, where there are."""
        choice = self.widget.root.locator("select[name=method]")
        if not choice.is_visible():
            return
        method = self.random.choice(["similarity", "diffusion"])
        choice.select_option(method)
        wait_until(lambda: self.widget.value("seg.method") == method, "the method")

    def granularity(self) -> None:
        """Step to the next by its key."""
        self.widget.stage.press("g")

    def auto(self) -> None:
        """Have the threshold follow, or no more."""
        self.widget.stage.press("a")

    def denoise(self) -> None:
        box = self.widget.root.locator("input[name=denoise]")
        box.click()
        wanted = box.is_checked()
        wait_until(lambda: self.widget.value("seg.denoise") == wanted, "denoise")

    def turn(self) -> None:
        """Show another image, or the same."""
        image = self.random.randrange(len(SIZES))
        self.widget.thumb(image).click()
        wait_until(lambda: self.widget.value("seg.active_image") == image, "the image")

    def zoom(self) -> None:
        self.mouse.move(*self.place())
        self.mouse.wheel(0, self.random.choice([-240, -120, 120]))

    def pan(self) -> None:
        self.mouse.move(*self.place())
        self.keyboard.down("Shift")
        self.mouse.down()
        self.mouse.move(*self.place(), steps=4)
        self.mouse.up()
        self.keyboard.up("Shift")

    def whole(self) -> None:
        self.widget.stage.press("0")

    def hover(self) -> None:
        """Look at previews, and leave."""
        for _ in range(3):
            self.mouse.move(*self.place())

    def python(self) -> None:
        """Change something from a cell."""
        x, y = self.random.randrange(60), self.random.randrange(60)
        self.widget.page.run(f"seg.add_click({x}, {y}, image=2)")

    def step_back(self) -> None:
        """Undo once, and wait for it."""
        before = self.widget.value("seg._revision")
        self.press("undo")
        wait_until(lambda: self.widget.value("seg._revision") > before, "undo")

    def leave(self) -> None:
        """Take the pointer off the stage: no preview is shown."""
        self.mouse.move(5, 5)
        preview = self.widget.root.get_attribute
        wait_until(lambda: preview("data-preview") == "false", "the preview's end")


@pytest.mark.parametrize(("seed", "steps"), WALKS)
def test_the_stage_is_the_mask_after_every_step(
    seed: int, steps: int, open_page: OpenPage, report: list[str]
) -> None:
    page = open_page("lab", [KNOWING], scale=[1, 1.25, 2][seed % 3])
    page.run_all()
    widget = Widget(page)
    walk = Walk(widget, seed)
    begun = widget.value(KEPT)
    done: list[str] = []
    marked = zoomed = 0
    for _ in range(steps):
        done.append(walk.step())
        walk.leave()
        try:
            marked += widget.agrees().any()
            zoomed += widget.view[2:] not in [(w, h) for h, w in SIZES]
        except AssertionError as error:
            last = ", ".join(done[-8:])
            message = f"seed {seed}, step {len(done)}, after {last}: {error}"
            raise AssertionError(message) from error
    # All of it is taken back, settings as well as clicks.
    while widget.value("seg._history[0]"):
        walk.step_back()
    assert widget.value(KEPT) == begun
    widget.agrees()
    assert marked > steps / 3
    assert zoomed > steps / 10
    assert not page.errors
    kinds = ", ".join(f"{count} {name}" for name, count in Counter(done).most_common())
    report.append(
        f"random walk with seed {seed}: the stage was seg.mask, pixel by pixel, after "
        f"all of {len(done)} steps ({kinds}); {marked} with a mask, {zoomed} zoomed"
    )


def test_what_was_done_last_is_taken_back_also_after_a_reload(
    open_page: OpenPage,
) -> None:
    page = open_page("lab", [KNOWING])
    page.run_all()
    widget = Widget(page)
    walk = Walk(widget, 0)
    threshold, granularity = widget.value("[seg.threshold, seg.granularity]")
    walk.click()
    wait_until(lambda: len(widget.value("seg.clicks")) == 1, "the click")
    dragged = widget.drag("threshold", 0.2, 0.9)
    wait_until(lambda: widget.value("seg.threshold") == dragged, "the drag")
    widget.stage.press("g")
    widget.stage.press("a")
    widget.stage.press("Control+z")  # at once: they may not have gone out yet
    wait_until(
        lambda: (
            widget.value("[seg.auto_threshold, seg.threshold]") == [False, dragged]
            and widget.value("seg.granularity") != granularity
        ),
        "the undo of Auto",
    )
    page.save()
    page.reload()
    widget = Widget(page)
    walk = Walk(widget, 0)
    for wanted in (
        [1, dragged, granularity],
        [1, threshold, granularity],
        [0, threshold, granularity],
    ):
        wait_until(widget.root.locator("button[name=undo]").is_enabled, "Undo")
        walk.step_back()
        kept = "[len(seg.clicks), seg.threshold, seg.granularity]"
        assert widget.value(kept) == wanted
        widget.agrees()
    wait_until(widget.root.locator("button[name=undo]").is_disabled, "nothing to undo")
    assert not page.errors
