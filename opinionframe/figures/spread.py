"""`figures.spread`: Alignment goes in; means against deviations, after the paper's Figure 2, come out."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import FrameError
from opinionframe.figures import drawing
from opinionframe.schemas.borders import AnyFrame, alignment_border
from opinionframe.schemas.frames import UNIFORM
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.source import SEPARATOR, is_calibrated, raw_source, split_source, where_models_answered

RAW = "raw"
SHAPES = (
    ("circle",),
    ("diamond", "triangle-up", "square", "triangle-down"),
    ("cross", "square", "triangle-left", "triangle-right"),
)
COLORS = (
    (drawing.RAW_COLOR,),
    (drawing.CALIBRATED_COLOR, *drawing.MORE_COLORS),
    (drawing.HUMAN_COLOR, drawing.UNIFORM_COLOR),
)
"""Looks of raw, calibrated and baseline points, in this order."""


def spread(
    aligned: AnyFrame,
    *,
    title: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
) -> drawing.Figure:
    """Mean alignment of each source, in percent, against its standard deviation over cells. Collects.

    Where `aligned` has a column `dataset`, a source has a point in each, as in the paper. A line leads from raw to
    calibrated answers; baselines are black, and uniform has a dashed line.

    Args:
        aligned: An Alignment frame.
        title: Printed above.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources (of a dataset), or each source's `own`, as in `summarize`.

    Returns: a Figure, to be shown or saved as SVG, PNG, PDF or HTML.
    Raises: FrameError if `aligned` breaks its schema or has no source with two cells.

    Reference: Kambhatla et al., Figure 2.

    >>> import polars as pl
    >>> cells = {"question": ["q1", "q2"], "demographic": ["all"] * 2, "source": ["uniform"] * 2}
    >>> aligned = pl.DataFrame(cells | {"alignment": [0.6, 0.8], "baseline": [0.6, 0.8], "ceiling": [1.0, 1.0]})
    >>> spread(aligned).save("spread.gif")
    Traceback (most recent call last):
    opinionframe.errors.OptionError: A figure is saved as one of .svg, .png, .pdf, .html, not '.gif' (spread.gif).
    """
    return spread_figure(alignment_border(aligned).collect(), title, Estimand(weight, overlap, cells))


def spread_figure(scores: pl.DataFrame, title: str = "", estimand: Estimand = BY_CELL) -> drawing.Figure:
    """The figure of checked scores, whose means are over `estimand`.

    Raises: FrameError, where no source has two cells, or scores are of several metrics.
    """
    refuse_mixed(scores)
    points = _points(scores, estimand)
    if points.is_empty():
        raise FrameError(
            "aligned has no source with two cells or more, so there is no spread to draw. Align more cells."
        )
    return drawing.styled(
        _layers(points, drawing.alignment_title(metric_in(scores), *estimand.lines())).properties(
            width=drawing.COLUMN_WIDTH, height=190, title=title
        )
    )


def _points(scores: pl.DataFrame, estimand: Estimand) -> pl.DataFrame:
    """One row per source, and per `dataset` where that is known: its kind, mean and standard deviation in percent."""
    keys = [name for name in ("dataset", "source") if name in scores.columns]
    elicited = pl.col("source").str.contains(SEPARATOR, literal=True)
    kind = (
        pl.when(is_calibrated())
        .then(pl.format("calibrated: {}", "calibrator"))
        .when(elicited)
        .then(pl.lit(RAW))
        .otherwise("source")
    )
    order = pl.when(is_calibrated()).then(1).when(elicited).then(0).otherwise(2)
    return (
        summarized(where_models_answered(scores).lazy(), keys, estimand)
        .filter(pl.col("std_dev").is_not_null())
        .pipe(split_source)
        .select(
            *keys,
            kind.alias("kind"),
            order.alias("order"),
            pl.concat_str(
                *keys[:-1], pl.coalesce(raw_source(), "source"), separator=SEPARATOR, ignore_nulls=True
            ).alias("row"),
            (pl.col("alignment") * 100).round(3),
            (pl.col("std_dev") * 100).round(3),
            pl.col("n").alias("cells"),
        )
        .sort(keys)
        .collect()
    )


def _layers(points: pl.DataFrame, title: list[str]) -> Any:
    """The points, the lines from raw to calibrated ones, and that of uniform."""
    import altair as alt

    x = alt.X("alignment:Q", title=title, scale=alt.Scale(zero=False, padding=8, nice=True))
    y = alt.Y("std_dev:Q", title="Standard deviation over cells", scale=alt.Scale(zero=False, padding=8))
    kinds = _kinds(points)
    legend = alt.Legend(columns=3, symbolOpacity=1)
    marks = (
        alt.Chart(_data(points))
        .mark_point(size=36, filled=True, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.Color("kind:N", scale=_scale(kinds, "color"), title=None, legend=legend),
            shape=alt.Shape("kind:N", scale=_scale(kinds, "shape"), title=None, legend=legend),
            tooltip=[
                *(f"{name}:N" for name in ("dataset", "source") if name in points.columns),
                "alignment:Q",
                "std_dev:Q",
                "cells:Q",
            ],
        )
    )
    moves = alt.Chart(_data(_moves(points))).mark_rule(color="#C4C4C4", strokeWidth=0.6)
    return alt.layer(*_uniform_line(points), moves.encode(x=x, y=y, x2="alignment_to:Q", y2="std_dev_to:Q"), marks)


def _kinds(points: pl.DataFrame) -> pl.DataFrame:
    """The legend's entries in order, each with its color and shape: raw, calibrated, then baselines."""
    kinds = points.select("kind", "order").unique().sort("order", pl.col("kind") != UNIFORM, "kind")
    rows = []
    for order in (0, 1, 2):
        names = kinds.filter(order=order)["kind"].to_list()
        colors, shapes = COLORS[order], SHAPES[order]
        rows += [(name, colors[i % len(colors)], shapes[i % len(shapes)]) for i, name in enumerate(names)]
    return pl.DataFrame(rows, schema=["kind", "color", "shape"], orient="row")


def _scale(kinds: pl.DataFrame, look: str) -> Any:
    """The colors or shapes of the kinds."""
    import altair as alt

    return alt.Scale(domain=kinds["kind"].to_list(), range=kinds[look].to_list())


def _moves(points: pl.DataFrame) -> pl.DataFrame:
    """One row per raw point and each of its calibrated ones."""
    raw = points.filter(order=0).select("row", "alignment", "std_dev")
    calibrated = points.filter(order=1)
    return raw.join(calibrated.select("row", "alignment", "std_dev"), on="row", suffix="_to").sort(pl.all())


def _uniform_line(points: pl.DataFrame) -> list[Any]:
    """The dashed line at the alignment of uniform, none where it is not scored."""
    import altair as alt

    uniform = points.filter(source=UNIFORM).select("alignment")
    if uniform.is_empty():
        return []
    line = alt.Chart(_data(uniform)).mark_rule(strokeDash=[3, 3], color=drawing.UNIFORM_COLOR)
    return [line.encode(x="alignment:Q")]


def _data(frame: pl.DataFrame) -> Any:
    """The rows inside the chart."""
    import altair as alt

    return alt.InlineData(values=frame.to_dicts())
