"""Multiplicity: p-values corrected within a family of declared comparisons."""

import numpy as np
import polars as pl

from opinionframe.inference.choices import Choices
from opinionframe.inference.comparisons import Comparisons
from opinionframe.inference.max_t import max_t
from opinionframe.inference.methods import independent

MAX_T = "max-t"
CLOSED = {"none": None, "bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh"}
"""What statsmodels calls them."""

ADJUSTMENTS = (*CLOSED, MAX_T)


def adjusted(tests: pl.DataFrame, compared: Comparisons, adjust: str, choices: Choices) -> pl.DataFrame:
    """`tests` of one method with `p_adjusted`, in [0, 1]; comparisons without a p-value count in the family."""
    if adjust == MAX_T:
        columns = independent(tests["method"][0], choices)
        joint = max_t(compared.cells, compared.keys, columns, choices)
        with_joint = tests.join(joint, on=compared.keys, how="left", nulls_equal=True, maintain_order="left")
        p_adjusted = pl.max_horizontal("p_max_t", "p_value")
    else:
        p = tests["p_value"].fill_null(1.0).to_numpy()
        with_joint = tests.with_columns(pl.Series("p_max_t", correct(p, adjust)))
        p_adjusted = pl.col("p_max_t")
    known = pl.when(pl.col("p_value").is_not_null()).then(p_adjusted)
    return with_joint.with_columns(known.alias("p_adjusted")).drop("p_max_t")


def correct(p: np.ndarray, adjust: str) -> np.ndarray:
    """P-values of one family, corrected: Bonferroni, Holm (1979) or Benjamini-Hochberg (1995).

    >>> correct(np.array([0.01, 0.04, 0.03]), "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests

    name = CLOSED[adjust]
    return p if name is None else np.asarray(multipletests(p, method=name)[1])
