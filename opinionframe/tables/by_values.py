"""Sections and rows by topic, group or dataset: what keeps results apart goes in; its names and places come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, as_names, check_option, examples
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.tables import marks
from opinionframe.tables.scores import ONE_DATASET

COLUMN_NAMES = {"demographic": "Group", "attribute": "Attribute", "question": "Question", "topic": "Topic"}
NOTHING = {"topic": "No topic", "dataset": ONE_DATASET}
EVERYBODY = "All groups"


def keys_of(frame: AnyFrame, by: str | Sequence[str] | None, first: str) -> list[str]:
    """The columns `by`, or those in front of `first` where it is None: there verbs put what keeps their rows apart.

    Raises: OptionError for a column that is not there.
    """
    columns = frame.collect_schema().names()
    if by is None:
        return columns[: columns.index(first)]
    for name in as_names("by", by):
        check_option("by", name, columns)
    return list(as_names("by", by))


def refuse_twice(rows: pl.DataFrame, key: list[str], name: str) -> None:
    """Raises a FrameError where rows of the frame called `name` have the same `key`.

    Raises: OptionError for a column that the key has already, or that holds lists.
    """
    unfit = sorted({column for column in key if key.count(column) > 1 or rows.schema[column].is_nested()})
    if unfit:
        raise OptionError(
            f"by={', '.join(unfit)}: {name} has rows of their own by it already, or it holds lists. Name columns of "
            "single values, such as a topic."
        )
    twice = rows.filter(pl.struct(key).is_duplicated()).select(key).unique().sort(key)
    if twice.height:
        raise FrameError(
            f"{name} has {twice.height} results several times, e.g. {examples(twice.rows())}. Name the columns that "
            "tell them apart in by=…, or keep one of each with .filter(…)."
        )


def by_values(
    rows: pl.DataFrame, by: Sequence[str], groups: pl.DataFrame, codebook: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row per value of `by` in `rows`, to be joined to them.

    Groups stand in the order and under the labels of checked `groups`, questions under their texts where there is a
    checked `codebook`, all else in the order of its column: of an Enum, of numbers or of letters.

    Returns: `by`; `heading`, the value as the heading of a section; `label` and `above`, the value as the name of a row
        and the heading above such rows, empty where it needs none; `place`, from 0.

    >>> from opinionframe.schemas.frames import Groups
    >>> rows = pl.DataFrame({"topic": ["war", "war"], "demographic": ["sex=M", "sex=F"]})
    >>> by_values(rows, ["topic", "demographic"], Groups.create_empty()).row(0, named=True)["above"]
    'war: sex'
    """
    values = rows.select(by).unique()
    orders, headings = [], []
    for name in by:
        named = _named(values[name], groups, codebook)
        values = values.join(named, on=name, how="left", nulls_equal=True)
        orders.append(f"{name} order")
        headings.append(f"{name} heading")
    last = by[-1]
    above = [*headings[:-1], f"{last} above"]
    nothing = {f"{name} {kind}": NOTHING.get(name, f"No {name}") for name in by for kind in ("heading", "label")}
    return (
        values.sort(orders, nulls_last=True)
        .with_row_index("place")
        .with_columns(pl.col(column).fill_null(text) for column, text in nothing.items())
        .select(
            *by,
            pl.concat_str(headings, separator=": ").alias("heading"),
            pl.col(f"{last} label").alias("label"),
            pl.concat_str(above, separator=": ", ignore_nulls=True).alias("above"),
            "place",
        )
    )


def _named(values: pl.Series, groups: pl.DataFrame, codebook: pl.DataFrame | None) -> pl.DataFrame:
    """One row per value of a column: itself, and its heading, label, what stands above it and its order."""
    name, distinct = values.name, values.unique()
    if name == "demographic":
        return _named_groups(distinct, groups)
    texts = distinct.to_frame().with_columns(shown=pl.col(name).cast(pl.String))
    if name == "question" and codebook is not None:
        asked = codebook.select("question", "text").unique("question")
        texts = texts.join(asked, on="question", how="left").with_columns(
            shown=pl.when(pl.col("text").is_null()).then("shown").otherwise(pl.format("{}: {}", "shown", "text"))
        )
    if name == "attribute" and "name" in groups.columns:
        called = groups.select("attribute", "name").drop_nulls().unique("attribute")
        texts = texts.join(called, on="attribute", how="left").with_columns(shown=pl.coalesce("name", "shown"))
    shown = marks.cleaned(pl.col("shown"))
    return texts.sort(name, nulls_last=True).select(
        name,
        shown.alias(f"{name} heading"),
        shown.alias(f"{name} label"),
        pl.lit(None, pl.String).alias(f"{name} above"),
        pl.int_range(pl.len()).alias(f"{name} order"),
    )


def _named_groups(demographics: pl.Series, groups: pl.DataFrame) -> pl.DataFrame:
    """The same of groups: `attribute: class` as a heading, the class as a row below its attribute."""
    printed = printed_groups(demographics.drop_nulls().cast(pl.String), groups)
    attribute, label = marks.cleaned(pl.col("attribute")), marks.cleaned(pl.col("label"))
    is_all = pl.col("demographic") == ALL
    return printed.select(
        pl.col("demographic").cast(demographics.dtype),
        pl.when(is_all).then(pl.lit(EVERYBODY)).otherwise(pl.format("{}: {}", attribute, label)).alias(
            "demographic heading"
        ),
        pl.when(is_all).then(pl.lit("All")).otherwise(label).alias("demographic label"),
        pl.when(is_all).then(pl.lit(EVERYBODY)).otherwise(attribute).alias("demographic above"),
        pl.col("order").alias("demographic order"),
    )  # fmt: skip
