"""`figures.forest`: Tests by group go in; differences with their intervals, a row per group, come out."""

from __future__ import annotations

import textwrap
from typing import Any

import polars as pl

from opinionframe import divergence
from opinionframe.errors import FrameError, check_option
from opinionframe.figures import drawing
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked, groups_border
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.printed_groups import printed_groups

ROW_HEIGHT = 13
LINE = 40
"""Characters below the axis, beyond which a line would be cut where the names of groups are short."""

WIDE = 170
"""Width of the plot; the names of the groups take the rest of the column."""


def forest(
    tests: AnyFrame,
    *,
    source: str | None = None,
    method: str | None = None,
    groups: AnyFrame | None = None,
    title: str = "",
) -> drawing.Figure:
    """Difference in alignment by demographic, in points, with intervals and a line at no difference. Collects.

    Groups stand in the order of their difference within each attribute or intersection, waves and years in time, and
    all of them in their own order where `groups` give it. A filled point is one
    whose interval leaves out 0; intervals of all groups hold at once where tests were made with `simultaneous=True`.

    A group has one cell of each question, so that the `weight` of of.compare makes no difference here.

    Args:
        tests: Tests with a column `demographic`, from of.compare(…, by="demographic").
        source: The source drawn, where there are several.
        method: The one whose intervals are drawn; the last of the frame's if not given, the clustered one of
            of.compare.
        groups: Groups, such as `survey.groups`: classes stand in the order of their places, under their labels.
        title: Printed above.

    Raises: FrameError where there is no column `demographic`, or several sources and none is named; OptionError.

    >>> import polars as pl
    >>> from opinionframe.inference import compare
    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["sex=F"] * 6, "baseline": [0.7] * 6}
    >>> raw, calibrated = "m|logprob|base|standard", "m|logprob|base|standard|ridge"
    >>> scores = {"source": [raw] * 3 + [calibrated] * 3, "alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]}
    >>> aligned = pl.DataFrame(cells | scores).with_columns(ceiling=1.0)
    >>> figure = forest(compare(aligned, by="demographic"))
    """
    rows = checked(tests, Tests, "tests")
    if "demographic" not in rows.columns:
        raise FrameError('tests has no column `demographic`. Make it with of.compare(aligned, by="demographic").')
    sources = rows["source"].unique().sort().to_list()
    if source is None and len(sources) > 1:
        raise FrameError(f"tests has {len(sources)} sources, e.g. {sources[0]!r}. Choose one with source=….")
    name = source or (sources or [""])[0]
    check_option("source", name, sources)
    methods = rows["method"].unique(maintain_order=True).to_list()
    check_option("method", method or methods[-1], methods)
    drawn = rows.filter(source=name, method=method or methods[-1])
    refuse_mixed(drawn, name="tests")
    printed = printed_groups(drawn["demographic"], groups_border(groups)).with_columns(
        pl.col("order").min().over("attribute").alias("panel")
    )
    if groups is None:
        printed = printed.with_columns(pl.when("in_time").then("order").alias("order"))
    return drawing.styled(_chart(_points(drawn, printed), _axis(drawn)).properties(title=title or name))


def _points(rows: pl.DataFrame, printed: pl.DataFrame) -> pl.DataFrame:
    """One row per group, in points of alignment: the difference, its interval and whether that leaves out 0.

    Attributes stand in the order of `printed`, everybody last, their groups by the `order` there, where it is known,
    else by their difference.
    """
    return (
        rows.join(printed, on="demographic")
        .select(
            "demographic",
            "attribute",
            pl.col("label").alias("group"),
            "order",
            "panel",
            *((pl.col(c) * 100).round(3) for c in ("estimate", "conf_low", "conf_high")),
            pl.col("n").alias("cells"),
        )
        .with_columns((pl.col("conf_low").gt(0) | pl.col("conf_high").lt(0)).fill_null(value=False).alias("apart"))
        .sort("panel", "order", "estimate", "demographic")
        .drop("order", "panel")
    )


def _axis(rows: pl.DataFrame) -> list[str]:
    """The title of the axis: what the difference is to, and over what its intervals hold."""
    versus = rows["versus"].unique().to_list()
    against = versus[0] if len(versus) == 1 and "|" not in versus[0] else "raw" if "raw" in rows["pair"][0] else "other"
    what = divergence.definition(metric_in(rows), short=True)
    covers = rows[COVERS].drop_nulls().unique().sort().to_list() if COVERS in rows.columns else []
    levels = rows[LEVEL].drop_nulls().unique().sort().to_list() if LEVEL in rows.columns else []
    hold = [f"Intervals: {' or '.join(levels)}"] if levels else []
    over = [f"over {' or '.join(covers)}" if levels else f"Intervals over {' or '.join(covers)}"] if covers else []
    lines = [f"Difference to {against} (points)", "Filled: the interval leaves out 0", *hold, *over, what]
    return [part for line in lines if line for part in textwrap.wrap(line, LINE)]


def _chart(points: pl.DataFrame, axis: list[str]) -> Any:
    """The points and intervals, a panel per attribute."""
    import altair as alt

    x = alt.X("estimate:Q", title=axis)
    y = alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=190, ticks=False, domain=False))
    base = alt.Chart().encode(y=y)
    zero = alt.Chart().mark_rule(color=drawing.UNIFORM_COLOR, strokeDash=[3, 3]).encode(x=alt.datum(0))
    bars = base.mark_rule(strokeWidth=1.1).encode(x=alt.X("conf_low:Q", title=axis), x2="conf_high:Q")
    dots = base.mark_point(filled=True, size=32, color=drawing.CALIBRATED_COLOR, opacity=1).encode(
        x=x,
        fill=alt.condition(alt.datum.apart, alt.value(drawing.CALIBRATED_COLOR), alt.value("white")),
        stroke=alt.value(drawing.CALIBRATED_COLOR),
        tooltip=["demographic:N", "estimate:Q", "conf_low:Q", "conf_high:Q", "cells:Q"],
    )
    layers = alt.layer(zero, bars, dots, data=alt.InlineData(values=points.to_dicts()))
    panels = points["attribute"].unique(maintain_order=True).to_list()
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelFontWeight="bold", labelPadding=2)
    return (
        layers.properties(width=WIDE, height=alt.Step(ROW_HEIGHT))
        .facet(row=alt.Row("attribute:N", title=None, header=header, sort=panels), spacing=4)
        .resolve_scale(y="independent")
    )
