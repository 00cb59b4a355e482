"""`figures.ranked`: Alignment goes in; all sources and baselines, the best on top, with intervals, come out."""

from __future__ import annotations

import warnings

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import CommonCellsWarning
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import FrameError
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import GAP, NamedRows, ends, named_rows, stacked
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.source_labels import ranked_labels
from opinionframe.figures.vega_lite import Spec, end, fixed, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import LABEL, LINE_HEIGHT, TITLE, lines, text_width
from opinionframe.inference.choices import Choices
from opinionframe.inference.intervals import intervals_of
from opinionframe.schemas.borders import AnyFrame, alignment_border
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.frames import UNIFORM
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.source import SEPARATOR, is_calibrated, where_models_answered

KINDS = {
    "raw": (drawing.RAW_COLOR, "circle"),
    "calibrated": (drawing.CALIBRATED_COLOR, "diamond"),
    "no model": (drawing.HUMAN_COLOR, "square"),
}
"""What points tell apart: colour and shape of each."""

REFERENCES = {"baseline": UNIFORM, "ceiling": "ceiling"}
DASHES = {UNIFORM: [3, 3], "ceiling": [1, 2]}
LEGEND = 18.0
"""Pixels between legend and plot, with room for one tier of labels of lines."""

UNNAMED = "no dataset"


@takes_frames
def ranked(
    aligned: AnyFrame,
    *,
    title: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    width: Width = "column",
) -> drawing.Figure:
    """Mean alignment of every source and baseline in percent, the highest on top, with 95% intervals. Collects.

    Intervals are those of `of.intervals`, clustered by question; a source with a single question has none. Raw,
    calibrated and baselines differ in shape and colour. Uniform and the ceiling, what a perfect model would be
    expected to score against samples of this size, are lines where they are known. Where `aligned` has a column
    `dataset` of several values, each has a panel, in the order of its Enum, else by their names.

    Args:
        aligned: An Alignment frame, with rows of baselines where they are to be ranked.
        title: Printed above.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources (of a dataset), or each source's `own`, as in `summarize`. Each source
            then has its own uniform and ceiling, marked in its row.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError for a broken frame, one without rows, or scores of several metrics; OptionError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> aligned = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    >>> print(ranked(aligned).description.splitlines()[1])
    1. label-mean: 86.9 (82.6 to 90.3)
    """
    total = pixels(width)
    scores = where_models_answered(with_influences(alignment_border(aligned).collect(), "aligned"))
    refuse_mixed(scores)
    if scores.is_empty():
        raise FrameError("aligned has no rows, so there is nothing to rank. Check the filters.")
    estimand = Estimand(weight, overlap, cells)
    points, common = _points(scores, estimand)
    rows = named_rows(dict(points.select("source", "name").unique().sort("source").iter_rows()), total)
    over = "; ".join([*drawing.alignment_title(metric_in(scores))[1:], str(estimand)])
    notes = [f"Alignment: {over}.", "Lines are 95% intervals, clustered by question."]
    parts = points.partition_by(DATASET, as_dict=True, maintain_order=True)
    domain = ends(points.select("alignment", "conf_low", "conf_high", *REFERENCES), 0, 100)
    panels = {
        str(name): _panel(points.filter(dataset=name), domain, rows, is_last=place == len(parts))
        for place, ((name,), _) in enumerate(parts.items(), 1)
    }
    below_title = f"Models: {common}" if common else ""
    chart = drawing.framed(stacked(panels, rows), total, title=title, below_title=below_title, notes=notes)
    return drawing.styled(chart, _description(title, points, common))


def _points(scores: pl.DataFrame, estimand: Estimand) -> tuple[pl.DataFrame, str]:
    """One row per dataset and source, ranked, in percent; and what the names of all models' sources have in common."""
    keys = [*([DATASET] if DATASET in scores.columns and scores[DATASET].n_unique() > 1 else []), "source"]
    means = intervals_of(scores, keys[:-1], estimand.within(keys[:-1]), Choices()).select(
        *keys, "alignment", "conf_low", "conf_high", "n", "n_clusters"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CommonCellsWarning)  # the intervals of the same cells have said it
        facts = summarized(scores.lazy(), keys, estimand).select(*keys, *REFERENCES).collect()
    labels, common = ranked_labels(means["source"])
    percent = ("alignment", "conf_low", "conf_high", *REFERENCES)
    kind = (
        pl.when(is_calibrated())
        .then(pl.lit("calibrated"))
        .when(pl.col("source").str.contains(SEPARATOR, literal=True))
        .then(pl.lit("raw"))
        .otherwise(pl.lit("no model"))
    )
    dataset = pl.col(DATASET) if len(keys) > 1 else pl.lit("").alias(DATASET)
    points = (
        means.join(facts, on=keys, nulls_equal=True)
        .sort(*keys[:-1], pl.col("alignment").round(9), "source", descending=[*[False] * (len(keys) - 1), True, False])
        .select(
            dataset.cast(pl.String).fill_null(UNNAMED),
            "source",
            pl.col("source").replace_strict(labels, return_dtype=pl.String).alias("name"),
            kind.alias("kind"),
            *((pl.col(name) * 100).round(3) for name in percent),
            pl.col("n").alias("cells"),
            pl.col("n_clusters").alias("questions"),
        )
    )
    return points, common


def _panel(points: pl.DataFrame, domain: list[float], rows: NamedRows, *, is_last: bool) -> Spec:
    """The rows of one dataset: lines of reference, intervals and points."""
    sources = points["source"].to_list()
    references, tiers = _references(points, domain, rows)
    y = rows.y("source", sources)
    scale = {"domain": domain, "nice": False, "zero": False}
    legend = drawing.legend(list(KINDS), rows.plot, offset=LEGEND + max(tiers - 1, 0) * LABEL * LINE_HEIGHT)
    colors, shapes = zip(*KINDS.values(), strict=True)
    color, shape = (
        nominal("kind", scale={"domain": list(KINDS), "range": list(looks)}, title=None, legend=legend)
        for looks in (colors, shapes)
    )
    title_of_x = lines(drawing.ALIGNMENT, rows.plot, TITLE) if is_last else None
    low, middle = (quantity(name, title=title_of_x, scale=scale) for name in ("conf_low", "alignment"))
    rules = mark("rule", {"y": y, "x": low, "x2": end("conf_high"), "color": color}, strokeWidth=1.4)
    told = [nominal("source"), *map(quantity, ("alignment", "conf_low", "conf_high", "cells", "questions"))]
    channels = {"y": y, "x": middle, "color": color, "shape": shape, "tooltip": told}
    dots = mark("point", channels, filled=True, size=46, opacity=1)
    names = rows.names("source", sources)
    height = rows.step(sources, 16) * len(sources)
    return layered(*references, rules, dots, names, rows=points.to_dicts(), width=rows.plot, height=height)


def _references(points: pl.DataFrame, domain: list[float], rows: NamedRows) -> tuple[list[Spec], int]:
    """The lines of uniform and ceiling with their labels, and in how many tiers these stand above the plot."""
    layers: list[Spec] = []
    stretches: list[tuple[float, float]] = []
    for column, name in REFERENCES.items():
        values = points.drop_nulls(column)
        if values.is_empty():
            continue
        is_one = values[column].round(6).n_unique() == 1 and len(values) == len(points)
        label = f"{name} {values[column][0]:.1f}" if is_one else f"{name}, of each"
        half = text_width(label) / 2 + GAP
        middle = (float(values[column].mean()) - domain[0]) / (domain[1] - domain[0]) * rows.plot  # type: ignore[arg-type]  # not null
        middle = min(max(middle, half), rows.plot - half)
        stretch = (middle - half, middle + half)
        tier = int(any(_meet(stretch, other) for other in stretches))
        stretches.append(stretch)
        y = rows.y("source", points["source"].to_list(), bandPosition=0)
        x = quantity(column, scale={"domain": domain, "nice": False, "zero": False})
        channels = {"x": x, **({} if is_one else {"y": y, "y2": end("source", bandPosition=1)})}
        drawn = values.head(1 if is_one else len(values)).to_dicts()
        look = {"color": drawing.UNIFORM_COLOR, "strokeDash": DASHES[name], "strokeWidth": 1.2}
        above = fixed(-GAP - tier * LABEL * LINE_HEIGHT)
        place = {"x": fixed(middle), "y": above, "text": nominal("label")}
        text = {"fontSize": LABEL, "baseline": "bottom", "color": drawing.NOTE_COLOR}
        layers += [mark("rule", channels, drawn, **look), mark("text", place, [{"label": label}], **text)]
    tiers = 2 if len(stretches) > 1 and _meet(*stretches) else min(len(stretches), 1)
    return layers, tiers


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two stretches, each from its low to its high end, have a point in common."""
    return one[0] < other[1] and other[0] < one[1]


def _description(title: str, points: pl.DataFrame, common: str) -> str:
    """The values in words, a line per source."""
    head = f"{title or 'Sources by their mean alignment'}: mean alignment in percent with 95% intervals, highest first."
    said = [head]
    several = points[DATASET].n_unique() > 1
    for (dataset,), part in points.partition_by(DATASET, as_dict=True, maintain_order=True).items():
        said += [f"{dataset}:"] if several else []
        for place, row in enumerate(part.iter_rows(named=True), 1):
            interval = "" if row["conf_low"] is None else f" ({row['conf_low']:.1f} to {row['conf_high']:.1f})"
            said.append(f"{place}. {row['name']}: {row['alignment']:.1f}{interval}")
        for column, name in REFERENCES.items():
            known = part[column].drop_nulls().round(6)
            if known.n_unique() == 1:
                said.append(f"{name.capitalize()}: {known[0]:.1f}")
    return "\n".join([*said, *([f"Models: {common}"] if common else [])])
