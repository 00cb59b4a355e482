"""Groups of rows that come without them: rows and datasets go in; the order known of their classes comes out."""

from collections.abc import Iterable

import polars as pl

from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.demographic import attributes
from opinionframe.schemas.frames import Groups
from opinionframe.schemas.vocabulary import CLASS_PLACE
from opinionframe.surveys.entry import entry, names
from opinionframe.surveys.groups import entry_groups


def groups_of(frame: AnyFrame, datasets: Iterable[str], groups: AnyFrame | None) -> pl.DataFrame:
    """Checked `groups`; where none are given, the order that the rows of `frame` bring along, or their survey has.

    Rows bring the places of Enums in `class_place`, as `of.reference` adds them. Surveys that the package knows list
    their classes. Collects. Raises: FrameError for broken Groups.

    >>> rows = pl.DataFrame({"demographic": ["degree=BA", "degree=None", "all"], "class_place": [2, 1, None]})
    >>> groups_of(rows, [], None).select("class", "label", "place").rows()
    [('None', 'None', 1), ('BA', 'BA', 2)]
    """
    if groups is not None:
        return groups_border(groups)
    listed = [entry_groups(entry(name)) for name in sorted(set(datasets) & set(names()))]
    brought = _brought_along(frame)
    others = pl.concat([brought, *listed], how="diagonal").unique(["attribute", "class"], keep="first")
    own = others.filter(~pl.col("attribute").is_in(brought["attribute"].implode()))
    return groups_border(pl.concat([brought, own], how="diagonal"))


def _brought_along(frame: AnyFrame) -> pl.DataFrame:
    """Groups of the places that rows bring along; without rows where they bring none."""
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame) or CLASS_PLACE not in frame.collect_schema():
        return Groups.create_empty()
    places = frame.lazy().select("demographic", CLASS_PLACE).drop_nulls().unique().collect()
    classes = [
        (*attributes(demographic)[0], place)
        for demographic, place in places.rows()
        if len(attributes(demographic)) == 1
    ]
    rows = pl.DataFrame(classes, {"attribute": pl.String, "class": pl.String, "place": pl.Int64}, orient="row")
    empty = Groups.create_empty()
    named = rows.with_columns(label="class", phrase=pl.lit(None, pl.String))
    return named.select(pl.col(name).cast(dtype) for name, dtype in empty.schema.items())
