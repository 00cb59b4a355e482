"""The reference's side of a comparison: everything about a cell that does not depend on who is scored."""

import math

import polars as pl

from opinionframe import divergence
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import SMALLEST_SAMPLE

METRICS = {**divergence.ON_DISTRIBUTION_FUNCTIONS, **divergence.ON_SHARES}


def references(people: pl.LazyFrame, book: pl.DataFrame, metric: str, k_max: int) -> pl.LazyFrame:
    """`people`, the reference's cells with shares `q1`…, with their scale, `baseline` and `ceiling`.

    Also `nominal`, and `unfit`: to be refused for that, or for a malformed demographic. Lazy.
    """
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    columns = people.collect_schema()
    # Keys are compared as the rows have them; a question that they cannot have is no match for any.
    question = pl.col("question").cast(columns["question"], strict=False)
    scale = divergence.scale(book).with_columns(question, nominal=pl.col("nominal") & cumulative)
    return (
        as_metric(people, "q", k_max, metric)
        .join(scale, on="question", how="left")
        .with_columns(*divergence.uniform_sums(k_max, "u", cumulative=cumulative))
        .with_columns(
            baseline=1 - METRICS[metric]("u", "q", k_max),
            ceiling=_ceiling(metric, k_max, known="n_eff" in columns),
            unfit=pl.col("nominal") | is_malformed(),
        )
        .drop(f"u{j}" for j in range(1, k_max + 1))
    )


def as_metric(cells: pl.LazyFrame, prefix: str, k_max: int, metric: str) -> pl.LazyFrame:
    """Cells with their shares as `metric` takes them: cumulated where it compares distribution functions."""
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    return cells.with_columns(*divergence.cumulated(k_max, prefix)) if cumulative else cells


def _ceiling(metric: str, k_max: int, *, known: bool) -> pl.Expr:
    """Expected score of a second sample: E|N(0, s)| = s sqrt(2/pi), s² = 2 F (1 - F) / (n - 1) at each step."""
    if metric != "wasserstein" or not known:
        return pl.lit(None, dtype=pl.Float64)
    steps = (
        pl.col(f"width{j}") * (pl.col(f"q{j}") * (1 - pl.col(f"q{j}"))).clip(lower_bound=0).sqrt()
        for j in range(1, k_max)
    )
    n = pl.col("n_eff")
    expected = divergence.added(steps) * (4 / math.pi / (n - 1)).sqrt()
    return pl.when(n >= SMALLEST_SAMPLE).then(1 - expected)
