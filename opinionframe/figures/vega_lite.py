"""Vega-Lite in a few words: marks, channels and charts go in; plain specifications, as vl-convert draws them, come out.

A specification is a dictionary, as https://vega.github.io/vega-lite/docs has it. altair's objects make the same ones,
but check and copy them at each step, which takes most of the time of a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]
"""A chart, or a part of one."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

Rows = Sequence[Mapping[str, Any]]


def quantity(column: str, **look: Any) -> Spec:
    """The channel of a column of numbers."""
    return {"field": column, "type": "quantitative", **look}


def nominal(column: str, **look: Any) -> Spec:
    """The channel of a column of names."""
    return {"field": column, "type": "nominal", **look}


def end(column: str, **look: Any) -> Spec:
    """The channel of the other end of a line or band, whose scale is that of the first."""
    return {"field": column, **look}


def fixed(value: Any) -> Spec:
    """The channel of what is the same in every row, in pixels or as a look."""
    return {"value": value}


def mark(kind: str, channels: Mapping[str, Any], rows: Rows | None = None, **look: Any) -> Spec:
    """A layer of marks, one per row: of its own `rows`, or those of the layers around it.

    >>> mark("rule", {"x": fixed(3)}, strokeWidth=1.2)
    {'mark': {'type': 'rule', 'strokeWidth': 1.2}, 'encoding': {'x': {'value': 3}}}
    """
    return {**_data(rows), "mark": {"type": kind, **look}, "encoding": dict(channels)}


def layered(*layers: Spec, rows: Rows | None = None, **more: Any) -> Spec:
    """Layers on top of each other, the first at the bottom, of shared `rows`."""
    return {**_data(rows), "layer": list(layers), **more}


def below_each_other(charts: Sequence[Spec], **more: Any) -> Spec:
    """Charts below each other."""
    return {"vconcat": list(charts), **more}


def in_panels(chart: Spec, *, spacing: float, **channels: Any) -> Spec:
    """A chart of its rows in panels, by the channel `row` or `column`."""
    data = {"data": chart["data"]} if "data" in chart else {}
    spec = {name: part for name, part in chart.items() if name != "data"}
    return {**data, "facet": channels, "spacing": spacing, "spec": spec}


def with_named_rows(chart: Spec) -> Spec:
    """The chart with all rows at its head, under `datasets`, where equal ones stand once.

    >>> drawn = with_named_rows(layered(mark("point", {}, [{"a": 1}]), mark("rule", {}, [{"a": 1}])))
    >>> drawn["datasets"], [layer["data"] for layer in drawn["layer"]]
    ({'rows-0': [{'a': 1}]}, [{'name': 'rows-0'}, {'name': 'rows-0'}])
    """
    datasets: list[Rows] = []

    def reference(rows: Rows) -> Spec:
        if rows not in datasets:
            datasets.append(rows)
        return {"name": f"rows-{datasets.index(rows)}"}

    def named(part: Spec) -> Spec:
        data = {"data": reference(part["data"]["values"])} if "data" in part else {}
        charts: Spec = {name: [named(each) for each in part[name]] for name in ("layer", "vconcat") if name in part}
        spec = {"spec": named(part["spec"])} if "spec" in part else {}
        return {**part, **data, **charts, **spec}

    return {**named(chart), "datasets": {f"rows-{place}": rows for place, rows in enumerate(datasets)}}


def _data(rows: Rows | None) -> Spec:
    return {} if rows is None else {"data": {"values": list(rows)}}
