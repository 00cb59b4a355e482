"""`tables.published`: the figures of one of the paper's tables go in; that table, as the paper prints it, comes out."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.paper.captions import CAPTIONS
from opinionframe.paper.not_given import not_given
from opinionframe.paper.published import CITATION, METRIC, SUMMARIES
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.tables import marks
from opinionframe.tables.document import Table
from opinionframe.tables.grid import ELICITATION_NAMES, PROMPT_NAMES, spanners
from opinionframe.tables.scores import metric_notes

KEYS = ("dataset", "model", "prompt", "elicitation", "variant", "attribute", "group")
COLUMNS: dict[str, pl.DataType] = {
    "entry": pl.UInt16(),
    "table": pl.UInt8(),
    **dict.fromkeys(KEYS, pl.String()),
    "value": pl.Float64(),
}
EXTRACTED = "extracted_pct"
HEADINGS = {"raw": "Raw", "calibrated": "Cal.", "calibrated_5": "Cal. (5)", "fewshot": "Few-shot", "cot": "CoT"}
OF_LOSSES = {"calibrated": "All examples", "calibrated_5": "Five examples", "difference": "Difference"}
OTHERWISE = "*"
"""Marks a printed figure that its own printed figures give otherwise."""


class _Layout(NamedTuple):
    """What stands where: the columns of `rows` that make sections, names of rows and columns."""

    stubs: dict[str, str]
    across: tuple[str, ...]


MODELS = _Layout({"model": "Model"}, ("prompt", "elicitation", "variant"))
GROUPS = _Layout({"group": "Demographic"}, ("model", "variant"))
LOSSES = _Layout({"group": "Demographic", "attribute": "Category"}, ("variant",))


@takes_frames
def published(figures: AnyFrame, *, title: str | None = None, note: str = "") -> Table:
    """One of the paper's tables as it is printed: its order, its own averages, deviations and differences. Collects.

    A printed figure that its own printed figures give otherwise has a `*`, and a note says what they give.

    Args:
        figures: The rows of one table of `of.paper.published()`, all or some of them.
        title: Printed above; the table's number and what it shows if not given.
        note: Printed below.

    Raises: FrameError for no figures, those of several tables, or one that is there twice.

    Reference: Kambhatla et al., Tables 1-12 and 17.

    >>> from opinionframe import paper
    >>> table = published(paper.published().filter(table=5))
    >>> table.title
    'Table 5 of Kambhatla et al.: groups that lose most from all examples to five, verbalized'
    >>> table.rows.filter(group="Northern Europe").row(0)[-4:]
    (87.1, 84.6, 2.4, '*')
    """
    rows = typed_columns(figures, COLUMNS, "published figures").sort("entry").collect()
    number = _number(rows)
    caption = CAPTIONS[number]
    layout = _layout(rows)
    otherwise = rows.select("entry", *KEYS, "value").join(not_given(), on="entry").sort("entry")
    texts = _named(rows, layout).join(otherwise.select("entry", "recomputed"), on="entry", how="left")
    columns = texts.select("column", *layout.across).unique("column", maintain_order=True)
    index = ["section", *layout.stubs]
    cells = (
        texts.with_columns(_text(number))
        .pivot("column", index=index, values="text", on_columns=columns["column"].to_list(), maintain_order=True)
        .with_columns(pl.col(columns["column"].to_list()).fill_null(marks.ABSENT))
    )
    has_gaps = rows.height < cells.height * columns.height
    return Table(
        cells=cells,
        labels=layout.stubs | dict(zip(columns["column"], _headings(columns, layout), strict=True)),
        title=title or f"Table {number} of Kambhatla et al.: {caption.title}",
        notes=(
            *(metric_notes(METRIC) if number != 17 else []),
            _scale(rows),
            *caption.notes,
            *_otherwise(otherwise),
            *([f"{marks.ABSENT}: no figure is printed."] if has_gaps else []),
            f"Source: {CITATION}",
            *([note] if note else []),
        ),
        group="section",
        text=frozenset(layout.stubs),
        spanners=_spanners(columns, layout),
    )


def _number(rows: pl.DataFrame) -> int:
    """The number of the one table whose `rows` these are. Raises: FrameError."""
    numbers = rows["table"].unique().sort().to_list()
    if len(numbers) != 1 or numbers[0] not in CAPTIONS:
        known = ", ".join(map(str, CAPTIONS))
        which = f", e.g. {examples([(number,) for number in numbers])}" if numbers else ""
        raise FrameError(
            f"{rows.height} published figures are of {len(numbers)} tables{which}. Keep those of one, with "
            f"of.paper.published().filter(table=…): {known}."
        )
    nameless = rows.filter(pl.any_horizontal(pl.col("prompt", "elicitation", "variant", "value").is_null()))
    twice = rows.filter(pl.struct(KEYS).is_duplicated())
    for broken, fault in ((nameless, "lack their prompt, elicitation, variant or value"), (twice, "are there twice")):
        if broken.height:
            raise FrameError(
                f"{broken.height} of {rows.height} published figures {fault}, e.g. "
                f"{examples(broken.select('table', *KEYS[:5]).rows())}. Take them as of.paper.published() gives them."
            )
    return int(numbers[0])


def _layout(rows: pl.DataFrame) -> _Layout:
    if rows["model"].null_count() == rows.height:
        return LOSSES
    return GROUPS if rows["group"].count() else MODELS


def _named(rows: pl.DataFrame, layout: _Layout) -> pl.DataFrame:
    """`rows` with their `section` and `column`, and the names of groups as they are printed."""
    is_all = pl.col("attribute") == ALL
    attribute = pl.col("attribute").str.head(1).str.to_uppercase() + pl.col("attribute").str.slice(1)
    first = attribute.filter(~is_all).first().over("dataset")
    of_dataset = pl.format("{}: {}", "dataset", first.str.to_lowercase())
    of_groups = of_dataset if rows["dataset"].n_unique() > 1 else attribute
    of_losses = pl.col("prompt").replace(PROMPT_NAMES)
    section = of_groups if layout is GROUPS else of_losses if layout is LOSSES else pl.col("dataset")
    overall = pl.when(pl.col("dataset") == SUMMARIES[0]).then(pl.lit("Average over data sets"))
    return rows.with_columns(
        overall.otherwise(section).alias("section"),
        pl.concat_str(layout.across, separator="|").alias("column"),
        pl.when(is_all).then(pl.lit("All demographics")).otherwise("group").alias("group"),
        attribute.alias("attribute"),
    )


def _text(number: int) -> pl.Expr:
    """A figure as it is printed, blanks in place of what others of its column have."""
    blank = "{}" + marks.GHOST_ON + "{}" + marks.GHOST_OFF
    text = marks.number(pl.col("value"))
    as_printed = _without_zero(text, blank) if number == 17 else text
    is_marked = pl.col("recomputed").is_not_null()
    unmarked = pl.when(is_marked.any().over("column")).then(pl.format(blank, as_printed, pl.lit(OTHERWISE)))
    return pl.when(is_marked).then(as_printed + OTHERWISE).otherwise(unmarked.otherwise(as_printed)).alias("text")


def _without_zero(text: pl.Expr, blank: str) -> pl.Expr:
    """Whole percents without their decimal, as Table 17 has them."""
    is_whole, short = text.str.ends_with(".0"), text.str.strip_suffix(".0")
    aligned = pl.when(is_whole.all().over("column")).then(short).otherwise(pl.format(blank, short, pl.lit(".0")))
    return pl.when(is_whole).then(aligned).otherwise(text)


def _headings(columns: pl.DataFrame, layout: _Layout) -> list[str]:
    if (columns["variant"] == EXTRACTED).all():
        return columns["elicitation"].replace(ELICITATION_NAMES).to_list()
    return columns["variant"].replace(OF_LOSSES if layout is LOSSES else HEADINGS).to_list()


def _spanners(columns: pl.DataFrame, layout: _Layout) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if layout is LOSSES:
        return ()
    if layout is GROUPS:
        of_models = columns.group_by("model", maintain_order=True).agg("column").rows()
        return tuple((model, tuple(members)) for model, members in of_models)
    spans = spanners(columns)
    return spans[-columns["prompt"].n_unique() :] if (columns["variant"] == EXTRACTED).all() else spans


def _scale(rows: pl.DataFrame) -> str:
    """What the figures are, and whose summaries."""
    of_models = [name for name in SUMMARIES if (rows["model"] == name).any()]
    averaged = [*of_models, *([SUMMARIES[0]] if (rows["dataset"] == SUMMARIES[0]).any() and not of_models else [])]
    own = f" {' and '.join(averaged)}: the paper's own." if averaged else ""
    return f"In percent, every figure as the paper prints it.{own}"


def _otherwise(marked: pl.DataFrame) -> list[str]:
    """The legend of marked figures, with what their own figures give."""
    if marked.is_empty():
        return []
    names = ("dataset", "model", "prompt", "elicitation", "attribute", "group", "variant")
    is_difference = pl.col("variant") == "difference"
    named = marked.with_columns(
        pl.col("prompt").replace(PROMPT_NAMES).str.to_lowercase(),
        pl.when(~is_difference).then(pl.col("elicitation").replace(ELICITATION_NAMES).str.to_lowercase()),
        pl.when(pl.col("attribute") != ALL).then("attribute").alias("attribute"),
        pl.when(pl.col("group") == ALL).then(pl.lit("all demographics")).otherwise("group").alias("group"),
        pl.when(~is_difference).then("variant").alias("variant"),
        given=pl.when(is_difference)
        .then(marks.number(pl.col("recomputed")))
        .otherwise(marks.number(pl.col("recomputed"), 2)),
    )
    where = pl.concat_str(*names, separator=", ", ignore_nulls=True)
    text = pl.format("{} for {} ({})", "given", marks.number(pl.col("value")), where)
    values = "; ".join(named.select(text).to_series())
    legend = "the printed figures behind it, recomputed here, give another value, within their rounding"
    return [f"{OTHERWISE}: {legend}: {values}."]
