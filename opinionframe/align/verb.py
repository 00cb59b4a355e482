"""Opinions in, Alignment out: every cell of every source beside its human reference."""

import math

import polars as pl

from opinionframe import divergence
from opinionframe.align.unmatched import guard_unmatched
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.frames import CELL, HUMAN, Opinions
from opinionframe.schemas.guard import guarded
from opinionframe.schemas.kind import Frame, same_kind

METRICS = {**divergence.ON_DISTRIBUTION_FUNCTIONS, **divergence.ON_SHARES}
GROUP = ("question", "demographic")


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
    rows = opinions_border(opinions, book)
    if metric in divergence.ON_DISTRIBUTION_FUNCTIONS:
        rows = _refuse_nominal(rows, book, metric)
    sources = _sides(rows.filter(pl.col("source") != reference), book, metric, "p", CELL)
    references = _sides(rows.filter(pl.col("source") == reference), book, metric, "q", GROUP)
    compared = sources.join(references, on=GROUP, how="inner", suffix="_reference")
    scored = _score(compared, book, metric)
    unmatched = sources.join(references, on=GROUP, how="anti").select(CELL)
    return same_kind(guard_unmatched(scored, unmatched, reference, missing), opinions)


def _sides(rows: pl.LazyFrame, book: pl.DataFrame, metric: str, prefix: str, key: tuple[str, ...]) -> pl.LazyFrame:
    """One row per cell: its shares or distribution function in columns `<prefix>1`…, and what travels along."""
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    along = [c for c in rows.collect_schema() if c not in Opinions.column_names()] if prefix == "p" else []
    along = [c for c in along if c != "n_eff"]
    if prefix == "q" and "n_eff" in rows.collect_schema():
        along = ["n_eff"]
    return rows.group_by(key).agg(
        *divergence.masked_sums(_k_max(book), prefix, cumulative=cumulative),
        *(pl.col(column).first() for column in along),
    )


def _score(compared: pl.LazyFrame, book: pl.DataFrame, metric: str) -> pl.LazyFrame:
    k_max = _k_max(book)
    distance = METRICS[metric]
    cumulative = metric in divergence.ON_DISTRIBUTION_FUNCTIONS
    along = [c for c in compared.collect_schema() if c not in CELL and not _is_side(c)]
    return (
        compared.join(divergence.scale(book).lazy(), on="question", how="left")
        .with_columns(*divergence.uniform_sums(k_max, "u", cumulative=cumulative))
        .select(
            *CELL,
            (1 - distance("p", "q", k_max)).alias("alignment"),
            (1 - distance("u", "q", k_max)).alias("baseline"),
            _ceiling(metric, k_max, known="n_eff" in along).alias("ceiling"),
            *along,
        )
    )


def _ceiling(metric: str, k_max: int, *, known: bool) -> pl.Expr:
    """Expected score of a second sample: E|N(0, s)| = s sqrt(2/pi), s² = 2 F (1 - F) / (n - 1) at each step."""
    if metric != "wasserstein" or not known:
        return pl.lit(None, dtype=pl.Float64)
    steps = (
        pl.col(f"gap{j}") * (pl.col(f"q{j}") * (1 - pl.col(f"q{j}"))).clip(lower_bound=0).sqrt()
        for j in range(1, k_max)
    )
    n = pl.col("n_eff")
    expected = pl.sum_horizontal(*steps) * (4 / math.pi / (n - 1)).sqrt() / pl.col("span")
    return pl.when(n > 1).then(1 - expected)


def _refuse_nominal(rows: pl.LazyFrame, book: pl.DataFrame, metric: str) -> pl.LazyFrame:
    nominal = book.filter(pl.col("scale") == "nominal").select("question").unique()
    if nominal.is_empty():
        return rows

    def refuse(asked: pl.DataFrame) -> None:
        if len(asked):
            keys = examples(asked.sort("question").rows())
            raise FrameError(
                f"{len(asked)} questions are nominal, e.g. {keys}: {metric} needs an order. "
                "Drop them with .filter(…), or use metric='total_variation'."
            )

    asked = rows.select("question").unique().join(nominal.lazy(), on="question", how="semi")
    return guarded(rows, asked, refuse)


def _k_max(book: pl.DataFrame) -> int:
    return int(book["choice"].max())  # type: ignore[arg-type]  # a checked codebook has rows


def _is_side(column: str) -> bool:
    return column[:1] in "pq" and column[1:].isdigit()
