"""`figures.learning`: scores by number of labels go in; curves after the paper's Figure 3 come out."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe import divergence
from opinionframe.errors import FrameError
from opinionframe.figures import drawing
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed

SHAPES = ("circle", "diamond", "triangle-up", "square", "triangle-down")


def learning(
    curves: AnyFrame,
    *,
    x: str = "n_train",
    y: str = "mse",
    line: str = "source",
    panel: str | None = None,
    title: str = "",
) -> drawing.Figure:
    """The mean of `y` against the number of training examples `x` (logarithmic), one line each. Collects.

    Rows that repeat a line and an `x`, such as random draws, are averaged, and a band shows their standard deviation.

    Args:
        curves: One row per point, as `learning_curve` returns them; with `each_draw` there are bands.
        x: The column of the number of training examples, 1 or more.
        y: The column of the score.
        line: The column whose values are lines.
        panel: The column whose values are panels side by side.
        title: Printed above.

    Raises: FrameError for a column that is missing, or an `x` below 1.

    Reference: Kambhatla et al., Figure 3.

    >>> curves = pl.DataFrame({"source": ["m"] * 3, "n_train": [1, 10, 100], "mse": [0.05, 0.02, 0.02]})
    >>> figure = learning(curves)
    """
    columns: dict[str, pl.DataType] = {x: pl.Float64(), y: pl.Float64(), line: pl.String()}
    rows = typed_columns(curves, columns | ({panel: pl.String()} if panel else {}), "curves").drop_nulls(y).collect()
    if METRIC in rows.columns:
        refuse_mixed(rows, name="curves")
    if rows.is_empty():
        raise FrameError(f"curves has no row with a {y}, so there is nothing to draw. Check the filters.")
    if (low := rows.filter(pl.col(x) < 1)).height:
        raise FrameError(
            f"curves has {low.height} rows with {x} below 1, which a logarithmic axis cannot show. Drop them."
        )
    keys = [line, x, *([panel] if panel else [])]
    points = (
        rows.group_by(keys)
        .agg(pl.col(y).mean().alias("mean"), pl.col(y).std().fill_null(0.0).alias("sd"))
        .with_columns((pl.col("mean") - pl.col("sd")).alias("low"), (pl.col("mean") + pl.col("sd")).alias("high"))
        .sort(keys)
    )
    name = y.upper() if y.islower() and len(y) < 5 else y
    metric = metric_in(rows) if y == "alignment" else None
    heading = [name, *filter(None, [divergence.definition(metric, short=True)])]
    return drawing.styled(_chart(points, x, heading, line, panel).properties(title=title))


def _chart(points: pl.DataFrame, x: str, heading: list[str], line: str, panel: str | None) -> Any:
    """The lines, their points and bands, in panels if there are any."""
    import altair as alt

    names = points[line].unique().sort().to_list()
    colors = [drawing.CALIBRATED_COLOR, drawing.RAW_COLOR, *drawing.MORE_COLORS]
    range_ = [colors[i % len(colors)] for i in range(len(names))]
    shapes = [SHAPES[i % len(SHAPES)] for i in range(len(names))]
    legend = alt.Legend(columns=3, symbolOpacity=1)
    base = alt.Chart().encode(
        x=alt.X(
            f"{x}:Q",
            scale=alt.Scale(type="log", nice=False),
            title="Training examples",
            axis=alt.Axis(values=[1, 10, 100, 1_000, 10_000, 100_000]),
        ),
        color=alt.Color(f"{line}:N", scale=alt.Scale(domain=names, range=range_), title=None, legend=legend),
    )
    mean = alt.Y("mean:Q", title=heading, scale=alt.Scale(zero=False))
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q"), y2="high:Q")
    lines = base.mark_line(strokeWidth=1.4).encode(y=mean)
    shape = alt.Shape(f"{line}:N", scale=alt.Scale(domain=names, range=shapes), title=None, legend=legend)
    dots = base.mark_point(filled=True, size=30).encode(y=mean, shape=shape)
    layers = alt.layer(band, lines, dots, data=alt.InlineData(values=points.to_dicts()))
    if panel is None:
        return layers.properties(width=drawing.COLUMN_WIDTH, height=170)
    width = max(drawing.COLUMN_WIDTH // points[panel].n_unique(), 80)
    return layers.properties(width=width, height=150).facet(column=alt.Column(f"{panel}:N", title=None), spacing=8)
