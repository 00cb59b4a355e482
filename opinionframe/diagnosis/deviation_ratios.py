"""Ratios of group deviations: sums by question go in; size, slope, correlation and what is explained come out.

Each is a function of three means over questions. A question's value is the estimate and what the question moves it by
to the first order, so that the mean of values is the estimate and their spread its error. To the first order a
correlation of few questions seems surer than it is: its error is a jackknife's.
"""

import math
from collections.abc import Sequence

import polars as pl

from opinionframe.inference.choices import Choices
from opinionframe.inference.methods import CLUSTER_T, tested
from opinionframe.inference.student import student

_OWN, _PEOPLE, _TOGETHER = (pl.col(f"mean {name}") for name in ("own", "people", "together"))
_RATIO = {"size": (_OWN.clip(lower_bound=0.0) / _PEOPLE).sqrt(), "slope": _TOGETHER / _PEOPLE}
_CORRELATION = _TOGETHER / (_OWN * _PEOPLE).sqrt()
_EXPLAINED = (2 * _TOGETHER - _OWN) / _PEOPLE

CORRELATION = "correlation"

_MEASURES = {
    "explained": (_EXPLAINED, {"together": 2 / _PEOPLE, "own": -1 / _PEOPLE, "people": -_EXPLAINED / _PEOPLE}),
    "size": (_RATIO["size"], {"own": 1 / (2 * _PEOPLE * _RATIO["size"]), "people": -_RATIO["size"] / (2 * _PEOPLE)}),
    "slope": (_RATIO["slope"], {"together": 1 / _PEOPLE, "people": -_RATIO["slope"] / _PEOPLE}),
    CORRELATION: (
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
    CORRELATION: (-1.0, 1.0),
}
"""The least and the most that each is of the truth; noise that was taken off may leave an estimate beyond."""


def deviation_ratios(sums: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """One row per `keys` and measure, as `tested`, from `deviation_sums`; n counts questions.

    A ratio is null where the squared deviations of people add up to 0 or less; its error and interval too where the
    interval of their mean holds 0, so that it could be anything. `size` is 0, without an error, where the source's add
    up to 0 or less, and `correlation` is null. Intervals are cut off where a measure ends, but for their estimate.

    The error of a `correlation` is that of a jackknife, which leaves out one cluster after the other; its interval is
    t's with as many degrees of freedom as clusters weigh in that error, one fewer than clusters at most. Both are null
    where it needs a certain cluster to be known at all. Such intervals cover 95 to 97% at 12, 24 and 60 questions where
    those of the first order cover 85 to 95%, and Fisher's z 83 to 95%: `reports/inference/correlation.md`.

    Reference: Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 11.5, for the jackknife; Kish
        (1965), Survey Sampling, section 11.7, for how many units of unequal weight count.
    """
    means = {f"mean {name}": pl.col(name).mean().over(keys) for name in ("own", "people", "together")}
    with_means = sums.with_columns(**means)
    values = [with_means.select(*sums.columns, measure=pl.lit(name), difference=_value(name)) for name in _MEASURES]
    spread = sums.with_columns(measure=pl.lit(SPREAD), difference=pl.col("people"))
    every = pl.concat([*values, spread], how="diagonal").filter(pl.col("difference").is_finite())
    results = _jackknifed(tested(every, [*keys, "measure"], CLUSTER_T, choices), sums, keys, choices)
    of_people = results.filter(measure=SPREAD).select(*keys, is_doubtful=~(pl.col("conf_low") > 0))
    moved = ("std_error", "conf_low", "conf_high")
    return (
        results.filter(pl.col("measure") != SPREAD)
        .join(of_people, on=list(keys), how="left", nulls_equal=True)
        .with_columns(pl.when(~pl.col("is_doubtful").fill_null(value=True)).then(pl.col(moved)).name.keep())
        .with_columns(_within(limit) for limit in moved[1:])
        .drop("is_doubtful")
    )


def _jackknifed(results: pl.DataFrame, sums: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """`results` with the jackknife's error and interval for each correlation."""
    names = ("own", "people", "together")
    of_clusters = sums.sort(*keys, "question").group_by(*keys, *choices.cluster, maintain_order=True)
    own, people, together = (pl.col(name).sum().over(keys) - pl.col(name) for name in names)
    without = together / (own * people).sqrt()
    moves = pl.col("without") - pl.col("without").mean().over(keys)
    squares, n = pl.col("moves").pow(2), pl.len().cast(pl.Float64)
    errors = (
        of_clusters.agg(pl.col(names).sum())
        .with_columns(without=without)
        .with_columns(moves=moves)
        .group_by(keys, maintain_order=True)
        .agg(
            measure=pl.lit(CORRELATION),
            std_error=pl.when(pl.col("without").is_finite().all()).then(((n - 1) / n * squares.sum()).sqrt()),
            df=pl.min_horizontal(squares.sum().pow(2) / squares.pow(2).sum(), n - 1),
        )
    )
    of_correlation = pl.col("measure") == CORRELATION
    parts = results.filter(of_correlation).drop("std_error", "statistic", "p_value", "conf_low", "conf_high")
    own_errors = parts.join(errors, on=[*keys, "measure"], how="left", nulls_equal=True)
    return pl.concat(
        [results.filter(~of_correlation), student(own_errors, choices.conf).select(results.columns)], how="vertical"
    )


def human_spread(sums: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per `keys` with `human_spread`: the standard deviation between groups of people; null below noise."""
    variance = pl.col("people").sum() / pl.col("freedom").sum()
    return sums.group_by(keys, maintain_order=True).agg(human_spread=pl.when(variance > 0).then(variance.sqrt()))


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
