"""`figures.estimates`: Estimates go in; a point and interval for people, model and both in each group come out."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import polars as pl

from opinionframe.estimation.side_by_side import side_by_side
from opinionframe.figures import drawing
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.printed_groups import printed_groups

KINDS = {
    "People alone": ("people", drawing.HUMAN_COLOR, "circle"),
    "Model alone": ("model", drawing.RAW_COLOR, "diamond"),
    "Both": ("rectified", drawing.CALIBRATED_COLOR, "square"),
}
"""What is drawn in each group: the column, the colour and the shape."""

WIDE = 230
TITLE = 60
"""Characters of a title that stand on one line."""
ROW_HEIGHT = 30


def estimates(
    estimates: AnyFrame,
    codebook: AnyFrame,
    opinions: AnyFrame,
    question: str,
    *,
    source: str | None = None,
    choice: int | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
) -> drawing.Figure:
    """What people, a model and both together say of each group on one question, with intervals. Collects.

    Args:
        estimates: Estimates of a source `…|rectified`, and of people alone, as in `tables.estimates`.
        codebook: Codebook of the questions.
        opinions: Opinions with the model's rows.
        question: The one drawn.
        source: The rectified source, where there are several.
        choice: The number of the choice whose share is drawn, in percent; else the mean on the scale.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        title: Printed above; the question's text where it is not given.

    Raises: FrameError for broken frames or nothing to draw; OptionError.

    >>> import opinionframe as of
    >>> codebook = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    >>> model = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2], "source": "m"})
    >>> model = model.with_columns(prob=pl.Series([0.6, 0.4]))
    >>> people = pl.DataFrame({"q": [1, 2] * 10})
    >>> both = pl.concat([of.rectify(None, people, codebook), of.rectify(model, people, codebook)])
    >>> figure = estimates(both, codebook, model, "q", choice=1)
    """
    rows = side_by_side(estimates, codebook, opinions, source=source, questions=[question], choice=choice)
    printed = printed_groups(rows["demographic"], groups_border(groups)).select(
        "demographic", "attribute", "order", group="label"
    )
    axis = "Mean on the scale" if choice is None else f"Share of “{rows['label'][0]}” (%)"
    points = _points(rows.join(printed, on="demographic").sort("order"), 1 if choice is None else 100)
    return drawing.styled(_chart(points, axis).properties(title=title or wrap(rows["text"][0], TITLE)))


def _points(rows: pl.DataFrame, times: int) -> pl.DataFrame:
    """One row per group and kind that has a value."""
    parts = []
    for kind, (name, _, _) in KINDS.items():
        ends = [f"{name}_{end}" if f"{name}_{end}" in rows.columns else name for end in ("low", "high")]
        values = {"value": name, "low": ends[0], "high": ends[1]}
        scaled = {key: (pl.col(column) * times).round(4) for key, column in values.items()}
        parts.append(rows.select("attribute", "group", "order", pl.lit(kind).alias("kind"), **scaled))
    return pl.concat(parts).drop_nulls("value").sort("order", maintain_order=True)


def _chart(points: pl.DataFrame, title: str) -> Any:
    """Points with their intervals, the kinds of a group below each other, a panel per attribute."""
    import altair as alt

    kinds = list(KINDS)
    color = alt.Color("kind:N", sort=kinds, scale=alt.Scale(domain=kinds, range=[each[1] for each in KINDS.values()]))
    shape = alt.Shape("kind:N", sort=kinds, scale=alt.Scale(domain=kinds, range=[each[2] for each in KINDS.values()]))
    y = alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False))
    base = alt.Chart().encode(y=y, yOffset=alt.YOffset("kind:N", sort=kinds), color=color)
    scale = alt.Scale(zero=False)
    bars = base.mark_rule(strokeWidth=1.3).encode(x=alt.X("low:Q", title=title, scale=scale), x2="high:Q")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        x=alt.X("value:Q", title=title, scale=scale), shape=shape
    )
    layers = alt.layer(bars, dots, data=alt.InlineData(values=points.drop("order").to_dicts()))
    panels = points["attribute"].unique(maintain_order=True).to_list()
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelFontWeight="bold", labelPadding=2)
    return (
        layers.properties(width=WIDE, height=alt.Step(ROW_HEIGHT, **{"for": "position"}))
        .facet(row=alt.Row("attribute:N", title=None, header=header, sort=panels), spacing=4)
        .resolve_scale(y="independent", yOffset="independent")
    )
