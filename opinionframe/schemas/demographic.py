"""What a demographic is: `attribute=class`, intersections joined with ` & `, `all` for everybody.

An attribute holds neither `&` nor `=`. A class may hold both, unless it reads as a further attribute (`is_no_class`).
Everything that takes demographics apart, or puts them together, does it here.
"""

import re
from collections.abc import Mapping

import polars as pl

ALL = "all"
JOINT = " & "

PATTERN = r"(?s)^(all|[^=&\s][^=&]*=\s*\S.*)$"
"""A demographic that is well spelled."""

_AMBIGUOUS = r" & [^=&]+="

_SPLIT = re.compile(r" & (?=[^=&]+=)")
_NAMES = pl.col("demographic").str.extract_all(r"(?:^| & )[^=&]+=")

ATTRIBUTE = (
    pl.when(_NAMES.list.len() > 0)
    .then(_NAMES.list.eval(pl.element().str.strip_chars(" &=")).list.join(JOINT))
    .otherwise(pl.lit(ALL))
)
"""The demographic without its classes: `sex`, `sex & age`, `all`."""

HOLDS_OTHERS = (pl.col("demographic") == ALL) | pl.col("demographic").str.contains(_AMBIGUOUS)
"""Whether the people of a well-spelled demographic are part of other groups: everybody, and intersections."""


def is_malformed() -> pl.Expr:
    """Whether the demographic is not written as `attribute=class`; null where it is null."""
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
    return [(attribute.strip(), label) for attribute, _, label in pairs]


def belongs(demographic: str) -> pl.Expr:
    """Whether a respondent, in a row with a column per attribute, belongs to a demographic; never null.

    >>> people = pl.DataFrame({"sex": ["F", "M", None]})
    >>> people.select(belongs("sex=F").alias("women"), belongs("all").alias("everybody")).rows()
    [(True, True), (False, True), (False, True)]
    """
    parts = [pl.col(name).cast(pl.String) == label for name, label in attributes(demographic)]
    return pl.all_horizontal(pl.repeat(value=True, n=pl.len(), dtype=pl.Boolean), *parts).fill_null(value=False)


def attribute_of(demographic: str) -> str:
    """The demographic without its classes, as `ATTRIBUTE` gives it for a column.

    >>> attribute_of("race=Black & Caribbean"), attribute_of("sex=Female & age=18-29"), attribute_of("all")
    ('race', 'sex & age', 'all')
    """
    return JOINT.join(attribute for attribute, _ in attributes(demographic)) or ALL


def attribute_names(entry: str) -> list[str]:
    """The attributes that an attribute or an intersection such as `sex & age` names, trimmed, in its order.

    >>> attribute_names("sex & age"), attribute_names("sex")
    (['sex', 'age'], ['sex'])
    """
    return [name.strip() for name in entry.split(JOINT)]


def is_attribute(name: str) -> bool:
    """Whether a name can be that of an attribute: it is not empty and holds neither `&` nor `=`."""
    return bool(name) and not {"&", "="} & set(name)


def is_no_class(label: pl.Expr) -> pl.Expr:
    """Whether a label cannot be that of a class: it is blank, or reads as a further attribute."""
    return (label.str.strip_chars() == "") | label.str.contains(_AMBIGUOUS)


def demographic_name(pairs: Mapping[str, str]) -> str:
    """The key of a group from its classes by attribute, `all` when there are none.

    >>> demographic_name({"sex": "Female", "age": "18-29"})
    'sex=Female & age=18-29'
    """
    return JOINT.join(f"{attribute}={label}" for attribute, label in pairs.items()) or ALL


def demographic_of(classes: Mapping[str, pl.Expr]) -> pl.Expr:
    """The key of each row's group from expressions for its classes, by attribute; null where a class is.

    >>> frame = pl.DataFrame({"sex": ["Female", "Male"], "age": ["18-29", None]})
    >>> frame.select(key=demographic_of({"sex": pl.col("sex"), "age": pl.col("age")}))["key"].to_list()
    ['sex=Female & age=18-29', None]
    """
    parts = (pl.concat_str(pl.lit(f"{attribute}="), label) for attribute, label in classes.items())
    return pl.concat_str(*parts, separator=JOINT)
