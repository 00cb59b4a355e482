"""Opinions in, Alignment out: every cell of every source beside its human reference."""

import polars as pl

from opinionframe.alignment.references import GROUP, METRICS, as_metric, references
from opinionframe.alignment.refusals import guard_cells
from opinionframe.alignment.sums import sums
from opinionframe.errors import FrameError, check_option
from opinionframe.schemas.borders import codebook_border
from opinionframe.schemas.engine import is_relation, travelling
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import Frame, same_kind

SCORES = ("alignment", "baseline", "ceiling")


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
        opinions: Opinions with rows of `reference` and of the sources to score; also a DuckDB or PySpark
            relation of such rows, which are then summed to cells where they are (extra `engine`).
        codebook: Codebook of its questions.
        reference: The source everything is compared with.
        metric: `wasserstein`, `ranked_probability_score`, `total_variation`, `hellinger`, `jensen_shannon`
            or `kullback_leibler` (scored as exp(-KL), smoothed by 1e-6). The first two need ordinal questions.
        missing: What becomes of cells that have no reference: `error`, or `drop`, which warns with their count.

    A lazy plan streams; where a scan's rows are sorted by question, demographic and source and say so with
    `.set_sorted("question", "demographic", "source")`, it does so without holding the cells.

    Returns:
        Alignment, for a relation a DataFrame. `baseline` is the score of the uniform distribution on the cell;
        `ceiling` the expected score of a second sample as large as the reference's `n_eff` (Wasserstein alone,
        normal approximation).

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
    found = sums(opinions, book, reference, k_max)
    _refuse_taken(found.columns)
    against = references(found.people, book, metric, k_max)
    compared = as_metric(found.cells, "p", k_max, metric).join(against, on=GROUP, how="left")
    others = (pl.col("source") != reference) & pl.col("k").is_not_null()
    scored = _score(compared, others, found.columns, metric, k_max)
    choices = {"metric": metric, "reference": reference, "missing": missing}
    aligned = guard_cells(scored, compared, found, choices)
    if is_relation(opinions):
        return aligned.collect()  # type: ignore[return-value]  # the frame types are those of Polars
    return same_kind(aligned, opinions, streaming=True)


def _refuse_taken(columns: list[str]) -> None:
    if taken := [name for name in SCORES if name in columns]:
        raise FrameError(
            f"opinions has {len(taken)} columns that align makes anew: {', '.join(taken)}. Rename or drop them first."
        )


def _score(compared: pl.LazyFrame, others: pl.Expr, columns: list[str], metric: str, k_max: int) -> pl.LazyFrame:
    scored = compared.select(
        pl.col(CELL).cast(pl.String),
        pl.when(others).then(1 - METRICS[metric]("p", "q", k_max)).alias("alignment"),
        "baseline",
        "ceiling",
        *(pl.col(f"along {column}").alias(column) for column in travelling(columns)),
        *(["n_eff"] if "n_eff" in columns else []),
    )
    # Scores are fewer columns to filter than what they are made of.
    return scored.filter(pl.col("alignment").is_not_null())
