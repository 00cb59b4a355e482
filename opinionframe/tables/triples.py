"""`tables.triples`: scores go in; raw answers, those of a variant and calibrated ones side by side come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.errors import FrameError, check_alpha, check_option
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import metric_in
from opinionframe.schemas.source import check_variant
from opinionframe.tables import grid, grid_rows, score_intervals, significance, triple_marks
from opinionframe.tables.bold import note as bold_note
from opinionframe.tables.bold import with_floors
from opinionframe.tables.document import Table
from opinionframe.tables.scores import metric_notes, models_to_print, scores

BEST, SIGNIFICANT = "best", "significant"
BOLDS = (BEST, SIGNIFICANT)
"""What can be printed bold: the highest of its row, or what tests find better than both others of its triple."""


@takes_frames
def triples(  # noqa: PLR0913  what is printed, and over what its means are
    frame: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    variant: str = "cot",
    codebook: AnyFrame | None = None,
    models: Sequence[str] | None = None,
    alpha: float = 0.05,
    marks: significance.Methods = None,
    bold: str = BEST,
    title: str | None = None,
    note: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    intervals: bool = True,
    conf: float = 0.95,
) -> Table:
    """Alignment in percent of raw, `variant` and calibrated answers, side by side. Collects.

    After the paper's Tables 2 and 4; `variant` is `cot`, `few_shot`, or `few_shot-5` of drawn examples. Other arguments
    as for `settings`; `tests` are those of `anova`. With them, `p` of the omnibus test stands in a column of its own,
    all three pairs are marked, and prompts stand one above the other. `bold` is `best`, the highest of the row, as in
    `settings`; or `significant`, as in the paper: what these tests find better than both others of its triple.

    Raises: FrameError, where `frame` has no row of `variant`, or `bold="significant"` has no tests; OptionError.

    >>> from opinionframe.paper import published
    >>> table = triples(published().filter(table=2, summary=False), variant="cot", title="Table 2")
    >>> table.title, table.rows["section"].unique().sort().to_list()
    ('Table 2', ['OQA', 'WGM', 'WVS'])
    """
    check_variant(variant)
    check_option("bold", bold, BOLDS)
    check_alpha(alpha)
    asked = score_intervals.level_asked(conf, intervals=intervals)
    means = scores(frame, codebook, estimand=Estimand(weight, overlap, cells), conf=asked)
    printed_cells = means.filter(
        ~pl.col("elicited")
        | (pl.col("variant") == "standard")
        | ((pl.col("variant") == variant) & pl.col("calibrator").is_null())
    )
    if variant not in printed_cells["variant"].unique():
        raise FrameError(f"No source has the variant {variant!r}. Elicit it with of.elicit(…, variant={variant!r}).")
    heading = title or f"Alignment of raw, {_in_text(variant)} and calibrated distributions"
    checked_tests = None if tests is None else checked(tests, Tests, "tests")
    is_tested = checked_tests is not None and "triple" in checked_tests.columns
    if bold == SIGNIFICANT and not is_tested:
        raise FrameError("bold='significant' needs tests of triples. Make them with of.anova(…), or take bold='best'.")
    if checked_tests is None or not is_tested:
        return grid.grid_table(printed_cells, checked_tests, models, alpha, marks, heading, note, asked, overall=False)
    of_variant = significance.of_metric(checked_tests.filter(pair=f"triple {variant}"), metric_in(printed_cells))
    if of_variant.is_empty():
        raise FrameError(f"tests has no triples of {variant}. Make them with of.anova(…, variant={variant!r}).")
    marked_tests = significance.by_methods(of_variant, marks)
    if marked_tests.is_empty():
        return grid.grid_table(printed_cells, of_variant, models, alpha, None, heading, note, asked, overall=False)
    names = models_to_print(models, printed_cells)
    cells_of_models = with_floors(grid.of_models(printed_cells, names), ["dataset"])
    return _tested_triples(cells_of_models, marked_tests, names, variant, alpha, bold, heading, note, asked)


def _tested_triples(
    cells: pl.DataFrame,
    tests: pl.DataFrame,
    models: list[str],
    variant: str,
    alpha: float,
    bold: str,
    title: str,
    note: str,
    conf: float | None,
) -> Table:
    """The table of triples with those tests of `anova` that are marked."""
    pairs = triple_marks.both_ways(tests).with_columns(significance.is_beyond_chance(alpha))
    marked = triple_marks.marked_pairs(pairs, _in_text(variant))
    significance.refuse_many(marked)
    significance.refuse_other_means(marked, cells)
    signs = significance.signs(marked, cells)
    is_tested = bold == SIGNIFICANT
    scored = cells.with_columns(triple_marks.is_best(pairs, cells).alias("is_best")) if is_tested else cells
    best = f"Bold: {triple_marks.BOLD}." if is_tested else bold_note(cells.filter("elicited"), "row")
    grid_rows.refuse_names_of_rows(cells, overall=False)
    parts, columns = _by_prompt(scored)
    places = grid.limit_places(cells, conf)
    panels = []
    for name, part in parts.items():
        rows = grid_rows.grid_rows(part, columns, models, marked, signs, overall=False, places=places)
        panels.append(triple_marks.with_omnibus(rows, columns, part, tests).with_columns(panel=pl.lit(name)))
    columns = triple_marks.omnibus_columns(columns)
    return Table(
        cells=_stacked(panels),
        labels={"label": "", **dict(zip(columns["column"], columns["label"], strict=True))},
        title=title,
        notes=(
            *metric_notes(metric_in(cells)),
            *grid.scale_notes(scored, best),
            *score_intervals.notes(scored.filter("elicited"), conf, averages=True),
            triple_marks.omnibus_note(tests),
            *significance.notes(marked, signs, alpha, scored),
            *([note] if note else []),
        ),
        group="section",
        spanners=grid.spanners(columns),
    )


def _in_text(variant: str) -> str:
    """What a variant is called within a sentence."""
    n = variant.removeprefix("few_shot-")
    return {"few_shot": "few-shot", "cot": "CoT"}.get(variant, f"few-shot ({n} drawn examples)")


def _by_prompt(cells: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The cells of each prompt by what it is called, for panels one above the other, and the columns of all panels.

    Cells of panels name no prompt; those of one prompt alone stay as they are, without a name.
    """
    prompts = grid.printed_columns(cells)["prompt"].unique(maintain_order=True).to_list()
    if len(prompts) == 1:
        return {"": cells}, grid.printed_columns(cells)
    unnamed = pl.lit("").alias("prompt")
    names = grid.PROMPT_NAMES
    is_of = {prompt: ~pl.col("elicited") | (pl.col("prompt") == prompt) for prompt in prompts}
    parts = {names.get(prompt, prompt): cells.filter(where).with_columns(unnamed) for prompt, where in is_of.items()}
    return parts, grid.printed_columns(cells.with_columns(unnamed))


def _stacked(panels: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all panels, those of a dataset below one another, each section named after its `panel` too."""
    named = pl.format("{}: {}", "section", pl.col("panel").str.to_lowercase())
    section = pl.when(pl.col("panel") == "").then("section").otherwise(named)
    return pl.concat(panels).sort("section", maintain_order=True).with_columns(section.alias("section")).drop("panel")
