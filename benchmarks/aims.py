"""What each comparison of the report was to reach, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl


@dataclass(frozen=True)
class Aim:
    """What is aimed at where a line's columns begin with these words, a ratio or the route's own seconds.

    `most`: it is to stay below.
    """

    benchmark: str
    size: str
    route: str
    beside: str
    goal: float
    most: bool = False
    column: Literal["ratio", "seconds"] = "ratio"

    def of(self, line: dict[str, object]) -> bool:
        """Whether it is this line's aim."""
        columns = ("benchmark", "size", "route", "beside")
        return all(str(line[column] or "").startswith(getattr(self, column)) for column in columns)

    def met(self, line: dict[str, object]) -> bool:
        """Whether the line reaches it."""
        value = float(str(line[self.column]))
        return value <= self.goal if self.most else value >= self.goal

    def __str__(self) -> str:
        return f"{'at most' if self.most else 'at least'} {self.goal:g}{' s' if self.column == 'seconds' else ''}"


AIMS = (
    Aim("align", "", "align, lazily", "scipy loop", 150),
    Aim("align", "", "align, lazily", "popfidelity", 40),
    Aim("align", "", "align, lazily", "numpy kernel on arranged arrays", 0.2),
    Aim("stream", "", "", "", 12, most=True),
    Aim("study", "", "from answers to report", "", 4, most=True, column="seconds"),
    Aim("study", "", "after asking, by the clock", "", 4, most=True, column="seconds"),
    Aim("elicit", "verbalized", "LocalModel", "matrix products", 0.5),
    Aim("elicit", "", "LocalModel", "matrix products", 0.75),
    Aim("elicit", "", "LocalModel", "lm-evaluation-harness", 1.5),
    *(
        Aim("gpu", f"{shape} shape, {method}", "LocalModel", "matrix products", 0.5)
        for shape in ("135M", "1B", "8B")
        for method in ("logprob", "self_random", "paraphrase")
    ),
    Aim("gpu", "", "LocalModel", "lm-evaluation-harness", 1.5),
)
"""The first that fits a line is the line's."""

UNMEASURED = "not measured"


def verdict(line: dict[str, object], aims: tuple[Aim, ...] = AIMS) -> tuple[str, str]:
    """The line's aim in words, and `met`, `missed` or that nothing was measured; empty where there is none."""
    aim = next((aim for aim in aims if aim.of(line)), None)
    if line["ratio"] is None:
        return str(aim or ""), UNMEASURED
    if aim is None:
        return "", ""
    return str(aim), "met" if aim.met(line) else "missed"


def judged(table: pl.DataFrame, aims: tuple[Aim, ...] = AIMS) -> pl.DataFrame:
    """`table` with the columns `aim` and `met`, a line per comparison."""
    said = [verdict(line, aims) for line in table.rows(named=True)]
    return table.with_columns(aim=pl.Series([aim for aim, _ in said]), met=pl.Series([met for _, met in said]))
