"""`figures.regions`: Regions go in; the predicted share of every choice with its limits, group by group, comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.estimation.regions import shown_regions, what_they_hold
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import NamedRows, named_rows, stacked
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.vega_lite import Spec, end, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import TITLE, lines
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.printed_groups import printed_groups


@takes_frames
def regions(
    regions: AnyFrame,
    codebook: AnyFrame,
    question: str,
    *,
    source: str | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    width: Width = "column",
) -> drawing.Figure:
    """What is predicted of each group on one question, and between which limits the truth lies, in percent. Collects.

    Args:
        regions: Regions, as `prediction_regions` makes them; those of some groups where not all are to be drawn.
        codebook: Codebook of the questions.
        question: The one drawn.
        source: The source drawn, where there are several.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        title: Printed above; the question's text where it is not given.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError for broken frames; OptionError.

    >>> import opinionframe as of
    >>> codebook = of.codebook({name: {"text": "Yes?", "labels": ["yes", "no"]} for name in ("q", "r")})
    >>> cells = pl.DataFrame({"question": ["q", "q", "r", "r"], "demographic": "all", "choice": [1, 2, 1, 2]})
    >>> model = cells.with_columns(source=pl.lit("m"), prob=pl.Series([0.6, 0.4, 0.5, 0.5]))
    >>> human = cells.with_columns(source=pl.lit("human"), prob=pl.Series([0.7, 0.3, 0.4, 0.6]))
    >>> made = of.prediction_regions(pl.concat([model, human]), codebook, "m", conf=0.5, split="question")
    >>> print(regions(made, codebook, "q").description)
    Yes?
    all, as near as 11 people: yes 60.0 (50.0 to 70.0), no 40.0 (30.0 to 50.0)
    """
    total = pixels(width)
    rows = shown_regions(regions, codebook, source=source, questions=[question])
    printed = printed_groups(rows["demographic"], groups_border(groups)).select(
        "demographic", "attribute", "order", group="label"
    )
    points = rows.join(printed, on="demographic").sort("order", "choice").select(
        _panel_name().alias("panel"), "choice", "label",
        *((pl.col(name) * 100).round(3) for name in ("prob", "low", "high")),
    )  # fmt: skip
    named = named_rows(
        {str(choice): label for choice, label in points.select("choice", "label").unique().sort("choice").iter_rows()},
        total,
    )
    heading = title or rows["text"][0]
    notes = [
        f"{what_they_hold(rows)}, at every choice at once.",
        "Dots: predicted shares. Lines: limits of the region.",
    ]
    chart = drawing.framed(_chart(points, named), total, title=heading, notes=notes)
    return drawing.styled(chart, _description(heading, points))


def _panel_name() -> pl.Expr:
    """The name of a group's panel, and what its region is worth."""
    name = (
        pl.when(pl.col("attribute") == pl.col("group"))
        .then("group")
        .otherwise(pl.format("{}: {}", "attribute", "group"))
    )
    people = pl.col("worth").round(0, mode="half_away_from_zero").cast(pl.Int64)
    near = pl.when(people == 1).then(pl.lit("1 person")).otherwise(pl.format("{} people", people))
    return pl.when(people.is_null() | (people < 1)).then(name).otherwise(pl.format("{}, as near as {}", name, near))


def _chart(points: pl.DataFrame, named: NamedRows) -> Spec:
    """A panel per group: a row per choice, with its point and line."""
    data = points.with_columns(pl.col("choice").cast(pl.String))
    panels = data.partition_by("panel", as_dict=True, maintain_order=True)
    charts = {
        str(name): _panel(part, named, is_last=place == len(panels))
        for place, ((name,), part) in enumerate(panels.items(), 1)
    }
    return stacked(charts, named, always=True)


def _panel(points: pl.DataFrame, named: NamedRows, *, is_last: bool) -> Spec:
    """The choices of one group."""
    choices = points["choice"].to_list()
    of_x: Spec = {
        "title": lines("Share of answers (%)", named.plot, TITLE) if is_last else None,
        "scale": {"domain": [0, 100]},
        "axis": {"grid": True, "labels": is_last, "ticks": is_last, "domain": is_last},
    }
    y, color = named.y("choice", choices), drawing.CALIBRATED_COLOR
    limits = mark("rule", {"y": y, "x": quantity("low", **of_x), "x2": end("high")}, strokeWidth=1.3, color=color)
    told = [*map(nominal, ("panel", "label")), *map(quantity, ("prob", "low", "high"))]
    channels = {"y": y, "x": quantity("prob", **of_x), "tooltip": told}
    dots = mark("point", channels, filled=True, size=34, opacity=1, color=color)
    names = named.names("choice", choices)
    height = named.step(choices, 16) * len(choices)
    return layered(limits, dots, names, rows=points.to_dicts(), width=named.plot, height=height)


def _description(heading: str, points: pl.DataFrame) -> str:
    """The figure in words, a line per group."""
    shares = points.select("panel", pl.format("{} {} ({} to {})", "label", *_numbers()).alias("share"))
    groups = shares.group_by("panel", maintain_order=True).agg(pl.col("share").str.join(", "))
    return "\n".join([heading, *(f"{panel}: {share}" for panel, share in groups.iter_rows())])


def _numbers() -> list[pl.Expr]:
    return [pl.col(name).round(1).cast(pl.String) for name in ("prob", "low", "high")]
