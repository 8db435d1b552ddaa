"""One display of a segmenter ``seg``, used with mouse and keyboard and looked at.

What the stage shows is compared pixel by pixel with what numpy holds: for that the
images are flat grey 128 and the mask is opaque.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator

from tests.browser.host import Page, wait_until
from tests.browser.pixels import READ, colors_of, mask_of, on_canvas, read_mask

View = tuple[float, float, float, float]
Button = Literal["left", "middle", "right"]

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


LOOK = """(root) => {
    const stage = root.querySelector("canvas[data-ncut=stage]");
    const { x, y, width, height } = stage.getBoundingClientRect();
    const sliders = [...root.querySelectorAll("input[type=range]")];
    return {
        state: root.dataset.state,
        revision: Number(root.dataset.revision ?? -1),
        image: Number(stage.dataset.image ?? -1),
        view: (stage.dataset.view ?? "").split(",").map(Number),
        box: [x, y, width, height],
        isWhole: Math.min(x, y, innerWidth - x - width, innerHeight - y - height) >= 0,
        sliders: Object.fromEntries(sliders.map(({ name, value }) => [name, +value])),
        isLoading: stage.parentElement.classList.contains("ncut-loading"),
        tone: root.querySelector("[data-ncut=status]").dataset.tone,
    };
}"""
"""What a widget says of itself on its page, in one reading: each takes milliseconds."""

FRAME = "() => new Promise((done) => requestAnimationFrame(done))"
"""Wait for the frame in which the page says that it waits for the kernel."""

HELD = f"""
def _held(seg):
    import numpy as np
    from ncut_widget.segments.palette import shade
    held = {{"told": (seg._revision, seg.active_image)}}
    held["sliders"] = {{name: getattr(seg, name) for name in {MASK_SETTINGS}}}
    mask = seg.mask
    held["mask"] = mask.shape, np.packbits(mask).tobytes()
    if seg.segments:
        colors = np.full((*mask.shape, 3), 128, np.uint8)
        for told, segment in zip(seg._segments, seg.segments.values()):
            if told["visible"] and not told["open"]:
                numbers = seg.instances(segment.name)[seg.active_image]
                for number in range(1, numbers.max() + 1):
                    colors[numbers == number] = shade(segment.color, number)
        colors[mask] = (0x1e, 0x90, 0xff)
        held["colors"] = colors.tobytes()
    return held
"""
"""What the kernel holds of all that, also in one."""

NEAR = 2
"""How far a picture's grey may be from what it was, as JPEG has it."""


class Widget:
    """The n-th segmenter on a page."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.root: Locator = page.segmenter(number)
        self.stage = self.root.locator("canvas[data-ncut=stage]")
        self.status = self.root.locator("[data-ncut=status]")

    def look(self) -> dict[str, Any]:
        """Read what the widget says of itself: see `LOOK`."""
        return self.root.evaluate(LOOK)

    @property
    def state(self) -> str | None:
        """What ``data-state`` says."""
        return self.look()["state"]

    @property
    def revision(self) -> int:
        """Last painted revision."""
        return self.look()["revision"]

    @property
    def view(self) -> View:
        """x, y, width and height of what the stage shows, in image pixels."""
        x, y, width, height = self.look()["view"]
        return x, y, width, height

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
        seen = self.look()
        shown = seen["revision"], seen["image"]
        return seen["state"] == "idle" and shown == self.value(
            "(seg._revision, seg.active_image)"
        )

    def settle(self) -> None:
        """Wait until what the kernel holds is what is painted."""
        wait_until(self.settled, "the last change on the stage")

    def client(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the image lies on the page."""
        return client_of(self.look(), x, y)

    def press(
        self, x: float, y: float, button: Button = "left", modifier: str | None = None
    ) -> None:
        """Click the middle of a pixel of the image on the stage."""
        seen = self.look()
        if not seen["isWhole"]:
            self.stage.scroll_into_view_if_needed()
            seen = self.look()
        tab = self.stage.page
        if modifier:
            tab.keyboard.down(modifier)
        tab.mouse.click(*client_of(seen, x + 0.5, y + 0.5), button=button)
        if modifier:
            tab.keyboard.up(modifier)
        tab.evaluate(FRAME)

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

    def agrees(self) -> NDArray:
        """Check stage and sliders against the kernel; return ``seg.mask``."""

        def both() -> tuple[dict[str, Any], dict[str, Any]] | None:
            seen = self.look()
            if seen["state"] != "idle":
                return None
            held = self.page.value("_held(seg)", HELD)
            shown = seen["revision"], seen["image"]
            return (seen, held) if shown == held["told"] else None

        seen, held = wait_until(both, "the last change on the stage")
        read = self.stage.evaluate(READ)
        shape, packed = held["mask"]
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=np.prod(shape))
        mask = bits.reshape(shape).astype(bool)
        if "colors" in held:
            colors = colors_of(read)
            expected = np.frombuffer(held["colors"], np.uint8).reshape(*shape, 3)
            for part in range(3):
                whole = on_canvas(expected[..., part], colors.shape[:2], seen["view"])
                away = np.abs(whole.astype(int) - colors[..., part])
                assert away.max() <= NEAR, f"{(away > NEAR).sum()} pixels differ"
        else:
            shown, view = mask_of(read)
            np.testing.assert_array_equal(shown, on_canvas(mask, shown.shape, view))
        for name, value in held["sliders"].items():
            assert seen["sliders"][name] == value, name
        assert seen["tone"] != "error", self.status
        return mask


def client_of(seen: dict[str, Any], x: float, y: float) -> tuple[float, float]:
    """Where a point of the image lies on the page, as `LOOK` has found it."""
    left, top, width, height = seen["view"]
    page_left, page_top, page_width, page_height = seen["box"]
    return (
        page_left + (x - left) / width * page_width,
        page_top + (y - top) / height * page_height,
    )
