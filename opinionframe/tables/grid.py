"""The paper's main tables: scores go in; models down, prompts and elicitations across, by dataset, come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.errors import FrameError, check_option
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.frames import ELICITATIONS, PROMPTS
from opinionframe.schemas.one_metric import metric_in
from opinionframe.schemas.source import check_variant
from opinionframe.tables import grid_rows, score_intervals, significance, triple_marks
from opinionframe.tables.document import Table
from opinionframe.tables.scores import estimand_of, metric_notes, scores

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


def settings(  # noqa: PLR0913  what is printed, and over what its means are
    frame: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    codebook: AnyFrame | None = None,
    models: Sequence[str] | None = None,
    overall: bool = False,
    alpha: float = 0.05,
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
    asked = score_intervals.level_asked(conf, intervals=intervals)
    means = scores(frame, codebook, estimand=Estimand(weight, overlap, cells), conf=asked)
    standard = means.filter(~pl.col("elicited") | (pl.col("variant") == "standard"))
    return _grid_table(
        standard, tests, models, alpha, title or "Alignment before and after calibration", note, asked, overall=overall
    )


def triples(  # noqa: PLR0913  what is printed, and over what its means are
    frame: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    variant: str = "cot",
    codebook: AnyFrame | None = None,
    models: Sequence[str] | None = None,
    alpha: float = 0.05,
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
    all three pairs are marked, bold is what is significantly better than both others of its triple, by the
    clustered test where there is one, and prompts stand one above the other; without them, bold is the highest.

    Raises: FrameError, where `frame` has no row of `variant`; OptionError.

    >>> from opinionframe.paper import published
    >>> table = triples(published().filter(table=2, summary=False), variant="cot", title="Table 2")
    >>> table.title, table.rows["section"].unique().sort().to_list()
    ('Table 2', ['OQA', 'WGM', 'WVS'])
    """
    check_variant(variant)
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
    if checked_tests is None or "triple" not in checked_tests.columns:
        return _grid_table(printed_cells, checked_tests, models, alpha, heading, note, asked, overall=False)
    cells_of_models = _of_models(printed_cells, models)
    of_variant = checked_tests.filter(pair=f"triple {variant}")
    return _tested_triples(cells_of_models, of_variant, list(models or []), variant, alpha, heading, note, asked)


def _tested_triples(
    cells: pl.DataFrame,
    tests: pl.DataFrame,
    models: list[str],
    variant: str,
    alpha: float,
    title: str,
    note: str,
    conf: float | None,
) -> Table:
    """The table of triples with the tests of `anova`.

    Raises: FrameError where `tests` are not those.
    """
    metric = metric_in(cells)
    of_triples = significance.of_metric(tests, metric)
    if of_triples.is_empty():
        raise FrameError(f"tests has no triples of {variant}. Make them with of.anova(…, variant={variant!r}).")
    pairs = triple_marks.both_ways(of_triples).with_columns(significance.is_beyond_chance(alpha))
    marked = triple_marks.marked_pairs(pairs, _in_text(variant))
    significance.refuse_many(marked)
    significance.refuse_other_means(marked, cells)
    signs = significance.signs(marked)
    scored = cells.with_columns(triple_marks.is_best(pairs, cells).alias("is_best"))
    parts, columns = _by_prompt(scored)
    places = _places(cells, conf)
    panels = []
    for name, part in parts.items():
        rows = grid_rows.grid_rows(part, columns, models, marked, signs, overall=False, places=places)
        panels.append(triple_marks.with_omnibus(rows, columns, part, of_triples).with_columns(panel=pl.lit(name)))
    columns = triple_marks.omnibus_columns(columns)
    return Table(
        cells=_stacked(panels),
        labels={"label": "", **dict(zip(columns["column"], columns["label"], strict=True))},
        title=title,
        notes=(
            *metric_notes(metric),
            *_notes(scored, bold=triple_marks.BOLD),
            *score_intervals.notes(scored, conf),
            triple_marks.omnibus_note(of_triples),
            *significance.notes(marked, signs, alpha, scored),
            *([note] if note else []),
        ),
        group="section",
        spanners=_spanners(columns),
    )


def _grid_table(
    cells: pl.DataFrame,
    tests: AnyFrame | None,
    models: Sequence[str] | None,
    alpha: float,
    title: str,
    note: str,
    conf: float | None,
    *,
    overall: bool,
) -> Table:
    """The table of scores, whatever they compare."""
    printed_cells = _of_models(cells, models)
    columns = _columns(printed_cells)
    metric = metric_in(printed_cells)
    checked_tests = None if tests is None else checked(tests, Tests, "tests")
    pairs = checked_tests
    if checked_tests is not None:
        pairs = significance.tests_against_raw(checked_tests, printed_cells, alpha, metric)
    signs = significance.signs(pairs)
    rows = grid_rows.grid_rows(
        printed_cells, columns, list(models or []), pairs, signs, overall=overall, places=_places(printed_cells, conf)
    )
    return Table(
        cells=rows,
        labels={"label": "", **dict(zip(columns["column"], columns["label"], strict=True))},
        title=title,
        notes=(
            *metric_notes(metric),
            *_notes(printed_cells),
            *score_intervals.notes(printed_cells, conf),
            *significance.notes(pairs, signs, alpha, printed_cells),
            *([note] if note else []),
        ),
        group="section",
        spanners=_spanners(columns),
    )


def _places(cells: pl.DataFrame, conf: float | None) -> int | None:
    """The decimals of printed limits; None where there are none to print."""
    return score_intervals.decimals(cells) if conf is not None and score_intervals.has_intervals(cells) else None


def _in_text(variant: str) -> str:
    """What a variant is called within a sentence."""
    n = variant.removeprefix("few_shot-")
    return {"few_shot": "few-shot", "cot": "CoT"}.get(variant, f"few-shot ({n} drawn examples)")


def _of_models(cells: pl.DataFrame, models: Sequence[str] | None) -> pl.DataFrame:
    """The rows of some models, all if None, and of baselines."""
    if models is None:
        return cells
    for model in models:
        check_option("model", model, cells.filter("elicited")["model"].unique().to_list())
    return cells.filter(~pl.col("elicited") | pl.col("model").is_in(list(models)))


def _columns(cells: pl.DataFrame) -> pl.DataFrame:
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


def _by_prompt(cells: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The cells of each prompt by what it is called, for panels one above the other, and the columns of all panels.

    Cells of panels name no prompt; those of one prompt alone stay as they are, without a name.
    """
    prompts = _columns(cells)["prompt"].unique(maintain_order=True).to_list()
    if len(prompts) == 1:
        return {"": cells}, _columns(cells)
    unnamed = pl.lit("").alias("prompt")
    is_of = {prompt: ~pl.col("elicited") | (pl.col("prompt") == prompt) for prompt in prompts}
    parts = {
        PROMPT_NAMES.get(prompt, prompt): cells.filter(where).with_columns(unnamed) for prompt, where in is_of.items()
    }
    return parts, _columns(cells.with_columns(unnamed))


def _stacked(panels: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all panels, those of a dataset below one another, each section named after its `panel` too."""
    named = pl.format("{}: {}", "section", pl.col("panel").str.to_lowercase())
    section = pl.when(pl.col("panel") == "").then("section").otherwise(named)
    return pl.concat(panels).sort("section", maintain_order=True).with_columns(section.alias("section")).drop("panel")


def _place_in(column: str, order: Sequence[str]) -> pl.Expr:
    """The place of a column's value in an order; others last."""
    values = list(dict.fromkeys(order))
    return pl.col(column).replace_strict(values, list(range(len(values))), default=len(values))


def _spanners(columns: pl.DataFrame) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headings above several columns: elicitation methods, and prompts above those."""
    spans = []
    for keys, names in ((["prompt", "elicitation"], ELICITATION_NAMES), (["prompt"], PROMPT_NAMES)):
        grouped = columns.group_by(keys, maintain_order=True).agg("column")
        spans += [(names.get(row[-2], row[-2]), tuple(row[-1])) for row in grouped.select(*keys, "column").rows()]
    return tuple(span for span in spans if span[0])


def _notes(cells: pl.DataFrame, bold: str = "the highest of the row") -> list[str]:
    """The notes below the table."""
    models = cells.filter("elicited")
    notes = [f"{SCALE.format(estimand_of(cells))} Bold: {bold}."]
    if models["baseline"].null_count() == models.height:
        notes.append("Uniform and ceiling: not reported with these figures.")
    if models["n_questions"].count():
        counts = models.select(
            pl.col("n_questions").max(), pl.col("n").min().alias("low"), pl.col("n").max().alias("high")
        )
        questions, low, high = counts.row(0)
        cells_each = f"{low}" if low == high else f"{low} to {high}"
        notes.append(f"At most {questions} questions per dataset; {cells_each} cells (question x group) per setting.")
    return notes
