"""`minimum_detectable`: a pilot's Alignment goes in; the difference that a test set could show comes out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.errors import OptionError
from opinionframe.inference.cluster_t import clusters, satterthwaite, shares_of_variance, variance_parts
from opinionframe.inference.comparisons import Comparisons, comparisons
from opinionframe.inference.pairs import Pair
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC


def minimum_detectable(
    aligned: Frame,
    *,
    questions: Sequence[int] = (20, 50, 100, 200, 500),
    groups: int | None = None,
    pair: Pair = "raw-calibrated",
    by: str | Sequence[str] = (),
    cluster: str = "question",
    family: int = 1,
    power: float = 0.8,
    conf: float = 0.95,
) -> Frame:
    """The smallest difference in alignment that a test set of so many questions finds with `power`. Collects.

    The variances come from the pilot in `aligned`: `effect`, the standard deviation of a question's
    own difference, and `noise`, that of its cells around it. More groups only thin out the noise.
    Numbers of groups are planned to be as unequal as the pilot's: a mean over cells weighs a question by
    its groups, which costs precision, and degrees of freedom (Satterthwaite's, as in `compare`).

    Args:
        aligned: An Alignment frame with a pilot of the comparison.
        questions: Sizes of test set to consider, 2 or more.
        groups: Cells of every question; in the proportions of the pilot's questions if None.
        pair: As in `compare`.
        by: As in `compare`.
        cluster: As in `compare`.
        family: Number of comparisons the planned test is corrected for (Bonferroni).
        power: Probability of finding the difference.
        conf: One minus the level of the test.

    Returns:
        `by`, pair, source, versus, questions, groups (on average), effect, noise, std_error, df, detectable, metric.
        Null where the pilot has one question, `detectable` also where no difference is large enough.

    Raises: FrameError, as `compare`; OptionError for sizes, a family, a power or a coverage that cannot be.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> cells |= {"source": ["a"] * 3 + ["b"] * 3, "ceiling": [1.0] * 6}
    >>> pilot = pl.DataFrame(cells | {"alignment": [0.7, 0.5, 0.8, 0.6, 0.5, 0.6]})
    >>> plans = minimum_detectable(pilot, questions=[10, 40], pair=[("a", "b")])
    >>> plans.select("questions", pl.col("detectable").round(3)).rows()
    [(10, 0.1), (40, 0.045)]
    """
    sizes = list(questions)
    _check_options(sizes, groups, family, power, conf)
    compared: Comparisons = comparisons(alignment_border(aligned).collect(), pair, by, [cluster])
    pilot = _pilot(compared.cells, compared.keys, cluster, groups)
    plans = _plans(pilot, [*compared.keys, "questions"], sizes)
    multiples = pl.Series(_multiples(plans["df"], family, power, conf), dtype=pl.Float64)
    metric = [] if METRIC in compared.groups else [pl.lit(compared.metric, pl.String).alias(METRIC)]
    result = (
        plans.with_columns((multiples * pl.col("std_error")).alias("detectable"))
        .with_columns(pl.when(pl.col("detectable") < 1).then("detectable"))
        .sort(*compared.keys, "questions")
        .select(*compared.keys, "questions", "groups", "effect", "noise", "std_error", "df", "detectable", *metric)
    )
    return same_kind(result.lazy(), aligned)


def _pilot(cells: pl.DataFrame, keys: list[str], cluster: str, groups: int | None) -> pl.LazyFrame:
    """One row per comparison: the variances `effect` and `noise`, and `sizes`, the cells of its questions, sorted."""
    return (
        clusters(cells, keys, [cluster])
        .pipe(variance_parts, keys)
        .group_by(keys)
        .agg(
            *(pl.when(pl.len() > 1).then(pl.col(name).first()).alias(name) for name in ("effect", "noise")),
            (pl.col("cells").sort() if groups is None else pl.lit([float(groups)]).explode()).alias("sizes"),
        )
    )


def _plans(pilot: pl.LazyFrame, keys: list[str], questions: list[int]) -> pl.DataFrame:
    """One row per comparison and number of questions: mean `groups`, `effect` and `noise` as deviations, error and df.

    The planned questions have the sizes of the pilot's at evenly spaced ranks.
    """
    size, n = pl.col("cells"), pl.col("cells").sum()
    rank = (2 * pl.col("place") + 1) * pl.col("sizes").list.len() // (2 * pl.col("questions"))
    effect, noise = (pl.col(f"{name}_variance").first() for name in ("effect", "noise"))
    variance = (effect * size.pow(2).sum() + noise * n) / n.pow(2)
    return (
        pilot.join(pl.LazyFrame({"questions": questions}), how="cross")
        .with_columns(pl.int_ranges("questions").alias("place"))
        .explode("place")
        .with_columns(pl.col("sizes").list.get(rank).alias("cells"))
        .with_columns(pl.col("cells").sum().over(keys).alias("n"), pl.col("effect", "noise").name.suffix("_variance"))
        .with_columns(shares_of_variance())
        .group_by(keys)
        .agg(
            size.mean().alias("groups"),
            *(pl.col(f"{name}_variance").first().sqrt().alias(name) for name in ("effect", "noise")),
            variance.sqrt().alias("std_error"),
            satterthwaite().alias("df"),
        )
        .collect()
    )


def _multiples(df: pl.Series, family: int, power: float, conf: float) -> list[float | None]:
    """How many standard errors a difference must have for a two-sided t-test to find it with `power`; null for null."""
    from scipy import stats

    multiple_of: dict[float | None, float | None] = {None: None}
    for degrees in df.drop_nulls().unique():
        multiple_of[degrees] = _noncentrality(float(stats.t.isf((1 - conf) / 2 / family, degrees)), degrees, power)
    return [multiple_of[degrees] for degrees in df]


def _noncentrality(critical: float, df: int, power: float) -> float:
    """The noncentrality of t at which a two-sided test with this critical value has `power`."""
    from scipy import optimize, stats

    def excess_power(noncentrality: float) -> float:
        # The far side underflows to NaN where it no longer counts.
        tails = (stats.nct.sf(critical, df, noncentrality), stats.nct.cdf(-critical, df, noncentrality))
        return float(np.nansum(tails) - power)

    high = critical
    while excess_power(high) < 0:
        high *= 1.2
    return float(optimize.brentq(excess_power, 0, high, xtol=1e-13))


def _check_options(sizes: list[int], groups: int | None, family: int, power: float, conf: float) -> None:
    """Raises an OptionError for sizes, counts, a power or a coverage that cannot be."""
    if not sizes or min(sizes) < 2:
        raise OptionError(f"questions={sizes} must list sizes of 2 or more.")
    if (groups is not None and groups < 1) or family < 1:
        raise OptionError(f"groups={groups} and family={family} must be 1 or more.")
    if not 0 < conf < 1 or not 1 - conf < power < 1:
        raise OptionError(f"power={power} must be below 1 and above 1 - conf, and conf={conf} between 0 and 1.")
