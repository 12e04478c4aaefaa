"""The table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEADS = ("row", "figure", "baseline", "ratio", "goal", "", "cause of a miss")


@dataclass(frozen=True)
class Row:
    """One figure beside its baseline, both in `unit`.

    `most` limits the figure and `ratio` its relation to the baseline; without either the row only informs. `cause` is
    why the goal is missed where it is.
    """

    name: str
    figure: float
    unit: str
    baseline: float | None = None
    against: str = ""
    most: float | None = None
    ratio: float | None = None
    cause: str = ""

    @property
    def relation(self) -> float | None:
        """The figure in terms of the baseline."""
        return self.figure / self.baseline if self.baseline else None

    @property
    def misses(self) -> tuple[str, ...]:
        """Which of the limits are exceeded."""
        found = []
        if self.most is not None and self.figure > self.most:
            found.append("absolute")
        if self.ratio is not None and (self.relation is None or self.relation > self.ratio):
            found.append("ratio")
        return tuple(found)

    def cells(self) -> tuple[str, ...]:
        """The row as texts."""
        goals = [f"<= {amount(self.most, self.unit)}"] if self.most is not None else []
        goals += [f"<= {self.ratio:g}x"] if self.ratio is not None else []
        baseline = f"{amount(self.baseline, self.unit)} {self.against}" if self.baseline else "-"
        relation = f"{self.relation:.2f}x" if self.relation else "-"
        verdict = f"missed ({', '.join(self.misses)})" if self.misses else "met" if goals else ""
        figure = amount(self.figure, self.unit)
        return self.name, figure, baseline, relation, " and ".join(goals) or "-", verdict, self.reason()

    def reason(self) -> str:
        """Why the goal is missed."""
        if not self.misses:
            return ""
        return self.cause or "not known"


@dataclass(frozen=True)
class Failed:
    """A row that could not be measured."""

    name: str
    why: str

    def cells(self) -> tuple[str, ...]:
        """The row as texts."""
        return self.name, "-", "-", "-", "-", "not measured", " ".join(self.why.split())[:300]


def amount(value: float, unit: str) -> str:
    """A figure as people write it."""
    if unit == "s" and value < 0.995:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def table(rows: Iterable[Row | Failed]) -> str:
    """The rows as a Markdown table with aligned columns."""
    cells = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEADS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join((lines[0], rule, *lines[1:]))
