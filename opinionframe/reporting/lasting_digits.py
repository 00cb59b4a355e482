"""Digits that last: frames of a study go in; the same with those digits that every run of it gives come out.

What a user gave is not among them: own columns, and human shares that were not counted here from respondents.

Threads take sums in an order of their own, which moves the last of sixteen digits. Files without these are the same
whenever the study is run again, byte for byte, but for a number that lies within that error of a half digit.
"""

from collections.abc import Collection

import polars as pl
import polars.selectors as cs

from opinionframe.schemas.frames import HUMAN

DIGITS = 8
"""Of numbers; a survey of a million people gives three or four that mean anything."""

P_DIGITS = 6
"""Of p-values, in which an error of the statistic is multiplied."""

NOISE = 1e-12
"""What is nearer to 0 than this is a sum that would be 0 but for rounding."""

P_VALUES = ("p_value", "p_adjusted")


NOTE = (
    f"Numbers have the digits that every run gives: {DIGITS} significant ones, p-values {P_DIGITS}; what is nearer to "
    f"0 than {NOISE:g} is 0. Your own columns, and human shares that are not counted from respondents, are as given."
)
"""What the manifest of a study says of its numbers."""


def with_lasting_digits(
    frame: pl.DataFrame, own: Collection[str] = (), questions: Collection[str] = ()
) -> pl.DataFrame:
    """`frame` with its real numbers to eight significant digits, p-values to six.

    Where it has a row per question, the columns `own`, and human rows of the `questions`, are left as they are.

    >>> frame = pl.DataFrame({"estimate": [0.1 + 0.2, -1e-17], "p_value": [0.3, 1e-17]})
    >>> with_lasting_digits(frame).rows()
    [(0.3, 0.3), (0.0, 1e-17)]
    >>> shares = pl.DataFrame({"question": ["q1", "q2"], "source": "human", "prob": 2 / 3, "own": 123456789.25})
    >>> with_lasting_digits(shares, own=["own"], questions=["q1"]).rows()
    [('q1', 'human', 0.6666666666666666, 123456789.25), ('q2', 'human', 0.66666667, 123456789.25)]
    """
    is_by_question = "question" in frame.columns
    p_values = cs.by_name(*P_VALUES, require_all=False)
    numbers = cs.float() - p_values - cs.by_name(*(own if is_by_question else ()), require_all=False)
    is_given = pl.lit(value=False)
    if is_by_question and "source" in frame.columns:
        is_given = (pl.col("source") == HUMAN) & pl.col("question").is_in(list(questions))
    rounded = pl.when(numbers.abs() < NOISE).then(0.0).otherwise(numbers.round_sig_figs(DIGITS))
    return frame.with_columns(
        pl.when(is_given).then(numbers).otherwise(rounded).name.keep(),
        (cs.float() & p_values).round_sig_figs(P_DIGITS),
    )
