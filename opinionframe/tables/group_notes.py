"""What a table says of its groups: demographics and Groups go in; a note on classes without a label comes out."""

from collections.abc import Iterable

import polars as pl

from opinionframe.errors import examples
from opinionframe.schemas.printed_groups import unlabelled


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
