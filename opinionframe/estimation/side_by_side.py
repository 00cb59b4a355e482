"""Estimates side by side: Estimates and Opinions go in; a row per group with people, model and both comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, check_number, check_option, examples
from opinionframe.estimation.sources import RECTIFIED
from opinionframe.schemas.borders import AnyFrame, checked, codebook_border, opinions_border
from opinionframe.schemas.estimates import Estimates
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN

ENDING = SEPARATOR + RECTIFIED


def side_by_side(
    estimates: AnyFrame,
    codebook: AnyFrame,
    opinions: AnyFrame | None,
    *,
    source: str | None = None,
    questions: Sequence[str] | None = None,
    choice: int | None = None,
) -> pl.DataFrame:
    """One row per question and group of a rectified source, beside what people and the model say alone.

    Where there is no rectified source, one per question and group of people alone.

    Args:
        estimates: Estimates of a source `…|rectified`, and those of people alone, source `human`.
        codebook: Codebook of the questions.
        opinions: Opinions with the model's rows, if any.
        source: The rectified source, where there are several.
        questions: Those shown; all where they are not given.
        choice: The number of the choice whose share is shown; where it is not given, the mean on the scale.

    Returns: source (`human` for people alone), question, text, label (of the choice; null for means), demographic, n,
        and for `people`, `model` and `rectified` the value; `…_low` and `…_high` for people and rectified; gain. Null
        where there is none.
    Raises: FrameError for broken frames or nothing to show; OptionError.
    """
    book = codebook_border(codebook)
    rows = checked(estimates, Estimates, "estimates")
    name = _rectified_source(rows, source)
    asked = book["question"].unique().sort().to_list()
    chosen = asked if questions is None else list(questions)
    for question in chosen:
        check_option("questions", question, asked)
    shown = rows.filter(pl.col("question").is_in(chosen))
    texts = book.group_by("question").agg(pl.col("text").first())
    if choice is not None:
        check_number("choice", choice, whole=True)
        label = book.filter(choice=choice).select("question", "label")
        lacking = sorted(set(chosen) - set(label["question"]))
        if lacking:
            raise OptionError(
                f"{len(lacking)} questions have no choice {choice}, e.g. {examples([(q,) for q in lacking])}."
            )
        texts = texts.join(label, on="question", how="left")
    else:
        texts = texts.with_columns(label=pl.lit(None, pl.String))
    own = _values(shown.filter(source=name), "people" if name == HUMAN else "rectified", choice)
    if not len(own):
        raise FrameError(f"estimates have no row of {name!r} and the questions chosen. Check the filters.")
    if name == HUMAN:
        every = own.with_columns(pl.lit(None, pl.Float64).alias(column) for column in ("model", *_named("rectified")))
    else:
        people = _values(shown.filter(source=HUMAN), "people", choice).drop("gain", "n")
        every = own.join(people, on=GROUP, how="left").join(_model(opinions, book, name, choice), on=GROUP, how="left")
    return (
        every.join(texts, on="question", how="left")
        .select(
            pl.lit(name).alias("source"),
            "question",
            "text",
            "label",
            "demographic",
            "n",
            *_named("people"),
            "model",
            *_named("rectified"),
            "gain",
        )
        .sort(GROUP)
    )


def _rectified_source(rows: pl.DataFrame, source: str | None) -> str:
    """The source to show: that of people where no other is there.

    Raises: FrameError where there is none, or several and none is named; OptionError.
    """
    sources = rows.filter(pl.col("source").str.ends_with(ENDING))["source"].unique().sort().to_list()
    if source is not None:
        check_option("source", source, sources)
        return source
    if not sources and (rows["source"] == HUMAN).any():
        return HUMAN
    if not sources:
        raise FrameError(
            f"estimates hold no source that ends in {ENDING!r}, and none of people alone. Make one with "
            "rectify(opinions, …) or rectify(None, …)."
        )
    if len(sources) > 1:
        raise FrameError(
            f"estimates hold {len(sources)} sources that end in {ENDING!r}, e.g. {examples([(s,) for s in sources])}. "
            "Name one with source=…."
        )
    return str(sources[0])


def _values(rows: pl.DataFrame, name: str, choice: int | None) -> pl.DataFrame:
    """One row per group: its value and limits, n and gain."""
    own = rows.unique(CELL).sort(CELL) if choice is None else rows.filter(choice=choice)
    columns = ("mean", "mean_low", "mean_high") if choice is None else ("prob", "conf_low", "conf_high")
    return own.select(*GROUP, "n", "gain", **dict(zip(_named(name), columns, strict=True)))


def _named(name: str) -> tuple[str, str, str]:
    """The columns of a value and its limits."""
    return name, f"{name}_low", f"{name}_high"


def _model(opinions: AnyFrame | None, book: pl.DataFrame, source: str, choice: int | None) -> pl.DataFrame:
    """One row per group: the value of the model that was rectified; none without opinions."""
    if opinions is None:
        return pl.DataFrame(schema={**dict.fromkeys(GROUP, pl.String), "model": pl.Float64})
    rows = opinions_border(opinions, book).collect().filter(source=source.removesuffix(ENDING))
    if choice is not None:
        return rows.filter(choice=choice).select(*GROUP, model="prob")
    placed = rows.join(book.select("question", "choice", "position"), on=["question", "choice"])
    known = pl.col("position").is_not_null().all()
    return placed.group_by(GROUP).agg(pl.when(known).then((pl.col("prob") * pl.col("position")).sum()).alias("model"))
