"""A page whose model comes late, or never: it says so, and shows what it has."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.files import OpenFile, shared
from tests.browser.host import wait_until
from tests.browser.servers import Shown, patches

LATE = """async () => {
    const text = document.getElementById("ncut-widget").textContent;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const { default: define, openPage } = await import(url);
    const page = JSON.parse(document.getElementById("ncut-page").textContent);
    const model = openPage(page, document.createElement("div"));
    document.body.replaceChildren();
    const el = document.createElement("div");
    document.body.append(el);
    window.known = false;
    const late = {
        get: (name) => (window.known ? model.get(name) : null),
        set: (name, value) => model.set(name, value),
        save_changes: () => model.save_changes(),
        send: (content) => model.send(content),
        on: (name, handler) => model.on(name, handler),
        off: (name, handler) => model.off(name, handler),
    };
    const widget = define();
    widget.initialize({ model: late });
    widget.render({ el });
}"""


def test_a_model_that_knows_nothing_at_first_is_waited_for(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    tab = open_file(shared(seg, tmp_path))
    tab.evaluate(LATE)
    status = tab.locator("[data-ncut=status]")
    assert "Waiting for the kernel" in status.inner_text()
    wait_until(lambda: "Run its cell again" in status.inner_text(), "what to do")
    tab.evaluate("window.known = true")
    tab.wait_for_selector("canvas[data-ncut=stage]")
    assert tab.locator(".ncut-segmenter").count() == 1
    shown = Shown(tab, seg)
    assert shown.iou() == 1


def test_an_old_page_without_its_model_shows_the_last_picture(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg._repr_mimebundle_()
    page = shared(seg, tmp_path)
    tab = open_file(page)
    still = json.dumps(seg.get_state()["_still"])
    silent = LATE
    for said, unsaid in {
        "model.send(content)": "undefined",
        "model.on(name, handler)": "name === 'msg:custom' || model.on(name, handler)",
        "known = false": f"known = true; model.set('_still', {still})",
    }.items():
        silent = silent.replace(said, unsaid)
    tab.evaluate(silent)
    status = tab.locator("[data-ncut=status]")
    wait_until(lambda: "Run this cell again" in status.inner_text(), "what to do")
    assert "shown last" in status.inner_text()
    assert "busy" not in status.inner_text()
    picture = tab.locator(".ncut-still")
    assert picture.is_visible()
    assert picture.evaluate("picture => picture.naturalWidth") == 192
