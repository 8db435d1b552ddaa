"""What somebody does with files."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import rule

from tests.support.walk.base import Beside
from tests.support.walk.batches import other_batch
from tests.support.walk.draws import SLOTS


def loses(work: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether there is work that another moment has not."""
    known = [(each["name"], each["clicks"]) for each in other["segments"]]
    if any((each["name"], each["clicks"]) not in known for each in work["segments"]):
        return True
    count = len(work["clicks"])
    begun = [other["clicks"], *(clicks for _, clicks in known)]
    return all(clicks[:count] != work["clicks"] for clicks in begun)


class WithFiles(Beside):
    """Somebody who saves, loads and goes on with files."""

    @rule(slot=SLOTS)
    def save(self, slot: int) -> None:
        path = self.folder / f"{slot}.json"
        if slot in self.saved:
            before = path.read_bytes()
            with pytest.raises(FileExistsError, match="overwrite=True"):
                self.seg.save_session(path, overwrite=False)
            assert path.read_bytes() == before
        self.seg.save_session(path)
        self.saved[slot] = self.model.now
        self.written.add(slot)

    @rule(slot=SLOTS)
    def load(self, slot: int) -> None:
        path = self.folder / f"{slot}.json"
        if slot not in self.saved:
            self.do({"op": "wrong"}, lambda: self.seg.load_session(path))
            return
        op = {"op": "load", "saved": self.saved[slot]}
        self.do(op, lambda: self.seg.load_session(path))

    @rule(text=st.sampled_from(["", "{", "[]", "\ud800", "other batch", "half"]))
    def load_wrong(self, text: str) -> None:
        path = self.folder / "wrong.json"
        if text == "other batch":
            path = other_batch()
        else:
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        if text == "half":
            whole = self.seg.save_session(path).read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
        self.do({"op": "wrong"}, lambda: self.seg.load_session(path))

    @rule(slot=st.none() | SLOTS)
    def autosave(self, slot: int | None) -> None:
        """Keep it in a file from now on, if no work is lost by that."""
        if slot is None:
            self.seg.autosave = None
            return
        path = self.folder / f"{slot}.json"
        ours, theirs = self.model.now, self.saved.get(slot, self.model.now)
        before, revision = path.exists() and path.read_bytes(), self.seg._revision
        try:
            self.seg.autosave = path
        except ValueError:
            assert ours != theirs
            assert path.read_bytes() == before
            return
        if self.seg._revision == revision:  # written over
            assert slot == self.kept or not loses(theirs, ours)
        else:
            assert not loses(ours, theirs)
            if slot in self.written:
                assert not [*ours["clicks"], *ours["segments"]]
            self.model.begin(theirs)
        self.kept = slot

    @rule(slot=SLOTS)
    def run_again(self, slot: int) -> None:
        """Run the cell again, which goes on with what is in a file."""
        if slot not in self.saved:
            return
        self.seg.close()
        self.open(autosave=self.folder / f"{slot}.json")
        self.kept = slot
        before, self.model = self.model, self.new_model()
        # Files have the keys of this walk's segments, whose colours are known.
        self.model.made, self.model.colors = before.made, before.colors
        self.model.begin(self.saved[slot])
        self.before = self.seg._revision - self.model.revision
