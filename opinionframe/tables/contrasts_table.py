"""`tables.contrasts`: contrasts go in; how well each source tells groups apart, beside a bar, comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import ESTIMAND
from opinionframe.calibration.baselines import POPULATION
from opinionframe.diagnosis.contrasts import BARS
from opinionframe.errors import FrameError, examples
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.tables import marks
from opinionframe.tables.by_values import COLUMN_NAMES, by_values, keys_of, refuse_twice
from opinionframe.tables.cell_values import EXACT
from opinionframe.tables.document import Table
from opinionframe.tables.said_once import said_once
from opinionframe.tables.scores import metric_notes
from opinionframe.tables.source_columns import IS_OF_MODEL, SOURCE_LABELS, between, source_columns

MEASURES = {
    "over population": (100, 1, "Over population"),
    "explained": (1, 2, "Explained"),
    "direction": (100, 1, "Direction"),
    "size": (1, 2, "Size"),
    "slope": (1, 2, "Slope"),
    "correlation": (1, 2, "Correlation"),
}
"""Each measure: what it is multiplied by and its decimals in print, and its heading."""

MEANINGS = {
    "over population": "alignment less that of the bar, in points: levels and differences between groups at once",
    "explained": "the share of people's squared differences that the source's leave no error in, at most 1 but for "
    "noise; above 0 its differences are of more use than none",
    "direction": "percent of every two groups that stand in the order of people, of those that people differ in beyond "
    "1.96 standard errors; two alike count half",
    "size": "the spread between the source's groups as a multiple of people's; above 1 it exaggerates",
    "slope": "what the source's groups differ by for each unit that people's do; 1 is right",
    "correlation": "of the source's and people's differences; 1 at most but for noise",
}

COUNTS = {"human_spread": "Spread of people", "n": "Cells", "pairs": "Pairs", "n_clusters": "Clusters"}
NUMBERS = ("estimate", "conf_low", "conf_high", "bar", "human_spread", "noise_known")
BAR = POPULATION
SECTIONS = ("Language models", "Baselines", "Bar")


@takes_frames
def contrasts(
    contrasts: AnyFrame,
    *,
    by: str | Sequence[str] | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Whether sources know the groups: the direction and size of differences between them, beside a bar. Collects.

    One row per source, its measures side by side with their intervals; the last row is the bar, the baseline
    `population`, which answers for every group as everybody does. Values of `by`, such as attributes or topics, are
    sections, or rows where each has a single source.

    Args:
        contrasts: What `of.contrasts` returns.
        by: The columns that contrasts were made by; where not given, those in front of `source`.
        groups: Groups, such as `survey.groups`, which name attributes.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for missing columns, no rows, a measure that is none of `contrasts` or there twice, or several
        metrics that `by` does not keep apart; OptionError for a column that is not there.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = survey.opinions.pipe(of.baselines, survey.codebook).remove(pl.col("source").str.ends_with("mean"))
    >>> table = contrasts(of.contrasts(opinions, survey.codebook))
    >>> table.rows.select("model", "direction", "size").rows()
    [('uniform', 50.0, 0.0), ('population', 50.0, 0.0)]
    """
    rows, keys = _checked(contrasts, by)
    named = groups_border(groups)
    wide = source_columns(_side_by_side(rows, keys))
    shown = wide.join(by_values(wide, keys, named), on=keys, how="left", nulls_equal=True) if keys else wide
    are_rows = bool(keys) and shown.height > 1 and not shown["place"].is_duplicated().any()
    measures = [name for name in MEASURES if name in rows["measure"]]
    cells = _cells(shown, keys, measures, are_rows=are_rows)
    names = {
        **({"label": COLUMN_NAMES.get(keys[-1], keys[-1].capitalize())} if are_rows else {}),
        **SOURCE_LABELS,
        **{name: MEASURES[name][2] for name in measures},
        **COUNTS,
    }
    labels, said = said_once(cells, names, [*SOURCE_LABELS, *COUNTS], ["label", *SOURCE_LABELS])
    stub = next(iter(labels))
    bar = _bar(rows, cells, measures, stub)
    return Table(
        cells=pl.concat([cells, bar], how="diagonal"),
        labels=labels,
        title=title or "Whether sources know the groups",
        notes=(
            *(metric_notes(metric_in(rows)) if METRIC not in keys else []),
            *(f"{MEASURES[name][2]}: {MEANINGS[name]}." for name in measures),
            f"Bar: the baseline {BAR}, which answers for every group as people on the whole do.",
            *_interval_notes(rows),
            *_count_notes(rows),
            *said,
            *([note] if note else []),
        ),
        group="section",
        text=frozenset({*SOURCE_LABELS, "label"}),
    )


def _checked(contrasts: AnyFrame, by: str | Sequence[str] | None) -> tuple[pl.DataFrame, list[str]]:
    """The rows of contrasts, and the columns that keep them apart. Raises: FrameError; OptionError."""
    counts = ("n", "n_unclear", "n_clusters", "left_out")
    types: dict[str, pl.DataType] = {
        **dict.fromkeys(("source", "measure", METRIC), pl.String()),
        **dict.fromkeys(NUMBERS, pl.Float64()),
        **dict.fromkeys(counts, pl.UInt32()),
    }
    rows = typed_columns(contrasts, types, "contrasts").collect()
    keys = keys_of(contrasts, by, "source")
    if rows.is_empty():
        raise FrameError("contrasts has no rows, so there is nothing to print. Check the filters behind of.contrasts.")
    is_known = pl.col("measure").is_in(list(BARS)).fill_null(value=False) & pl.col("source").is_not_null()
    unknown = rows.filter(~is_known).select("source", "measure")
    if unknown.height:
        raise FrameError(
            f"contrasts has {unknown.height} rows without a source, or with a measure that of.contrasts does not give, "
            f"e.g. {examples(unknown.rows())}. Give what of.contrasts returns."
        )
    refuse_mixed(rows, keys, name="contrasts")
    refuse_twice(rows, [*keys, "source", "measure"], "contrasts")
    return rows, keys


def _side_by_side(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """One row per source: the estimate and limits of each measure, and what they rest on."""
    of_measure = {name: pl.col("measure") == name for name in MEASURES}
    is_direction = of_measure["direction"]
    return rows.group_by(*keys, "source").agg(
        *(
            pl.col(column).filter(where).first().fill_nan(None).alias(f"{name}{ending}")
            for name, where in of_measure.items()
            for column, ending in (("estimate", ""), ("conf_low", "_low"), ("conf_high", "_high"))
        ),
        pl.col("n", "n_clusters").filter(~is_direction).max(),
        pl.col("n").filter(is_direction).max().alias("pairs"),
        pl.col("human_spread").max(),
    )


def _cells(shown: pl.DataFrame, keys: list[str], measures: list[str], *, are_rows: bool) -> pl.DataFrame:
    """The printed rows: models before baselines, in the sections of `keys` where there are any."""
    if keys:
        above = pl.when(pl.col("above") == "").then(pl.lit(f"By {keys[-1]}")).otherwise("above")
        heading = above if are_rows else pl.col("heading")
    else:
        heading = pl.when(IS_OF_MODEL).then(pl.lit(SECTIONS[0])).otherwise(pl.lit(SECTIONS[1]))
    in_order = shown.sort(*(["place"] if keys else []), ~IS_OF_MODEL, "source")
    return in_order.select(
        heading.alias("section"),
        *(["label"] if are_rows else []),
        *SOURCE_LABELS,
        *(_estimate(name).alias(name) for name in measures),
        marks.number(100 * pl.col("human_spread")).alias("human_spread"),
        *(marks.number(pl.col(count), 0).alias(count) for count in ("n", "pairs", "n_clusters")),
        *(
            (MEASURES[name][0] * pl.col(f"{name}{ending}")).alias(f"{name}{ending}{EXACT}")
            for name in measures
            for ending in ("", "_low", "_high")
        ),
    )


def _estimate(name: str) -> pl.Expr:
    """A measure as text, its interval below."""
    times, decimals, *_ = MEASURES[name]
    estimate, low, high = (times * pl.col(f"{name}{ending}") for ending in ("", "_low", "_high"))
    return between(estimate, low, high, decimals, below=True)


def _bar(rows: pl.DataFrame, cells: pl.DataFrame, measures: list[str], stub: str) -> pl.DataFrame:
    """The last row, with each measure of who answers for every group as everybody does."""
    bars = dict(rows.group_by("measure").agg(pl.col("bar").first()).rows())
    values = {name: None if bars[name] is None else MEASURES[name][0] * bars[name] for name in measures}
    others = [name for name in cells.columns if cells.schema[name] == pl.String and name not in measures]
    words = dict.fromkeys(others, marks.ABSENT) | {"section": SECTIONS[2], stub: BAR}
    return pl.DataFrame([values], dict.fromkeys(measures, pl.Float64)).select(
        *(pl.lit(text).alias(name) for name, text in words.items()),
        *(marks.number(pl.col(name), MEASURES[name][1]).alias(name) for name in measures),
        *(pl.col(name).alias(f"{name}{EXACT}") for name in measures),
    )


def _interval_notes(rows: pl.DataFrame) -> list[str]:
    """How surely intervals hold and over what, and why some are not there."""
    known = [column for column in (LEVEL, COVERS) if column in rows.columns and rows[column].count()]
    words = {LEVEL: "Intervals: ", COVERS: "over "}
    said = ", ".join(words[name] + " or ".join(rows[name].drop_nulls().unique().sort()) for name in known)
    estimand = rows[ESTIMAND].drop_nulls().unique().sort() if ESTIMAND in rows.columns else pl.Series(dtype=pl.String)
    means = f"Estimates: {' or '.join(estimand)}." if len(estimand) else ""
    lacking = rows.filter(
        pl.col("estimate").is_finite() & ~pl.col("conf_low").is_finite().fill_null(value=False)
    ).height
    without = (
        f"{lacking} of {rows.height} estimates have no interval: no spread between clusters, or people do not differ "
        "beyond noise."
        if lacking
        else ""
    )
    return [text for text in (means, f"{said}." if said else "", without) if text]


def _count_notes(rows: pl.DataFrame) -> list[str]:
    """What the spread of people is, and what did not count."""
    notes = ["Spread of people: standard deviation between groups of people, in percent of the scale, noise taken off."]
    unclear = rows["n_unclear"].drop_nulls()
    if len(unclear) and unclear.max():
        notes.append(f"Pairs that people do not differ in beyond noise, and that do not count: {marks.span(unclear)}.")
    least_known = rows.select(100 * pl.col("noise_known").min()).item()
    if least_known is not None and least_known < 100:
        notes.append(
            f"The sampling noise of people is known in {least_known:.0f}% of cells or more; where it is not, nothing "
            "is taken off, and size and slope are too small."
        )
    if rows["left_out"].sum():
        notes.append(
            f"Left out are {marks.span(rows['left_out'])} cells of a source: other sources lack them, few people "
            "answered, or no other group of the attribute is there."
        )
    return notes
