"""`figures.cell`: Opinions go in; bars of human, raw and calibrated shares of one cell come out."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.figures import drawing
from opinionframe.schemas.borders import AnyFrame, codebook_border, groups_border, opinions_border
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.schemas.source import SEPARATOR

LETTER = 4.8
"""Pixels that a letter of an axis label takes on average."""


def cell(
    opinions: AnyFrame,
    codebook: AnyFrame,
    question: str,
    demographic: str = "all",
    *,
    source: str,
    groups: AnyFrame | None = None,
    title: str | None = None,
) -> drawing.Figure:
    """Shares in percent over the choices of one question and group: human, `source` raw, and calibrated. Collects.

    Args:
        opinions: Opinions with human rows and those of `source`.
        codebook: Codebook of its questions.
        question: The question drawn.
        demographic: The group drawn.
        source: A raw source or a baseline; every calibrated one made from it is drawn beside it.
        groups: Groups, such as `survey.groups`, under whose labels the group is named.
        title: Printed above; the question and group if not given. The source is printed below it.

    Raises: FrameError for a cell that is not there.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.baselines(survey.opinions, survey.codebook)
    >>> figure = cell(opinions, survey.codebook, "natspac", "sex=Female", source="uniform")
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).filter(question=question, demographic=demographic).collect()
    is_compared = (pl.col("source") == HUMAN) | (pl.col("source") == source)
    drawn = rows.filter(is_compared | pl.col("source").str.starts_with(source + SEPARATOR))
    if missing := [name for name in (HUMAN, source) if name not in drawn["source"]]:
        sources = rows.select("source").unique().sort("source").rows()
        raise FrameError(
            f"{len(missing)} sources have no cell ({question!r}, {demographic!r}): {', '.join(missing)}. "
            f"Those that do: {examples(sources) or 'none'}."
        )
    calibrator = pl.col("source").str.strip_prefix(source + SEPARATOR)
    kind = (
        pl.when(pl.col("source") == HUMAN)
        .then(pl.lit("human"))
        .when(pl.col("source") == source)
        .then(pl.lit("raw" if SEPARATOR in source else source))
        .otherwise(pl.format("calibrated: {}", calibrator))
    )
    bars = (
        drawn.join(book.select("question", "choice", "label", "text"), on=["question", "choice"])
        .with_columns(kind.alias("kind"), (pl.col("prob") * 100).round(3).alias("percent"))
        .sort(pl.col("source") != HUMAN, pl.col("source") != source, "source", "choice")
    )
    heading = title if title is not None else f"{bars['text'][0]} ({_named(demographic, groups)})"
    return drawing.styled(_chart(bars, heading, source.replace(SEPARATOR, " ")))


def _named(demographic: str, groups: AnyFrame | None) -> str:
    """The group under the labels of its classes; as rows spell it where there are no Groups."""
    if groups is None:
        return demographic
    names = printed_groups([demographic], groups_border(groups))
    return demographic if demographic == ALL else f"{names['attribute'][0]}: {names['label'][0]}"


def _chart(bars: pl.DataFrame, title: str, source: str) -> Any:
    """The bars, a group of them per choice and a color per kind of answer."""
    import altair as alt

    kinds = bars["kind"].unique(maintain_order=True).to_list()
    colors = [drawing.HUMAN_COLOR, drawing.RAW_COLOR, drawing.CALIBRATED_COLOR, *drawing.MORE_COLORS]
    scale = alt.Scale(domain=kinds, range=[colors[i % len(colors)] for i in range(len(kinds))])
    choices = bars.select("choice", "label").unique().sort("choice")["label"].to_list()
    room = max(int(drawing.COLUMN_WIDTH / len(choices) / LETTER), 8)
    wrapped = {label: "\n".join(_lines(label, room)) for label in choices}
    axis = alt.Axis(labelAngle=0, labelExpr="split(datum.label, '\\n')", labelLimit=0)
    return (
        alt.Chart(alt.InlineData(values=bars.select(pl.col("label").replace(wrapped), "kind", "percent").to_dicts()))
        .mark_bar(stroke="white", strokeWidth=0.4)
        .encode(
            x=alt.X("label:N", sort=[wrapped[label] for label in choices], title=None, axis=axis),
            xOffset=alt.XOffset("kind:N", sort=kinds),
            y=alt.Y("percent:Q", title="Share of answers (%)"),
            color=alt.Color("kind:N", scale=scale, title=None),
            tooltip=["label:N", "kind:N", "percent:Q"],
        )
        .properties(width=drawing.COLUMN_WIDTH, height=150, title=_heading(title, source))
    )


def _heading(title: str, source: str) -> Any:
    """The title, and below it in smaller type the source that `raw` and `calibrated` are of."""
    import altair as alt

    return alt.Title(_lines(title), fontSize=10, subtitle=_lines(source), subtitleFontSize=9)


def _lines(text: str, width: int = 52) -> list[str]:
    """The text broken into lines of at most `width` letters."""
    import textwrap

    return textwrap.wrap(text, width) or [""]
