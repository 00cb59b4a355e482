"""Closed forms over rows in another engine: it makes the sums of every source and question, the rest is small."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.calibrate.calibration import Calibration
from opinionframe.calibrate.fitted import INNER_FOLDS, line_parameters
from opinionframe.calibrate.folds import deal_folds
from opinionframe.calibrate.linear import PENALTIES, SUMS, whole_fit_of_sums
from opinionframe.calibrate.pairs import CHOICE, elicited_rows
from opinionframe.errors import FrameError, check_option
from opinionframe.schemas import reasons
from opinionframe.schemas.relation import narwhals, relation_cells


def fit_relation(
    relation: Any, book: pl.DataFrame, method: str, by: tuple[str, ...], reference: str, seed: int
) -> Calibration:
    """Fits `linear`, `ridge` or `lasso` to a relation. The engine's queries run here.

    Raises: FrameError, OptionError, MissingPackageError.
    """
    check_option("method", method, PENALTIES)
    k_max = int(book["choice"].to_numpy().max())
    _, cells = relation_cells(relation, k_max)
    reasons.refuse_cells(reasons.reasoned(cells.lazy(), book, k_max).collect())
    asked = elicited_rows(cells.select("question", "demographic", "source"), list(by), reference)
    folds = min(INNER_FOLDS, asked["question"].n_unique())
    dealt = deal_folds(asked, book, "question", folds, seed).select("question", "fold").unique()
    groups = asked.select("source", "group").unique()
    sums = _sums(relation, reference).join(groups, on="source").join(dealt, on="question")
    if sums.is_empty():
        raise FrameError("0 elicited rows have a human answer. Check questions and demographics.")
    folded = sums.lazy().group_by("group", "fold").agg(pl.col(*SUMS).sum())
    return Calibration(method, by, line_parameters(whole_fit_of_sums(folded, method)), *_nothing(book))


def _sums(relation: Any, reference: str) -> pl.DataFrame:
    """What SUMS makes of each source and question whose cells have a human answer."""
    nw = narwhals()
    rows = nw.from_native(relation).select(*CHOICE, "source", nw.col("prob").cast(nw.Float64))
    people = rows.filter(nw.col("source") == reference).select(*CHOICE, nw.col("prob").alias("target"))
    x, y = nw.col("prob"), nw.col("target")
    products = {"sx": x, "sy": y, "sxx": x * x, "sxy": x * y, "syy": y * y}
    pairs = rows.filter(nw.col("source") != reference).join(people, on=list(CHOICE), how="inner")
    sums = (
        pairs.with_columns(**products)
        .group_by("source", "question")
        .agg(nw.len().alias("n"), *(nw.col(name).sum() for name in products))
    )
    made: pl.DataFrame = sums.collect("polars").to_native()
    return made.with_columns(pl.col("n").cast(pl.Float64))


def _nothing(book: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The human rows and codebook of a calibration that looks neither up."""
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    return pl.DataFrame(schema={**schema, "prob": pl.Float64, "n_eff": pl.Float64}), book.clear()
