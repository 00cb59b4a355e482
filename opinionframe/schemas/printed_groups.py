"""How groups stand in print: demographics and Groups go in; each one's place and labels come out."""

from collections import Counter
from collections.abc import Iterable

import polars as pl

from opinionframe.schemas.class_order import ClassKey, class_key
from opinionframe.schemas.demographic import ALL, JOINT, attributes

TIMES = ("wave", "year")
"""Attributes whose classes follow each other in time, and so stand in no other order."""

_LAST = 1 << 16
"""Behind every place that Groups give."""


def printed_groups(demographics: Iterable[str], groups: pl.DataFrame) -> pl.DataFrame:
    """One row per distinct demographic, to be joined to rows that are printed.

    Attributes stand by the letters of their names, classes by the places that checked `groups` give them, others
    behind these by their numbers, dates and letters, intersections by their parts in turn, and everybody last. Where
    two attributes or classes are called the same, what the rows call them stands behind that in brackets.

    Returns: demographic; `order`, from 0; `attribute` and `label`, the names of its attributes and the labels of its
        classes, joined with ` & `; `in_time`, whether a class of it is a wave or year.

    >>> from opinionframe.schemas.frames import Groups
    >>> printed_groups(["wave=W10", "wave=W9", "all"], Groups.create_empty()).select("demographic", "order").rows()
    [('wave=W9', 0), ('wave=W10', 1), ('all', 2)]
    """
    distinct = set(demographics)
    named = _Named({name for demographic in distinct for name, _ in attributes(demographic)}, groups)
    rows = []
    for order, demographic in enumerate(sorted(distinct, key=named.place)):
        pairs = attributes(demographic)
        attribute = JOINT.join(named.attribute(name) for name, _ in pairs) or ALL
        label = JOINT.join(named.label(pair) for pair in pairs) or ALL
        value = JOINT.join(value for _, value in pairs)
        rows.append((demographic, order, attribute, label, any(name in TIMES for name, _ in pairs), value))
    schema = dict.fromkeys(("demographic", "order", "attribute", "label", "in_time", "class"), pl.String)
    printed = pl.DataFrame(rows, schema | {"order": pl.UInt32, "in_time": pl.Boolean}, orient="row")
    apart = pl.when(pl.struct("attribute", "label").is_duplicated()).then(pl.format("{} ({})", "label", "class"))
    return printed.with_columns(pl.coalesce(apart, "label").alias("label")).drop("class")


def unlabelled(demographics: Iterable[str], groups: pl.DataFrame) -> list[str]:
    """The `attribute=class` that demographics name and checked `groups` do not, each once, in their order."""
    labelled = set(zip(groups["attribute"], groups["class"], strict=True))
    pairs = {pair for demographic in demographics for pair in attributes(demographic)} - labelled
    return [
        f"{attribute}={value}" for attribute, value in sorted(pairs, key=lambda pair: (pair[0], class_key(pair[1])))
    ]


class _Named:
    """What checked Groups call `attributes` and their classes, and where these stand."""

    def __init__(self, attributes: Iterable[str], groups: pl.DataFrame) -> None:
        names = groups["name"] if "name" in groups.columns else [None] * len(groups)
        keys = zip(groups["attribute"], groups["class"], strict=True)
        self._known = dict(zip(keys, zip(groups["label"], groups["place"], strict=True), strict=True))
        called = {attribute: name for attribute, name in zip(groups["attribute"], names, strict=True) if name}
        self._called = {attribute: called.get(attribute, attribute) for attribute in attributes}
        self._times = Counter(name.casefold() for name in self._called.values())

    def attribute(self, attribute: str) -> str:
        """What an attribute is called, and its own name behind that where another is called the same."""
        name = self._called[attribute]
        return name if name == attribute or self._times[name.casefold()] == 1 else f"{name} ({attribute})"

    def label(self, pair: tuple[str, str]) -> str:
        """What a class is called."""
        return str(self._known.get(pair, (pair[1], 0))[0])

    def place(self, demographic: str) -> tuple[bool, str, list[tuple[int, ClassKey]]]:
        """What sorts a demographic among the others."""
        pairs = attributes(demographic)
        parts = [(self._known.get(pair, ("", _LAST))[1], class_key(pair[1])) for pair in pairs]
        return demographic == ALL, JOINT.join(self.attribute(name) for name, _ in pairs).casefold(), parts
