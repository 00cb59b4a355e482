"""Calibration where the rows are: the engine makes sums and predictions, lines are fitted here from the sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import deal_at_most, deal_folds, refuse_untrained, refuse_untuned
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT, withheld_groups
from opinionframe.calibration.methods.closed_forms import SUMS
from opinionframe.calibration.methods.lines import INNER_FOLDS, line_table
from opinionframe.calibration.methods.registry import lines_of
from opinionframe.calibration.saved import Calibration, refuse_strangers
from opinionframe.calibration.supervision import Plan, elicited_rows, refuse_repeated
from opinionframe.errors import FrameError, examples
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.engine import bring, narwhals, relation_border
from opinionframe.schemas.keys import CELL, CHOICE, GROUP
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import FIT_SPLIT

FOLD = "line fold"
"""Not `fold`, which may be a column of the user's own."""

UNLABELLED = "0 elicited rows have a human answer. Check questions and demographics."


def calibrate_relation(relation: Any, codebook: pl.DataFrame, calibrators: Sequence[Calibrator], plan: Plan) -> Any:
    """`relation` with out-of-fold rows of calibrators that fit sums appended, lazily, of its own kind.

    The engine's checks and sums run here. Raises: FrameError, OptionError, MissingPackageError.
    """
    methods = [lines_of(calibrator) for calibrator in calibrators]
    rows, groups, cells = _elicited(relation, codebook, [method.name for method in methods], plan)
    dealt = deal_folds(cells, codebook, plan.split, plan.folds, plan.seed)
    _refuse_shared_people(dealt, plan.split)
    folded, sums = _labelled_sums(rows, groups, dealt, plan)
    refuse_untrained(sums)
    lines = [method.crossfit_to_sums(sums.lazy()).rename({"fold": FOLD}).collect() for method in methods]
    new = [
        _predicted(folded, fits.join(groups, on="group"), [*_keys(plan), FOLD], method.name)
        for method, fits in zip(methods, lines, strict=True)
    ]
    return _appended(rows, new, plan.split)


def fit_relation(relation: Any, codebook: pl.DataFrame, calibrator: Calibrator, plan: Plan) -> Calibration:
    """A calibrator that fits sums, fitted to a relation. The engine's queries run here.

    Raises: FrameError, OptionError, MissingPackageError.
    """
    method = lines_of(calibrator)
    rows, groups, cells = _elicited(relation, codebook, (), plan)
    if plan.split == "question":
        folds = min(INNER_FOLDS, cells["question"].n_unique())
        dealt = deal_folds(cells, codebook, "question", folds, plan.seed)
    else:
        dealt = deal_at_most(_labelled(cells, rows, plan), codebook, plan.split, INNER_FOLDS, plan.seed, others=cells)
    _, sums = _labelled_sums(rows, groups, dealt, plan)
    if plan.split != "question":
        refuse_untuned(sums, plan.split)
    return Calibration(method.name, plan.by, method.fit_to_sums(sums.lazy()), *_nobody(codebook), plan.split)


def apply_relation(
    relation: Any, codebook: pl.DataFrame, calibrator: Calibrator, calibration: Calibration, plan: Plan
) -> Any:
    """`relation` with rows of a fitted line appended, lazily, of its own kind.

    Raises: FrameError, OptionError, MissingPackageError.
    """
    method = lines_of(calibrator)
    rows, groups, _ = _elicited(relation, codebook, [method.name], plan)
    refuse_strangers(groups, calibration)
    lines = line_table(calibration).join(groups, on="group")
    return _appended(rows, [_predicted(rows, lines, _keys(plan), method.name)])


def _elicited(
    relation: Any, codebook: pl.DataFrame, methods: Sequence[str], plan: Plan
) -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    """The checked rows in their engine; here, their elicited sources, each with its `group`, and these sources' cells.

    Where datasets have fits of their own, the groups are those of each source and question.

    Raises: FrameError where there is none or one is calibrated already, OptionError for columns that are no part of it.
    """
    rows = relation_border(relation, codebook)
    keys = _keys(plan)
    sources: pl.DataFrame = rows.select(keys).unique().collect("polars").to_native()
    refuse_repeated(sources["source"].unique(), methods)
    groups = elicited_rows(sources, plan, codebook if DATASET in plan.by else None).select(*keys, "group")
    elicited = rows.join(bring(groups.select(keys), rows), on=keys, how="inner")
    cells: pl.DataFrame = elicited.select(*GROUP).unique().collect("polars").to_native()
    _refuse_own_names(rows.collect_schema().names())
    return rows, groups, cells


def _refuse_shared_people(dealt: pl.DataFrame, split: str) -> None:
    """Raises a FrameError where other groups hold the people of those held out: sums by fold cannot leave them out."""
    withheld = withheld_groups(dealt, dealt) if split == GROUPS_HELD_OUT else {}
    names = sorted({name for groups in withheld.values() for name in groups})
    if names:
        raise FrameError(
            f"{len(names)} groups hold people of groups that split='demographic' holds out, e.g. "
            f"{examples([(name,) for name in names])}, which an engine's sums cannot leave out. Collect the relation "
            "as a Polars frame, or leave out `all` and intersections."
        )


def _keys(plan: Plan) -> list[str]:
    """The columns that a group of rows which share a fit is found by."""
    return ["source", "question"] if DATASET in plan.by else ["source"]


def _refuse_own_names(columns: Sequence[str]) -> None:
    """Raises a FrameError for own columns that are called as those which are made here."""
    if clashing := [name for name in columns if name.startswith("line ")]:
        raise FrameError(
            f"opinions has {len(clashing)} columns whose name begins with 'line ', as those of fitted lines do here: "
            f"{', '.join(clashing)}. Rename them first."
        )


def _labelled(cells: pl.DataFrame, rows: Any, plan: Plan) -> pl.DataFrame:
    """The cells that people answered.

    Raises: FrameError where there are none.
    """
    nw = narwhals()
    people: pl.DataFrame = (
        rows.filter(nw.col("source") == plan.reference).select(*GROUP).unique().collect("polars").to_native()
    )
    labelled = cells.join(people, on=GROUP, how="semi")
    if labelled.is_empty():
        raise FrameError(UNLABELLED)
    return labelled


def _labelled_sums(rows: Any, groups: pl.DataFrame, dealt: pl.DataFrame, plan: Plan) -> tuple[Any, pl.DataFrame]:
    """`rows` with their fold, in the engine, and what SUMS makes of each group and fold, here.

    Raises: FrameError where no elicited row has a human answer.
    """
    nw = narwhals()
    folded = rows.join(bring(dealt.rename({"fold": FOLD}), rows), on=list(GROUP), how="inner")
    people = rows.filter(nw.col("source") == plan.reference).select(*CHOICE, nw.col("prob").alias("target"))
    y = nw.col("target")
    x = nw.when(~y.is_null()).then(nw.col("prob"))
    products = {"sx": x, "sy": y, "sxx": x * x, "sxy": x * y, "syy": y * y}
    sums = (
        folded.select(*CHOICE, "source", "prob", FOLD)
        .join(people, on=list(CHOICE), how="left")
        .join(bring(groups, rows), on=_keys(plan), how="inner")
        .with_columns(**products)
        .group_by("group", FOLD)
        .agg(y.count().alias("n"), *(nw.col(name).sum() for name in products))
    )
    collected: pl.DataFrame = sums.collect("polars").to_native()
    if collected["n"].sum() == 0:
        raise FrameError(UNLABELLED)
    fold = pl.col(FOLD).cast(pl.UInt32).alias("fold")
    return folded, collected.select("group", fold, pl.col(*SUMS).cast(pl.Float64))


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


def _appended(rows: Any, new: list[Any], fit_split: str | None = None) -> Any:
    """`rows` and the new ones below them; a sample size is no property of a prediction.

    Where `fit_split` says what was held out from the fits, the new rows do too.
    """
    nw = narwhals()
    if fit_split is not None:
        if FIT_SPLIT not in rows.collect_schema():
            rows = rows.with_columns(nw.lit(None).cast(nw.String).alias(FIT_SPLIT))
        new = [part.with_columns(nw.lit(fit_split).alias(FIT_SPLIT)) for part in new]
    kept = [
        nw.lit(None).cast(dtype).alias(name) if name == "n_eff" else name
        for name, dtype in rows.collect_schema().items()
    ]
    return nw.concat([rows, *(part.select(*kept) for part in new)], how="vertical").to_native()


def _nobody(codebook: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The human rows and codebook of a calibration that looks neither up."""
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    return pl.DataFrame(schema={**schema, "prob": pl.Float64, "n_eff": pl.Float64}), codebook.clear()
