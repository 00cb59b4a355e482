"""The paper's tables and its Figure 4, made by the package from the figures the paper prints."""

from functools import partial
from pathlib import Path

from opinionframe import figures, tables
from opinionframe.paper import published
from opinionframe.paper.captions import CAPTIONS

OLMO = ["Base", "SFT", "DPO", "Instruct"]


def printed(number: int) -> tables.Table:
    """One published table as the paper prints it."""
    return tables.published(published().filter(table=number))


TABLES = {number: partial(printed, number) for number in CAPTIONS}


def make(folder: Path) -> None:
    """Writes each table as HTML and LaTeX, and Figure 4 as SVG."""
    for number, table in TABLES.items():
        for suffix in (".html", ".tex"):
            table().save(folder / f"table-{number:02}{suffix}")
    stages = [f"OLMo-2-7B-{stage}" for stage in OLMO]
    figures.stages(published().filter(table=7), stages, labels=OLMO).save(folder / "figure-4.svg")
