"""`tables.audit`: claims about published results go in; a table of claim, recomputed value and verdict comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.audit import CLOSE
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.tables import marks
from opinionframe.tables.audit_of_study import OWN_CELLS, OWN_LABELS, of_study
from opinionframe.tables.document import Table
from opinionframe.tables.said_once import said_once

SECTIONS = {"claim": "Claims of the text", "summary": "Averages and deviations", "suspect": "Suspected uniform"}
VERDICTS = {
    "holds": "the cells give what is claimed, to the printed decimal",
    "close": f"within {CLOSE:g} of it in its unit, or within the rounding of the cells",
    "differs": "the cells give another value",
    "finding": "no figure is claimed",
    "not printed": "the cells that it is of are not",
}
COLUMNS: dict[str, pl.DataType] = {
    **dict.fromkeys(("kind", "where", "claim", "unit", "verdict", "note"), pl.String()),
    **dict.fromkeys(("claimed", "recomputed"), pl.Float64()),
    "decimals": pl.UInt8(),
    "n": pl.UInt32(),
}


@takes_frames
def audit(
    rows: AnyFrame,
    study: AnyFrame | None = None,
    *,
    calibrator: str | None = None,
    title: str = "What the paper claims and what its own tables give",
    note: str = "",
) -> Table:
    """Claims beside their recomputation and, where it is given, beside what a study of one's own finds. Collects.

    Args:
        rows: What `paper.audit` returns.
        study: What `paper.claims` returns of a study. Its intervals say whether it contradicts a claim; no row is left
            out for it.
        calibrator: That of the study, where it has several.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for a column that is missing or of another type, or several calibrators of which none is named;
        OptionError for a calibrator that is not there.

    >>> from opinionframe import paper
    >>> audit(paper.audit()).rows.row(1)[2:4]
    (94.8, 91.4)
    """
    claims = typed_columns(rows, COLUMNS, "audit").collect()
    own = None if study is None else of_study(study, claims, calibrator)
    beside = claims if own is None else claims.join(own.rows, on="claim", how="left", maintain_order="left")
    texts = beside.select(
        pl.col("kind").replace(SECTIONS).alias("section"),
        marks.cleaned(pl.col("claim").str.replace_all("`", "", literal=True)),
        *(_printed_number(column).alias(column) for column in ("claimed", "recomputed")),
        marks.cleaned(pl.col("unit")),
        marks.number(pl.col("n"), 0).alias("n"),
        marks.best(pl.col("verdict"), pl.col("verdict") == "differs").alias("verdict"),
        marks.cleaned(pl.col("where")),
        marks.cleaned(pl.col("note")),
        *([] if own is None else OWN_CELLS),
    )
    labels = {"claim": "Claim", "where": "Where", "claimed": "Claimed", "recomputed": "Recomputed", "unit": "Unit"}
    beside_it = {} if own is None else OWN_LABELS
    every = labels | {"n": "Cells", "verdict": "Verdict"} | beside_it | {"note": "Note"}
    printed, said = said_once(texts, every, ["unit", "n", "verdict", "where", "note"], ["claim"])
    return Table(
        cells=texts,
        labels=printed,
        title=title,
        notes=(
            "Recomputed from the printed cells, which are rounded to one decimal.",
            *_verdict_notes(claims["verdict"]),
            *([] if own is None else own.notes),
            *said,
            *([note] if note else []),
        ),
        group="section",
        text=frozenset({"unit", "verdict", "where", "note", "against"}),
    )


def _verdict_notes(verdicts: pl.Series) -> list[str]:
    """What each verdict that occurs means."""
    known = [f"{verdict}: {meaning}" for verdict, meaning in VERDICTS.items() if (verdicts == verdict).any()]
    bold = " Bold: differs." if (verdicts == "differs").any() else ""
    return [f"{'; '.join(known)}.{bold}"] if known else []


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
