"""`figures.learning`: scores by number of labels go in; curves after the paper's Figure 3 come out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from opinionframe.diagnosis.learning.scores import INSTEAD
from opinionframe.errors import FrameError, examples
from opinionframe.figures import drawing
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.source_labels import in_words, source_labels
from opinionframe.figures.vega_lite import Spec, end, in_panels, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import LINE_HEIGHT, TITLE, lines
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed

KEYS = ("source", "method")
"""What lines are told apart by: the first by colour where both differ, the second by shape and dash."""

SHAPES = ("circle", "diamond", "triangle-up", "square", "triangle-down", "cross")
DASHES = ([1, 0], [4, 2], [1.5, 1.5], [6, 2, 1.5, 2], [8, 3], [3, 1])
COLORS = (drawing.CALIBRATED_COLOR, drawing.RAW_COLOR, *drawing.MORE_COLORS)
OF_METHODS = (drawing.CALIBRATED_COLOR, *drawing.MORE_COLORS, drawing.HUMAN_COLOR)
OWN_COLORS = {"raw": drawing.RAW_COLOR, "uniform": drawing.UNIFORM_COLOR}
PANEL_HEIGHT, HEIGHT = 105, 170
LABELS, AXIS = 32.0, 37.0
"""Pixels of the labels of the vertical axis, and of all of it beside the lines of its title."""

DRAWN = ("mean", "low", "high")
POSSIBLE: dict[str, tuple[float, float]] = {"mse": (0.0, 1.0), "alignment": (0.0, 1.0)}
UNITS = {"distribution": "Labelled distributions", "question": "Labelled questions"}


@takes_frames
def learning(
    curves: AnyFrame,
    *,
    x: str = "n_train",
    y: str = "mse",
    line: str | None = None,
    panel: str | None = None,
    title: str = "",
    width: Width = "column",
) -> drawing.Figure:
    """The mean of `y` against the number of labels `x` (logarithmic), one line each. Collects.

    Bands are the intervals of the means, as `learning_curve` gives them. Rows that repeat a line and an `x`, such as
    random draws, are averaged, and their bands are a standard deviation of these. Rows without `y` are counted below.

    Args:
        curves: One row per point, as `learning_curve` returns them.
        x: The column of the number of labels, 1 or more.
        y: The column of the score; `alignment` is printed in percent.
        line: The column whose values are lines. Where it is not given, every source and method has its own: where both
            differ, sources have colours, methods shapes and dashes.
        panel: The column whose values are panels, one above the other, in the order of their Enum, else of their
            letters; `dataset` where it is not given and has several values.
        title: Printed above.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError for a column that is missing, an `x` below 1, an impossible score, or lines that would be means
        of several methods or sources.

    Reference: Kambhatla et al., Figure 3.

    >>> curves = pl.DataFrame({"source": ["m"] * 3, "n_train": [1, 10, 100], "mse": [0.05, 0.02, 0.02]})
    >>> figure = learning(curves)
    """
    total = pixels(width)
    columns: dict[str, pl.DataType] = {x: pl.Float64(), y: pl.Float64()}
    columns |= {name: pl.String() for name in (line, panel) if name}
    every_row = typed_columns(curves, columns, "curves").collect()
    rows = every_row.drop_nulls(y)
    if METRIC in rows.columns:
        refuse_mixed(rows, name="curves")
    if rows.is_empty():
        raise FrameError(f"curves has no row with a {y}, so there is nothing to draw. Check the filters.")
    keys = _lines(rows, line)
    if panel is None and DATASET in rows.columns and DATASET not in keys and rows[DATASET].n_unique() > 1:
        panel = DATASET
    _refuse_undrawable(rows, x, y, [*keys, *([panel] if panel else [])])
    _refuse_many(rows, keys)
    points, band = _points(rows, x, y, keys, panel)
    _refuse_means(rows, [*keys, x, *([panel] if panel else [])])
    panels = _in_order(curves, panel) if panel else []
    heading, *notes = _heading(rows, y)
    of_y = lines(heading, PANEL_HEIGHT if panel else HEIGHT, TITLE)
    plot = total - AXIS - len(of_y) * TITLE * LINE_HEIGHT - 2 * drawing.MARGIN
    chart = _chart(points, x, of_y, _unit(rows, x), keys, panel, panels, plot)
    framed = drawing.framed(chart, total, title=title, notes=[*band, *notes, *_without(every_row, y)])
    return drawing.styled(framed, _description(points, title or f"{heading} by {x}", x, keys, panel))


def _refuse_undrawable(rows: pl.DataFrame, x: str, y: str, names: list[str]) -> None:
    """Raises a FrameError for rows that no point of an axis or no line is for, and for names that figures need."""
    if taken := [name for name in (x, *names) if name in DRAWN]:
        raise FrameError(f"curves has a column {taken[0]!r}, which is what a figure calls its means. Rename it.")
    least, most = POSSIBLE.get(y, (-math.inf, math.inf))
    within = f" from {least:g} to {most:g}" if y in POSSIBLE else ""
    number, score = pl.col(x), pl.col(y)
    laws = {
        f"{x} below 1, which a logarithmic axis cannot show": number < 1,
        f"{x} that is no finite number": ~number.is_finite().fill_null(value=False),
        f"{y} that is no finite number{within}": ~(score.is_finite() & score.is_between(least, most)),
        **{f"no {name}": pl.col(name).is_null() for name in names},
    }
    for fault, broken in laws.items():
        if (wrong := rows.filter(broken)).height:
            said = examples(wrong.select(*names, x, y).head(3).rows())
            raise FrameError(f"curves has {wrong.height} rows with {fault}, e.g. {said}. Mend or drop them.")


def _in_order(curves: AnyFrame, panel: str) -> list[str]:
    """The values of the column of panels, in the order of their Enum, else of their letters."""
    values = curves.lazy().select(pl.col(panel).unique().sort().cast(pl.String)).collect()
    return [str(value) for value in values[panel]]


def _description(points: pl.DataFrame, name: str, x: str, keys: list[str], panel: str | None) -> str:
    """The ends of every line in words."""
    said = [f"{name}: one line per {' and '.join(keys)}, its first and last point."]
    of_line = list(dict.fromkeys([*([panel] if panel else []), *keys]))
    for values, line in points.sort(*of_line, x).partition_by(of_line, as_dict=True, maintain_order=True).items():
        (first, start), (last, end) = line.select(x, "mean").row(0), line.select(x, "mean").row(-1)
        said.append(
            f"{', '.join(in_words(str(value)) for value in values)}: {start:.3g} at {first:,g}, {end:.3g} at {last:,g}"
        )
    return "\n".join(said)


def _without(rows: pl.DataFrame, y: str) -> list[str]:
    """How many of the rows have no score, which no point shows."""
    count = rows[y].null_count()
    return [f"Not drawn: {count:,} of {rows.height:,} rows, which have no {y}."] if count else []


def _lines(rows: pl.DataFrame, line: str | None) -> list[str]:
    """The columns that tell lines apart; at least one."""
    if line is not None:
        return [line]
    present = [key for key in KEYS if key in rows.columns]
    if not present:
        raise FrameError(f"curves has neither of {', '.join(KEYS)}. Name the column of its lines with line=….")
    return [key for key in present if rows[key].n_unique() > 1] or present[:1]


def _refuse_many(rows: pl.DataFrame, keys: list[str]) -> None:
    """Raises a FrameError where looks are too few to tell all lines apart."""
    most = len(SHAPES) if len(keys) > 1 else len(SHAPES) ** 2
    many = {key: count for key in keys if (count := rows[key].n_unique()) > most}
    if many:
        found = " and ".join(f"{count} values of {key!r}" for key, count in many.items())
        raise FrameError(
            f"curves has {found}, of which {most} can be told apart. Filter some, or draw several figures."
        )


def _refuse_means(rows: pl.DataFrame, point: list[str]) -> None:
    """Raises a FrameError where points are means of rows that are no draws of one another."""
    others = [name for name in (*KEYS, DATASET, "unit") if name in rows.columns and name not in point]
    for name in others:
        mixed = rows.group_by(point).agg(pl.col(name).n_unique()).filter(pl.col(name) > 1)
        if mixed.height:
            found = examples([(value,) for value in rows[name].unique().sort()])
            raise FrameError(
                f"{mixed.height} points would be means over several values of {name!r}, e.g. {found}. Filter one, or "
                "leave out line=…, which draws a line for each."
            )


def _points(rows: pl.DataFrame, x: str, y: str, keys: list[str], panel: str | None) -> tuple[pl.DataFrame, list[str]]:
    """One row per line, panel and `x`: `mean`, `low` and `high`; and what the band is, in words."""
    point = list(dict.fromkeys([*keys, x, *([panel] if panel else [])]))
    times = 100 if y == "alignment" else 1
    low, high = f"{y}_conf_low", f"{y}_conf_high"
    if {low, high} <= set(rows.columns) and not rows.select(point).is_duplicated().any():
        points = rows.select(*point, mean=y, low=low, high=high)
        band = ["Bands: 95% intervals over draws."]
    else:
        sd = pl.col(y).std().fill_null(0.0)
        points = rows.group_by(point, maintain_order=True).agg(
            mean=pl.col(y).mean(), low=pl.col(y).mean() - sd, high=pl.col(y).mean() + sd
        )
        band = ["Bands: one standard deviation over draws."] if rows.height > points.height else []
    least, most = POSSIBLE.get(y, (None, None))
    scaled = points.with_columns(pl.col("mean", "low", "high").clip(least, most) * times)
    last = [pl.col("method").replace_strict(list(INSTEAD), range(len(INSTEAD)), default=-1)] if "method" in keys else []
    return scaled.sort(*last, *point), band


def _heading(rows: pl.DataFrame, y: str) -> list[str]:
    """The title of the vertical axis, and what alignment is, where that is known."""
    metric = metric_in(rows) if METRIC in rows.columns else None
    if y == "alignment":
        return [drawing.ALIGNMENT, *(f"Alignment: {line}." for line in drawing.alignment_title(metric)[1:])]
    return ["Mean squared error"] if y == "mse" else [y]


def _unit(rows: pl.DataFrame, x: str) -> str:
    """The title of the horizontal axis: what is labelled."""
    if x != "n_train":
        return x
    units = rows["unit"].unique().to_list() if "unit" in rows.columns else []
    return UNITS.get(units[0], "Training examples") if len(units) == 1 else "Training examples"


def _chart(
    points: pl.DataFrame,
    x: str,
    heading: list[str],
    below: str,
    keys: list[str],
    panel: str | None,
    panels: list[str],
    plot: float,
) -> Spec:
    """The lines, their points and bands, in panels if there are any."""
    # Vega reads dots, colons and brackets in the name of a column as a path.
    plain = {name: f"column {place}" for place, name in enumerate(points.columns) if not name.isidentifier()}
    points, keys = points.rename(plain), [plain.get(key, key) for key in keys]
    x, panel = plain.get(x, x), plain.get(panel, panel) if panel else None
    base = {
        "x": quantity(
            x,
            scale={"type": "log", "nice": False},
            title=lines(below, plot, TITLE),
            axis={"values": _ticks(points[x]), "format": ",d"},
        ),
        "color": _told_apart(points, keys[0], "color", plot),
        "detail": [nominal(key) for key in keys],
    }
    orient = "bottom" if len(keys) > 1 else "top"
    dash, shape = (_told_apart(points, keys[-1], look, plot, orient) for look in ("strokeDash", "shape"))
    extent = {"minExtent": LABELS, "maxExtent": LABELS}
    mean = quantity("mean", title=heading, scale={"zero": False}, axis=extent)
    low = quantity("low", title=heading, axis=extent)
    layers = [
        mark("area", {**base, "y": low, "y2": end("high")}, opacity=0.15),
        mark("line", {**base, "y": mean, "strokeDash": dash}, strokeWidth=1.3),
        mark("point", {**base, "y": mean, "shape": shape}, filled=True, size=28, opacity=1),
    ]
    height = PANEL_HEIGHT if panel else HEIGHT
    chart = layered(*layers, rows=points.to_dicts(), width=plot, height=height)
    if panel is None:
        return chart
    headings = {name: lines(name, plot, TITLE, bold=True) for name in panels}
    header = {
        "labelExpr": drawing.looked_up(headings),
        "labelOrient": "top",
        "labelAnchor": "start",
        "labelFontWeight": "bold",
        "labelAngle": 0,
        "labelPadding": 2,
    }
    return in_panels(chart, spacing=6, row=nominal(panel, title=None, header=header, sort=panels))


def _told_apart(points: pl.DataFrame, key: str, look: str, plot: float, orient: str = "top") -> Spec:
    """The channel `look` of the values of `key`, in one legend with its others."""
    names = points[key].unique(maintain_order=True).to_list()
    # Dashes would fray the symbols.
    legend = drawing.legend(source_labels(names), plot, orient=orient, symbolStrokeWidth=0)
    return nominal(key, scale={"domain": names, "range": _looks(names, key, look)}, title=None, legend=legend)


def _looks(names: list[str], key: str, look: str) -> list[Any]:
    """A look for each name; raw and uniform keep the colours that they have in other figures."""
    kinds: dict[str, Sequence[Any]] = {
        "color": OF_METHODS if key == "method" else COLORS,
        "strokeDash": DASHES,
        "shape": SHAPES,
    }
    count = len(SHAPES)
    turn = 0 if look == "color" else 1  # a name of the colour of another has another shape and dash
    looks = [kinds[look][(place + turn * (place // count)) % count] for place in range(len(names))]
    own = OWN_COLORS if look == "color" else {}
    return [own.get(name, each) for name, each in zip(names, looks, strict=True)]


def _ticks(sizes: pl.Series) -> list[float]:
    """Powers of ten among `sizes`, or these themselves where they span no more than two."""
    low, top = float(sizes.min()), float(sizes.max())  # type: ignore[arg-type]  # numbers, by their type
    powers = [10.0**power for power in range(7) if low <= 10**power <= top]
    return powers if len(powers) > 1 else sizes.unique().sort().cast(pl.Float64).to_list()
