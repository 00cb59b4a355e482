"""Rows with names beside a plot: names and a width go in; each name in lines, and the width left to plot, come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from opinionframe.figures import drawing, vega_lite
from opinionframe.figures.vega_lite import Spec, mark
from opinionframe.figures.wrapped import LABEL, LINE_HEIGHT, TITLE, lines, widest

NAMES = 0.45
"""The largest share of a figure's width that names take; longer ones are wrapped."""

GAP = 3.0
"""Pixels between names and plot, and between a line and its label."""

BETWEEN_ROWS = 4.0


@dataclass(frozen=True)
class NamedRows:
    """What the rows of a figure are called, and where the plot beside them stands, in pixels.

    Attributes:
        labels: The lines of each row's name, by its key.
        plot: The width of the plot.
        beside: The width of the names.
    """

    labels: Mapping[str, Sequence[str]]
    plot: float
    beside: float

    def step(self, keys: Iterable[str], least: float = 13.0) -> float:
        """The height of each of the rows `keys`: the most lines that one of their names takes, and `least`."""
        most = max((len(self.labels[key]) for key in keys), default=1)
        return max(least, most * LABEL * LINE_HEIGHT + BETWEEN_ROWS)

    def y(self, column: str, keys: Sequence[str], *, padding: float = 0.0, **more: Any) -> Spec:
        """The vertical channel of rows in the order `keys`, whose names the layer `names` prints."""
        scale = {"domain": list(keys), "paddingInner": padding}
        return vega_lite.nominal(column, sort=None, axis=None, scale=scale, **more)

    def names(self, column: str, keys: Sequence[str]) -> Spec:
        """The layer of the names left of the plot, each in its lines about the middle of its row."""
        height = LABEL * LINE_HEIGHT
        rows = [{column: key, "name": self.labels[key], "up": (1 - len(self.labels[key])) * height / 2} for key in keys]
        left, right = vega_lite.fixed(-GAP - self.beside), vega_lite.fixed(0)
        room = mark("rule", {"x": left, "x2": right, "y": right}, [{}], opacity=0, aria=False)  # whatever the font
        text = mark(
            "text",
            {"x": vega_lite.fixed(-GAP), "y": self.y(column, keys), "text": vega_lite.nominal("name")},
            rows,
            align="right", baseline="middle", fontSize=LABEL, lineHeight=height, dy={"expr": "datum.up"}, aria=False,
        )  # fmt: skip
        return vega_lite.layered(room, text)


def named_rows(names: Mapping[str, str], total: float) -> NamedRows:
    """The rows with these names, by key, in a figure of the width `total`, in pixels."""
    room = min(widest(names.values()), total * NAMES)
    labels = {key: lines(name, room) for key, name in names.items()}
    beside = widest(line for each in labels.values() for line in each)
    return NamedRows(labels, total - beside - GAP - 3 * drawing.MARGIN, beside)


def stacked(panels: Mapping[str, Spec], rows: NamedRows, *, always: bool = False) -> Spec:
    """The charts below each other, each under its name in bold; a single one without a name, unless `always`."""
    charts = list(panels.values())
    if len(charts) == 1 and not always:
        return charts[0]
    look = {"fontSize": TITLE, "fontWeight": "bold", "frame": "group", "dx": -rows.beside - GAP, "offset": 3}
    room = rows.beside + rows.plot
    named = [
        {**chart, "title": {"text": lines(name, room, TITLE, bold=True), **look}} for name, chart in panels.items()
    ]
    return vega_lite.below_each_other(named, spacing=6)


def ends(values: pl.DataFrame, least: float, most: float) -> list[float]:
    """The ends of an axis: a little beyond all values of a frame, and never beyond what is possible."""
    known = [value for row in (values.min().row(0), values.max().row(0)) for value in row if value is not None]
    margin = max((max(known) - min(known)) * 0.04, (most - least) * 0.005)
    return [max(min(known) - margin, least), min(max(known) + margin, most)]
