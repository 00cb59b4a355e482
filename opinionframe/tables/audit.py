"""`tables.audit`: claims about published results go in; a table of claim, recomputed value and verdict comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.tables import marks
from opinionframe.tables.document import Table
from opinionframe.tables.said_once import said_once

SECTIONS = {"claim": "Claims of the text", "summary": "Averages and deviations", "suspect": "Suspected uniform"}
COLUMNS: dict[str, pl.DataType] = {
    **dict.fromkeys(("kind", "where", "claim", "unit", "verdict", "note"), pl.String()),
    **dict.fromkeys(("claimed", "recomputed"), pl.Float64()),
    "decimals": pl.UInt8(),
    "n": pl.UInt32(),
}


def audit(
    rows: AnyFrame, *, title: str = "What the paper claims and what its own tables give", note: str = ""
) -> Table:
    """Claims beside their recomputation. Collects.

    Args:
        rows: What `paper.audit` returns.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for a column that is missing or of another type.

    >>> from opinionframe import paper
    >>> audit(paper.audit()).rows.row(1)[2:4]
    (94.8, 91.4)
    """
    claims = typed_columns(rows, COLUMNS, "audit").collect()
    texts = claims.select(
        pl.col("kind").replace(SECTIONS).alias("section"),
        marks.cleaned(pl.col("claim")),
        *(_printed_number(column).alias(column) for column in ("claimed", "recomputed")),
        marks.cleaned(pl.col("unit")),
        marks.number(pl.col("n"), 0).alias("n"),
        marks.best(pl.col("verdict"), pl.col("verdict") == "differs").alias("verdict"),
        marks.cleaned(pl.col("where")),
        marks.cleaned(pl.col("note")),
    )
    labels = {"claim": "Claim", "claimed": "Claimed", "recomputed": "Recomputed", "unit": "Unit", "n": "Cells"}
    every = labels | {"verdict": "Verdict", "where": "Where", "note": "Note"}
    printed, said = said_once(texts, every, ["unit", "n", "verdict", "where", "note"], ["claim"])
    return Table(
        cells=texts,
        labels=printed,
        title=title,
        notes=(
            "Recomputed from the printed cells, which are rounded to one decimal. Bold: the cells give another value.",
            *said,
            *([note] if note else []),
        ),
        group="section",
        text=frozenset({"unit", "verdict", "where", "note"}),
    )


def _printed_number(column: str) -> pl.Expr:
    """A column with as many decimals as the row's claim has."""
    is_whole = pl.col("decimals") == 0
    return (
        pl.when(is_whole)
        .then(marks.number(pl.col(column), 0))
        .when(pl.col("decimals") == 2)
        .then(marks.number(pl.col(column), 2))
        .otherwise(marks.number(pl.col(column)))
    )
