"""Multiple testing: p-values of a family of comparisons go in, adjusted ones come out."""

import numpy as np
import polars as pl

from opinionframe.inference.choices import Choices
from opinionframe.inference.comparisons import Comparisons
from opinionframe.inference.max_t import max_t
from opinionframe.inference.methods import independent

MAX_T = "max-t"
CLOSED = {"none": "", "bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh"}
"""Adjustments in closed form, with their names in statsmodels."""

ADJUSTMENTS = (*CLOSED, MAX_T)


def adjusted(tests: pl.DataFrame, compared: Comparisons, adjust: str, choices: Choices) -> pl.DataFrame:
    """`tests` of one method with `p_adjusted`, in [0, 1]; comparisons without a p-value count in the family."""
    if adjust != MAX_T:
        return tests.with_columns(corrected(adjust))
    columns = independent(tests["method"][0], choices)
    joint = max_t(compared.cells, compared.keys, columns, choices)
    p_adjusted = pl.when(pl.col("p_value").is_not_null()).then(pl.max_horizontal("p_max_t", "p_value"))
    return (
        tests.join(joint, on=compared.keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(p_adjusted.alias("p_adjusted"))
        .drop("p_max_t")
    )


def corrected(adjust: str) -> pl.Expr:
    """`p_adjusted` from `p_value`, all rows being one family; null stays null and counts."""

    def corrected_values(p: pl.Series) -> pl.Series:
        return pl.Series(correct(p.fill_null(1.0).to_numpy(), adjust))

    values = pl.col("p_value").map_batches(corrected_values, return_dtype=pl.Float64)
    return pl.when(pl.col("p_value").is_not_null()).then(values).alias("p_adjusted")


def correct(p: np.ndarray, adjust: str) -> np.ndarray:
    """P-values of one family, shape (comparisons,), corrected by Bonferroni, Holm (1979) or Benjamini-Hochberg (1995).

    >>> correct(np.array([0.01, 0.04, 0.03]), "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    if adjust == "none":
        return p
    if adjust == "bonferroni":
        # A product is not worth the import, which takes a second.
        return np.minimum(p * float(p.size), 1.0)
    from statsmodels.stats.multitest import multipletests

    return np.asarray(multipletests(p, method=CLOSED[adjust])[1])
