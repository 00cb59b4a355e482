"""The report in one line per comparison, for the terminal: ours, beside, ratio, aim, met."""

from __future__ import annotations

import polars as pl
from aims import UNMEASURED


def printed(table: pl.DataFrame) -> str:
    """Lines of a judged table, each kind of benchmark under its name, and how many aims were met."""
    lines: list[str] = []
    for (benchmark,), part in table.partition_by("benchmark", maintain_order=True, as_dict=True).items():
        lines += ["", str(benchmark)]
        for (size,), rows in part.partition_by("size", maintain_order=True, as_dict=True).items():
            lines += [f"  {size}", *(f"    {_line(row)}" for row in rows.rows(named=True))]
    met, missed, unmeasured = ((table["met"] == word).sum() for word in ("met", "missed", UNMEASURED))
    return "\n".join([*lines, "", f"{met} aims met, {missed} missed, {unmeasured} lines not measured."])


def _line(row: dict[str, object]) -> str:
    if row["ratio"] is None:
        return str(row["note"])
    ours = f"{row['route']} {_seconds(row['seconds'])}"
    beside = f"{row['beside']} {_seconds(row['their_seconds'])}"
    aim = f", {row['aim']}: {row['met']}" if row["met"] else ""
    return f"{ours} | {beside} | ratio {float(str(row['ratio'])):.3g} ({row['ratio_range']}){aim}"


def _seconds(seconds: object) -> str:
    return f"{float(str(seconds)):.3g} s"
