"""Possible intervals: those of mean scores are made to lie in [0, 1], those of differences in [-1, 1]."""

import polars as pl

LOGIT, PLAIN = "logit", "plain"
INTERVALS = (LOGIT, PLAIN)
"""How an interval lies about a mean score: symmetric in its log odds, or in itself."""

BOUNDS = ("conf_low", "conf_high")


def of_scores(table: pl.DataFrame, interval: str) -> pl.DataFrame:
    """`table` of means `estimate`, in [0, 1], whose intervals lie in [0, 1].

    With `logit`, an interval that is `half` either side of the mean becomes one that is half / (m (1 - m)) either side
    of its log odds. Scores near 1 are skewed towards 0: so the interval reaches further down than up. What is not
    symmetric, a mean of 0 or 1, and `plain` intervals are cut off at what is possible, which leaves their coverage.

    Reference: Korn and Graubard (1998), Confidence Intervals for Proportions with Small Expected Number of Positive
        Counts, for logits of means of clusters.

    >>> table = pl.DataFrame({"estimate": [0.9, 0.5], "conf_low": [0.75, 0.4], "conf_high": [1.05, 0.6]})
    >>> of_scores(table, "logit").select(pl.col("conf_low", "conf_high").round(3)).rows()
    [(0.63, 0.979), (0.401, 0.599)]
    """
    mean = pl.col("estimate")
    odds = mean / (1 - mean)
    half = (pl.col("conf_high") - mean) / (mean * (1 - mean))
    transformed = {"conf_low": odds / (odds + half.exp()), "conf_high": odds / (odds + (-half).exp())}
    inside = (mean > 0) & (mean < 1) if interval == LOGIT else pl.lit(value=False)
    return table.with_columns(
        pl.when(inside).then(value).otherwise(name).clip(0.0, 1.0).alias(name) for name, value in transformed.items()
    )


def of_differences(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with intervals of differences cut off at -1 and 1, beyond which no difference of scores lies."""
    return table.with_columns(pl.col(BOUNDS).clip(-1.0, 1.0))
