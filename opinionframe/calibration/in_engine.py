"""Relation in, relation with calibrated rows out: lines are fitted here, rows are predicted in their engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from opinionframe.calibration.engine_sums import labelled_sums, relation_cells_asked, relation_groups, relation_sources
from opinionframe.calibration.folds import deal_folds, refuse_untrained
from opinionframe.calibration.methods.fitted import line_table
from opinionframe.calibration.methods.lines import PENALTIES, fit_linear_to_sums
from opinionframe.calibration.saved import Calibration, refuse_strangers
from opinionframe.calibration.supervision import refuse_twice
from opinionframe.errors import check_option
from opinionframe.schemas.engine import bring, narwhals, relation_border
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.source import SEPARATOR

FOLD = "line fold"
"""Not `fold`, which may be a column of the user's own."""


def calibrate_relation(
    relation: Any,
    book: pl.DataFrame,
    methods: Sequence[str],
    *,
    split: str,
    folds: int,
    by: tuple[str, ...],
    reference: str,
    seed: int,
) -> Any:
    """`relation` with out-of-fold rows of `linear`, `ridge` or `lasso` appended, lazily, of its own kind.

    The engine's checks and sums run here. Raises: FrameError, OptionError, MissingPackageError.
    """
    for method in methods:
        check_option("method", method, PENALTIES)
    rows = relation_border(relation, book)
    sources = relation_sources(rows)
    refuse_twice(sources["source"], methods)
    groups = relation_groups(sources, by, reference)
    dealt = deal_folds(relation_cells_asked(rows, groups), book, split, folds, seed)
    sums = labelled_sums(rows, groups, dealt, reference)
    refuse_untrained(sums)
    folded = rows.join(bring(dealt.rename({"fold": FOLD}), rows), on=["question", "demographic"], how="inner")
    new = []
    for method in methods:
        lines = fit_linear_to_sums(sums.lazy(), method).rename({"fold": FOLD}).collect()
        new.append(_predicted(folded, lines.join(groups, on="group"), ["source", FOLD], method))
    return _appended(rows, new)


def apply_relation(relation: Any, book: pl.DataFrame, calibration: Calibration, reference: str) -> Any:
    """`relation` with rows calibrated by a fit of `linear`, `ridge` or `lasso` appended, lazily, of its own kind.

    Raises: FrameError, OptionError, MissingPackageError.
    """
    check_option("method", calibration.method, PENALTIES)
    rows = relation_border(relation, book)
    sources = relation_sources(rows)
    refuse_twice(sources["source"], [calibration.method])
    groups = relation_groups(sources, calibration.by, reference)
    refuse_strangers(groups, calibration)
    lines = line_table(calibration).join(groups, on="group")
    return _appended(rows, [_predicted(rows, lines, ["source"], calibration.method)])


def _predicted(rows: Any, lines: pl.DataFrame, on: list[str], method: str) -> Any:
    """The rows whose source has a line, predicted and put back onto the simplex, under their new source."""
    nw = narwhals()
    table = bring(lines.select(*on, pl.col("intercept", "slope").name.prefix("line ")), rows)
    line = nw.col("line intercept") + nw.col("line slope") * nw.col("prob")
    clipped = rows.join(table, on=on, how="inner").with_columns(line.clip(0.0, 1.0).alias("prob"))
    summed = clipped.with_columns(
        nw.col("prob").sum().over(*CELL).alias("line total"), nw.col("prob").count().over(*CELL).alias("line k")
    )
    share = nw.when(nw.col("line total") > 0).then(nw.col("prob") / nw.col("line total"))
    return summed.with_columns(
        share.otherwise(1 / nw.col("line k")).alias("prob"),
        nw.concat_str(nw.col("source"), nw.lit(SEPARATOR + method)).alias("source"),
    )


def _appended(rows: Any, new: list[Any]) -> Any:
    """`rows` and the new ones below them; a sample size is no property of a prediction."""
    nw = narwhals()
    kept = [
        nw.lit(None).cast(dtype).alias(name) if name == "n_eff" else name
        for name, dtype in rows.collect_schema().items()
    ]
    return nw.concat([rows, *(part.select(*kept) for part in new)], how="vertical").to_native()
