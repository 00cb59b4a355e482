"""Multiplicity: p-values corrected within a family of declared comparisons."""

import numpy as np
import polars as pl

ADJUSTMENTS = {"none": None, "bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh"}
"""The names `adjust` takes, and what statsmodels calls them."""


def adjusted(tests: pl.DataFrame, adjust: str) -> pl.DataFrame:
    """`tests` with `p_adjusted`, the family being all rows of one method, those without a p-value included."""
    p_adjusted = (
        pl.col("p_value")
        .fill_null(1.0)
        .map_batches(lambda p: pl.Series(correct(p.to_numpy(), adjust)), return_dtype=pl.Float64)
        .over("method")
    )
    return tests.with_columns(pl.when(pl.col("p_value").is_not_null()).then(p_adjusted).alias("p_adjusted"))


def correct(p: np.ndarray, adjust: str) -> np.ndarray:
    """P-values of one family, corrected: Bonferroni, Holm (1979) or Benjamini-Hochberg (1995).

    >>> correct(np.array([0.01, 0.04, 0.03]), "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests

    name = ADJUSTMENTS[adjust]
    return p if name is None else np.asarray(multipletests(p, method=name)[1])
