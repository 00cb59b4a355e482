"""`audit`: the paper's claims and printed figures go in; one row each, with recomputed value and verdict, comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.audit_rows import audit_rows
from opinionframe.paper.suspects import suspects
from opinionframe.paper.text_claims import CLAIMS, Claim

CLOSE = 1.0
"""In the claim's unit: nearer than this, a claim that is not reproduced counts as close."""

SCHEMA = {
    "kind": pl.String,
    "where": pl.String,
    "claim": pl.String,
    "claimed": pl.Float64,
    "recomputed": pl.Float64,
    "unit": pl.String,
    "decimals": pl.UInt8,
    "n": pl.UInt32,
    "verdict": pl.String,
    "note": pl.String,
}


def audit() -> pl.DataFrame:
    """The paper's claims beside what its own printed cells give, in percent, points, times or counts.

    Returns: `kind` (`claim` of the text, `summary` rows per table, `suspect` of being uniform), `where`,
        `claim`, `claimed` (null where the paper prints none), `recomputed`, `unit`, `decimals` printed, `n`
        (cells behind it), `verdict` and `note`. Verdicts: `holds`, `close`, `differs`, `not printed`, `finding`.
        The summary rows one by one are in `audit_rows`.
    Reference: Kambhatla et al., Improving the Distributional Alignment of LLMs using Supervision.

    >>> from opinionframe.paper import audit
    >>> audit().filter(claim="settings that calibration improves").select(
    ...     "claimed", "recomputed", "n", "verdict"
    ... ).row(0)
    (94.8, 91.35338345864662, 266, 'differs')
    """
    claims = pl.DataFrame([_claim_row(claim) for claim in CLAIMS], schema=SCHEMA)
    return pl.concat([claims, _summary_rows(), _suspect_rows()])


def _claim_row(claim: Claim) -> dict[str, object]:
    value, n = claim.compute() if claim.compute else (None, None)
    return {
        "kind": "claim",
        "where": claim.where,
        "claim": claim.text,
        "claimed": claim.claimed,
        "recomputed": value,
        "unit": claim.unit,
        "decimals": claim.decimals,
        "n": n,
        "verdict": _verdict(claim, value),
        "note": claim.note,
    }


def _verdict(claim: Claim, value: float | None) -> str:
    if value is None:
        return "not printed"
    if claim.claimed is None:
        return "finding"
    difference = abs(value - claim.claimed)
    at_least = "at least" in claim.text and value >= claim.claimed
    if at_least or difference <= 0.5 * 10**-claim.decimals + 1e-9:
        return "holds"
    return "close" if difference <= CLOSE and claim.unit != "share" else "differs"


def _summary_rows() -> pl.DataFrame:
    """One row per table and statistic: how many of its printed summaries follow from its cells."""
    statistic = pl.when(pl.col("model") == "Std Dev").then(pl.lit("Std Dev")).otherwise(pl.lit("Average"))
    reproduced = (pl.col("verdict") == "reproduced").sum()
    return (
        audit_rows()
        .group_by("table", statistic.alias("statistic"))
        .agg(
            pl.len().alias("n"),
            reproduced.alias("reproduced"),
            (pl.col("verdict") == "rounding").sum().alias("rounding"),
            (pl.col("verdict") == "differs").sum().alias("differs"),
        )
        .sort("table", "statistic")
        .select(
            pl.lit("summary").alias("kind"),
            pl.format("Table {}", "table").alias("where"),
            pl.format("printed `{}` figures that its cells give", "statistic").alias("claim"),
            pl.col("n").cast(pl.Float64).alias("claimed"),
            pl.col("reproduced").cast(pl.Float64).alias("recomputed"),
            pl.lit("figures").alias("unit"),
            pl.lit(0, dtype=pl.UInt8).alias("decimals"),
            pl.col("n").cast(pl.UInt32),
            pl.when(pl.col("differs") > 0)
            .then(pl.lit("differs"))
            .when(pl.col("rounding") > 0)
            .then(pl.lit("close"))
            .otherwise(pl.lit("holds"))
            .alias("verdict"),
            pl.when(pl.col("rounding") > 0)
            .then(pl.format("{} more within the rounding of the cells.", "rounding"))
            .otherwise(pl.lit(""))
            .alias("note"),
        )
    )


def _suspect_rows() -> pl.DataFrame:
    return suspects().select(
        pl.lit("suspect").alias("kind"),
        pl.format("Table {}", "table").alias("where"),
        pl.format("calibrated {} settings that score exactly {}", "dataset", "value").alias("claim"),
        pl.lit(None, dtype=pl.Float64).alias("claimed"),
        pl.col("cells").cast(pl.Float64).alias("recomputed"),
        pl.format("of {} settings", "settings").alias("unit"),
        pl.lit(0, dtype=pl.UInt8).alias("decimals"),
        pl.col("settings").cast(pl.UInt32).alias("n"),
        pl.lit("finding").alias("verdict"),
        pl.format("Over {} models: suspected to be the score of the uniform distribution.", "models").alias("note"),
    )
