"""Opinions in, Alignment out: every cell of every source beside its human reference.

One pass over the rows: the sums of each cell and the checks of its rows are made in the same group_by.
"""

import polars as pl

from opinionframe import divergence
from opinionframe.align.references import GROUP, METRICS, references, side
from opinionframe.align.refusals import guard_cells
from opinionframe.errors import check_option
from opinionframe.schemas import reasons
from opinionframe.schemas.borders import codebook_border, typed_columns
from opinionframe.schemas.frames import CELL, HUMAN, Opinions
from opinionframe.schemas.kind import Frame, same_kind


def align(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    reference: str = HUMAN,
    metric: str = "wasserstein",
    missing: str = "error",
) -> Frame:
    """Opinion alignment of every cell with its reference: 1 - distance, in [0, 1]. Lazy in, lazy out.

    The Wasserstein distance is taken over the codebook's positions and divided by their span.

    Args:
        opinions: Opinions with rows of `reference` and of the sources to score.
        codebook: Codebook of its questions.
        reference: The source everything is compared with.
        metric: `wasserstein`, `ranked_probability_score`, `total_variation`, `hellinger`, `jensen_shannon`
            or `kullback_leibler` (scored as exp(-KL), smoothed by 1e-6). The first two need ordinal questions.
        missing: What becomes of cells that have no reference: `error`, or `drop`, which warns with their count.

    A lazy plan streams; where a scan's rows are sorted by question, demographic and source and say so with
    `.set_sorted("question", "demographic", "source")`, it does so without holding the cells.

    Returns:
        Alignment. `baseline` is the score of the uniform distribution on the cell; `ceiling` the expected
        score of a second sample as large as the reference's `n_eff` (Wasserstein alone, normal approximation).

    Raises:
        FrameError: A broken frame, a nominal question under an ordinal metric, a cell without reference.

    Reference: Santurkar et al. (2023), equation 1.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> aligned = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    >>> aligned.filter(source="uniform")["alignment"].is_between(0, 1).all()
    True
    """
    check_option("metric", metric, METRICS)
    check_option("missing", missing, ("error", "drop"))
    book = codebook_border(codebook)
    k_max = int(book["choice"].to_numpy().max())
    rows = typed_columns(opinions, Opinions, "opinions")
    against = references(rows.filter(pl.col("source") == reference), book, metric, k_max)
    compared = _cells(rows, metric, k_max).join(against, on=GROUP, how="left")
    scored = _score(compared.filter((pl.col("source") != reference) & pl.col("k").is_not_null()), rows, metric, k_max)
    doubtful = compared.filter(reasons.is_broken(k_max) | pl.col("nominal") | pl.col("malformed"))
    choices = {"metric": metric, "reference": reference, "missing": missing}
    return same_kind(guard_cells(scored, doubtful, book, k_max, choices), opinions, streaming=True)


def _cells(rows: pl.LazyFrame, metric: str, k_max: int) -> pl.LazyFrame:
    """One row per cell: its shares or distribution function `p1`…, its checks, and what travels along."""
    columns = rows.collect_schema().names()
    along = [pl.col(column).first().alias(f"along {column}") for column in _along(columns)]
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    return side(rows, CELL, "p", k_max, [*reasons.cell_checks(columns, k_max), *along], cumulative=cumulative)


def _score(compared: pl.LazyFrame, rows: pl.LazyFrame, metric: str, k_max: int) -> pl.LazyFrame:
    columns = rows.collect_schema().names()
    return compared.select(
        *CELL,
        (1 - METRICS[metric]("p", "q", k_max)).alias("alignment"),
        "baseline",
        "ceiling",
        *(pl.col(f"along {column}").alias(column) for column in _along(columns)),
        *(["n_eff"] if "n_eff" in columns else []),
    )


def _along(columns: list[str]) -> list[str]:
    """Columns that travel from the source's rows; `n_eff` comes from the reference's."""
    return [column for column in columns if column not in (*Opinions.column_names(), "n_eff")]
