"""Closed forms over rows in another engine: it makes the sums of every source and fold, the rest is small."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.methods.fitted import INNER_FOLDS, line_parameters
from opinionframe.calibration.methods.lines import PENALTIES, SUMS, whole_fit_of_sums
from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import CHOICE, elicited_rows
from opinionframe.errors import FrameError, check_option
from opinionframe.schemas.engine import bring, narwhals, relation_border


def fit_relation(
    relation: Any, book: pl.DataFrame, method: str, by: tuple[str, ...], reference: str, seed: int
) -> Calibration:
    """Fits `linear`, `ridge` or `lasso` to a relation. The engine's queries run here.

    Raises: FrameError, OptionError, MissingPackageError.
    """
    check_option("method", method, PENALTIES)
    rows = relation_border(relation, book)
    groups = relation_groups(relation_sources(rows), by, reference)
    cells = relation_cells_asked(rows, groups)
    folds = min(INNER_FOLDS, cells["question"].n_unique())
    sums = labelled_sums(rows, groups, deal_folds(cells, book, "question", folds, seed), reference)
    return Calibration(method, by, line_parameters(whole_fit_of_sums(sums.lazy(), method)), *_nothing(book))


def relation_sources(rows: Any) -> pl.DataFrame:
    """The sources of `rows`, each once."""
    found: pl.DataFrame = rows.select("source").unique().collect("polars").to_native()
    return found


def relation_groups(sources: pl.DataFrame, by: tuple[str, ...], reference: str) -> pl.DataFrame:
    """Those of `sources` that are elicited, each with its `group`: the values of `by`, parts of the source, joined.

    Raises: FrameError where there is none, OptionError for other columns.
    """
    return elicited_rows(sources, list(by), reference).select("source", "group")


def relation_cells_asked(rows: Any, groups: pl.DataFrame) -> pl.DataFrame:
    """The questions and demographics of the elicited sources."""
    asked = rows.join(bring(groups.select("source"), rows), on="source", how="inner")
    found: pl.DataFrame = asked.select("question", "demographic").unique().collect("polars").to_native()
    return found


def labelled_sums(rows: Any, groups: pl.DataFrame, dealt: pl.DataFrame, reference: str) -> pl.DataFrame:
    """What SUMS makes of each group and fold.

    Raises: FrameError where none has one.
    """
    nw = narwhals()
    people = rows.filter(nw.col("source") == reference).select(*CHOICE, nw.col("prob").alias("target"))
    y = nw.col("target")
    x = nw.when(~y.is_null()).then(nw.col("prob"))
    products = {"sx": x, "sy": y, "sxx": x * x, "sxy": x * y, "syy": y * y}
    sums = (
        rows.select(*CHOICE, "source", "prob")
        .join(people, on=list(CHOICE), how="left")
        .join(bring(groups, rows), on="source", how="inner")
        .join(bring(dealt, rows), on=["question", "demographic"], how="inner")
        .with_columns(**products)
        .group_by("group", "fold")
        .agg(y.count().alias("n"), *(nw.col(name).sum() for name in products))
    )
    made: pl.DataFrame = sums.collect("polars").to_native()
    if made["n"].sum() == 0:
        raise FrameError("0 elicited rows have a human answer. Check questions and demographics.")
    return made.select("group", pl.col("fold").cast(pl.UInt32), pl.col(*SUMS).cast(pl.Float64))


def _nothing(book: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The human rows and codebook of a calibration that looks neither up."""
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    return pl.DataFrame(schema={**schema, "prob": pl.Float64, "n_eff": pl.Float64}), book.clear()
