"""What each comparison of the report was to reach, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Aim:
    """The ratio aimed at where a line's columns begin with these words; `most`: it is to stay below."""

    benchmark: str
    size: str
    route: str
    beside: str
    ratio: float
    most: bool = False

    def of(self, line: dict[str, object]) -> bool:
        """Whether it is this line's aim."""
        columns = ("benchmark", "size", "route", "beside")
        return all(str(line[column] or "").startswith(getattr(self, column)) for column in columns)

    def met(self, ratio: float) -> bool:
        """Whether a ratio reaches it."""
        return ratio <= self.ratio if self.most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"{'at most' if self.most else 'at least'} {self.ratio:g}"


AIMS = (
    Aim("align", "", "align, lazily", "scipy loop", 150),
    Aim("align", "", "align, lazily", "popfidelity", 40),
    Aim("align", "", "align, lazily", "numpy kernel on arranged arrays", 0.2),
    Aim("stream", "", "", "", 12, most=True),
    Aim("elicit", "verbalized", "LocalModel", "matrix products", 0.5),
    Aim("elicit", "", "LocalModel", "matrix products", 0.75),
    Aim("elicit", "", "LocalModel", "lm-evaluation-harness", 1.5),
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
    return str(aim), "met" if aim.met(float(str(line["ratio"]))) else "missed"


def judged(table: pl.DataFrame, aims: tuple[Aim, ...] = AIMS) -> pl.DataFrame:
    """`table` with the columns `aim` and `met`, a line per comparison."""
    said = [verdict(line, aims) for line in table.rows(named=True)]
    return table.with_columns(aim=pl.Series([aim for aim, _ in said]), met=pl.Series([met for _, met in said]))
