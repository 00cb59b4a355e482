"""Digits that last: frames of a study go in; the same with those digits that every run of it gives come out.

Threads take sums in an order of their own, which moves the last of sixteen digits. Files without these are the same
whenever the study is run again, byte for byte, but for a number that lies within that error of a half digit.
"""

import polars as pl
import polars.selectors as cs

DIGITS = 8
"""Of numbers; a survey of a million people gives three or four that mean anything."""

P_DIGITS = 6
"""Of p-values, in which an error of the statistic is multiplied."""

NOISE = 1e-12
"""What is nearer to 0 than this is a sum that would be 0 but for rounding."""

P_VALUES = ("p_value", "p_adjusted")


def with_lasting_digits(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with its real numbers to eight significant digits, p-values to six.

    >>> frame = pl.DataFrame({"estimate": [0.1 + 0.2, -1e-17], "p_value": [0.3, 1e-17]})
    >>> with_lasting_digits(frame).rows()
    [(0.3, 0.3), (0.0, 1e-17)]
    """
    numbers = cs.float() - cs.by_name(*P_VALUES, require_all=False)
    return frame.with_columns(
        pl.when(numbers.abs() < NOISE).then(0.0).otherwise(numbers.round_sig_figs(DIGITS)).name.keep(),
        (cs.float() & cs.by_name(*P_VALUES, require_all=False)).round_sig_figs(P_DIGITS),
    )
