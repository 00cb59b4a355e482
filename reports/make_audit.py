"""The audit of the paper: its claims beside what its own printed cells give."""

from pathlib import Path

import polars as pl

from opinionframe import tables
from opinionframe.paper import audit, audit_rows
from opinionframe.paper.published import CITATION

DECIMALS = 6
"""Enough to compare by, and fewer than differ between machines."""


def make(folder: Path) -> None:
    """Writes the audit as HTML, LaTeX and CSV, and every recomputed summary row as CSV."""
    found = audit()
    for suffix in (".html", ".tex"):
        tables.audit(found, note=f"The paper: {CITATION}").save(folder / f"audit{suffix}")
    found.with_columns(pl.col("claimed", "recomputed").round(DECIMALS)).write_csv(folder / "audit.csv")
    recomputed = audit_rows().with_columns(pl.col("recomputed").round(DECIMALS))
    recomputed.write_csv(folder / "summary-rows.csv")
