"""`tables.estimates`: Estimates go in; what people, a model and both together say of each group comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.estimation.side_by_side import side_by_side
from opinionframe.schemas.borders import codebook_border, groups_border
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.schemas.vocabulary import HUMAN
from opinionframe.tables import marks
from opinionframe.tables.bullets import PLACE
from opinionframe.tables.document import Table
from opinionframe.tables.group_notes import group_notes
from opinionframe.tables.source_columns import between

COLUMNS = {"people": "People alone", "model": "Model alone", "rectified": "Both"}
LACKING = {
    "people": "an estimate from people alone; make them with of.rectify(None, …) and put both in one frame.",
    "model": "an answer of the model.",
}
"""Why a column has dashes, or is left out."""

BULLET = ("people", "model")
"""What is drawn in each row."""

ALL_THREE, WITH_MODEL, PEOPLE_ALONE = (
    "Estimates from people, from a model, and from both",
    "Estimates from people and a model together",
    "Estimates from people",
)
"""Titles, by what the table holds."""

PRECISION = "Below an estimate: its interval. n: respondents who gave a choice."
GAIN = "Gain: how many times as many would be needed for an estimate as precise without the model."


@takes_frames
def estimates(
    estimates: AnyFrame,
    codebook: AnyFrame,
    opinions: AnyFrame | None = None,
    *,
    source: str | None = None,
    questions: Sequence[str] | None = None,
    choice: int | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Estimates of each group with their intervals: people alone, the model alone, and both. Collects.

    In HTML, a bar of what people say and a line where the model lies stand in each row.

    Args:
        estimates: Estimates of a source `…|rectified`, and of people alone: `pl.concat` of both `rectify(…)` and
            `rectify(None, …)`. Without the latter, the table has no column of people alone, and says so; it has no
            other where there are people alone.
        codebook: Codebook of the questions.
        opinions: Opinions with the model's rows; not needed for people alone.
        source: The rectified source, where there are several.
        questions: Those printed; all where they are not given.
        choice: The number of the choice whose share is printed, in percent; else the mean on the scale.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for broken frames or nothing to print; OptionError.

    >>> import opinionframe as of
    >>> codebook = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    >>> model = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2], "source": "m"})
    >>> model = model.with_columns(prob=pl.Series([0.6, 0.4]))
    >>> people = pl.DataFrame({"q": [1, 2] * 10})
    >>> both = pl.concat([of.rectify(None, people, codebook), of.rectify(model, people, codebook)])
    >>> estimates(both, codebook, model, choice=1).rows.select("label", "people", "model").row(0)
    ('all', 50.0, 60.0)
    """
    rows = side_by_side(estimates, codebook, opinions, source=source, questions=questions, choice=choice)
    named = groups_border(groups)
    printed = printed_groups(rows["demographic"], named).select("demographic", "attribute", "label", "order")
    times, decimals = (100, 1) if choice is not None else (1, 2)
    question = pl.when(pl.col("label").is_null()).then("question").otherwise(pl.format("{}: {}", "question", "label"))
    placed = rows if choice is not None else rows.join(_spans(codebook), on="question", how="left")
    cells = (
        placed.with_columns(question.alias("section"))
        .drop("label")
        .join(printed, on="demographic")
        .sort("question", "order")
        .select(
            marks.cleaned(pl.col("section")),
            marks.cleaned(_group_name()).alias("label"),
            marks.number(pl.col("n"), 0).alias("n"),
            _estimate("people", times, decimals),
            marks.number(pl.col("model") * times, decimals).alias("model"),
            _estimate("rectified", times, decimals),
            marks.number(pl.col("gain"), 1).alias("gain"),
            *(_place(name, by_choice=choice is not None).alias(f"{name}{PLACE}") for name in BULLET),
        )
    )
    is_rectified = rows["source"][0] != HUMAN
    known = {name: rows[name].count() for name in ("people", "model")}
    shown = known if is_rectified else dict.fromkeys(("model", "rectified", "gain"), 0)
    labels = {"label": "Group", "n": "n", **COLUMNS, "gain": "Gain"}
    with_model = ALL_THREE if known["people"] else WITH_MODEL
    return Table(
        cells=cells,
        labels={name: label for name, label in labels.items() if shown.get(name, 1)},
        title=title or (with_model if is_rectified else PEOPLE_ALONE),
        notes=(
            "Percent of respondents." if choice is not None else "Means on the scale of each question.",
            f"{PRECISION} {GAIN}" if is_rectified else PRECISION,
            *(
                f"{known[name]} of {rows.height} groups have {what}"
                for name, what in LACKING.items()
                if known[name] < rows.height and is_rectified
            ),
            *(f"{name}: {text}" for name, text in rows.select("question", "text").unique().sort("question").rows()),
            *group_notes(rows["demographic"], named),
            *([note] if note else []),
        ),
        group="section",
        bullet=BULLET if all(known.values()) else None,
    )


def _spans(codebook: AnyFrame) -> pl.DataFrame:
    """One row per question: the ends of its scale."""
    book = codebook_border(codebook)
    return book.group_by("question").agg(least=pl.col("position").min(), most=pl.col("position").max())


def _place(name: str, *, by_choice: bool) -> pl.Expr:
    """Where a value lies between the ends of its scale, from 0 to 1."""
    value = pl.col(name)
    place = value if by_choice else (value - pl.col("least")) / (pl.col("most") - pl.col("least"))
    return pl.when(place.is_finite()).then(place)


def _estimate(name: str, times: int, decimals: int) -> pl.Expr:
    """An estimate with its interval below it."""
    value, low, high = (pl.col(f"{name}{ending}") * times for ending in ("", "_low", "_high"))
    return between(value, low, high, decimals, below=True).alias(name)


def _group_name() -> pl.Expr:
    """The group as it stands in a row."""
    return pl.when(pl.col("attribute") == pl.col("label")).then("label").otherwise(
        pl.format("{}: {}", "attribute", "label")
    )  # fmt: skip
