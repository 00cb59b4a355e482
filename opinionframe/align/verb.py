"""Opinions in, Alignment out: every cell of every source beside its human reference.

One pass over the rows: the sums of each cell and the checks of its rows are made in the same group_by.
"""

import polars as pl

from opinionframe import divergence
from opinionframe.align.references import GROUP, METRICS, as_metric, references
from opinionframe.align.refusals import guard_cells
from opinionframe.errors import FrameError, check_option
from opinionframe.schemas import reasons
from opinionframe.schemas.borders import AnyFrame, codebook_border, typed_columns
from opinionframe.schemas.frames import CELL, HUMAN, Opinions
from opinionframe.schemas.kind import Frame, same_kind
from opinionframe.schemas.relation import is_relation, relation_cells, travelling

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
    columns, cells, people = (_relation_sums if is_relation(opinions) else _sums)(opinions, reference, k_max)
    _refuse_taken(columns)
    against = references(people, book, metric, k_max)
    compared = as_metric(cells, "p", k_max, metric).join(against, on=GROUP, how="left")
    scored = _score(
        compared.filter((pl.col("source") != reference) & pl.col("k").is_not_null()), columns, metric, k_max
    )
    doubtful = compared.filter(reasons.is_broken(k_max) | pl.col("nominal") | pl.col("malformed"))
    choices = {"metric": metric, "reference": reference, "missing": missing}
    aligned = guard_cells(scored, doubtful, book, k_max, choices)
    if is_relation(opinions):
        return aligned.collect()  # type: ignore[return-value]  # the frame types are those of Polars
    return same_kind(aligned, opinions, streaming=True)


def _refuse_taken(columns: list[str]) -> None:
    if taken := [name for name in SCORES if name in columns]:
        raise FrameError(
            f"opinions has {len(taken)} columns that align makes anew: {', '.join(taken)}. Rename or drop them first."
        )


def _sums(opinions: AnyFrame, reference: str, k_max: int) -> tuple[list[str], pl.LazyFrame, pl.LazyFrame]:
    """The columns of the rows; all cells with shares `p1`… and checks; and the reference's with shares `q1`…. Lazy."""
    rows = typed_columns(opinions, Opinions, "opinions")
    columns = rows.collect_schema().names()
    cells = rows.group_by(CELL).agg(
        *divergence.masked_sums(k_max, "p", cumulative=False),
        *reasons.cell_checks(columns, k_max),
        *(pl.col(column).first().alias(f"along {column}") for column in travelling(columns)),
    )
    people = rows.filter(pl.col("source") == reference)
    n_eff = [pl.col("n_eff").first()] if "n_eff" in columns else []
    return columns, cells, people.group_by(GROUP).agg(*divergence.masked_sums(k_max, "q", cumulative=False), *n_eff)


def _relation_sums(relation: object, reference: str, k_max: int) -> tuple[list[str], pl.LazyFrame, pl.LazyFrame]:
    """The same from a relation, whose query runs here."""
    columns, cells = relation_cells(relation, k_max)
    shares = [pl.col(f"p{j}").alias(f"q{j}") for j in range(1, k_max + 1)]
    n_eff = [pl.col("high n_eff").alias("n_eff")] if "n_eff" in columns else []
    people = cells.lazy().filter(pl.col("source") == reference)
    return columns, cells.lazy(), people.select(*GROUP, *shares, *n_eff)


def _score(compared: pl.LazyFrame, columns: list[str], metric: str, k_max: int) -> pl.LazyFrame:
    return compared.select(
        *CELL,
        (1 - METRICS[metric]("p", "q", k_max)).alias("alignment"),
        "baseline",
        "ceiling",
        *(pl.col(f"along {column}").alias(column) for column in travelling(columns)),
        *(["n_eff"] if "n_eff" in columns else []),
    )
