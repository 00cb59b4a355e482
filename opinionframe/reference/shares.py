"""Tallies into shares: cells with their counts, and the human rows of Opinions."""

import polars as pl

from opinionframe.reference.tally import NO_ANSWER
from opinionframe.schemas.frames import HUMAN


def human_rows(tallies: pl.LazyFrame, codebook: pl.DataFrame, min_n: int = 1) -> pl.LazyFrame:
    """Opinions with source `human`, n_eff and nonresponse; choices nobody gave are explicit zeros."""
    chosen = tallies.select("question", "demographic", "choice", "weight")
    return (
        cells(tallies, min_n)
        .filter(~pl.col("suppressed"))
        .join(codebook.lazy().select("question", "choice"), on="question")
        .join(chosen, on=["question", "demographic", "choice"], how="left")
        .select(
            "question",
            "demographic",
            "choice",
            pl.lit(HUMAN).alias("source"),
            (pl.col("weight").fill_null(0) / pl.col("total")).alias("prob"),
            "n_eff",
            "nonresponse",
        )
        .sort("question", "demographic", "choice")
    )


def cells(tallies: pl.LazyFrame, min_n: int = 1) -> pl.LazyFrame:
    """One row per question and demographic: n_asked, n, total (weight), n_eff, nonresponse, suppressed."""
    substantive = pl.col("choice") != NO_ANSWER
    return (
        tallies.group_by("question", "demographic")
        .agg(
            pl.col("n").sum().alias("n_asked"),
            pl.col("n").filter(substantive).sum().alias("n"),
            pl.col("weight").filter(substantive).sum().alias("total"),
            pl.col("square").filter(substantive).sum().alias("squares"),
            (pl.col("weight").filter(~substantive).sum() / pl.col("weight").sum()).alias("nonresponse"),
        )
        .with_columns(
            (pl.col("total") ** 2 / pl.col("squares")).fill_nan(None).alias("n_eff"),
            pl.col("nonresponse").fill_nan(None),
            ((pl.col("n") < min_n) | (pl.col("total") <= 0)).alias("suppressed"),
        )
    )
