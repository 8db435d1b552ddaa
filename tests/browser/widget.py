"""One display of a segmenter ``seg``, used with mouse and keyboard and looked at.

What the stage shows is compared pixel by pixel with what numpy holds: for that the
images are flat grey 128 and the mask is opaque.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator

from tests.browser.host import Page, wait_until
from tests.browser.pixels import on_canvas, read_colors, read_mask

View = tuple[float, float, float, float]

# Input events of a slider, 200 in a second, each with a value of its own.
FLOOD = """async (slider) => {
    const start = performance.now();
    for (let i = 0; i < 200; i++) {
        slider.value = String(0.01 * (1 + ((37 * i) % 97)));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        const wait = start + 5 * (i + 1) - performance.now();
        if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    }
    return slider.value;
}"""

MASK_SETTINGS = (
    "threshold",
    "gamma",
    "negative_threshold",
    "num_eig",
    "granularity",
    "click_weight",
    "bg_weight",
)


PAINT = """
def _painted(seg):
    import numpy as np
    from ncut_widget.segments.palette import shade
    mask = seg.mask
    colors = np.full((*mask.shape, 3), 128, np.uint8)
    for told, segment in zip(seg._segments, seg.segments.values()):
        if told["visible"] and not told["open"]:
            numbers = seg.instances(segment.name)[seg.active_image]
            for number in range(1, numbers.max() + 1):
                colors[numbers == number] = shade(segment.color, number)
    colors[mask] = (0x1e, 0x90, 0xff)
    return colors.shape, colors.tobytes()
"""

NEAR = 2
"""How far a picture's grey may be from what it was, as JPEG has it."""


class Widget:
    """The n-th segmenter on a page."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.root: Locator = page.segmenter(number)
        self.stage = self.root.locator("canvas[data-ncut=stage]")
        self.status = self.root.locator("[data-ncut=status]")

    @property
    def state(self) -> str | None:
        """What ``data-state`` says."""
        return self.root.get_attribute("data-state")

    @property
    def revision(self) -> int:
        """Last painted revision."""
        return int(self.root.get_attribute("data-revision") or -1)

    @property
    def view(self) -> View:
        """x, y, width and height of what the stage shows, in image pixels."""
        x, y, width, height = (self.stage.get_attribute("data-view") or "").split(",")
        return float(x), float(y), float(width), float(height)

    def value(self, expression: str) -> Any:
        """Value of an expression in the kernel."""
        return self.page.value(expression)

    def slider(self, name: str) -> Locator:
        """Find the slider of a setting."""
        return self.root.locator(f"input[type=range][name={name}]")

    def thumb(self, image: int) -> Locator:
        """Find an image of the filmstrip."""
        return self.root.locator(f"[data-ncut=thumb][data-index='{image}']")

    def settled(self) -> bool:
        """Whether what the kernel holds is what is painted."""
        if self.state != "idle":
            return False
        shown = self.revision, int(self.stage.get_attribute("data-image") or -1)
        return shown == self.value("(seg._revision, seg.active_image)")

    def settle(self) -> None:
        """Wait until what the kernel holds is what is painted."""
        wait_until(self.settled, "the last change on the stage")

    def client(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the image lies on the page."""
        box = self.stage.bounding_box()
        assert box is not None
        left, top, width, height = self.view
        return (
            box["x"] + (x - left) / width * box["width"],
            box["y"] + (y - top) / height * box["height"],
        )

    def press(self, x: float, y: float, **options: Any) -> None:
        """Click the middle of a pixel of the image on the stage."""
        box = self.stage.bounding_box()
        assert box is not None
        left, top, width, height = self.view
        self.stage.click(
            position={
                "x": (x + 0.5 - left) / width * box["width"],
                "y": (y + 0.5 - top) / height * box["height"],
            },
            **options,
        )

    def click(self, x: float, y: float, **options: Any) -> None:
        """Click the middle of a pixel, and wait for the kernel's mask."""
        self.press(x, y, **options)
        self.settle()

    def slide(self, name: str, value: float) -> None:
        """Set a slider, and wait for the kernel's mask."""
        self.slider(name).fill(str(value))
        wait_until(lambda: self.value(f"seg.{name}") == value, f"{name} in the kernel")
        self.settle()

    def drag(self, name: str, begin: float, end: float, steps: int = 10) -> float:
        """Drag a slider with the mouse; return its value."""
        slider = self.slider(name)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        mouse, middle = self.page.tab.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + box["width"] * begin, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] * end, middle, steps=steps)
        mouse.up()
        return float(slider.input_value())

    def mask(self) -> NDArray:
        """Read the mask off the stage: bool, one a canvas pixel."""
        return read_mask(self.stage)[0]

    def check_colors(self) -> None:
        """Check every pixel of the stage: segments, and the mask over them."""
        self.page.run(PAINT)
        shape, data = self.value("_painted(seg)")
        painted = np.frombuffer(data, np.uint8).reshape(shape)
        shown = read_colors(self.stage)
        for part in range(3):
            whole = np.zeros(shape[:2], np.uint8) + painted[..., part]
            expected = on_canvas(whole, shown.shape[:2], list(self.view))
            away = np.abs(expected.astype(int) - shown[..., part])
            assert away.max() <= NEAR, f"{(away > NEAR).sum()} pixels differ"

    def agrees(self) -> NDArray:
        """Check stage and sliders against the kernel; return ``seg.mask``."""
        image = self.stage.get_attribute
        wait_until(
            lambda: image("data-image") == str(self.value("seg.active_image")),
            "the kernel's image on the stage",
        )
        self.settle()
        names = ("active_image", *MASK_SETTINGS)
        traits = self.value(f"{{name: getattr(seg, name) for name in {names}}}")
        expected = self.page.array("seg.mask")
        if self.value("len(seg.segments)"):
            self.check_colors()
        else:
            shown, view = read_mask(self.stage)
            on_stage = on_canvas(expected, shown.shape, view)
            np.testing.assert_array_equal(shown, on_stage)
        for name in MASK_SETTINGS:
            assert float(self.slider(name).input_value()) == traits[name], name
        assert self.status.get_attribute("data-tone") != "error", self.status
        return expected
