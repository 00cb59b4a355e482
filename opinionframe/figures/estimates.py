"""`figures.estimates`: Estimates go in; a point and interval for people, model and both in each group come out."""

from __future__ import annotations

import polars as pl

from opinionframe.estimation.side_by_side import side_by_side
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import NamedRows, ends, named_rows, stacked
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.vega_lite import Spec, end, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import TITLE, lines
from opinionframe.schemas.borders import AnyFrame, codebook_border, groups_border
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.printed_groups import printed_groups

KINDS = {
    "People alone": ("people", drawing.HUMAN_COLOR, "circle"),
    "Model alone": ("model", drawing.RAW_COLOR, "diamond"),
    "Both": ("rectified", drawing.CALIBRATED_COLOR, "square"),
}
"""What is drawn in each group: the column, the colour and the shape."""

ROW_HEIGHT = 30.0


@takes_frames
def estimates(
    estimates: AnyFrame,
    codebook: AnyFrame,
    opinions: AnyFrame | None,
    question: str,
    *,
    source: str | None = None,
    choice: int | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    width: Width = "column",
) -> drawing.Figure:
    """What people, a model and both together say of each group on one question, with intervals. Collects.

    Args:
        estimates: Estimates of a source `…|rectified`, and of people alone, as in `tables.estimates`.
        codebook: Codebook of the questions.
        opinions: Opinions with the model's rows; None for people alone.
        question: The one drawn.
        source: The rectified source, where there are several.
        choice: The number of the choice whose share is drawn, in percent; else the mean on the scale.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        title: Printed above; the question's text where it is not given.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError for broken frames or nothing to draw; OptionError.

    >>> import opinionframe as of
    >>> codebook = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    >>> model = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2], "source": "m"})
    >>> model = model.with_columns(prob=pl.Series([0.6, 0.4]))
    >>> people = pl.DataFrame({"q": [1, 2] * 10})
    >>> both = pl.concat([of.rectify(None, people, codebook), of.rectify(model, people, codebook)])
    >>> figure = estimates(both, codebook, model, "q", choice=1)
    """
    total = pixels(width)
    rows = side_by_side(estimates, codebook, opinions, source=source, questions=[question], choice=choice)
    printed = printed_groups(rows["demographic"], groups_border(groups)).select(
        "demographic", "attribute", "order", group="label"
    )
    axis = "Mean on the scale" if choice is None else f"Share of “{rows['label'][0]}” (%)"
    points = _points(rows.join(printed, on="demographic").sort("order"), 1 if choice is None else 100)
    named = named_rows(dict(points.select("demographic", "group").iter_rows()), total)
    heading = title or rows["text"][0]
    chart = _chart(points, axis, named, _possible(codebook, question) if choice is None else (0.0, 100.0))
    framed = drawing.framed(chart, total, title=heading, notes=["Lines: 95% intervals, where they are known."])
    return drawing.styled(framed, _description(points, heading, axis))


def _possible(codebook: AnyFrame, question: str) -> tuple[float, float]:
    """The ends of the scale of a question."""
    positions = (
        codebook_border(codebook)
        .filter(question=question)
        .select(low=pl.col("position").min(), high=pl.col("position").max())
    )
    return float(positions["low"][0]), float(positions["high"][0])


def _description(points: pl.DataFrame, heading: str, axis: str) -> str:
    """The values in words, a line per group and kind."""
    kinds = [kind.lower() for kind in KINDS if kind in points["kind"]]
    said = [f"{heading}: {axis.lower()}, by group, of: {', '.join(kinds)}."]
    for row in points.iter_rows(named=True):
        interval = "" if row["low"] == row["high"] else f" ({row['low']:.4g} to {row['high']:.4g})"
        said.append(f"{row['attribute']}, {row['group']}, {row['kind'].lower()}: {row['value']:.4g}{interval}")
    return "\n".join(said)


def _points(rows: pl.DataFrame, times: int) -> pl.DataFrame:
    """One row per group and kind that has a value."""
    parts = []
    for kind, (name, _, _) in KINDS.items():
        limits = [f"{name}_{end}" if f"{name}_{end}" in rows.columns else name for end in ("low", "high")]
        values = {"value": name, "low": limits[0], "high": limits[1]}
        scaled = {key: (pl.col(column) * times).round(4) for key, column in values.items()}
        parts.append(rows.select("demographic", "attribute", "group", "order", pl.lit(kind).alias("kind"), **scaled))
    return pl.concat(parts).drop_nulls("value").sort("order", maintain_order=True)


def _chart(points: pl.DataFrame, axis: str, named: NamedRows, possible: tuple[float, float]) -> Spec:
    """Points with their intervals, the kinds of a group below each other, a panel per attribute."""
    domain = ends(points.select("value", "low", "high"), *possible)
    looks = {kind: look for kind, look in KINDS.items() if kind in points["kind"]}
    panels = points.partition_by("attribute", as_dict=True, maintain_order=True)
    charts = {
        str(name): _panel(part, looks, domain, axis, named, is_last=place == len(panels))
        for place, ((name,), part) in enumerate(panels.items(), 1)
    }
    return stacked(charts, named, always=list(charts) != [ALL])


def _panel(
    points: pl.DataFrame,
    looks: dict[str, tuple[str, str, str]],
    domain: list[float],
    axis: str,
    named: NamedRows,
    *,
    is_last: bool,
) -> Spec:
    """The groups of one attribute."""
    kinds = list(looks)
    groups = points["demographic"].unique(maintain_order=True).to_list()
    legend = drawing.legend(kinds, named.plot)
    color, shape = (
        nominal("kind", sort=kinds, scale={"domain": kinds, "range": own}, title=None, legend=legend)
        for own in ([look[place] for look in looks.values()] for place in (1, 2))
    )
    of_x: Spec = {
        "title": lines(axis, named.plot, TITLE) if is_last else None,
        "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": {"grid": True, "labels": is_last, "ticks": is_last, "domain": is_last},
    }
    y, offset = named.y("demographic", groups, padding=0.25), nominal("kind", sort=kinds)
    base = {"y": y, "yOffset": offset, "color": color}
    bars = mark("rule", {**base, "x": quantity("low", **of_x), "x2": end("high")}, strokeWidth=1.3)
    dots = mark("point", {**base, "x": quantity("value", **of_x), "shape": shape}, filled=True, size=34, opacity=1)
    names = named.names("demographic", groups)
    height = named.step(groups, ROW_HEIGHT) * len(groups)
    return layered(bars, dots, names, rows=points.drop("order").to_dicts(), width=named.plot, height=height)
