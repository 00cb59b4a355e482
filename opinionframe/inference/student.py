"""Student's t: estimate, standard error and degrees of freedom go in; statistic, p-value and interval come out."""

import numpy as np
import polars as pl

ZERO_SPREAD = 1e-13
"""A standard error at or below this is rounding, not spread: scores in [0, 1] carry errors near 1e-16."""


def student(table: pl.DataFrame, conf: float) -> pl.DataFrame:
    """`table` with `statistic`, two-sided `p_value`, `conf_low` and `conf_high`.

    Enters: columns `estimate`, `std_error` and `df`. Where there is no spread or no degree of freedom
    there is no test, and the four columns are null.
    """
    from scipy import special

    testable = (pl.col("std_error") > ZERO_SPREAD) & (pl.col("df") > 0)
    testable_rows = table.with_columns(pl.when(testable).then(pl.col("std_error", "df")).name.keep())
    estimate, error, df = (testable_rows[column].to_numpy() for column in ("estimate", "std_error", "df"))
    statistic = estimate / error
    half = special.stdtrit(df, (1 + conf) / 2) * error
    columns = {
        "statistic": statistic,
        "p_value": 2 * special.stdtr(df, -np.abs(statistic)),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }
    return table.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
