"""Whether a cell breaks a law, from the fewest sums that can tell: the laws themselves are asked where one may.

Every choice of a cell has a bit of its own. Bits are added up, not joined: k rows whose bits add up to those of
1..k are just these, since no fewer than k powers of two make that sum, and k of them in one way alone. A choice with
an impossible probability has no bit.
"""

from collections.abc import Iterable, Iterator

import polars as pl

from opinionframe.schemas.broken_cells import choices_per_question, extremes, largest_choice
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.rules import constant, sums_to_one
from opinionframe.schemas.vocabulary import OPTIONAL

WORD = 24
"""Bits in a sum: 255 times the highest of them still fits 32 bits, so that no sum of k rows can overflow."""


def soundness_sums(columns: Iterable[str], k_max: int) -> list[pl.Expr]:
    """Aggregations of a cell's rows that `is_sound` reads beside their `total`, all of which stream."""
    words = (_bits(word).sum().alias(f"bits{word}") for word in _words(k_max))
    return [pl.len().alias("rows"), *words, *extremes(columns)]


def is_sound(columns: Iterable[str], k_max: int) -> pl.Expr:
    """Whether a row of these sums, beside the `total` of its probabilities and its question's `k`, breaks no law.

    The spelling of its demographic is another matter.
    """
    complete = (pl.col(f"bits{word}") == _full(word) for word in _words(k_max))
    return pl.all_horizontal(
        *(pl.col(key).is_not_null() for key in CELL),
        (pl.col("rows") == pl.col("k")).fill_null(value=False),
        *complete,
        sums_to_one(pl.col),
        *(constant(name, pl.col) for name in OPTIONAL if name in columns),
    )


def unsound_cells(opinions: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """The cells of Opinions that break a law, a row each. Lazy, one pass."""
    k_max, columns = largest_choice(codebook), opinions.collect_schema().names()
    cells = opinions.group_by(CELL).agg(pl.col("prob").sum().alias("total"), *soundness_sums(columns, k_max))
    measured = cells.join(choices_per_question(codebook).lazy(), on="question", how="left")
    return measured.filter(~is_sound(columns, k_max) | is_malformed())


def _words(k_max: int) -> Iterator[int]:
    return iter(range((k_max - 1) // WORD + 1))


def _bits(word: int) -> pl.Expr:
    """The bit of a row's choice in its word; null where the choice or its probability cannot be."""
    # Below the word the difference wraps around, past its end.
    place = pl.col("choice").cast(pl.UInt32) - word * WORD
    return pl.when((pl.col("prob") >= 0) & place.is_between(1, WORD)).then(pl.lit(2, pl.UInt32).pow(place))


def _full(word: int) -> pl.Expr:
    """The sum of the bits of the choices 1..k in a word."""
    top = (pl.col("k").cast(pl.Int16) - word * WORD).clip(0, WORD).cast(pl.UInt32)
    return pl.lit(2, pl.UInt32).pow(top + 1) - 2
