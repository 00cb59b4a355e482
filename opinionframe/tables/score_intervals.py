"""Intervals of printed scores: cells go in; means with limits, these as text, and the note on them come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import Estimand
from opinionframe.alignment.mean_cells import cells_of_means
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import check_conf
from opinionframe.inference.choices import Choices
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.inference.intervals import mean_intervals
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.source import is_calibrated
from opinionframe.tables import marks

LIMITS = ("conf_low", "conf_high")
INTERVAL: dict[str, pl.DataType] = {
    **dict.fromkeys(LIMITS, pl.Float64()),
    "n_clusters": pl.UInt32(),
    **dict.fromkeys(("method", COVERS, LEVEL), pl.String()),
}
"""What is known of an interval, and its types."""

NARROW = 0.05
"""Where the narrowest interval of a table is at least as wide, its limits are printed in whole percents."""


def level_asked(conf: float, *, intervals: bool) -> float | None:
    """The coverage of the intervals of a table; None where it is to have none. Raises: OptionError."""
    check_conf(conf)
    return conf if intervals else None


def summarized_with_intervals(
    scores: pl.DataFrame, keys: Sequence[str], estimand: Estimand, conf: float | None
) -> pl.DataFrame:
    """Summary of checked `scores` by `keys`, which name the source, with INTERVAL: null where `conf` is None.

    Intervals are those of `of.intervals`, clustered by question, and over the cells of the means beside them.
    """
    if conf is None:
        means = summarized(scores.lazy(), keys, estimand).collect()
        return means.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in INTERVAL.items())
    cells, left_out = pl.collect_all(cells_of_means(scores.lazy(), estimand, keys))
    means = summarized(cells.lazy(), keys, estimand).drop("left_out").collect()
    known = mean_intervals(with_influences(cells, "aligned"), list(keys), estimand.weight, Choices(conf=conf))
    on = list(keys)
    return means.join(left_out, on=on, how="left", nulls_equal=True).join(
        known.select(*on, *INTERVAL), on=on, how="left", nulls_equal=True
    )


def has_intervals(means: pl.DataFrame) -> bool:
    """Whether any of the printed `means` has an interval, or could have had one."""
    return bool(means[LEVEL].count() or means[LIMITS[0]].count())


def decimals(means: pl.DataFrame) -> int:
    """How many decimals of a percent the limits of a table have: none where all its intervals are wide."""
    narrowest = means.select((pl.col(LIMITS[1]) - pl.col(LIMITS[0])).min()).item()
    return 1 if narrowest is not None and narrowest < NARROW else 0


def limits(of: str, places: int) -> pl.Expr:
    """The limits in the columns `of` + LIMITS as text, in percent; a dash where there is no interval.

    >>> means = pl.DataFrame({"conf_low": [0.8148, None], "conf_high": [0.9153, None]})
    >>> means.select(limits("", 0))["interval"].to_list() == ["[81, 92]", f"[{marks.ABSENT}]"]
    True
    """
    ends = [pl.col(f"{of}{name}") for name in LIMITS]
    text = pl.format("[{}, {}]", *(marks.number(end * 100, places) for end in ends))
    known = pl.all_horizontal(end.is_not_null() for end in ends)
    return pl.when(known).then(text).otherwise(pl.lit(f"[{marks.ABSENT}]")).alias("interval")


def notes(means: pl.DataFrame, conf: float | None, *, averages: bool = False) -> list[str]:
    """What the intervals of the printed `means` are: how sure, over what, by which method, and where there are none.

    `averages` says whether means over models stand beside them, which have none.
    """
    if conf is None:
        return []
    if not has_intervals(means):
        return ["Intervals: not known of means that come without their cells."]
    facts = [f"({_listed(means, LEVEL)})"] if means[LEVEL].count() else []
    facts += [f"over {over}"] if (over := _covered(means)) else []
    facts += [f"by {by}"] if (by := _listed(means, "method")) else []
    clusters = means["n_clusters"].drop_nulls()
    if clusters.len():
        facts.append(f"{marks.span(clusters)} cluster{'s' if clusters.max() != 1 else ''}")
    return [
        f"In brackets: the interval of each mean {', '.join(facts)}.{' Averages have none.' * averages}",
        *_without(means.filter(pl.col(LIMITS[0]).is_null())),
    ]


def _listed(means: pl.DataFrame, column: str) -> str:
    """The values of a column, in words."""
    return " or ".join(means[column].drop_nulls().unique().sort())


def _covered(means: pl.DataFrame) -> str:
    """Over what intervals hold: those of calibrated answers by themselves where they cover more."""
    calibrated, others = (
        _listed(means.filter(is_of_kind), COVERS) for is_of_kind in (is_calibrated(), ~is_calibrated())
    )
    if not calibrated or not others or calibrated == others:
        return calibrated or others
    return f"{others} (of calibrated answers, {calibrated})"


def _without(means: pl.DataFrame) -> list[str]:
    """The line on means that have no interval, and why."""
    single = means.filter(pl.col("n_clusters") == 1).height
    bare = means["n_clusters"].null_count()
    alike = means.height - single - bare
    why = [f"{single} over one cluster alone"] if single else []
    why += [f"{alike} over clusters that all score alike"] if alike else []
    why += [f"{bare} without their cells"] if bare else []
    count = f"{means.height} mean{'s have' if means.height > 1 else ' has'}"
    return [f"[{marks.ABSENT}]: {count} no interval: {' and '.join(why)}."] if why else []
