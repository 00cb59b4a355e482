"""Ratios of group deviations: sums by question go in; size, slope, correlation and what is explained come out.

Each is a function of three means over questions. A question's value is the estimate and what the question moves it by
to the first order, so that the mean of values is the estimate and their spread its error.
"""

import math
from collections.abc import Sequence

import polars as pl

from opinionframe.inference.choices import Choices
from opinionframe.inference.methods import CLUSTER_T, tested

_OWN, _PEOPLE, _TOGETHER = (pl.col(f"mean {name}") for name in ("own", "people", "together"))
_RATIO = {"size": (_OWN.clip(lower_bound=0.0) / _PEOPLE).sqrt(), "slope": _TOGETHER / _PEOPLE}
_CORRELATION = _TOGETHER / (_OWN * _PEOPLE).sqrt()
_EXPLAINED = (2 * _TOGETHER - _OWN) / _PEOPLE

_MEASURES = {
    "explained": (_EXPLAINED, {"together": 2 / _PEOPLE, "own": -1 / _PEOPLE, "people": -_EXPLAINED / _PEOPLE}),
    "size": (_RATIO["size"], {"own": 1 / (2 * _PEOPLE * _RATIO["size"]), "people": -_RATIO["size"] / (2 * _PEOPLE)}),
    "slope": (_RATIO["slope"], {"together": 1 / _PEOPLE, "people": -_RATIO["slope"] / _PEOPLE}),
    "correlation": (
        _CORRELATION,
        {
            "together": 1 / (_OWN * _PEOPLE).sqrt(),
            "own": -_CORRELATION / (2 * _OWN),
            "people": -_CORRELATION / (2 * _PEOPLE),
        },
    ),
}
"""Each measure by the means of the sums of `deviation_sums`, and its derivatives by them."""

RATIOS = tuple(_MEASURES)
SPREAD = "spread of people"

_POSSIBLE = {
    "explained": (-math.inf, 1.0),
    "size": (0.0, math.inf),
    "slope": (-math.inf, math.inf),
    "correlation": (-1.0, 1.0),
}
"""The least and the most that each is of the truth; noise that was taken off may leave an estimate beyond."""


def deviation_ratios(sums: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """One row per `keys` and measure, as `tested`, from `deviation_sums`; n counts questions.

    A ratio is null where the squared deviations of people add up to 0 or less; its error and interval too where the
    interval of their mean holds 0, so that it could be anything. `size` is 0, without an error, where the source's add
    up to 0 or less, and `correlation` is null. Intervals are cut off where a measure ends, but for their estimate.
    """
    means = {f"mean {name}": pl.col(name).mean().over(keys) for name in ("own", "people", "together")}
    with_means = sums.with_columns(**means)
    values = [with_means.select(*sums.columns, measure=pl.lit(name), difference=_value(name)) for name in _MEASURES]
    spread = sums.with_columns(measure=pl.lit(SPREAD), difference=pl.col("people"))
    every = pl.concat([*values, spread], how="diagonal").filter(pl.col("difference").is_finite())
    results = tested(every, [*keys, "measure"], CLUSTER_T, choices)
    of_people = results.filter(measure=SPREAD).select(*keys, is_doubtful=~(pl.col("conf_low") > 0))
    moved = ("std_error", "conf_low", "conf_high")
    return (
        results.filter(pl.col("measure") != SPREAD)
        .join(of_people, on=list(keys), how="left", nulls_equal=True)
        .with_columns(pl.when(~pl.col("is_doubtful").fill_null(value=True)).then(pl.col(moved)).name.keep())
        .with_columns(_within(limit) for limit in moved[1:])
        .drop("is_doubtful")
    )


def human_spread(sums: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per `keys` with `human_spread`: the standard deviation between groups of people; null below noise."""
    variance = pl.col("people").sum() / pl.col("freedom").sum()
    return sums.group_by(keys).agg(human_spread=pl.when(variance > 0).then(variance.sqrt()))


def _value(name: str) -> pl.Expr:
    """The estimate and what each row moves it by; null where people do not differ beyond noise."""
    estimate, slopes = _MEASURES[name]
    value = sum((slope * (pl.col(sums) - pl.col(f"mean {sums}")) for sums, slope in slopes.items()), start=estimate)
    if name == "size":
        value = pl.when(_OWN > 0).then(value).otherwise(0.0)
    return pl.when(_PEOPLE > 0).then(value)


def _within(limit: str) -> pl.Expr:
    """A limit of the interval, cut off where the measure ends, but for an estimate beyond that."""
    least, most = (
        pl.col("measure").replace_strict({name: ends[i] for name, ends in _POSSIBLE.items()}) for i in (0, 1)
    )
    return pl.col(limit).clip(pl.min_horizontal(least, "estimate"), pl.max_horizontal(most, "estimate"))
