"""How groups stand in print: demographics and Groups go in; each one's place and labels come out."""

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
    behind these by their numbers, dates and letters, intersections by their parts in turn, and everybody last.

    Returns: demographic; `order`, from 0; `attribute` and `label`, the names of its attributes and the labels of its
        classes, joined with ` & `; `in_time`, whether a class of it is a wave or year.

    >>> from opinionframe.schemas.frames import Groups
    >>> printed_groups(["wave=W10", "wave=W9", "all"], Groups.create_empty()).select("demographic", "order").rows()
    [('wave=W9', 0), ('wave=W10', 1), ('all', 2)]
    """
    names = groups["name"] if "name" in groups.columns else [None] * len(groups)
    keys = zip(groups["attribute"], groups["class"], strict=True)
    known = dict(zip(keys, zip(groups["label"], groups["place"], strict=True), strict=True))
    called = {attribute: name for attribute, name in zip(groups["attribute"], names, strict=True) if name}

    def place(demographic: str) -> tuple[bool, str, list[tuple[int, ClassKey]]]:
        pairs = attributes(demographic)
        parts = [(known.get(pair, ("", _LAST))[1], class_key(pair[1])) for pair in pairs]
        return (
            demographic == ALL,
            JOINT.join(called.get(attribute, attribute) for attribute, _ in pairs).casefold(),
            parts,
        )

    rows = []
    for order, demographic in enumerate(sorted(set(demographics), key=place)):
        pairs = attributes(demographic)
        attribute = JOINT.join(called.get(name, name) for name, _ in pairs) or ALL
        label = JOINT.join(known.get(pair, (pair[1], 0))[0] for pair in pairs) or ALL
        rows.append((demographic, order, attribute, label, any(name in TIMES for name, _ in pairs)))
    return pl.DataFrame(
        rows,
        {
            "demographic": pl.String,
            "order": pl.UInt32,
            "attribute": pl.String,
            "label": pl.String,
            "in_time": pl.Boolean,
        },
        orient="row",
    )
