"""Opinions in, Alignment out: every cell of every source beside its human reference."""

import polars as pl

from opinionframe import divergence
from opinionframe.alignment.references import as_metric, distance, references
from opinionframe.alignment.refusals import guard_cells
from opinionframe.alignment.sums import Sums, sums, trusted_sums
from opinionframe.errors import FrameError, check_option, check_source
from opinionframe.schemas.borders import codebook_border
from opinionframe.schemas.broken_cells import largest_choice
from opinionframe.schemas.datasets import DATASET, names_datasets
from opinionframe.schemas.doors import takes_relations
from opinionframe.schemas.engine import travelling
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.to_polars import is_relation
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

SCORES = ("alignment", "metric", "baseline", "ceiling")


@takes_relations
def align(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    reference: str = HUMAN,
    metric: str = divergence.BY_SCALE,
    missing: str = "error",
) -> Frame:
    """Opinion alignment of every cell with its reference: 1 - distance, in [0, 1]. Lazy in, lazy out.

    The Wasserstein distance is taken over the codebook's positions and divided by their span; the choices of a nominal
    question, which have none, are all equally far apart, which makes it the total variation distance.

    Args:
        opinions: Opinions with rows of `reference` and of the sources to score; also a DuckDB or PySpark
            relation of such rows, which are then summed to cells where they are.
        codebook: Codebook of its questions.
        reference: The source everything is compared with.
        metric: `by scale`, which is `wasserstein` for ordinal questions and `total_variation` for nominal ones; or one
            for all questions: either of these, `ranked_probability_score`, `hellinger`, `jensen_shannon` or
            `kullback_leibler` (scored as exp(-KL), smoothed by 1e-6). `wasserstein` and `ranked_probability_score`
            need ordinal questions.
        missing: What becomes of cells that have no reference: `error`, or `drop`, which warns with their count.

    Rows come in no order, and in another one each time: sort them where it matters, by `question`, `demographic` and
    `source`, which takes about as long again. No number depends on it.

    A lazy plan streams; where a scan's rows are sorted by question, demographic and source and say so with
    `.set_sorted("question", "demographic", "source")`, it does so without holding the cells.

    Returns:
        Alignment, for a relation a DataFrame. `metric` names the distance of each row; `baseline` is the score of the
        uniform distribution on the cell; `ceiling` the expected score of a perfect model, against a sample of the
        reference's `n_eff` (as `of.ceiling` has it; null but for Wasserstein and total variation). `dataset` is that
        of the question in the codebook, where it names any and the rows have no such column of their own.

    Raises:
        FrameError: A broken frame, a nominal question under an ordinal metric, a cell without reference.

    Reference: Santurkar et al. (2023), equation 1.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> aligned = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    >>> aligned.filter(source="uniform")["alignment"].is_between(0, 1).all()
    True
    """
    check_source("reference", reference)
    check_option("missing", missing, ("error", "drop"))
    book = codebook_border(codebook)
    k_max = largest_choice(book)
    choices = {"metric": divergence.metric_for(metric, book), "reference": reference, "missing": missing}
    scores = _scores(sums(opinions, book, reference, k_max), book, choices, k_max)
    if is_relation(opinions):
        return scores.collect()  # type: ignore[return-value]  # the frame types are those of Polars
    return same_kind(scores, opinions, streaming=True)


def aligned(
    opinions: pl.DataFrame, codebook: pl.DataFrame, reference: str = HUMAN, metric: str = divergence.BY_SCALE
) -> pl.DataFrame:
    """Alignment of checked Opinions that fit a checked codebook, as `align`.

    Raises: FrameError, for a nominal question under an ordinal metric or a cell without reference.
    """
    k_max = largest_choice(codebook)
    choices = {"metric": divergence.metric_for(metric, codebook), "reference": reference, "missing": "error"}
    return _scores(trusted_sums(opinions, reference, k_max), codebook, choices, k_max).collect(engine="streaming")


def _scores(cells: Sums, book: pl.DataFrame, choices: dict[str, str], k_max: int) -> pl.LazyFrame:
    """The scores of all cells but the reference's, in a plan that refuses what cannot be scored."""
    _refuse_score_columns(cells.columns)
    metric = choices["metric"]
    reference_cells = references(cells.people, book, metric, k_max)
    compared = as_metric(cells.cells.join(reference_cells, on=GROUP, how="left"), "p", k_max, metric)
    columns = cells.columns
    if names_datasets(book):
        compared, columns = _with_datasets(compared, columns)
    is_scored = (pl.col("source") != choices["reference"]) & pl.col("k").is_not_null()
    return guard_cells(_score(compared, is_scored, columns, metric, k_max), compared, cells, choices)


def _with_datasets(compared: pl.LazyFrame, columns: list[str]) -> tuple[pl.LazyFrame, list[str]]:
    """The cells with the dataset of their question in the codebook, where their rows name none, and all columns."""
    own = [pl.col(f"along {DATASET}").cast(pl.String)] if DATASET in columns else []
    named = compared.with_columns(pl.coalesce(*own, DATASET).alias(f"along {DATASET}"))
    return named, list(dict.fromkeys([*columns, DATASET]))


def _refuse_score_columns(columns: list[str]) -> None:
    if taken := [name for name in SCORES if name in columns]:
        raise FrameError(
            f"opinions has {len(taken)} columns that align makes anew: {', '.join(taken)}. Rename or drop them first."
        )


def _score(compared: pl.LazyFrame, is_scored: pl.Expr, columns: list[str], metric: str, k_max: int) -> pl.LazyFrame:
    # What fits add is in units of the score by scale.
    if metric not in divergence.IN_SCALE:
        columns = [name for name in columns if name != FIT_INFLUENCE]
    elif metric == divergence.OF_SCALE["nominal"] and FIT_INFLUENCE in columns:
        compared = compared.with_columns(
            pl.when("nominal").then(f"along {FIT_INFLUENCE}").alias(f"along {FIT_INFLUENCE}")
        )
    scored = compared.select(
        pl.col(CELL).cast(pl.String),
        pl.when(is_scored).then(1 - distance(metric)("p", "q", k_max)).alias("alignment"),
        divergence.named(metric).alias("metric"),
        "baseline",
        "ceiling",
        *(pl.col(f"along {column}").alias(column) for column in travelling(columns)),
        *(["n_eff"] if "n_eff" in columns else []),
    )
    # Scores are fewer columns to filter than what they are made of.
    return scored.filter(pl.col("alignment").is_not_null())
