"""The reference's side of a comparison: everything about a cell that does not depend on who is scored."""

import math

import polars as pl

from opinionframe import divergence
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import SMALLEST_SAMPLE


def references(people: pl.LazyFrame, book: pl.DataFrame, metric: str, k_max: int) -> pl.LazyFrame:
    """`people`, the reference's cells with shares `q1`…, with their scale, `baseline` and `ceiling`.

    Also `unordered`, whether the question lacks the order that `metric` needs, and `unfit`: to be refused for that, or
    for a malformed demographic. Lazy.
    """
    columns = people.collect_schema()
    needs_order = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    # Keys are compared as the rows have them; a question that they cannot have is no match for any.
    question = pl.col("question").cast(columns["question"], strict=False)
    with_scale = people.join(divergence.scale(book).with_columns(question), on="question", how="left")
    return (
        as_metric(with_scale, "q", k_max, metric)
        .with_columns(*_uniform(metric, k_max))
        .with_columns(
            baseline=1 - distance(metric)("u", "q", k_max),
            ceiling=_ceiling(metric, k_max, known="n_eff" in columns),
            unordered=pl.col("nominal") & needs_order,
        )
        .with_columns(unfit=pl.col("unordered") | is_malformed())
        .drop(f"u{j}" for j in range(1, k_max + 1))
    )


def as_metric(cells: pl.LazyFrame, prefix: str, k_max: int, metric: str) -> pl.LazyFrame:
    """Cells with their shares as `metric` takes them: cumulated where it compares distribution functions."""
    if metric == divergence.BY_SCALE:
        return cells.with_columns(*divergence.summed_by_scale(k_max, prefix))
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    return cells.with_columns(*divergence.cumulated(k_max, prefix)) if cumulative else cells


def distance(metric: str) -> divergence.Distance:
    """The distance that `metric` names."""
    return divergence.wasserstein_by_scale if metric == divergence.BY_SCALE else divergence.METRICS[metric]


def _uniform(metric: str, k_max: int) -> list[pl.Expr]:
    """The columns `u1`… of the uniform distribution, as `metric` takes them."""
    if metric == divergence.BY_SCALE:
        return divergence.uniform_by_scale(k_max, "u")
    return divergence.uniform_sums(k_max, "u", cumulative=metric in divergence.ON_DISTRIBUTION_FUNCTIONS)


def _ceiling(metric: str, k_max: int, *, known: bool) -> pl.Expr:
    """Expected score of a second sample: E|N(0, s)| = s sqrt(2/pi), s² = 2 F (1 - F) / (n - 1) at each step.

    At each choice, where shares are compared; there s is small and few people make the normal distribution too wide,
    so that it is held to 2 F (1 - F), which no two samples exceed on average.
    """
    if metric not in (divergence.BY_SCALE, *divergence.OF_SCALE.values()) or not known:
        return pl.lit(None, dtype=pl.Float64)
    n = pl.col("n_eff")
    product = {j: (pl.col(f"q{j}") * (1 - pl.col(f"q{j}"))).clip(lower_bound=0) for j in range(1, k_max + 1)}
    per_root = (4 / math.pi / (n - 1)).sqrt()
    steps = divergence.added(pl.col(f"width{j}") * product[j].sqrt() for j in range(1, k_max)) * per_root
    shares = divergence.added(pl.min_horizontal(product[j].sqrt() * per_root, 2 * product[j]) for j in product) / 2
    expected = {
        divergence.OF_SCALE["ordinal"]: steps,
        divergence.OF_SCALE["nominal"]: shares,
        divergence.BY_SCALE: pl.when("nominal").then(shares).otherwise(steps),
    }
    return pl.when(n >= SMALLEST_SAMPLE).then(1 - expected[metric])
