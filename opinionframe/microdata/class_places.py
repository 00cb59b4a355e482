"""Places of classes: human rows and the Enums of respondents go in; the rows with the place of each class come out."""

from collections.abc import Mapping, Sequence

import polars as pl

from opinionframe.schemas.demographic import attribute_names, demographic_name
from opinionframe.schemas.vocabulary import CLASS_PLACE


def with_class_places(
    opinions: pl.LazyFrame, schema: Mapping[str, pl.DataType], by: str | Sequence[str]
) -> pl.LazyFrame:
    """`opinions` with `class_place`, from 1, where an attribute of `by` is an Enum; as they are where none is. Lazy.

    It is null for everybody, for intersections, whose places are those of their parts, and for attributes without an
    order of their own.

    >>> degree = pl.Enum(["None", "BA"])
    >>> rows = pl.LazyFrame({"demographic": ["degree=BA", "degree=None", "sex=F", "all"]})
    >>> places = with_class_places(rows, {"degree": degree, "sex": pl.String()}, ["sex", "degree"])
    >>> places.collect()["class_place"].to_list()
    [2, 1, None, None]
    """
    entries = [by] if isinstance(by, str) else by
    orders = {name: schema[name] for entry in entries for name in attribute_names(entry)}
    places = {
        demographic_name({name: label}): place
        for name, dtype in orders.items()
        if isinstance(dtype, pl.Enum)
        for place, label in enumerate(dtype.categories, 1)
    }
    if not places:
        return opinions
    place = pl.col("demographic").replace_strict(places, default=None, return_dtype=pl.UInt16)
    return opinions.with_columns(place.alias(CLASS_PLACE))
