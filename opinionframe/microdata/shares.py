"""Shares of choices: tallies go in; cells with their counts, and the human rows of Opinions, come out."""

import polars as pl

from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CHOICE, GROUP


def human_rows(shares: pl.LazyFrame) -> pl.LazyFrame:
    """Opinions with source `human`, n_eff and nonresponse, and std_error where `shares` has it, sorted."""
    error = [name for name in ("std_error",) if name in shares.collect_schema()]
    source = pl.lit(HUMAN).alias("source")
    return shares.select(*CHOICE, source, "prob", "n_eff", "nonresponse", *error).sort(CHOICE)


def shares(tallies: pl.LazyFrame, codebook: pl.DataFrame, min_n: int = 1) -> pl.LazyFrame:
    """One row per choice of each cell that is not suppressed; choices nobody gave are explicit zeros.

    Returns: question, demographic, choice, prob, and of its cell n, total, n_eff, nonresponse.
    """
    weights = tallies.select(*CHOICE, "weight")
    return (
        cells(tallies, min_n)
        .filter(~pl.col("suppressed"))
        .join(codebook.lazy().select("question", "choice"), on="question")
        .join(weights, on=CHOICE, how="left")
        .with_columns((pl.col("weight").fill_null(0) / pl.col("total")).alias("prob"))
        .drop("weight", "suppressed")
    )


def with_errors(shares: pl.LazyFrame, errors: pl.LazyFrame) -> pl.LazyFrame:
    """`shares` with `std_error`, and with `n_eff` by the design instead of Kish's, which stays where nothing varies.

    It is the size of a simple random sample whose shares vary as much: (1 - sum p^2) / sum of variances.
    """
    n_eff = (1 - (pl.col("prob") ** 2).sum().over(GROUP)) / (pl.col("std_error") ** 2).sum().over(GROUP)
    return shares.join(errors, on=CHOICE, how="left").with_columns(
        pl.when(n_eff.is_finite() & (n_eff > 0)).then(n_eff).otherwise("n_eff").alias("n_eff")
    )


def cells(tallies: pl.LazyFrame, min_n: int = 1) -> pl.LazyFrame:
    """One row per question and demographic, with the counts behind its shares.

    Returns: question, demographic, n_asked and n (respondents asked, and with a substantive answer), total
        (their weight), n_eff (Kish), nonresponse (weighted share of those asked), suppressed (fewer than `min_n` of
        them have a positive weight).
    """
    substantive = pl.col("choice") != NO_ANSWER
    return (
        tallies.group_by(GROUP)
        .agg(
            pl.col("n").sum().alias("n_asked"),
            pl.col("n").filter(substantive).sum().alias("n"),
            pl.col("n_weighted").filter(substantive).sum().alias("n_weighted"),
            pl.col("weight").filter(substantive).sum().alias("total"),
            pl.col("square").filter(substantive).sum().alias("squares"),
            (pl.col("weight").filter(~substantive).sum() / pl.col("weight").sum()).alias("nonresponse"),
        )
        .with_columns(
            (pl.col("total") ** 2 / pl.col("squares")).fill_nan(None).alias("n_eff"),
            pl.col("nonresponse").fill_nan(None),
            ((pl.col("n_weighted") < min_n) | (pl.col("total") <= 0)).alias("suppressed"),
        )
        .drop("squares", "n_weighted")
    )
