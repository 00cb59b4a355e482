"""The paper's tables and Figure 4, made by the package from the figures the paper prints."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from opinionframe import figures, tables
from opinionframe.paper import published
from opinionframe.paper.published import CITATION

FIVE = ["Claude-3.5-v2", "Llama-3.2-90B", "Mistral-large", "OLMo-2-7B-Instruct", "Qwen-2.5-72B"]
OLMO = ["Base", "SFT", "DPO", "Instruct"]
NOTE = f"Figures as printed in: {CITATION} Averages and deviations are computed from them."


def rows(table: int) -> pl.DataFrame:
    """The cells of one published table."""
    return published().filter(table=table)


TABLES: dict[int, Callable[[], tables.Table]] = {
    1: lambda: tables.settings(rows(1), models=FIVE, overall=True, note=NOTE, intervals=False),
    2: lambda: tables.triples(rows(2), variant="cot", note=NOTE, intervals=False),
    3: lambda: tables.demographics(rows(3), models=FIVE, note=NOTE, bold="pair", intervals=False),
    4: lambda: tables.triples(rows(4), variant="few_shot", note=NOTE, intervals=False),
    5: lambda: tables.degraded(rows(5), full="paper", few="paper-5", note=NOTE),
    6: lambda: tables.settings(rows(6), note=NOTE, intervals=False),
    7: lambda: tables.settings(rows(7), note=NOTE, intervals=False),
    8: lambda: tables.demographics(rows(8), models=FIVE, note=NOTE, bold="pair", intervals=False),
    9: lambda: tables.demographics(rows(9), models=FIVE, note=NOTE, bold="pair", intervals=False),
    10: lambda: tables.demographics(rows(10), models=FIVE, note=NOTE, bold="pair", intervals=False),
    11: lambda: tables.settings(rows(11), title="Calibrated on the two other datasets", note=NOTE, intervals=False),
    12: lambda: tables.settings(
        rows(12), title="Calibrated on the two other datasets: log-probabilities", note=NOTE, intervals=False
    ),
    17: lambda: tables.extraction(rows(17), note=NOTE),
}


def make(folder: Path) -> None:
    """Writes each table as HTML and LaTeX, and Figure 4 as SVG."""
    for number, table in TABLES.items():
        for suffix in (".html", ".tex"):
            table().save(folder / f"table-{number:02}{suffix}")
    figures.stages(rows(7), [f"OLMo-2-7B-{stage}" for stage in OLMO], labels=OLMO).save(folder / "figure-4.svg")
