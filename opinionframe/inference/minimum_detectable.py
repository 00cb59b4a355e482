"""`minimum_detectable`: a pilot's Alignment goes in; the difference that a test set could show comes out."""

from collections.abc import Collection, Sequence
from numbers import Integral

import numpy as np
import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COLUMNS, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.errors import OptionError, as_names, check_number, check_whole
from opinionframe.inference.cluster_t import clusters, satterthwaite, shares_of_variance, variance_parts
from opinionframe.inference.comparisons import Comparisons, comparisons
from opinionframe.inference.pairs import Pair
from opinionframe.inference.weighted import groups_drawn
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC


@takes_frames
def minimum_detectable(  # noqa: PLR0913  each keyword is a choice that a plan has to declare
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
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
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
        weight: What counts alike in the mean difference of the planned test: every `cell`, `question` or `group`, as in
            `compare`. With `group`, `effect` and `noise` are those of differences from the mean of their group, unless
            these are the clusters.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.

    Returns:
        `by`, pair, source, versus, questions, groups (on average), effect, noise, std_error, df, detectable, metric,
        `estimand`.
        Null where the pilot has one question, `detectable` also where no difference is large enough.

    Raises: FrameError, as `compare`; OptionError for sizes, a family, a power or a coverage that cannot be.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> cells |= {"source": ["a"] * 3 + ["b"] * 3, "ceiling": [1.0] * 6}
    >>> pilot = pl.DataFrame(cells | {"alignment": [0.7, 0.5, 0.8, 0.6, 0.5, 0.6]})
    >>> plans = minimum_detectable(pilot, questions=[10, 40], pair=[("a", "b")])
    >>> plans.select("questions", pl.col("detectable").round(3)).rows()
    [(10, 0.1), (40, 0.045)]
    """
    sizes = _sizes(questions)
    _check_options(groups, family, power, conf)
    estimand = Estimand(weight, overlap).within(as_names("by", by))
    compared: Comparisons = comparisons(alignment_border(aligned).collect(), pair, by, [cluster], overlap)
    pilot = _pilot(_with_shares(compared.cells, compared.keys, cluster, weight), compared.keys, cluster, groups)
    plans = _plans(pilot, [*compared.keys, "questions"], sizes, weight)
    multiples = pl.Series(_multiples(plans["df"], family, power, conf), dtype=pl.Float64)
    metric = [] if METRIC in compared.groups else [pl.lit(compared.metric, pl.String).alias(METRIC)]
    result = (
        plans.with_columns((multiples * pl.col("std_error")).alias("detectable"))
        .with_columns(pl.when(pl.col("detectable") < 1).then("detectable"))
        .sort(*compared.keys, "questions")
        .select(*compared.keys, "questions", "groups", "effect", "noise", "std_error", "df", "detectable", *metric)
        .with_columns(pl.lit(estimand.of_pairs()).alias(ESTIMAND))
    )
    return same_kind(result.lazy(), aligned)


def _with_shares(cells: pl.DataFrame, keys: list[str], cluster: str, weight: str) -> pl.DataFrame:
    """`cells` with `share`, the weight of each in its mean; by group, differences are those from their group's mean.

    Where the clusters hold groups whole, differences stay: they tell how groups differ.

    Raises: OptionError where a mean over questions meets another cluster.
    """
    if weight == CELL_WEIGHT:
        return cells.with_columns(pl.lit(1.0).alias("share"))
    if weight == "question" and cluster != "question":
        raise OptionError(f"weight='question' plans numbers of questions, not of {cluster!r}. Cluster by question.")
    unit = list(dict.fromkeys([*keys, COLUMNS[weight]]))
    shared = cells.with_columns((1 / pl.len().over(unit)).alias("share"))
    if weight == "question":
        return shared
    of_group = pl.when(~groups_drawn(keys, [cluster])).then(pl.col("difference").mean().over(unit)).otherwise(0.0)
    return shared.with_columns((pl.col("difference") - of_group).alias("difference"))


def _pilot(cells: pl.DataFrame, keys: list[str], cluster: str, groups: int | None) -> pl.LazyFrame:
    """One row per comparison: the variances `effect` and `noise`, and `sizes` of its questions, by their cells.

    A size is the number of `cells`, the `share` of the question in the mean, and what its noise is thinned `out` by.
    """
    shares = pl.col("share").sum()
    sizes = (
        cells.lazy()
        .group_by(*keys, cluster)
        .agg(
            pl.len().cast(pl.Float64).alias("cells"),
            shares.alias("share"),
            (shares.pow(2) / pl.col("share").pow(2).sum()).alias("out"),
        )
        .group_by(keys)
        .agg(pl.struct("cells", "share", "out").sort().alias("sizes"))
    )
    if groups is not None:
        one_size = pl.struct(cells=pl.lit(float(groups)), share=pl.lit(1.0), out=pl.lit(float(groups)))
        sizes = sizes.with_columns(pl.concat_list(one_size).alias("sizes"))
    return (
        clusters(cells, keys, [cluster])
        .pipe(variance_parts, keys)
        .group_by(keys)
        .agg(pl.when(pl.len() > 1).then(pl.col(name).first()).alias(name) for name in ("effect", "noise"))
        .join(sizes, on=keys, how="left", nulls_equal=True)
    )


def _plans(pilot: pl.LazyFrame, keys: list[str], questions: list[int], weight: str) -> pl.DataFrame:
    """One row per comparison and number of questions: mean `groups`, `effect` and `noise` as deviations, error and df.

    The planned questions have the sizes of the pilot's at evenly spaced ranks.
    """
    share = pl.col("share") / pl.col("share").sum()
    rank = (2 * pl.col("place") + 1) * pl.col("sizes").list.len() // (2 * pl.col("questions"))
    effect, noise = (pl.col(f"{name}_variance").first() for name in ("effect", "noise"))
    variance = (share.pow(2) * (effect + noise / pl.col("out"))).sum()
    # The test of a mean over questions has one value for each of them; by group, they count by their share.
    sizes = {
        CELL_WEIGHT: pl.col("cells"),
        "question": pl.lit(1.0).alias("cells"),
        "group": (pl.col("share") / pl.col("share").mean() * pl.col("cells").mean()).over(keys).alias("cells"),
    }
    return (
        pilot.join(pl.LazyFrame({"questions": questions}), how="cross")
        .with_columns(pl.int_ranges("questions").alias("place"))
        .explode("place")
        .with_columns(pl.col("sizes").list.get(rank))
        .unnest("sizes")
        .with_columns(pl.col("cells").alias("groups"), pl.col("effect", "noise").name.suffix("_variance"))
        .with_columns(sizes[weight])
        .with_columns(pl.col("cells").sum().over(keys).alias("n"), *shares_of_variance())
        .group_by(keys)
        .agg(
            pl.col("groups").mean(),
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


def _sizes(questions: object) -> list[int]:
    """The sizes of test sets in a list. Raises: OptionError for what is no size."""
    sizes = list(questions) if isinstance(questions, Collection) and not isinstance(questions, str) else []
    if not sizes or any(not isinstance(size, Integral) or size < 2 for size in sizes):
        raise OptionError(f"questions={questions!r} must list whole numbers of 2 or more, such as [50, 100].")
    return sizes


def _check_options(groups: int | None, family: int, power: float, conf: float) -> None:
    """Raises an OptionError for counts, a power or a coverage that cannot be."""
    if groups is not None:
        check_whole("groups", groups, 1)
    check_whole("family", family, 1)
    check_number("power", power)
    check_number("conf", conf)
    if not 0 < conf < 1 or not 1 - conf < power < 1:
        raise OptionError(f"power={power} must be below 1 and above 1 - conf, and conf={conf} between 0 and 1.")
