"""Merge what the runs found into tables.

    python -m tests.benchmarks.results [PART ...]

Without a part: all of them, written to .bench/results.md as well.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BENCH = Path(__file__).parents[2] / ".bench"
RESULTS = BENCH / "results"
OURS = "ncut_widget"


class Figure(NamedTuple):
    """What a run of a side found out about a row."""

    side: str
    row: str
    seconds: float  # median
    extra: dict[str, Any]


Cell = Callable[[Figure], str]


def figures(reports: Iterable[dict[str, Any]]) -> list[Figure]:
    """Read reports of pytest-benchmark."""
    return [
        Figure(
            side=report["machine_info"]["side"],
            row=each["extra_info"]["row"],
            seconds=each["stats"]["median"],
            extra=each["extra_info"],
        )
        for report in reports
        for each in report["benchmarks"]
    ]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table, aligned so that it can be read as text.

    Examples
    --------
    >>> print(table(["step", "time"], [["click", "6 ms"]]))
    | step  | time |
    | ----- | ---- |
    | click | 6 ms |
    """
    rows = [list(header), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows)


def seconds(value: float) -> str:
    """Write a time with two or three digits.

    Examples
    --------
    >>> seconds(93.4), seconds(1.402), seconds(0.0752), seconds(0.00009)
    ('93.4 s', '1.40 s', '75.2 ms', '0.090 ms')
    """
    if value >= 1:
        return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"
    value *= 1000
    return f"{value:.1f} ms" if value >= 1 else f"{value:.3f} ms"


def number(name: str, form: str) -> Cell:
    """Write what extra info has by a name, or "-"."""
    return lambda each: format(each.extra[name], form) if name in each.extra else "-"


def time_and_cosine(each: Figure) -> str:
    """Write the time and, beside it, how much of the solution is found."""
    if "cosine" not in each.extra:
        return seconds(each.seconds)
    return f"{seconds(each.seconds)}, {each.extra['cosine']:.4f}"


def by_row(found: list[Figure]) -> dict[str, dict[str, Figure]]:
    """Order figures by row, and by side within it."""
    rows: dict[str, dict[str, Figure]] = {}
    for each in found:
        rows.setdefault(each.row, {})[each.side] = each
    return rows


def comparison(
    found: list[Figure], cell: Cell = time_and_cosine, ratio: bool = True
) -> str:
    """Put the sides beside each other, with the ratio of each peer's time to ours."""
    peers = list(dict.fromkeys(each.side for each in found if each.side != OURS))
    header = ["", OURS]
    for peer in peers:
        header += [peer, "ratio"] if ratio else [peer]
    lines = []
    for row, sides in by_row(found).items():
        ours = sides.get(OURS)
        line = [row, cell(ours) if ours else "-"]
        for peer in peers:
            theirs = sides.get(peer)
            line.append(cell(theirs) if theirs else "-")
            if ratio:
                both = theirs and ours
                line.append(f"{theirs.seconds / ours.seconds:.1f}x" if both else "-")
        lines.append(line)
    return table(header, lines)


def listing(found: list[Figure], columns: dict[str, Cell]) -> str:
    """Put what our own figures say beside each other."""
    rows = [[each.row, *(cell(each) for cell in columns.values())] for each in found]
    return table(["", *columns], rows)


SOLVER = """\
30 eigenvectors; the median time and the smallest principal cosine to the exact ones of
the affinity that the side solves (1 is exact). ncut-pytorch 3.2.0 solves another
affinity than the rest, RBF with a width that it chooses; scikit-learn leaves the
diagonal of the affinity out, and its time has the making of the affinity in it."""

RESIDUAL = """\
Largest |M v - lambda v| of the 30 unit columns, and largest |M v - lambda v| / lambda,
each estimated from 256 rows of M; peak memory above the features'. Beyond 16 384 nodes
the degrees in M are those of our trivial eigenvector, for all sides that solve our
affinity, and estimated from 1024 rows for ncut-pytorch 3.2.0."""

NOTHING = "not measured"


def solver(found: list[Figure]) -> str:
    def residual(each: Figure) -> str:
        extra = each.extra
        return (
            f"{extra['residual']:.1e}, {extra['relative_residual']:.1e}, "
            f"{number('megabytes', '.0f')(each)} MB"
        )

    return "\n\n".join(
        [SOLVER, comparison(found), RESIDUAL, comparison(found, residual, ratio=False)]
    )


def accuracy(found: list[Figure]) -> str:
    return listing(
        found,
        {
            "smallest principal cosine": number("cosine", ".5f"),
            "largest eigenvalue error": number("eigenvalue_error", ".1e"),
            "largest residual": number("residual", ".1e"),
            "time": lambda each: seconds(each.seconds),
            "memory (MB)": number("megabytes", ".0f"),
        },
    )


FLOORS = """\
Time over what it would take to read the input once, and over what the products of
matrices alone would take, at the speed that the device copies and multiplies float32
matrices in the same run."""

NO_CUDA = "torch finds no CUDA on this machine: its rows are not measured."


def floors(found: list[Figure]) -> str:
    def over(name: str) -> Cell:
        def cell(each: Figure) -> str:
            floor = each.extra.get(name)
            if floor is None:
                return "-"
            return f"{seconds(floor)}, {each.seconds / floor:.1f}x"

        return cell

    parts = [FLOORS]
    for device in dict.fromkeys(each.extra["device"] for each in found):
        of_device = [each for each in found if each.extra["device"] == device]
        first = of_device[0].extra
        parts.append(
            f"{device}: copies {first['copy_gigabytes']:.0f} GB/s, multiplies "
            f"{first['matmul_teraflops']:.2f} TFLOP/s."
        )
        columns = {
            "time": lambda each: seconds(each.seconds),
            "input read once, time over it": over("read_floor"),
            "arithmetic, time over it": over("arithmetic_floor"),
            "memory (MB)": number("megabytes", ".0f"),
        }
        parts.append(listing(of_device, columns))
    if not any(each.extra["on_cuda"] for each in found):
        parts.append(NO_CUDA)
    return "\n\n".join(parts)


PARTS: dict[str, tuple[str, Callable[[list[Figure]], str] | None]] = {
    "solver": ("Solver", solver),
    "tutorial": ("Solver, 100 images", solver),
    "accuracy": ("Accuracy", accuracy),
    "click": ("Click and slider", comparison),
    "texture": ("Texture backbone", comparison),
    "import": ("Import", comparison),
    "floors": ("Floors", floors),
    "extraction": ("Feature extraction", None),
    "growth": ("Growth", None),
    "busy": ("Solves on busy cores", None),
    "busy_click": ("Clicks on busy cores", None),
    "batches": ("Batches of any size", None),
    "clicks": ("Clicks after thousands of others", None),
    "exports": ("Label maps, tables and files of a thousand images", None),
    "page": ("Page", None),
    "remote": ("Page over a slow line", None),
}
"""Titles, and what writes the figures of a suite; a program has written its own."""


def section(part: str, folder: Path) -> str:
    """Write a part of the results."""
    title, write = PARTS[part]
    if write is None:
        path = folder / f"{part}.txt"
        text = path.read_text().strip() if path.exists() else ""
        body = f"```\n{text}\n```" if text else NOTHING
    else:
        found = figures(reports(folder, part))
        body = write(found) if found or part == "floors" else NOTHING
    return f"## {title}\n\n{body}\n"


def reports(folder: Path, part: str) -> list[dict[str, Any]]:
    """Read a part's reports, ours first; of a skipped suite there is none."""
    paths = sorted(folder.glob(f"{part}-*.json"), key=lambda p: (OURS not in p.name, p))
    texts = [path.read_text() for path in paths]
    return [json.loads(text) for text in texts if text]


def machine(folder: Path) -> str:
    """Name what the figures depend on."""
    infos: dict[str, dict[str, Any]] = {}
    for part in PARTS:
        for report in reports(folder, part):
            infos[report["machine_info"]["side"]] = report["machine_info"]
    lines = [f"{platform.system()} {platform.machine()}\n"]
    for side, info in infos.items():
        versions = [f"{name} {of}" for name, of in info["versions"].items()]
        lines.append(
            f"- {side}: {info['cpu'].get('brand_raw', 'CPU')}, {info['cores']} cores; "
            + ", ".join([f"Python {info['python_version']}", *versions])
        )
    return "\n".join(lines)


def main(parts: Sequence[str]) -> None:
    """Print parts, or all."""
    sections = [section(part, RESULTS) for part in parts or PARTS]
    if not parts:
        sections = ["# Results\n", machine(RESULTS) + "\n", *sections]
        (BENCH / "results.md").write_text("\n".join(sections))
    print("\n".join(sections))


if __name__ == "__main__":
    main(sys.argv[1:])
