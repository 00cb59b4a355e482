"""`tables.estimates`: Estimates go in; what people, a model and both together say of each group comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.estimation.side_by_side import side_by_side
from opinionframe.schemas.borders import groups_border
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.tables import marks
from opinionframe.tables.document import Table
from opinionframe.tables.group_notes import group_notes

PRECISION = (
    "n: respondents who gave a choice. Gain: how many times as many would be needed for an estimate as precise without "
    "the model."
)


def estimates(
    estimates: AnyFrame,
    codebook: AnyFrame,
    opinions: AnyFrame,
    *,
    source: str | None = None,
    questions: Sequence[str] | None = None,
    choice: int | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Estimates of each group with their intervals: people alone, the model alone, and both. Collects.

    Args:
        estimates: Estimates of a source `…|rectified`, and of people alone: `pl.concat` of both `rectify(…)` and
            `rectify(None, …)`.
        codebook: Codebook of the questions.
        opinions: Opinions with the model's rows.
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
    number = {name: marks.number(pl.col(name) * times, decimals) for name in ("people", "model", "rectified")}
    cells = (
        rows.with_columns(question.alias("section"))
        .drop("label")
        .join(printed, on="demographic")
        .sort("question", "order")
        .select(
            marks.cleaned(pl.col("section")),
            marks.cleaned(_group_name()).alias("label"),
            marks.number(pl.col("n"), 0).alias("n"),
            number["people"].alias("people"),
            _interval("people", times, decimals).alias("people_interval"),
            number["model"].alias("model"),
            number["rectified"].alias("rectified"),
            _interval("rectified", times, decimals).alias("rectified_interval"),
            marks.number(pl.col("gain"), 1).alias("gain"),
        )
    )
    return Table(
        cells=cells,
        labels={
            "label": "Group", "n": "n", "people": "Estimate", "people_interval": "Interval", "model": "Estimate",
            "rectified": "Estimate", "rectified_interval": "Interval", "gain": "Gain",
        },
        title=title or "Estimates from people, from a model, and from both",
        notes=(
            "Percent of respondents." if choice is not None else "Means on the scale of each question.",
            PRECISION,
            *(f"{name}: {text}" for name, text in rows.select("question", "text").unique().sort("question").rows()),
            *group_notes(rows["demographic"], named),
            *([note] if note else []),
        ),
        group="section",
        spanners=(
            ("People alone", ("people", "people_interval")),
            ("Model alone", ("model",)),
            ("Both", ("rectified", "rectified_interval")),
        ),
    )  # fmt: skip


def _group_name() -> pl.Expr:
    """The group as it stands in a row."""
    return pl.when(pl.col("attribute") == pl.col("label")).then("label").otherwise(
        pl.format("{}: {}", "attribute", "label")
    )  # fmt: skip


def _interval(name: str, times: int, decimals: int) -> pl.Expr:
    """The limits as text; a dash where there are none."""
    low, high = (marks.number(pl.col(f"{name}_{end}") * times, decimals) for end in ("low", "high"))
    return (
        pl.when(pl.col(f"{name}_low").is_null()).then(pl.lit(marks.ABSENT)).otherwise(pl.format("{} to {}", low, high))
    )
