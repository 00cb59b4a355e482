"""`figures.spread`: Alignment goes in; means against deviations, after the paper's Figure 2, come out."""

from __future__ import annotations

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import FrameError, check_option
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import ends
from opinionframe.figures.point_looks import KIND, looks_of_kinds, refuse_too_many, shapes_of
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.source_labels import in_words
from opinionframe.figures.vega_lite import Spec, below_each_other, end, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import TITLE, lines
from opinionframe.schemas.borders import AnyFrame, alignment_border
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import PROMPTS, UNIFORM
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.source import SEPARATOR, is_calibrated, raw_source, split_source, where_models_answered

RAW = "raw"
HOLLOW = "Hollow: base prompt; filled: SD prompt."

MODEL, ELICITATION = "model", "elicitation"
BY = (KIND, DATASET, MODEL, ELICITATION)
"""What shapes can tell apart."""

PANEL_HEIGHT = 125
HEIGHT = 190
LABELS, AXIS = 24.0, 41.0
"""Pixels of the labels of the vertical axis, and of all of it with its title."""

MOVES = {50: "#949494", 1_000_000: "#CFCFCF"}
"""The colour of lines from raw to calibrated points, by how many of them there are at most: many are a haze."""


@takes_frames
def spread(
    aligned: AnyFrame,
    *,
    shape: str = KIND,
    title: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    width: Width = "column",
) -> drawing.Figure:
    """Mean alignment of each source, in percent, against its standard deviation over cells. Collects.

    Where `aligned` has a column `dataset` of several values, a source has a point in each, as in the paper, and each
    dataset a panel, with one scale for all, in the order of their Enum, else of their letters. A line leads from raw to
    calibrated answers; baselines are black or grey, and uniform has a dashed line. Where there are both, points of base
    prompts are hollow, those of SD prompts filled.

    Args:
        aligned: An Alignment frame.
        shape: What shapes tell apart: the `kind`, which colours do too (raw, calibrated, each baseline); or the
            `model`, the `elicitation` or the `dataset`, which then stand in one panel. There are 16 shapes.
        title: Printed above.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources (of a dataset), or each source's `own`, as in `summarize`.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Returns: a Figure, to be shown or saved as SVG, PNG, PDF or HTML.
    Raises: FrameError if `aligned` breaks its schema, has no source with two cells, or more values of `shape` than
        there are shapes; OptionError for another `shape`.

    Reference: Kambhatla et al., Figure 2.

    >>> import polars as pl
    >>> cells = {"question": ["q1", "q2"], "demographic": ["all"] * 2, "source": ["uniform"] * 2}
    >>> aligned = pl.DataFrame(cells | {"alignment": [0.6, 0.8], "baseline": [0.6, 0.8], "ceiling": [1.0, 1.0]})
    >>> spread(aligned).save("spread.gif")
    Traceback (most recent call last):
    opinionframe.errors.OptionError: A figure is saved as one of .svg, .png, .pdf, .html, not '.gif' (spread.gif).
    """
    check_option("shape", shape, BY)
    return spread_figure(alignment_border(aligned).collect(), title, Estimand(weight, overlap, cells), shape, width)


def spread_figure(
    scores: pl.DataFrame,
    title: str = "",
    estimand: Estimand = BY_CELL,
    shape: str = KIND,
    width: Width = "column",
) -> drawing.Figure:
    """The figure of checked scores, whose means are over `estimand`.

    Raises: FrameError, where no source has two cells, or scores are of several metrics.
    """
    refuse_mixed(scores)
    points = _points(scores, estimand)
    if points.is_empty():
        raise FrameError(
            "aligned has no source with two cells or more, so there is no spread to draw. Align more cells."
        )
    if shape not in points.columns:
        raise FrameError(f"aligned has no column {shape!r} for shapes to tell apart. Choose another shape=….")
    refuse_too_many(points, shape)
    total = pixels(width)
    over = "; ".join([*drawing.alignment_title(metric_in(scores))[1:], str(estimand)])
    notes = [f"Alignment: {over}.", HOLLOW if _has_both_prompts(points) else ""]
    parts = (
        points.partition_by(DATASET, as_dict=True, maintain_order=True)
        if _has_panels(points, shape)
        else {("",): points}
    )
    plot = total - AXIS - 2 * drawing.MARGIN
    panels = [
        {
            **_layers(part, points, plot, shape, is_last=place == len(parts)),
            "width": plot,
            "height": PANEL_HEIGHT if len(parts) > 1 else HEIGHT,
            **_titled(str(name), plot),
        }
        for place, ((name,), part) in enumerate(parts.items(), 1)
    ]
    chart = panels[0] if len(panels) == 1 else _below_each_other(panels)
    framed = drawing.framed(chart, total, title=title, notes=notes)
    return drawing.styled(framed, _description(title, points))


def _has_panels(points: pl.DataFrame, shape: str) -> bool:
    return DATASET in points.columns and shape != DATASET and points[DATASET].n_unique() > 1


def _titled(name: str, room: float) -> Spec:
    """The name of a panel above it, where there are several."""
    look = {"fontSize": TITLE, "fontWeight": "bold", "frame": "group", "offset": 3}
    return {"title": {"text": lines(name, room, TITLE, bold=True), **look}} if name else {}


def _below_each_other(panels: list[Spec]) -> Spec:
    resolve = {"scale": {"fill": "shared", "stroke": "shared", "shape": "shared"}}
    return below_each_other(panels, spacing=8, resolve=resolve)


def _description(title: str, points: pl.DataFrame) -> str:
    """The points in words, a line each."""
    said = [f"{title or 'Alignment and its spread'}: mean alignment in percent, and its standard deviation over cells."]
    for row in points.iter_rows(named=True):
        name = " ".join([*([f"{row[DATASET]}:"] if DATASET in row else []), in_words(row["source"])])
        said.append(f"{name}: {row['alignment']:.1f}, SD {row['std_dev']:.1f}")
    return "\n".join(said)


def _points(scores: pl.DataFrame, estimand: Estimand = BY_CELL) -> pl.DataFrame:
    """One row per source, and per `dataset` where that is known: its kind, mean and standard deviation in percent."""
    keys = [name for name in (DATASET, "source") if name in scores.columns]
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
            kind.alias(KIND),
            order.alias("order"),
            MODEL,
            pl.coalesce(ELICITATION, "source").alias(ELICITATION),
            pl.when(pl.col("prompt") == PROMPTS[0]).then(pl.lit(PROMPTS[0])).otherwise(pl.lit("sd")).alias("prompt"),
            pl.concat_str(
                *keys[:-1], pl.coalesce(raw_source(), "source"), separator=SEPARATOR, ignore_nulls=True
            ).alias("row"),
            (pl.col("alignment") * 100).round(3),
            (pl.col("std_dev") * 100).round(3),
            pl.col("n").alias("cells"),
        )
        .sort(keys)
        .collect()
        .with_columns(pl.col(name).cast(pl.String).fill_null("no dataset") for name in keys[:-1])
    )


def _layers(part: pl.DataFrame, points: pl.DataFrame, plot: float, shape: str, *, is_last: bool) -> Spec:
    """The points of one panel, the lines from raw to calibrated ones, and that of uniform, scaled to all `points`."""
    title = lines(drawing.ALIGNMENT, plot, TITLE) if is_last else None
    x = quantity("alignment", title=title, scale={"domain": ends(points.select("alignment"), 0, 100), "nice": False})
    deviation = "SD over cells" if len(part) < len(points) else "Standard deviation over cells"
    y = quantity(
        "std_dev",
        title=deviation,
        scale={"domain": ends(points.select("std_dev"), 0, 100), "nice": False},
        axis={"minExtent": LABELS, "maxExtent": LABELS},
    )
    kinds = looks_of_kinds(points)
    shapes = kinds if shape == KIND else shapes_of(points, shape)
    legend = drawing.legend(kinds[KIND], plot)
    of_shapes = legend if shape == KIND else drawing.legend(shapes[shape], plot, orient="bottom")
    color = {"scale": _scale(kinds, KIND, "color"), "title": None, "legend": legend}
    channels = {
        "stroke": nominal(KIND, **color),
        "fill": nominal(KIND, **color),
        "shape": nominal(shape, scale=_scale(shapes, shape, "shape"), title=None, legend=of_shapes),
    }
    if _has_both_prompts(points):
        scale = {"domain": list(PROMPTS), "range": [0.0, 1.0]}
        channels["fillOpacity"] = nominal("prompt", scale=scale, legend=None)
    named = (nominal(name) for name in (DATASET, "source") if name in points.columns)
    told = [*named, *map(quantity, ("alignment", "std_dev", "cells"))]
    look = {"size": 34, "strokeWidth": 1.1, "opacity": 0.9}
    marks = mark("point", {"x": x, "y": y, **channels, "tooltip": told}, part.to_dicts(), **look)
    pairs = _moves(part)
    color_of_moves = next(each for most, each in MOVES.items() if len(pairs) <= most)
    ends_of_moves = {"x": x, "y": y, "x2": end("alignment_to"), "y2": end("std_dev_to")}
    moves = mark("rule", ends_of_moves, pairs.to_dicts(), color=color_of_moves, strokeWidth=0.6)
    return layered(*_uniform_line(part, x), moves, marks)


def _has_both_prompts(points: pl.DataFrame) -> bool:
    return points.filter(pl.col("order") < 2)["prompt"].n_unique() > 1


def _scale(entries: pl.DataFrame, by: str, look: str) -> Spec:
    """The colors or shapes of the legend's entries."""
    return {"domain": entries[by].to_list(), "range": entries[look].to_list()}


def _moves(points: pl.DataFrame) -> pl.DataFrame:
    """One row per raw point and each of its calibrated ones."""
    raw = points.filter(order=0).select("row", "alignment", "std_dev")
    calibrated = points.filter(order=1)
    return raw.join(calibrated.select("row", "alignment", "std_dev"), on="row", suffix="_to").sort(pl.all())


def _uniform_line(points: pl.DataFrame, x: Spec) -> list[Spec]:
    """The dashed line at the alignment of uniform, none where it is not scored."""
    uniform = points.filter(source=UNIFORM).select("alignment")
    if uniform.is_empty():
        return []
    return [mark("rule", {"x": x}, uniform.to_dicts(), strokeDash=[3, 3], color=drawing.UNIFORM_COLOR)]
