"""What a table says of its groups: demographics and Groups go in; notes on their classes come out."""

from collections import Counter
from collections.abc import Iterable

import polars as pl

from opinionframe.errors import examples
from opinionframe.schemas.class_order import class_key
from opinionframe.schemas.demographic import attributes
from opinionframe.schemas.printed_groups import unlabelled

ORDERED = 3
"""Classes of an attribute from which on their letters give them an order that may not be theirs."""


def order_notes(demographics: Iterable[str], groups: pl.DataFrame) -> list[str]:
    """A note on attributes of several classes that stand by their letters, since nothing gives them an order.

    >>> from opinionframe.schemas.frames import Groups
    >>> order_notes(["mood=sad", "mood=glad", "mood=calm", "age=18-29"], Groups.create_empty())
    ['Classes of mood stand by their letters: groups=…, such as of.groups(…) or survey.groups, gives their order.']
    """
    placed = set(zip(groups["attribute"], groups["class"], strict=True))
    pairs = {pair for demographic in demographics for pair in attributes(demographic)} - placed
    by_letters = Counter(attribute for attribute, label in pairs if class_key(label)[0])
    unordered = sorted(attribute for attribute, count in by_letters.items() if count >= ORDERED)
    if not unordered:
        return []
    listed = f"{', '.join(unordered[:-1])} and {unordered[-1]}" if len(unordered) > 1 else unordered[0]
    remedy = "groups=…, such as of.groups(…) or survey.groups, gives their order"
    return [f"Classes of {listed} stand by their letters: {remedy}."]


def group_notes(demographics: Iterable[str], groups: pl.DataFrame) -> list[str]:
    """A note on the classes that checked `groups` have no label for; none where there are no such, or no Groups.

    >>> from opinionframe.schemas.frames import Groups
    >>> sex = {"attribute": ["sex"], "class": ["1"], "label": ["Men"], "place": [1], "phrase": [None]}
    >>> groups = pl.DataFrame(sex, {name: dtype for name, dtype in Groups.create_empty().schema.items()})
    >>> group_notes(["all", "sex=1", "sex=2"], groups)
    ["Groups have no label for 1 class, which stands as the rows spell it: 'sex=2'."]
    """
    bare = unlabelled(demographics, groups)
    if groups.is_empty() or not bare:
        return []
    what = (
        "1 class, which stands as the rows spell it"
        if len(bare) == 1
        else f"{len(bare)} classes, which stand as the rows spell them"
    )
    return [f"Groups have no label for {what}: {examples([(name,) for name in bare])}."]
