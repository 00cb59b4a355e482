"""Tests by name: cells go in; estimates, their errors, p-values and intervals come out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from opinionframe.inference.bootstrap import cluster_bootstrap, two_way_bootstrap
from opinionframe.inference.choices import Choices
from opinionframe.inference.cluster_t import cluster_t, cluster_t_cr1, two_way_t
from opinionframe.inference.covers import covered
from opinionframe.inference.fit_variance import with_fit_variance
from opinionframe.inference.paired_t import paired_t
from opinionframe.inference.sign_flip import sign_flip
from opinionframe.inference.simultaneous import influences, joint_conf
from opinionframe.inference.student import student
from opinionframe.schemas.keys import GROUP

PAIRED_T = "paired t"
CLUSTER_T = "cluster-robust t"
SIGN_FLIP = "sign-flip"
DEFAULT = (PAIRED_T, CLUSTER_T)
COLUMNS = ("n", "n_clusters", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


def tested(cells: pl.DataFrame, keys: Sequence[str], method: str, choices: Choices) -> pl.DataFrame:
    """One row per comparison: `keys`, `method`, COLUMNS and what the interval `covers`, by one method."""
    table = METHODS[method](cells, keys, choices).select(*keys, pl.lit(method).alias("method"), *COLUMNS)
    return table.join(
        covers_of(cells, keys, method, choices), on=list(keys), how="left", nulls_equal=True, maintain_order="left"
    )


def at_once(cells: pl.DataFrame, keys: Sequence[str], method: str, choices: Choices) -> Choices:
    """`choices` with the coverage of each interval with which all of one method cover `choices.conf` of the time."""
    ways = [list(GROUP)] if method == PAIRED_T else [[name] for name in choices.cluster]
    errors, dimensions = influences(cells, keys, ways, fits=method in COUNT_FITS)
    return replace(choices, conf=joint_conf(errors, dimensions, choices))


def covers_of(cells: pl.DataFrame, keys: Sequence[str], method: str, choices: Choices) -> pl.DataFrame:
    """One row per comparison with what the intervals of a method cover."""
    cluster = () if method == PAIRED_T else choices.cluster
    return covered(cells, keys, cluster, counts_fits=method in COUNT_FITS)


def moments(cells: pl.DataFrame, keys: Sequence[str], method: str, choices: Choices) -> pl.DataFrame:
    """One row per comparison: `keys`, estimate, std_error and df, by a method that rests on Student's t."""
    table = MOMENTS[method](cells, keys, choices)
    return with_fit_variance(table, cells, keys) if method in COUNT_FITS else table


def independent(method: str, choices: Choices) -> list[str]:
    """The columns whose values a method takes as independent of each other."""
    return list(GROUP) if method == PAIRED_T else [choices.one_way("adjust='max-t'")]


def _paired_t(cells: pl.DataFrame, keys: Sequence[str], _: Choices) -> pl.DataFrame:
    return paired_t(cells, keys)


def _cluster_t(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    if len(choices.cluster) > 1:
        return two_way_t(cells, keys, *choices.cluster)
    return cluster_t(cells, keys, choices.cluster[0])


def _cluster_t_cr1(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    return cluster_t_cr1(cells, keys, choices.one_way("method='cluster-robust t (CR1)'"))


def _bootstrap(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    bootstrap = two_way_bootstrap if len(choices.cluster) > 1 else cluster_bootstrap
    return bootstrap(cells, keys, choices)


Method = Callable[[pl.DataFrame, Sequence[str], Choices], pl.DataFrame]

MOMENTS: dict[str, Method] = {PAIRED_T: _paired_t, CLUSTER_T: _cluster_t, "cluster-robust t (CR1)": _cluster_t_cr1}


COUNT_FITS = (CLUSTER_T, "cluster-robust t (CR1)")
"""Methods that add the variance of fits to that between clusters."""


def _t_test(name: str) -> Method:
    """Student's t-test of the moments that a method gives."""
    return lambda cells, keys, choices: moments(cells, keys, name, choices).pipe(student, choices.conf)


METHODS: dict[str, Method] = {
    **{name: _t_test(name) for name in MOMENTS},
    "cluster bootstrap": _bootstrap,
    SIGN_FLIP: sign_flip,
}
