"""Groups of respondents: `by` goes in, names of columns or intersections of them; their demographics come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.schemas.demographic import ALL, attribute_names, demographic_of, is_attribute


def group_labels(by: str | Sequence[str], *, everyone: bool) -> tuple[list[str], list[pl.Expr]]:
    """The columns that `by` needs, and one expression per entry that gives each respondent's demographic.

    The expression is null where any of the entry's columns is.

    Raises: OptionError for an empty, repeated or malformed entry.
    """
    entries = [by] if isinstance(by, str) else by
    if not (isinstance(entries, list | tuple) and all(isinstance(entry, str) for entry in entries)):
        raise OptionError(f"by={by!r} is no name of a column, nor a list of names. Write by=['sex', 'sex & age'].")
    groups = [_checked_attributes(entry) for entry in entries]
    if len({frozenset(attributes) for attributes in groups}) < len(groups):
        raise OptionError(f"by={entries!r} names the same groups twice. Name each attribute or intersection once.")
    if not (entries or everyone):
        raise OptionError(
            "by=[] and everyone=False leave no group. Name at least one attribute, or keep everyone=True."
        )
    labels = [pl.lit(ALL)] * everyone + [
        demographic_of({name: pl.col(name).cast(pl.String) for name in attributes}) for attributes in groups
    ]
    return list(dict.fromkeys(name for attributes in groups for name in attributes)), labels


def _checked_attributes(entry: str) -> list[str]:
    names = attribute_names(entry)
    if len(set(names)) < len(names) or not all(map(is_attribute, names)):
        raise OptionError(
            f"by={entry!r} is no attribute or intersection. Write a column's name, or several joined with ' & '; "
            "a name holds no '&' or '='."
        )
    return names
