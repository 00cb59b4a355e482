"""Distances between distributions over choices, ordered or not, as expressions over one row per cell.

A side of a comparison is one row per cell with a column per choice: the shares or, cumulated, the
distribution function. Masked sums build it in one group_by, without a sort, for any mix of K.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import add

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.errors import check_option

SMOOTHING = 1e-6
"""Added to every share before a Kullback-Leibler divergence, which is infinite at a zero."""

Distance = Callable[[str, str, int], pl.Expr]


def masked_sums(k_max: int, prefix: str, *, cumulative: bool) -> list[pl.Expr]:
    """Aggregations to `k_max` columns: the share of choice j, or of the choices up to j."""
    # A mask outside the sum streams and is several times as fast as a filter inside of it.
    choice = pl.col("choice")
    masks = ((choice <= j) if cumulative else (choice == j) for j in range(1, k_max + 1))
    return [
        pl.when(mask).then(pl.col("prob")).otherwise(0.0).sum().alias(f"{prefix}{j}")
        for j, mask in enumerate(masks, start=1)
    ]


def cumulated(k_max: int, prefix: str) -> list[pl.Expr]:
    """Columns of shares summed up to each choice, in their order, so that the order of rows leaves no trace."""
    return [
        reduce(add, (pl.col(f"{prefix}{i}") for i in range(1, j + 1))).alias(f"{prefix}{j}")
        for j in range(1, k_max + 1)
    ]


def summed_by_scale(k_max: int, prefix: str) -> list[pl.Expr]:
    """The columns of shares, summed up to each choice but where a question is `nominal`."""
    shares = (pl.col(f"{prefix}{j}") for j in range(1, k_max + 1))
    return [
        pl.when("nominal").then(share).otherwise(below)
        for share, below in zip(shares, cumulated(k_max, prefix), strict=True)
    ]


def uniform_sums(k_max: int, prefix: str, *, cumulative: bool) -> list[pl.Expr]:
    """The same columns for the uniform distribution over `k` choices."""
    shares = [_uniform_below(j) if cumulative else _uniform_share(j) for j in range(1, k_max + 1)]
    return [share.alias(f"{prefix}{j}") for j, share in enumerate(shares, start=1)]


def uniform_by_scale(k_max: int, prefix: str) -> list[pl.Expr]:
    """The same, summed up to each choice but where a question is `nominal`."""
    return [
        pl.when("nominal").then(_uniform_share(j)).otherwise(_uniform_below(j)).alias(f"{prefix}{j}")
        for j in range(1, k_max + 1)
    ]


def scale(codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per question: `k`, `nominal`, and `width1`…: the step from position j to the next. Lazy.

    Steps are shares of the span of positions, 0 past K. Any two choices of a nominal question are as far apart as
    any others, so that each choice has the width 1/2: half the sum of absolute differences is their total variation.
    """
    k_max = int(codebook["choice"].to_numpy().max())
    span = pl.col("position").max() - pl.col("position").min()
    gap = pl.col("position").sort_by("choice").diff(null_behavior="drop")
    return (
        codebook.lazy()
        .group_by("question")
        .agg(
            pl.len().cast(pl.UInt8).alias("k"),
            (pl.col("scale") == "nominal").any().alias("nominal"),
            *((gap.get(j, null_on_oob=True).fill_null(0.0) / span).alias(f"width{j + 1}") for j in range(k_max)),
        )
        .with_columns(
            pl.when("nominal")
            .then(pl.when(pl.col("k") >= j).then(0.5).otherwise(0.0))
            .otherwise(f"width{j}")
            .alias(f"width{j}")
            for j in range(1, k_max + 1)
        )
    )


def wasserstein(left: str, right: str, k_max: int) -> pl.Expr:
    """Wasserstein-1 distance over the span of positions, in [0, 1]; sides cumulative.

    Reference: Santurkar et al. (2023), section 3; the distance is the area between the two
    distribution functions.
    """
    return added(pl.col(f"width{j}") * _step(left, right, j).abs() for j in range(1, k_max))


def wasserstein_by_scale(left: str, right: str, k_max: int) -> pl.Expr:
    """Wasserstein-1 distance, in [0, 1], where choices of a nominal question are all equally far apart.

    Sides `summed_by_scale`. For nominal questions it is the total variation distance: the least mass that has to move.
    """
    return added(pl.col(f"width{j}") * _step(left, right, j).abs() for j in range(1, k_max + 1))


def ranked_probability_score(left: str, right: str, k_max: int) -> pl.Expr:
    """Squared area between distribution functions over the span, in [0, 1]; sides cumulative.

    Reference: Epstein (1969), with the steps between positions as weights.
    """
    return added(pl.col(f"width{j}") * _step(left, right, j).pow(2) for j in range(1, k_max))


def total_variation(left: str, right: str, k_max: int) -> pl.Expr:
    """Half the sum of absolute differences of shares, in [0, 1]."""
    return added(_step(left, right, j).abs() for j in range(1, k_max + 1)) / 2


def hellinger(left: str, right: str, k_max: int) -> pl.Expr:
    """Hellinger distance, in [0, 1]."""
    roots = (pl.col(f"{left}{j}").sqrt() - pl.col(f"{right}{j}").sqrt() for j in range(1, k_max + 1))
    return (added(root.pow(2) for root in roots) / 2).sqrt()


def jensen_shannon(left: str, right: str, k_max: int) -> pl.Expr:
    """Jensen-Shannon distance, the root of the divergence in bits, in [0, 1]."""
    columns = [(pl.col(f"{left}{j}"), pl.col(f"{right}{j}")) for j in range(1, k_max + 1)]
    divergence = added((_entropy_term(p, (p + q) / 2) + _entropy_term(q, (p + q) / 2)) / 2 for p, q in columns)
    return divergence.clip(0, 1).sqrt()


def kullback_leibler(left: str, right: str, k_max: int) -> pl.Expr:
    """1 - exp(-KL(right || left)) in nats, in [0, 1]; each share smoothed by adding 1e-6 and renormalising."""
    total = 1 + SMOOTHING * pl.col("k")
    terms = (
        pl.when(pl.col("k") >= j)
        .then(_nats((pl.col(f"{right}{j}") + SMOOTHING) / total, (pl.col(f"{left}{j}") + SMOOTHING) / total))
        .otherwise(0.0)
        for j in range(1, k_max + 1)
    )
    return 1 - (-added(terms).clip(lower_bound=0)).exp()


ON_DISTRIBUTION_FUNCTIONS: dict[str, Distance] = {
    "wasserstein": wasserstein,
    "ranked_probability_score": ranked_probability_score,
}
"""These need an order and positions, so nominal questions refuse them."""

ON_SHARES: dict[str, Distance] = {
    "total_variation": total_variation,
    "hellinger": hellinger,
    "jensen_shannon": jensen_shannon,
    "kullback_leibler": kullback_leibler,
}

METRICS = {**ON_DISTRIBUTION_FUNCTIONS, **ON_SHARES}

BY_SCALE = "by scale"
"""The metric that scores each question by its scale."""

OF_SCALE = {"ordinal": "wasserstein", "nominal": "total_variation"}
"""The metric of each scale. Where choices have no order, each is as far from any other, and the Wasserstein distance
between two distributions is their total variation."""

IN_SCALE = (BY_SCALE, *OF_SCALE.values())
"""The metrics for which ceilings, and what new fits add to an interval, are known."""

TITLES = {
    "wasserstein": "Wasserstein distance over the span of the scale",
    "ranked_probability_score": "ranked probability score over the span of the scale",
    "total_variation": "total variation distance",
    "hellinger": "Hellinger distance",
    "jensen_shannon": "Jensen-Shannon distance (base 2)",
    "kullback_leibler": "(1 - exp(-KL divergence from the human distribution))",
}
"""What each metric is called in print: alignment is 1 less it."""


def definition(metric: str | None, *, short: bool = False) -> str:
    """What alignment is under `metric`, in words; empty where it is not known.

    >>> definition("wasserstein", short=True)
    '1 - Wasserstein distance'
    """
    if metric is None:
        return ""
    title = TITLES.get(metric, metric)
    return f"1 - {title.partition(' over ')[0] if short else title}"


def metric_for(metric: str, codebook: pl.DataFrame) -> str:
    """The one metric that scores every question of a checked codebook, or `by scale` where scales are mixed.

    Raises: OptionError for an unknown metric.
    """
    check_option("metric", metric, (BY_SCALE, *METRICS))
    metrics = {OF_SCALE[scale] for scale in codebook["scale"].unique()} if metric == BY_SCALE else {metric}
    return metrics.pop() if len(metrics) == 1 else BY_SCALE


def named(metric: str) -> pl.Expr:
    """The name of the metric that scores a row, from whether its question is `nominal`."""
    if metric != BY_SCALE:
        return pl.lit(metric)
    return pl.when("nominal").then(pl.lit(OF_SCALE["nominal"])).otherwise(pl.lit(OF_SCALE["ordinal"]))


def wasserstein_similarity(
    left: NDArray[np.float64], right: NDArray[np.float64], positions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """1 - Wasserstein / span for arrays of shares, shape (..., K), on positions of shape (..., K), in [0, 1].

    >>> wasserstein_similarity(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([1.0, 1.5, 2]))
    np.float64(0.5)
    """
    steps = np.abs(np.cumsum(left - right, axis=-1)[..., :-1])
    distance = np.sum(np.diff(positions, axis=-1) * steps, axis=-1)
    similarity: NDArray[np.float64] = 1 - distance / (positions[..., -1] - positions[..., 0])
    return similarity


def added(terms: Iterable[pl.Expr]) -> pl.Expr:
    """The sum of `terms`, from the left; null where one is."""
    # Not sum_horizontal, whose order of adding depends on the threads.
    return reduce(add, terms)


def _uniform_share(j: int) -> pl.Expr:
    return pl.when(pl.col("k") >= j).then(1 / pl.col("k").cast(pl.Float64)).otherwise(0.0)


def _uniform_below(j: int) -> pl.Expr:
    k = pl.col("k").cast(pl.Float64)
    return pl.min_horizontal(pl.lit(float(j)), k) / k


def _step(left: str, right: str, j: int) -> pl.Expr:
    return pl.col(f"{left}{j}") - pl.col(f"{right}{j}")


def _entropy_term(p: pl.Expr, middle: pl.Expr) -> pl.Expr:
    return pl.when(p > 0).then(p * (p / middle).log(2)).otherwise(0.0)


def _nats(p: pl.Expr, q: pl.Expr) -> pl.Expr:
    return p * (p / q).log()
