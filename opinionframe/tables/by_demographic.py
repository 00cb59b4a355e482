"""Tables of groups: Alignment or published figures go in; tables with a row per demographic come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import COMMON, Estimand
from opinionframe.errors import FrameError, check_alpha, check_option
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import metric_in
from opinionframe.schemas.one_value import one_value
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.surveys.groups_of_rows import groups_of
from opinionframe.tables import bold as bolds
from opinionframe.tables import marks, score_intervals, significance
from opinionframe.tables.document import Table
from opinionframe.tables.grid import PROMPT_NAMES
from opinionframe.tables.group_notes import group_notes, order_notes
from opinionframe.tables.scores import (
    estimand_of,
    left_out_notes,
    metric_notes,
    models_to_print,
    refuse_without_models,
    scores,
)

BEST, OF_PAIR = "best", "pair"
BOLDS = (BEST, OF_PAIR)
"""What can be printed bold: the highest score of a group, or the higher one of each model."""

PAIR = {"raw": "Raw", "cal": "Cal."}
AVERAGE = "Average"
FACTS = {"baseline": "Uniform", "ceiling": "Ceiling"}


@takes_frames
def demographics(  # noqa: PLR0913 - what is printed, in which order and under which names
    frame: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    elicitation: str | None = None,
    prompt: str | None = None,
    calibrator: str | None = None,
    models: Sequence[str] | None = None,
    codebook: AnyFrame | None = None,
    groups: AnyFrame | None = None,
    alpha: float = 0.05,
    marks: significance.Methods = None,
    bold: str = BEST,
    note: str = "",
    cells: str = COMMON,
    intervals: bool = True,
    conf: float = 0.95,
) -> Table:
    """Alignment in percent by demographic, raw beside calibrated for each model, with their averages. Collects.

    Uniform (equal shares) and ceiling (expected of a perfect model) stand in columns of their
    own, since each group has its own. After the paper's Tables 3, 8, 9 and 10.

    Args:
        frame: Alignment, or published figures of tables that share no group.
        tests: Tests by demographic, from of.compare(…, by="demographic"), that mark calibrated scores.
        elicitation: The one elicitation method to print: the only one there is if not given, of several `verbalized`.
        prompt: `base` or `sd`: the only one there is if not given, else `base`.
        calibrator: The one to print, where there are several.
        models: The models to print, in this order; all by name if not given.
        codebook: Names the dataset of each question of an Alignment frame.
        groups: Groups, such as `survey.groups`: classes stand in the order of their places, under their labels.
            Without, in that of the Enum that `of.reference` read, or of a survey that the package knows; else by their
            numbers, dates and letters, and a note says where it is by letters.
        alpha: Level of significance.
        marks: Methods of `tests` whose results are marked, such as `paired t`, the paper's; all others but that where
            it is not given.
        bold: `best`, the highest of its row; or `pair`: the higher of raw and calibrated of a model.
        note: Printed below.
        cells: Of each group those `common` to all sources of a dataset, or each source's `own`, as in `summarize`.
            Every question has one cell in a group, so that cells, questions and groups count alike.
        intervals: Whether scores of an Alignment frame have intervals below them, as in `of.intervals`: clustered by
            question, over the same cells. What `of.intervals` returns brings its own.
        conf: Coverage of each interval, in (0, 1).

    Raises: FrameError where there are several calibrators and none is named; OptionError for an unknown option, and
        where there are several elicitations without `verbalized` and none is named.

    >>> from opinionframe.paper import published
    >>> table = demographics(published().filter(pl.col("table") == 8, ~pl.col("summary")))
    >>> table.rows.filter(label="female")["Average raw"].item()
    83.4
    """
    check_option("bold", bold, BOLDS)
    check_alpha(alpha)
    asked = score_intervals.level_asked(conf, intervals=intervals)
    means = scores(frame, codebook, by=["demographic"], estimand=Estimand(cells=cells), conf=asked)
    standard = means.filter("elicited", variant="standard")
    refuse_without_models(standard, means)
    elicitation = one_value("elicitation", elicitation, standard["elicitation"], "verbalized")
    prompt = one_value("prompt", prompt, standard.filter(elicitation=elicitation)["prompt"], "base")
    floors = bolds.with_floors(means, ["dataset", "demographic"]).filter("elicited", variant="standard")
    setting = floors.filter(elicitation=elicitation, prompt=prompt)
    paired = _paired(setting, calibrator)
    names = models_to_print(models, setting)
    if AVERAGE in names:
        raise FrameError(f"A model is called {AVERAGE!r}, as the column of their mean is. Rename it in `source`.")
    metric = metric_in(standard)
    checked_tests = None if tests is None else checked(tests, Tests, "tests")
    pairs = None if checked_tests is None else significance.against_raw(checked_tests, paired, alpha, metric, marks)
    of_table = _of_calibrator(setting.filter(pl.col("model").is_in(names)), calibrator)
    shown = _paired(of_table, calibrator).pipe(_with_bold, of_table, bold)
    signs = significance.signs(pairs, shown)
    named = groups_of(frame, means["dataset"], groups)
    printed = printed_groups(paired["demographic"], named)
    drawn = _signed(shown, pairs, signs)
    kinds = PAIR if drawn["cal"].count() else {"raw": PAIR["raw"]}
    places = score_intervals.decimals(of_table) if asked and score_intervals.has_intervals(of_table) else None
    rows, columns = _by_group(drawn, names, signs, printed, kinds, places)
    heading = f"Alignment by demographic ({elicitation}, {PROMPT_NAMES.get(prompt, prompt).lower()})"
    return Table(
        cells=rows,
        labels={"label": "Demographic", **columns},
        title=heading,
        notes=(
            *metric_notes(metric),
            *_notes(of_table, _bold_note(of_table, bold), several_models=len(names) > 1),
            *score_intervals.notes(of_table, asked, averages=len(names) > 1),
            *(group_notes(printed["demographic"], named) if groups is not None else []),
            *(order_notes(printed["demographic"], named) if setting["n"].count() else []),
            *(significance.notes(pairs, signs, alpha, of_table, checked_tests) if "cal" in kinds else []),
            *([note] if note else []),
        ),
        group="section",
        spanners=tuple((name, tuple(f"{name} {kind}" for kind in kinds)) for name in _printed(names)),
    )


def _paired(cells: pl.DataFrame, calibrator: str | None) -> pl.DataFrame:
    """One row per dataset, demographic and model: `raw` and `cal` alignment, `source`, `baseline`, `ceiling`."""
    calibrators = cells["calibrator"].drop_nulls().unique().sort().to_list()
    if calibrator is None and len(calibrators) > 1:
        raise FrameError(
            f"There are {len(calibrators)} calibrators: {', '.join(calibrators)}. Choose one with calibrator=…."
        )
    name = calibrator or (calibrators[0] if calibrators else "")
    check_option("calibrator", name, calibrators or [""])
    is_of_kind = {"raw": pl.col("calibrator").is_null(), "cal": pl.col("calibrator") == name}
    return cells.group_by("dataset", "demographic", "model").agg(
        *(pl.col("alignment").filter(of_kind).first().alias(kind) for kind, of_kind in is_of_kind.items()),
        *(
            pl.col(end).filter(of_kind).first().alias(f"{kind} {end}")
            for kind, of_kind in is_of_kind.items()
            for end in score_intervals.LIMITS
        ),
        pl.col("source").filter(pl.col("calibrator") == name).first(),
        pl.col("baseline").mean(),
        pl.col("ceiling").mean(),
    )


def _of_calibrator(cells: pl.DataFrame, calibrator: str | None) -> pl.DataFrame:
    """The raw `cells` and those of the one calibrator that is printed."""
    return cells.filter(pl.col("calibrator").is_null() | (pl.col("calibrator") == (calibrator or pl.col("calibrator"))))


def _with_bold(paired: pl.DataFrame, cells: pl.DataFrame, bold: str) -> pl.DataFrame:
    """`paired` with `raw is_bold` and `cal is_bold`, from the `cells` of the table with their floors."""
    raw, cal = (bolds.as_printed(kind) for kind in PAIR)
    if bold == OF_PAIR:
        return paired.with_columns((raw > cal).alias("raw is_bold"), (cal > raw).alias("cal is_bold"))
    keys = ["dataset", "demographic", "model"]
    best = cells.with_columns(bolds.is_best("alignment", keys[:2]).alias("is_bold"))
    is_raw = pl.col("calibrator").is_null()
    flags = best.group_by(keys).agg(
        (pl.col("is_bold").filter(is_of_kind).any() & _competes(cells)).alias(f"{kind} is_bold")
        for kind, is_of_kind in (("raw", is_raw), ("cal", ~is_raw))
    )
    return paired.join(flags, on=keys, how="left", validate="1:1")


def _competes(cells: pl.DataFrame) -> bool:
    """Whether a row of the table has more than one score."""
    return cells.select("model", "calibrator").n_unique() > 1


def _bold_note(cells: pl.DataFrame, bold: str) -> str:
    """What bold says; nothing where a row has a single score."""
    if not _competes(cells):
        return ""
    return "Bold: the higher of raw and calibrated." if bold == OF_PAIR else bolds.note(cells, "row")


def _signed(paired: pl.DataFrame, pairs: pl.DataFrame | None, signs: dict[str, tuple[str, str]]) -> pl.DataFrame:
    """The rows with a column per mark: its direction on the calibrated score."""
    return paired.with_columns(significance.directions(pairs, paired, name).alias(name) for name in signs)


def _by_group(
    paired: pl.DataFrame,
    names: list[str],
    signs: dict[str, tuple[str, str]],
    printed: pl.DataFrame,
    kinds: dict[str, str],
    places: int | None,
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The printed rows, one per group in the order of `printed`, and the label of each column; scores of `kinds`.

    Limits of intervals have so many `places`; None leaves them out.
    """
    group = paired.group_by("dataset", "demographic")
    average = group.agg(pl.col("raw", "cal").mean(), *(pl.col(fact).mean() for fact in FACTS))
    with_average = pl.concat([paired, average.with_columns(pl.lit(AVERAGE).alias("model"))], how="diagonal")
    texts = with_average.with_columns(
        marks.best(marks.number(pl.col(kind) * 100), pl.col(f"{kind} is_bold")).alias(f"{kind} text") for kind in PAIR
    )
    for name, up_and_down in signs.items():
        texts = texts.with_columns(marks.directed(pl.col("cal text"), pl.col(name), up_and_down))
    for kind in PAIR if places is not None else ():
        limits = score_intervals.limits(f"{kind} ", places or 0)
        is_model = pl.col(kind).is_not_null() & (pl.col("model") != AVERAGE)
        texts = texts.with_columns(marks.with_below(pl.col(f"{kind} text"), limits, is_model))
    headings = _printed(names)
    wide = average.select("dataset", "demographic", *(marks.number(pl.col(fact) * 100).alias(fact) for fact in FACTS))
    for name in headings:
        model_columns = texts.filter(model=name).select(
            "dataset", "demographic", *(pl.col(f"{kind} text").alias(f"{name} {kind}") for kind in kinds)
        )
        wide = wide.join(model_columns, on=["dataset", "demographic"], how="left", validate="1:1")
    columns = {f"{name} {kind}": label for name in headings for kind, label in kinds.items()}
    in_order = wide.join(printed, on="demographic").sort(pl.col("demographic") == ALL, "dataset", "order")
    rows = in_order.select(
        section(several=wide["dataset"].n_unique() > 1),
        marks.cleaned(pl.when(pl.col("demographic") == ALL).then(pl.lit("All")).otherwise("label")).alias("label"),
        pl.col(list(columns)).fill_null(marks.ABSENT),
        *FACTS,
    )
    return rows, columns | FACTS


def _printed(names: list[str]) -> list[str]:
    """The headings: each model and, where there are several, their average."""
    return [*names, AVERAGE] if len(names) > 1 else names


def section(*, several: bool) -> pl.Expr:
    """The section heading of a row: its attribute, after the dataset where there are several."""
    attribute = pl.when(pl.col("demographic") == ALL).then(pl.lit("All groups")).otherwise("attribute")
    heading = pl.format("{}: {}", "dataset", attribute) if several else attribute
    return marks.cleaned(heading).alias("section")


def _notes(cells: pl.DataFrame, best: str, *, several_models: bool) -> list[str]:
    """The notes below the table; `best` says what is bold."""
    sentences = {
        f"Alignment in percent{estimand_of(cells)}.": True,
        best: bool(best),
        "An average is over the models printed.": several_models,
    }
    notes = [" ".join(sentence for sentence, is_true in sentences.items() if is_true)]
    if cells["n_questions"].count():
        low, high = cells.select(pl.col("n_questions").min(), pl.col("n_questions").max().alias("high")).row(0)
        questions = "question" if high == 1 else "questions"
        notes.append(f"{marks.span(pl.Series([low, high]))} {questions} per group and model.")
    return [*notes, *left_out_notes(cells, "group and model"), reference_note(cells)]


def reference_note(cells: pl.DataFrame) -> str:
    """The note on uniform and ceiling."""
    if cells["baseline"].count():
        return "Uniform: equal shares on the same cells. Ceiling: expected of a perfect model."
    return "Uniform and ceiling: not reported with these figures."
