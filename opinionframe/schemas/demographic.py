"""How demographics are spelled: `attribute=class`, intersections joined with ` & `, `all` for everybody."""

import re

import polars as pl

ALL = "all"
JOINT = " & "
PATTERN = r"(?s)^(all|[^=&\s][^=&]*=\s*\S.*)$"
"""A class may hold `&` and `=`; an attribute may not."""

AMBIGUOUS = r" & [^=&]+="
"""What a class may not hold, because it reads as the next attribute of an intersection."""

_SPLIT = re.compile(r" & (?=[^=&]+=)")

CLASS = pl.col("demographic").str.replace_all(r"(^| & )[^=&]+=", "$1")
"""The demographic without its attributes: `Female`, `Female & 18-29`, `all`."""


def is_malformed() -> pl.Expr:
    """Whether the demographic is not written as `attribute=class`."""
    return ~pl.col("demographic").cast(pl.String).str.contains(PATTERN)


def attributes(demographic: str) -> list[tuple[str, str]]:
    """The (attribute, class) pairs of a demographic; none for `all`.

    >>> attributes("sex=Female & region=Central America & Mexico")
    [('sex', 'Female'), ('region', 'Central America & Mexico')]
    >>> attributes("all")
    []
    """
    if demographic == ALL:
        return []
    pairs = (part.partition("=") for part in _SPLIT.split(demographic))
    return [(attribute, label) for attribute, _, label in pairs]


def demographic_name(pairs: dict[str, str]) -> str:
    """The key of a group from its classes, `all` when there are none.

    >>> demographic_name({"sex": "Female", "age": "18-29"})
    'sex=Female & age=18-29'
    """
    return JOINT.join(f"{attribute}={label}" for attribute, label in pairs.items()) or ALL
