"""The cells that means are over: scores go in; those that count in a source's mean, and how many do not, come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import KEEP, OWN, Estimand
from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.demographic import HOLDS_OTHERS
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import guarded
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import PARTS, SEPARATOR

OF_CELLS = (*GROUP, "attribute", METRIC, DATASET)
"""Columns that say something of a cell, whoever answered."""

OF_SOURCES = ("source", *PARTS)
"""Columns that say something of a source, whatever the cell."""

_PARTS = "parts are there"
_SCOPE = "within "
IS_NAMED = pl.col("source").str.contains(SEPARATOR, literal=True)
"""Whether a source is a model's or made of it, and no plain baseline."""

ENOUGH = 0.5
"""Below this share of the cells of the source that has most, common cells are so few that a warning says so."""


class CommonCellsWarning(OpinionFrameWarning):
    """Sources have so few cells in common that their means leave most of the largest one's out."""


def cells_of_means(
    scores: pl.LazyFrame, estimand: Estimand, by: Sequence[str], unguarded: pl.LazyFrame | None = None
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The rows of checked `scores` that means by `by` are over, and how many are left out. Lazy.

    Common cells are those that all sources have that stand side by side: models' where there are some, which baselines
    follow. Columns of `by` that tell cells apart, such as a dataset, have common cells each.

    Cells are counted in `unguarded`, where it is given: the same rows without the guards that a plan would else pass
    once for every count.

    Returns: the rows; and one row per `by`, whose columns have to be there, with `left_out`, the cells of its sources'
        own means that others lack.
    Raises: FrameError, on collect, where no cell is common; warns where these are less than half of the largest
        source's.
    """
    estimand = estimand.within(by)
    counted = scores if unguarded is None else unguarded
    if estimand.cells == OWN:
        own = without_overlap(scores, estimand.overlap, ["source"], counted)
        return own, counted.select(by).unique().with_columns(pl.lit(0, pl.UInt32).alias("left_out"))
    rows, scopes = _with_scopes(counted, counted, by)
    cells = without_overlap(_common(rows, scopes), estimand.overlap, scopes)
    keys = [*_cell_keys(rows), *scopes]
    counts = _counts(rows, rows.join(cells, on=keys, how="semi", nulls_equal=True), estimand, [*scopes, *by])
    left_out = counts.group_by(by).agg((pl.col("cells") - pl.col("kept own")).sum().cast(pl.UInt32).alias("left_out"))
    kept = _with_scopes(scores, counted, by)[0].join(cells, on=keys, how="semi", nulls_equal=True)
    return guarded(kept.drop(scopes), _by_source(counts, scopes), _refuse), left_out


def without_overlap(
    cells: pl.LazyFrame, overlap: str, within: Sequence[str], unguarded: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """With overlap `leave out`, `cells` without those that other cells of `within` hold the people of. Lazy.

    These are `all` and intersections, where there are groups of single attributes on the same question. These are
    looked for in `unguarded`, the same rows, where it is given.
    """
    if overlap == KEEP:
        return cells
    unit = list(dict.fromkeys([*_cell_keys(cells)[2:], *within, "question"]))
    parts = (
        (cells if unguarded is None else unguarded)
        .filter(~HOLDS_OTHERS)
        .select(unit)
        .unique()
        .with_columns(pl.lit(value=True).alias(_PARTS))
    )
    with_parts = cells.join(parts, on=unit, how="left", nulls_equal=True, maintain_order="left")
    return with_parts.filter(~(HOLDS_OTHERS & pl.col(_PARTS).fill_null(value=False))).drop(_PARTS)


def _cell_keys(scores: pl.LazyFrame) -> list[str]:
    """What names a cell, whoever answered."""
    return [*GROUP, *(name for name in (METRIC,) if name in scores.collect_schema())]


def _with_scopes(scores: pl.LazyFrame, counted: pl.LazyFrame, by: Sequence[str]) -> tuple[pl.LazyFrame, list[str]]:
    """`scores` with columns within whose values cells are to be common, and their names.

    They hold those of `by` that tell cells apart in the rows `counted`.
    """
    columns = scores.collect_schema()
    of_cells = [name for name in dict.fromkeys([*by, METRIC]) if name in OF_CELLS and name in columns]
    scopes = {_SCOPE: pl.lit(0), **{_SCOPE + name: pl.col(name) for name in of_cells}}
    rows = scores
    for name in by:
        if name in columns and name not in (*OF_CELLS, *OF_SOURCES):
            rows = rows.join(_tells_cells_apart(counted, name).select(pl.all().alias(_SCOPE + name)), how="cross")
            scopes[_SCOPE + name] = pl.when(_SCOPE + name).then(name)
    return rows.with_columns(**scopes), list(scopes)


def _tells_cells_apart(scores: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Whether a column of one's own says something of cells, and nothing of sources: one row."""
    constant = [
        scores.group_by(keys).agg(pl.col(name).n_unique()).select((pl.col(name).max() <= 1).alias(what))
        for keys, what in ((_cell_keys(scores), "of cells"), (["source"], "of sources"))
    ]
    return constant[0].join(constant[1], how="cross").select(pl.col("of cells") & ~pl.col("of sources"))


def _common(rows: pl.LazyFrame, scopes: list[str]) -> pl.LazyFrame:
    """The cells that all models' sources of their scope have, or all sources where there are no models'."""
    counts = (IS_NAMED.sum().alias("named"), pl.len().alias("all"))
    sources = rows.select(*scopes, "source").unique().group_by(scopes).agg(counts)
    keys = _cell_keys(rows)
    return (
        rows.group_by(*keys, *scopes)
        .agg(counts)
        .join(sources, on=scopes, how="left", nulls_equal=True, suffix=" there")
        .filter(
            pl.when(pl.col("named there") > 0)
            .then(pl.col("named") == pl.col("named there"))
            .otherwise(pl.col("all") == pl.col("all there"))
        )
        .select(*keys, *scopes)
    )


def _counts(rows: pl.LazyFrame, kept: pl.LazyFrame, estimand: Estimand, by: Sequence[str]) -> pl.LazyFrame:
    """One row per question, source and `by`: `cells` of the source's own mean, those of them kept, and all `kept`."""
    keys = list(dict.fromkeys([*_cell_keys(rows)[2:], "question", "source", *by]))
    parts = pl.len() if estimand.overlap == KEEP else (~HOLDS_OTHERS).sum()
    numbers = rows.group_by(keys).agg(parts.alias("parts"), pl.len().alias("all"))
    kept_numbers = kept.group_by(keys).agg(parts.alias("kept parts"), pl.len().alias("kept"))
    unit = keys[: keys.index("source") + 1]
    has_parts = (pl.col("parts") > 0).any().over(unit)
    return (
        numbers.join(kept_numbers, on=keys, how="left", nulls_equal=True)
        .with_columns(pl.col("kept parts", "kept").fill_null(0))
        .with_columns(
            pl.when(has_parts).then("parts").otherwise("all").cast(pl.Int64).alias("cells"),
            pl.when(has_parts).then("kept parts").otherwise("kept").cast(pl.Int64).alias("kept own"),
        )
    )


def _by_source(counts: pl.LazyFrame, scopes: list[str]) -> pl.LazyFrame:
    """One row per scope and source: the cells of its own mean, those kept, and whether it says which are common."""
    return (
        counts.group_by(*scopes, "source")
        .agg(pl.col("cells", "kept").sum())
        .with_columns((IS_NAMED | ~IS_NAMED.any().over(scopes)).alias("decides"))
    )


def _refuse(counts: pl.DataFrame) -> None:
    """Raises a FrameError where a source has no common cell, and warns where these are few."""
    scopes = [name for name in counts.columns if name.startswith(_SCOPE)]
    if (without := counts.filter(kept=0)).height:
        first = counts.join(without.sort(pl.all()).head(1), on=scopes, how="semi", nulls_equal=True)
        shown = examples(_by_size(first.filter(pl.col("decides") | (pl.col("kept") == 0))))
        raise FrameError(
            f"{without.height} sources have no cell in common with all others{_place(first, scopes)}: {shown}. "
            "Leave out with .filter(…) those that have few or other cells, or take cells='own', whose means are not "
            "over the same questions and groups."
        )
    deciding = counts.filter("decides")
    few = deciding.filter(pl.col("kept").max().over(scopes) < ENOUGH * pl.col("cells").max().over(scopes))
    if few.height:
        first = few.join(few.sort(pl.all()).head(1), on=scopes, how="semi", nulls_equal=True)
        common, most = first.select(pl.col("kept", "cells").max()).row(0)
        fewest = examples(_by_size(first.filter(pl.col("cells") < most)) or _by_size(first))
        warn_user(
            f"Means are over the {common:,} cells that all {first.height} sources have{_place(first, scopes)}, of "
            f"{most:,} of the one that has most. Fewest: {fewest}. "
            "Leave such sources out with .filter(…), or take cells='own', whose means are not over the same cells.",
            CommonCellsWarning,
        )


def _by_size(counts: pl.DataFrame) -> list[tuple[object, ...]]:
    """The sources with the number of their cells, the fewest first."""
    return counts.sort("cells", "source").select("source", "cells").rows()


def _place(counts: pl.DataFrame, scopes: list[str]) -> str:
    """Where the sources of `counts` stand side by side, in words."""
    row = counts.row(0, named=True)
    values = [
        f"{name.removeprefix(_SCOPE)} {row[name]!r}" for name in scopes if name != _SCOPE and row[name] is not None
    ]
    values = [value for value in values if not value.startswith(METRIC)]
    return f" in {', '.join(values)}" if values else ""
