"""The broken cells of a frame, each with the first law that it breaks; and the measures of a cell that laws read.

`cell_measures` and `score_measures` aggregate the rows of a cell; `as_measures` says how a law finds a measure in the
row of a cell, and `windows` beside each row of a frame that is not aggregated.
"""

from collections.abc import Callable, Iterable, Sequence

import polars as pl

from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.keys import CELL, SCORE
from opinionframe.schemas.rules import MALFORMED, OPINIONS, SCORE_TOLERANCE, Rule, where_broken
from opinionframe.schemas.vocabulary import KNOWN_SCORES, OPTIONAL


def broken_cells(opinions: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per cell of typed Opinions that breaks a law: its key, `reason` and `detail`. Lazy, one pass."""
    measures = cell_measures(opinions.collect_schema(), largest_choice(codebook))
    return broken_of(opinions.group_by(CELL).agg(*measures), codebook)


def broken_without_codebook(opinions: pl.LazyFrame) -> pl.LazyFrame:
    """The same where the largest choice of a question stands for its number of choices."""
    measures = (*cell_measures(opinions.collect_schema(), 0), pl.col("choice").n_unique().alias("distinct"))
    cells = opinions.group_by(CELL).agg(*measures).with_columns(pl.col("top").max().over("question").alias("k"))
    return reasoned(cells, OPINIONS).select(*CELL, "reason", _detail().alias("detail"))


def broken_scores(aligned: pl.LazyFrame, rules: Sequence[Rule]) -> pl.LazyFrame:
    """The same for the cells of typed Alignment, without a `detail`."""
    return reasoned(aligned.group_by(SCORE).agg(*score_measures(aligned.collect_schema())), rules)


def broken_of(measured: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """`broken_cells` of cells that are measured already, here or in another engine. Lazy."""
    with_k = measured.join(choices_per_question(codebook).lazy(), on="question", how="left")
    return reasoned(with_k, OPINIONS).select(*CELL, "reason", _detail().alias("detail"))


def reasoned(measured: pl.LazyFrame, rules: Sequence[Rule]) -> pl.LazyFrame:
    """The measured cells that break one of `rules`, with the first that they break as `reason`. Lazy."""
    laws = where_broken(rules, as_measures(measured.collect_schema().names()))
    reason = pl.coalesce(pl.when(broken).then(pl.lit(law)) for law, broken in laws.items())
    return measured.filter(pl.any_horizontal(*laws.values())).with_columns(reason.alias("reason"))


def breaks_a_law(columns: Iterable[str]) -> pl.Expr:
    """Whether a measured cell with `columns`, beside its question's `k`, breaks a law but that of its spelling."""
    laws = where_broken(OPINIONS, as_measures(columns))
    return pl.any_horizontal(broken for law, broken in laws.items() if law != MALFORMED)


def choices_per_question(codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per question of the codebook: how many choices `k` it lists."""
    return codebook.group_by("question").agg(pl.len().alias("k"))


def largest_choice(codebook: pl.DataFrame) -> int:
    """The number of choices of the codebook's longest scale."""
    return int(codebook["choice"].to_numpy().max())


def cell_measures(columns: Iterable[str], k_max: int) -> list[pl.Expr]:
    """Aggregations of the rows of a cell of Opinions with at most `k_max` choices, all of which stream."""
    choice, prob = pl.col("choice"), pl.col("prob")
    return [
        pl.len().alias("rows"),
        *((choice == j).any().alias(f"has{j}") for j in range(1, k_max + 1)),
        choice.max().alias("top"),
        choice.min().alias("bottom"),
        choice.is_null().sum().alias("keyless"),
        (prob.is_null() | prob.is_nan()).sum().alias("unknown"),
        (prob < 0).sum().alias("negative"),
        prob.sum().alias("total"),
        *extremes(columns),
    ]


def score_measures(columns: Iterable[str]) -> list[pl.Expr]:
    """Aggregations of the rows of a cell of Alignment."""
    optional = [name for name in KNOWN_SCORES if name in columns]
    return [
        pl.len().alias("rows"),
        (~_is_score(pl.col("alignment")).fill_null(value=False)).sum().alias("unscored"),
        pl.sum_horizontal(pl.lit(0), *((~_is_score(pl.col(name))).sum() for name in optional)).alias("outside"),
    ]


def extremes(columns: Iterable[str]) -> list[pl.Expr]:
    """Least, largest and known values of the optional columns; a NaN, which extremes pass over, counts as -1."""
    values = {name: pl.col(name).cast(pl.Float64).fill_nan(-1.0) for name in OPTIONAL if name in columns}
    return [
        part.alias(f"{what} {name}")
        for name, value in values.items()
        for what, part in (("low", value.min()), ("high", value.max()), ("known", value.count()))
    ]


def as_measures(columns: Iterable[str]) -> Callable[[str], pl.Expr]:
    """How a law finds a measure in the row of a cell that has `columns`: a column, or what follows from the others."""
    have = set(columns)
    derived = {"unkeyed": pl.any_horizontal(pl.col(CELL).is_null()), "malformed": is_malformed()}
    if "distinct" not in have:
        derived["distinct"] = pl.sum_horizontal(pl.col("^has[0-9]+$").cast(pl.UInt32))
    absent = {"known": pl.lit(0), "low": pl.lit(None, pl.Float64), "high": pl.lit(None, pl.Float64)}
    for name in OPTIONAL:
        if f"known {name}" not in have:
            derived |= {f"{what} {name}": value for what, value in absent.items()}
    return lambda name: derived.get(name, pl.col(name))


def windows(columns: Iterable[str], codebook: pl.DataFrame | None = None) -> Callable[[str], pl.Expr]:
    """The measures of its cell beside each row; without a codebook a question's largest choice stands for its k."""
    k_max = 0 if codebook is None else largest_choice(codebook)
    parts = {part.meta.output_name(): part.over(CELL) for part in cell_measures(columns, k_max)}
    choices = pl.col("choice").max().over("question") if codebook is None else _listed_choices(codebook)
    return _beside(parts | {"distinct": pl.col("choice").n_unique().over(CELL), "k": choices})


def _listed_choices(codebook: pl.DataFrame) -> pl.Expr:
    """The number of choices that the codebook has for the question of a row, null where it has none."""
    listed = choices_per_question(codebook)
    return pl.col("question").replace_strict(listed["question"], listed["k"], default=None, return_dtype=pl.UInt32)


def score_windows(columns: Iterable[str]) -> Callable[[str], pl.Expr]:
    """The same for Alignment."""
    return _beside({part.meta.output_name(): part.over(SCORE) for part in score_measures(columns)})


def _beside(parts: dict[str, pl.Expr]) -> Callable[[str], pl.Expr]:
    derived = as_measures(parts)
    return lambda name: parts.get(name, derived(name))


def _detail() -> pl.Expr:
    return pl.format(
        "{} rows for {} choices, summing to {}", "rows", pl.col("k").fill_null(0), pl.col("total").round(6)
    )


def _is_score(value: pl.Expr) -> pl.Expr:
    return value.is_between(-SCORE_TOLERANCE, 1 + SCORE_TOLERANCE)
