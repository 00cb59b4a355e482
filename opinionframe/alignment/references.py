"""The reference's side of a comparison: everything about a cell that does not depend on who is scored."""

import numpy as np
import polars as pl

from opinionframe import divergence
from opinionframe.alignment.perfect_model import expected_error
from opinionframe.schemas.datasets import datasets, names_datasets
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import SMALLEST_SAMPLE


def references(people: pl.LazyFrame, book: pl.DataFrame, metric: str, k_max: int) -> pl.LazyFrame:
    """`people`, the reference's cells with shares `q1`…, with their scale, `baseline` and `ceiling`.

    Also their `dataset`, where the codebook names any; `unordered`, whether the question lacks the order that `metric`
    needs; and `unfit`: to be refused for that, or for a malformed demographic. Lazy.
    """
    columns = people.collect_schema()
    needs_order = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    # Keys are compared as the rows have them; a question that they cannot have is no match for any.
    question = pl.col("question").cast(columns["question"], strict=False)
    facts = divergence.scale(book)
    if names_datasets(book):
        facts = facts.join(datasets(book), on="question", how="left")
    with_scale = people.join(facts.with_columns(question), on="question", how="left")
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
    """Expected score of a perfect model: 1 less the expected error at each step, or of each share without an order."""
    if metric not in divergence.IN_SCALE or not known:
        return pl.lit(None, dtype=pl.Float64)
    by_choice = {divergence.OF_SCALE["ordinal"]: False, divergence.OF_SCALE["nominal"]: True}
    unordered = pl.lit(by_choice[metric]) if metric in by_choice else pl.col("nominal")
    columns = [f"{prefix}{j}" for prefix, last in (("q", k_max), ("width", k_max - 1)) for j in range(1, last + 1)]
    cells = pl.struct(*columns, pl.col("n_eff").cast(pl.Float64), unordered.alias("unordered"))
    return cells.map_batches(lambda cell: _perfect(cell.struct.unnest(), k_max), pl.Float64, is_elementwise=True)


def _perfect(cells: pl.DataFrame, k_max: int) -> pl.Series:
    """The ceiling of each cell; null where its people are not known, or fewer than make a sample."""
    n = cells["n_eff"].fill_null(float("nan")).to_numpy()
    is_sample = n >= SMALLEST_SAMPLE
    # Broken shares are refused by the guard of the plan, which may come later than this.
    shares = cells.select(pl.col(f"q{j}").fill_null(0.0).fill_nan(0.0) for j in range(1, k_max + 1)).to_numpy()
    width = cells.select(
        pl.when("unordered").then(0.5).otherwise(f"width{j}" if j < k_max else 0.0).fill_null(0.0).alias(f"width{j}")
        for j in range(1, k_max + 1)
    ).to_numpy()
    error = expected_error(shares, np.where(is_sample, n, SMALLEST_SAMPLE)[:, None] * np.ones(k_max))
    return pl.Series(np.where(is_sample, 1 - (width * error).sum(axis=1), np.nan)).fill_nan(None)
