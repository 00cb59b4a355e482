"""`figures.forest`: Tests by group go in; differences with their intervals, a row per group, come out."""

from __future__ import annotations

import polars as pl

from opinionframe import divergence
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import NamedRows, ends, named_rows, stacked
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.source_labels import in_words
from opinionframe.figures.vega_lite import Spec, end, fixed, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import TITLE, lines
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.inference.methods import CLUSTER_T
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked, groups_border
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.schemas.source import SEPARATOR

POINTS = ("estimate", "conf_low", "conf_high")


@takes_frames
def forest(
    tests: AnyFrame,
    *,
    source: str | None = None,
    pair: str | None = None,
    versus: str | None = None,
    method: str | None = None,
    groups: AnyFrame | None = None,
    title: str = "",
    width: Width = "column",
) -> drawing.Figure:
    """Difference in alignment by demographic, in points, with intervals and a line at no difference. Collects.

    A forest shows one comparison by one method: where `tests` have several, the one drawn is named. Groups stand in the
    order of their difference within each attribute or intersection, waves and years in time, and all of them in their
    own order where `groups` give it. A filled point is one whose interval leaves out 0; intervals of all groups hold at
    once where tests were made with `simultaneous=True`.

    A group has one cell of each question, so that the `weight` of of.compare makes no difference here.

    Args:
        tests: Tests with a column `demographic`, from of.compare(…, by="demographic").
        source: The source drawn, where there are several.
        pair: The comparison drawn, such as `raw-calibrated`, where there are several.
        versus: What the source is compared with, where there are several.
        method: The one whose intervals are drawn; the clustered one of of.compare if not given, where it is there.
        groups: Groups, such as `survey.groups`: classes stand in the order of their places, under their labels.
        title: Printed above; the source if not given.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError where there is no column `demographic`, several comparisons and none is named, or a group twice;
        OptionError.

    >>> import polars as pl
    >>> from opinionframe.inference import compare
    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["sex=F"] * 6, "baseline": [0.7] * 6}
    >>> raw, calibrated = "m|logprob|base|standard", "m|logprob|base|standard|ridge"
    >>> scores = {"source": [raw] * 3 + [calibrated] * 3, "alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]}
    >>> aligned = pl.DataFrame(cells | scores).with_columns(ceiling=1.0)
    >>> figure = forest(compare(aligned, by="demographic"))
    """
    total = pixels(width)
    rows = checked(tests, Tests, "tests")
    if "demographic" not in rows.columns:
        raise FrameError('tests has no column `demographic`. Make it with of.compare(aligned, by="demographic").')
    rows = rows.with_columns(pl.col("demographic").cast(pl.String))
    refuse_mixed(rows, name="tests")
    drawn = _one_comparison(rows, {"source": source, "pair": pair, "versus": versus, "method": method})
    printed = printed_groups(drawn["demographic"], groups_border(groups)).with_columns(
        pl.col("order").min().over("attribute").alias("panel")
    )
    if groups is None:
        printed = printed.with_columns(pl.when("in_time").then("order").alias("order"))
    points = _points(drawn, printed)
    name, against = in_words(drawn["source"][0]), _against(drawn)
    named = named_rows(dict(points.select("demographic", "group").iter_rows()), total)
    chart = drawing.framed(
        _chart(points, f"Difference to {against} (points)", named),
        total,
        title=title or name,
        notes=_notes(drawn),
    )
    return drawing.styled(chart, _description(points, title or name, against))


def _one_comparison(rows: pl.DataFrame, chosen: dict[str, str | None]) -> pl.DataFrame:
    """The rows of one source, pair, versus and method. Raises: FrameError where one is not named, or a group twice."""
    if rows.is_empty():
        raise FrameError("tests has no rows, so there is nothing to draw. Check the filters.")
    impossible = rows.filter(pl.col("estimate").abs() > 1)
    if impossible.height:
        said = examples(impossible.select("demographic", "estimate").rows())
        raise FrameError(
            f"tests has {impossible.height} differences in alignment beyond 1, e.g. {said}. Divide points by 100."
        )
    for column, value in chosen.items():
        values = rows[column].unique().sort().to_list()
        said = examples([(each,) for each in values])
        usual = CLUSTER_T if column == "method" and CLUSTER_T in values else None
        if value is None and usual is None and len(values) > 1:
            raise FrameError(
                f"tests has {len(values)} values of {column!r}, of which a forest shows one: {said}. "
                f"Choose one with {column}=…."
            )
        name = value or usual or (values or [""])[0]
        check_option(column, name, values)
        rows = rows.filter(pl.col(column) == name)
    _refuse_twice(rows)
    return rows


def _refuse_twice(rows: pl.DataFrame) -> None:
    """Raises a FrameError where a group has several rows, naming the columns in which these differ."""
    twice = rows.filter(pl.col("demographic").is_duplicated())
    if twice.is_empty():
        return
    own = [name for name in rows.columns if name not in Tests.column_names()]
    differing = twice.group_by("demographic").agg(pl.col(own).exclude("demographic").n_unique())
    names = [name for name in differing.columns if name != "demographic" and differing.filter(pl.col(name) > 1).height]
    raise FrameError(
        f"{differing.height} groups stand more than once in tests, e.g. "
        f"{examples(differing.select('demographic').sort('demographic').rows())}; their rows differ in "
        f"{', '.join(names) or 'their results alone'}. Draw one with .filter(…)."
    )


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
            *((pl.col(c) * 100).clip(-100, 100).round(3) for c in POINTS),
            pl.col("n").alias("cells"),
        )
        .with_columns((pl.col("conf_low").gt(0) | pl.col("conf_high").lt(0)).fill_null(value=False).alias("apart"))
        .sort("panel", "order", "estimate", "demographic")
        .drop("order", "panel")
    )


def _against(rows: pl.DataFrame) -> str:
    """What the differences are to, in words."""
    versus = str(rows["versus"][0])
    is_raw = rows["source"][0].startswith(versus + SEPARATOR)
    return "raw" if is_raw else in_words(versus)


def _notes(rows: pl.DataFrame) -> list[str]:
    """What a point, its interval and alignment are."""
    levels, covers = (
        " or ".join(rows[name].drop_nulls().unique().sort()) if name in rows.columns else "" for name in (LEVEL, COVERS)
    )
    over = f"over {covers}" if covers else ""
    intervals = " ".join(filter(None, [levels, over, f"({rows['method'][0]})" if len(rows) else ""]))
    what = divergence.definition(metric_in(rows), short=True)
    return [f"Filled: the interval leaves out 0. Intervals: {intervals}.", f"Alignment: {what}." if what else ""]


def _chart(points: pl.DataFrame, axis: str, named: NamedRows) -> Spec:
    """The points and intervals, a panel per attribute."""
    domain = ends(points.select(*POINTS, zero=0.0), -100, 100)
    panels = points.partition_by("attribute", as_dict=True, maintain_order=True)
    charts = {
        str(name): _panel(part, domain, lines(axis, named.plot, TITLE) if place == len(panels) else None, named)
        for place, ((name,), part) in enumerate(panels.items(), 1)
    }
    return stacked(charts, named, always=list(charts) != [ALL])


def _panel(points: pl.DataFrame, domain: list[float], axis: list[str] | None, named: NamedRows) -> Spec:
    """The rows of one attribute."""
    groups = points["demographic"].to_list()
    look = {"grid": True} if axis else {"grid": True, "labels": False, "ticks": False, "domain": False}
    of_x: Spec = {"title": axis, "scale": {"domain": domain, "nice": False}, "axis": look}
    y = named.y("demographic", groups)
    zero = mark("rule", {"x": {"datum": 0, **of_x}}, color=drawing.UNIFORM_COLOR, strokeDash=[3, 3])
    bars = mark("rule", {"y": y, "x": quantity("conf_low", **of_x), "x2": end("conf_high")}, strokeWidth=1.2)
    apart = {"test": "datum.apart", "value": drawing.CALIBRATED_COLOR}
    channels = {
        "y": y,
        "x": quantity("estimate", **of_x),
        "fill": {"condition": apart, "value": "white"},
        "stroke": fixed(drawing.CALIBRATED_COLOR),
        "tooltip": [nominal("demographic"), *map(quantity, (*POINTS, "cells"))],
    }
    dots = mark("point", channels, filled=True, size=32, opacity=1, strokeWidth=1.2)
    height = named.step(groups) * len(groups)
    names = named.names("demographic", groups)
    return layered(zero, bars, dots, names, rows=points.to_dicts(), width=named.plot, height=height)


def _description(points: pl.DataFrame, name: str, against: str) -> str:
    """The differences in words, a line per group."""
    said = [f"{name}: difference in alignment to {against} by group, in points, with intervals."]
    for row in points.iter_rows(named=True):
        interval = "" if row["conf_low"] is None else f" ({row['conf_low']:.1f} to {row['conf_high']:.1f})"
        said.append(f"{row['attribute']}, {row['group']}: {row['estimate']:+.1f}{interval}")
    return "\n".join(said)
