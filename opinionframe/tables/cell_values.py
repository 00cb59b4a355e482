"""Cells as values: text with marks goes in; clean text and numbers, which can be computed with, come out."""

import re
from collections.abc import Collection

import polars as pl
import polars.selectors as cs

from opinionframe.tables import marks
from opinionframe.tables.bullets import PLACE

EXACT = " exact"
"""What ends the name of a column that has the values of another one to all their digits."""

_NUMBER = rf"[{marks.MINUS}-]?\d+(?:\.\d+)?"
_SIGNED = r"[^\w\s\[\](){},.;:<>=%/+-]"
_LIMITS = rf"(?<low>{_NUMBER})(?:,| to|{marks.ABSENT}| {marks.ABSENT})\s*(?<high>{_NUMBER})"
_CELL = (
    rf"^(?<value>{_NUMBER})\s*(?<marks>{_SIGNED}*)(?:\s*[\[(](?:{_LIMITS}|{marks.ABSENT})[\])])?\s*(?<more>{_SIGNED}*)$"
)
_BETWEEN = rf"^{_LIMITS}$"
_GHOST = rf"{marks.GHOST_ON}[^{marks.GHOST_OFF}]*{marks.GHOST_OFF}"


def plain(text: pl.Expr) -> pl.Expr:
    """`text` as a reader sees it: without the characters of marks and without the blanks that align numbers."""
    return marks.unmarked(text.str.replace_all(_GHOST, ""))


def plain_text(text: str) -> str:
    """`plain` of one text."""
    return re.sub(rf"{_GHOST}|{marks.OWN}", "", text)


def cell_values(cells: pl.DataFrame, words: Collection[str]) -> pl.DataFrame:
    """The cells of a table, row by row: columns of numbers as Float64, or Int64 where no cell has decimals.

    A dash is null. What a cell has beside its number stands in columns of its own: the limits of an interval in
    `…_low` and `…_high`, marks in `… marks`. A column that has another text in some cell stays text, and so do those
    of `words`. Where `cells` have a column `… exact`, its values are taken for that column, and those of `…_low exact`
    and `…_high exact` for its limits.

    >>> bold = marks.BEST_ON + "87.4" + marks.BEST_OFF + "† [82.0, 92.1]"
    >>> cells = pl.DataFrame({"label": ["m", "n"], "score": [bold, marks.ABSENT]})
    >>> cell_values(cells, ["label"]).row(0, named=True)
    {'label': 'm', 'score': 87.4, 'score_low': 82.0, 'score_high': 92.1, 'score marks': '†'}
    """
    # A calibrator may be called `… exact`: of texts, only those of words are values of another column.
    helpers = [*cells.select(cs.numeric()).columns, *(word + EXACT for word in words if word + EXACT in cells.columns)]
    exact = {column.removesuffix(EXACT): cells[column] for column in helpers if column.endswith(EXACT)}
    columns: list[pl.Series] = []
    printed = cells.drop(column for column in helpers if column.endswith((EXACT, PLACE)))
    for column in printed.iter_columns():
        if column.name in exact:
            names = (column.name, f"{column.name}_low", f"{column.name}_high")
            columns += [exact[name].alias(name) for name in names if name in exact]
        elif column.dtype != pl.String:
            columns.append(column)
        else:
            text = pl.select(plain(pl.lit(column))).to_series().alias(column.name)
            known = text.set(text == marks.ABSENT, None)
            columns += [known] if column.name in words else _numbers(known)
    return pl.DataFrame(columns)


def _numbers(text: pl.Series) -> list[pl.Series]:
    """A column as numbers, beside those of its intervals and its marks; as it is where a cell is no number."""
    name = text.name
    if not text.count():
        return [text.cast(pl.Float64)]
    limits = text.str.extract_groups(_BETWEEN).struct
    if limits.field("low").count() == text.count():
        return [_as_number(limits.field(end)).alias(f"{name}_{end}") for end in ("low", "high")]
    parts = text.str.extract_groups(_CELL).struct
    if parts.field("value").count() < text.count():
        return [text]
    beside = [_as_number(parts.field(end)).alias(f"{name}_{end}") for end in ("low", "high")]
    signs = (parts.field("marks").fill_null("") + parts.field("more").fill_null("")).alias(f"{name} marks")
    return [
        _as_number(parts.field("value")).alias(name),
        *(column for column in beside if column.count()),
        *([signs.set(signs == "", None)] if (signs != "").any() else []),
    ]


def _as_number(text: pl.Series) -> pl.Series:
    """Text of digits as numbers, whole ones where none has decimals."""
    decimal = text.str.contains(".", literal=True).any()
    return text.str.replace(marks.MINUS, "-", literal=True).cast(pl.Float64 if decimal else pl.Int64)
