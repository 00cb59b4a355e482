"""`figures.cell`: Opinions go in; bars of human, raw and calibrated shares of one cell come out."""

from __future__ import annotations

import polars as pl

from opinionframe.figures import drawing
from opinionframe.figures.cell_shares import cell_shares
from opinionframe.figures.named_rows import NamedRows, named_rows
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.source_labels import in_words
from opinionframe.figures.vega_lite import Spec, end, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import LABEL, LINE_HEIGHT, TITLE, lines, text_width
from opinionframe.schemas.borders import AnyFrame, codebook_border, groups_border, opinions_border
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.printed_groups import printed_groups

FILLS = ("#FFFFFF", drawing.RAW_COLOR, drawing.CALIBRATED_COLOR, *drawing.MORE_COLORS)
STROKES = (drawing.HUMAN_COLOR, *FILLS[1:])
"""Looks of the kinds in their order, apart in grey: humans in outline, raw, then calibrated ones."""

SHARES = "Share of answers (%)"
MOST_UPRIGHT = 5
"""Choices that stand beside each other under upright bars; more, or longer names, lie below each other."""

MOST_LINES = 3
BAR, BETWEEN_CHOICES = 9.0, 7.0
HEIGHT = 150
LABELS, AXIS = 24.0, 40.0
"""Pixels of the labels of the vertical axis, and of all of it with its title."""


@takes_frames
def cell(
    opinions: AnyFrame,
    codebook: AnyFrame,
    question: str,
    demographic: str = "all",
    *,
    source: str | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    width: Width = "column",
) -> drawing.Figure:
    """Shares in percent over the choices of one question and group: human, `source` raw, and calibrated. Collects.

    Human bars are outlines, with Jeffreys' 95% interval for as many people as `n_eff` says, where it does. Up to five
    choices with short labels stand beside each other, others below each other.

    Args:
        opinions: Opinions with human rows and those of `source`.
        codebook: Codebook of its questions.
        question: The question drawn.
        demographic: The group drawn.
        source: A raw source or a baseline; every calibrated one made from it is drawn beside it. The cell's one raw
            source if not given.
        groups: Groups, such as `survey.groups`, under whose labels the group is named.
        title: Printed above; the question and group if not given. The source is printed below it.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError for a question, group or source that is not there, with those that are called alike, and for more
        than six sources.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.baselines(survey.opinions, survey.codebook)
    >>> figure = cell(opinions, survey.codebook, "natspac", "sex=Female", source="uniform")
    >>> print(figure.description.splitlines()[1])
    Too little: human 17.4 (15.3 to 19.7), uniform 33.3
    """
    total = pixels(width)
    book = codebook_border(codebook)
    shares, raw = cell_shares(opinions_border(opinions, book).collect(), book, question, demographic, source)
    kinds = shares["kind"].unique(maintain_order=True).to_list()
    drawing.refuse_many(kinds, len(FILLS), "kinds of answers")
    group = _named(demographic, groups)
    heading = title if title is not None else f"{shares['text'][0]} ({group})"
    choices = {
        str(choice): label for choice, label in shares.select("choice", "label").unique().sort("choice").iter_rows()
    }
    bars = shares.with_columns(pl.col("choice").cast(pl.String))
    plot = total - AXIS - 2 * drawing.MARGIN
    upright = _upright(choices, plot)
    chart = _standing(bars, kinds, upright, plot) if upright else _lying(bars, kinds, named_rows(choices, total))
    people = bars.filter(pl.col("low").is_not_null())["n_eff"]
    size = f"effective sample size {people[0]:,.0f}" if len(people) else ""
    notes = [f"Lines: 95% intervals of human shares (Jeffreys), {size}."] if size else []
    framed = drawing.framed(chart, total, title=heading, below_title=in_words(raw), notes=notes)
    return drawing.styled(framed, _description(bars, heading, in_words(raw)))


def _named(demographic: str, groups: AnyFrame | None) -> str:
    """The group under the labels of its classes."""
    names = printed_groups([demographic], groups_border(groups))
    return demographic if demographic == ALL else f"{names['attribute'][0]}: {names['label'][0]}"


def _upright(choices: dict[str, str], plot: float) -> dict[str, list[str]]:
    """The lines of each label below upright bars; none where there are too many or one does not fit."""
    room = plot / len(choices) - 4
    words = [word for label in choices.values() for word in label.split()]
    wrapped = {choice: lines(label, room) for choice, label in choices.items()}
    fits = max(map(text_width, words), default=0) <= room and max(map(len, wrapped.values())) <= MOST_LINES
    return wrapped if fits and len(choices) <= MOST_UPRIGHT else {}


def _looks(kinds: list[str], room: float) -> dict[str, Spec]:
    """The channels that tell kinds apart, in one legend."""
    legend = drawing.legend(kinds, room)

    def channel(looks: tuple[str, ...]) -> Spec:
        scale = {"domain": kinds, "range": list(looks[: len(kinds)])}
        return nominal("kind", scale=scale, title=None, legend=legend)

    return {"fill": channel(FILLS), "stroke": channel(STROKES)}


def _standing(bars: pl.DataFrame, kinds: list[str], labels: dict[str, list[str]], plot: float) -> Spec:
    """Upright bars, a group of them per choice, whose labels stand below."""
    axis = {
        "labelAngle": 0,
        "labelLimit": 0,
        "labelExpr": drawing.looked_up(labels),
        "labelLineHeight": LABEL * LINE_HEIGHT,
        "ticks": False,
        "labelPadding": 4,
    }
    along = {
        "x": nominal("choice", sort=list(labels), title=None, axis=axis, scale={"domain": list(labels)}),
        "xOffset": nominal("kind", sort=kinds),
    }
    of_y: Spec = {
        "title": SHARES,
        "axis": {"minExtent": LABELS, "maxExtent": LABELS},
        "scale": {"domain": _ends(bars), "nice": False},
    }
    layers = _bars(_looks(kinds, plot), along, "y", of_y)
    return layered(*layers, rows=bars.drop("text").to_dicts(), width=plot, height=HEIGHT)


def _lying(bars: pl.DataFrame, kinds: list[str], named: NamedRows) -> Spec:
    """Bars that lie below each other, a group of them per choice, whose labels stand on the left."""
    choices = list(named.labels)
    along = {"y": named.y("choice", choices, padding=0.2), "yOffset": nominal("kind", sort=kinds)}
    of_x: Spec = {"title": lines(SHARES, named.plot, TITLE), "scale": {"domain": _ends(bars), "nice": False}}
    layers = [*_bars(_looks(kinds, named.plot), along, "x", of_x), named.names("choice", choices)]
    height = named.step(choices, BAR * len(kinds) + BETWEEN_CHOICES) * len(choices)
    return layered(*layers, rows=bars.drop("text").to_dicts(), width=named.plot, height=height)


def _bars(looks: dict[str, Spec], along: dict[str, Spec], across: str, look: Spec) -> list[Spec]:
    """The bars, and the intervals of the human ones, whose shares lie `across`."""
    told = [*map(nominal, ("label", "kind")), *map(quantity, ("percent", "low", "high"))]
    share, low = (quantity(name, **look) for name in ("percent", "low"))
    limits = {**along, across: low, f"{across}2": end("high")}
    return [
        mark("bar", {**along, across: share, **looks, "tooltip": told}, strokeWidth=1),
        mark("rule", limits, strokeWidth=1.4, color=drawing.HUMAN_COLOR),
    ]


def _ends(bars: pl.DataFrame) -> list[float]:
    """The axis of shares: from 0 to a little beyond the largest, and never beyond 100."""
    most = max(value for value in bars.select("percent", "high").max().row(0) if value is not None)
    return [0.0, min(100.0, most * 1.05 + 0.5)]


def _description(bars: pl.DataFrame, heading: str, source: str) -> str:
    """The shares in words, a line per choice."""
    said = [f"{heading}: shares of answers in percent, of people and of {source}."]
    for (_, label), part in bars.partition_by("choice", "label", as_dict=True, maintain_order=True).items():
        values = [
            f"{row['kind']} {row['percent']:.1f}"
            + (f" ({row['low']:.1f} to {row['high']:.1f})" if row["low"] is not None else "")
            for row in part.iter_rows(named=True)
        ]
        said.append(f"{label}: {', '.join(values)}")
    return "\n".join(said)
