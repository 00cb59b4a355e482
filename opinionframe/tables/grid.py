"""The paper's main tables: scores go in; models down, prompts and elicitations across, by dataset, come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.errors import check_alpha
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import ELICITATIONS, PROMPTS
from opinionframe.schemas.one_metric import metric_in
from opinionframe.tables import bold, grid_rows, score_intervals, significance
from opinionframe.tables.document import Table
from opinionframe.tables.scores import (
    estimand_of,
    left_out_notes,
    metric_notes,
    models_to_print,
    refuse_without_models,
    scores,
)

PROMPT_NAMES = {"base": "Base prompt", "sd": "Sociodemographic prompt"}
ELICITATION_NAMES = {
    "paraphrase": "Paraphrase",
    "self_random": "Self-random",
    "verbalized": "Verbalized",
    "logprob": "Log-prob.",
}
VARIANT_NAMES = {"standard": "Raw", "few_shot": "Few-shot", "cot": "CoT"}
SCALE = "Alignment in percent{}. Average and Std Dev are over the models that have a value in the column."
ELICITATION_ORDER = ("paraphrase", "self_random", "verbalized", "logprob")


@takes_frames
def settings(  # noqa: PLR0913  what is printed, and over what its means are
    frame: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    codebook: AnyFrame | None = None,
    models: Sequence[str] | None = None,
    overall: bool = False,
    alpha: float = 0.05,
    marks: significance.Methods = None,
    title: str | None = None,
    note: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    intervals: bool = True,
    conf: float = 0.95,
) -> Table:
    """Alignment in percent, raw beside calibrated, by dataset, model, elicitation and prompt. Collects.

    Below each dataset stand the average and standard deviation over its models, uniform (equal shares), every other
    baseline and the ceiling (expected of a perfect model). After the paper's Tables 1, 6,
    7, 11 and 12.

    Args:
        frame: Alignment, a Summary, or published figures of one table; they may be concatenated.
        tests: Tests that mark calibrated scores; a column `dataset` is respected.
        codebook: Names the dataset of each question of an Alignment frame.
        models: The models to print, in this order; all by name if not given.
        overall: Adds a last section of averages over datasets.
        alpha: Level of significance.
        marks: Methods of `tests` whose results are marked, such as `paired t`, the paper's; all others but that where
            it is not given.
        title: Printed above.
        note: Printed below.
        weight: What counts alike in means of an Alignment frame: every `cell`, `question` or `group`, as in
            `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources of a dataset, or each source's `own`, as in `summarize`.
        intervals: Whether means of an Alignment frame have intervals below them, as in `of.intervals`: clustered by
            question, over the same cells. What `of.intervals` returns brings its own.
        conf: Coverage of each interval, in (0, 1).

    Raises: FrameError for a broken frame or a setting scored twice; OptionError for a model that is not there.

    >>> from opinionframe.paper import published
    >>> table = settings(published().filter(table=7, summary=False))
    >>> table.rows.filter(section="WVS", label="Std Dev").row(0)[2:5]
    (13.8, 0.8, 12.4)
    """
    check_alpha(alpha)
    asked = score_intervals.level_asked(conf, intervals=intervals)
    means = scores(frame, codebook, estimand=Estimand(weight, overlap, cells), conf=asked)
    standard = means.filter(~pl.col("elicited") | (pl.col("variant") == "standard"))
    refuse_without_models(standard, means)
    return grid_table(
        standard,
        tests,
        models,
        alpha,
        marks,
        title or "Alignment before and after calibration",
        note,
        asked,
        overall=overall,
    )


def grid_table(
    cells: pl.DataFrame,
    tests: AnyFrame | None,
    models: Sequence[str] | None,
    alpha: float,
    marks: significance.Methods,
    title: str,
    note: str,
    conf: float | None,
    *,
    overall: bool,
) -> Table:
    """The table of scores, whatever they compare."""
    names = models_to_print(models, cells)
    printed_cells = bold.with_floors(of_models(cells, names), ["dataset"])
    grid_rows.refuse_names_of_rows(printed_cells, overall=overall)
    columns = printed_columns(printed_cells)
    metric = metric_in(printed_cells)
    checked_tests = None if tests is None else checked(tests, Tests, "tests")
    pairs = checked_tests
    if checked_tests is not None:
        pairs = significance.against_raw(checked_tests, printed_cells, alpha, metric, marks)
    signs = significance.signs(pairs, printed_cells)
    rows = grid_rows.grid_rows(
        printed_cells,
        columns,
        names,
        pairs,
        signs,
        overall=overall,
        places=limit_places(printed_cells, conf),
    )
    return Table(
        cells=rows,
        labels={"label": "", **dict(zip(columns["column"], columns["label"], strict=True))},
        title=title,
        notes=(
            *metric_notes(metric),
            *scale_notes(printed_cells, bold.note(printed_cells.filter("elicited"), "row")),
            *(grid_rows.overall_notes(printed_cells.filter("elicited")) if overall else []),
            *score_intervals.notes(printed_cells.filter("elicited"), conf, averages=True),
            *significance.notes(pairs, signs, alpha, printed_cells, checked_tests),
            *([note] if note else []),
        ),
        group="section",
        spanners=spanners(columns),
    )


def limit_places(cells: pl.DataFrame, conf: float | None) -> int | None:
    """The decimals of printed limits; None where there are none to print."""
    return score_intervals.decimals(cells) if conf is not None and score_intervals.has_intervals(cells) else None


def of_models(cells: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """The rows of some models, and of baselines."""
    return cells.filter(~pl.col("elicited") | pl.col("model").is_in(models))


def printed_columns(cells: pl.DataFrame) -> pl.DataFrame:
    """The printed columns in order: `column`, its parts and its `label`."""
    parts = cells.filter("elicited").select("prompt", "elicitation", "variant", "calibrator").unique()
    variant_name = pl.col("variant").replace(VARIANT_NAMES).str.replace("few_shot-", "Few-shot ", literal=True)
    single = parts["calibrator"].drop_nulls().n_unique() <= 1
    calibrated = pl.lit("Cal.") if single else pl.col("calibrator")
    label = pl.when(pl.col("calibrator").is_null()).then(variant_name).otherwise(calibrated)
    return parts.with_columns(grid_rows.COLUMN.alias("column"), label.alias("label")).sort(
        _place_in("prompt", PROMPTS),
        _place_in("elicitation", (*ELICITATION_ORDER, *ELICITATIONS)),
        "prompt",
        "elicitation",
        pl.col("calibrator").is_not_null(),
        _place_in("variant", tuple(VARIANT_NAMES)),
        "calibrator",
    )


def _place_in(column: str, order: Sequence[str]) -> pl.Expr:
    """The place of a column's value in an order; others last."""
    values = list(dict.fromkeys(order))
    return pl.col(column).replace_strict(values, list(range(len(values))), default=len(values))


def spanners(columns: pl.DataFrame) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headings above several columns: elicitation methods, and prompts above those."""
    spans = []
    for keys, names in ((["prompt", "elicitation"], ELICITATION_NAMES), (["prompt"], PROMPT_NAMES)):
        grouped = columns.group_by(keys, maintain_order=True).agg("column")
        spans += [(names.get(row[-2], row[-2]), tuple(row[-1])) for row in grouped.select(*keys, "column").rows()]
    return tuple(span for span in spans if span[0])


def scale_notes(cells: pl.DataFrame, best: str) -> list[str]:
    """The notes below the table; `best` says what is bold."""
    models = cells.filter("elicited")
    notes = [f"{SCALE.format(estimand_of(cells))} {best}"]
    if models["baseline"].null_count() == models.height:
        notes.append("Uniform and ceiling: not reported with these figures.")
    if models["n_questions"].count():
        counts = models.select(
            pl.col("n_questions").max(), pl.col("n").min().alias("low"), pl.col("n").max().alias("high")
        )
        questions, low, high = counts.row(0)
        cells_each = f"{low}" if low == high else f"{low} to {high}"
        asked = "question" if questions == 1 else "questions"
        counted = "cell" if high == 1 else "cells"
        notes.append(f"At most {questions} {asked} per dataset; {cells_each} {counted} (question x group) per setting.")
    return [*notes, *left_out_notes(models, "setting")]
