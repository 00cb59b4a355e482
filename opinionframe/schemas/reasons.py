"""Why a frame is refused: the broken cells or rules, counted, with examples and the remedy."""

from collections.abc import Iterable

import dataframely as dy
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import OPTIONAL, SUM_TOLERANCE
from opinionframe.schemas.keys import CELL

SCORE_TOLERANCE = 1e-9
"""Rounding of sums over at most 255 choices; Alignment's own columns allow the same."""

MALFORMED = "a malformed demographic"

REMEDIES = {
    "an empty key, or a choice outside 1..255": (
        "Fill question, demographic, choice and source in every row; number choices 1..K."
    ),
    MALFORMED: "Write it `attribute=class`, joined with ` & ` for intersections, or `all`.",
    "a question that is not in the codebook": (
        "Add it to the codebook, or drop it with .filter(pl.col('question').is_in(codebook['question'].implode()))."
    ),
    "duplicate rows for a choice": (
        "Keep one with .unique(['question', 'demographic', 'source', 'choice']), or name the second source otherwise."
    ),
    "a choice that is not in the codebook": (
        "Number choices 1..K as the codebook does; answers off the scale belong in `nonresponse`."
    ),
    "a choice missing": "Add the missing choices with explicit zeros.",
    "a probability that is null or NaN": "Drop these cells, or fill their probabilities.",
    "a negative or infinite probability": "Clip at 0 and renormalise, or drop these cells.",
    "probabilities that do not sum to 1": (
        "Renormalise with pl.col('prob') / pl.col('prob').sum().over('question', 'demographic', 'source')."
    ),
    "n_eff or nonresponse out of range or not constant": (
        "Both are constant within a cell: n_eff > 0, nonresponse in [0, 1]."
    ),
}


def broken_cells(opinions: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per cell that breaks a rule: its key, `reason` and `detail`. Lazy, one pass."""
    k_max = int(codebook["choice"].to_numpy().max())
    cells = opinions.group_by(CELL).agg(*_cell_checks(opinions.collect_schema(), k_max))
    return reasoned(cells, codebook, k_max)


def _cell_checks(columns: Iterable[str], k_max: int) -> list[pl.Expr]:
    """Aggregations of a cell's rows that the rules read: flags, counts and a sum, all of which stream."""
    choice, prob = pl.col("choice"), pl.col("prob")
    return [
        pl.len().alias("rows"),
        *((choice == j).any().alias(f"has{j}") for j in range(1, k_max + 1)),
        choice.max().alias("top"),
        choice.min().alias("bottom"),
        choice.is_null().any().alias("keyless"),
        (prob.is_null() | prob.is_nan()).any().alias("unknown"),
        (prob < 0).any().alias("negative"),
        prob.sum().alias("total"),
        _misplaced([column for column in OPTIONAL if column in columns]).alias("misplaced"),
    ]


def is_broken(k_max: int) -> pl.Expr:
    """Whether a row of cell checks beside its question's `k` breaks a rule, but for its demographic's spelling."""
    return pl.any_horizontal(broken for reason, broken in _rules(k_max).items() if reason != MALFORMED)


def reasoned(cells: pl.LazyFrame, codebook: pl.DataFrame, k_max: int) -> pl.LazyFrame:
    """The rows of cell checks that break a rule: key, `reason` and `detail`. Lazy."""
    k = codebook.lazy().group_by("question").agg(pl.len().alias("k"))
    rules = _rules(k_max)
    reason = pl.coalesce(pl.when(broken).then(pl.lit(reason)) for reason, broken in rules.items())
    return (
        cells.join(k, on="question", how="left")
        .filter(pl.any_horizontal(*rules.values()))
        .select(*CELL, reason.alias("reason"), _detail().alias("detail"))
    )


def refuse_cells(cells: pl.DataFrame) -> None:
    """Raise FrameError if there is any row in `cells`, the broken cells of an Opinions frame."""
    if cells.is_empty():
        return
    counts = cells.group_by("reason").len("cells").sort("cells", "reason", descending=[True, False])
    lines = [_line(cells.filter(reason=reason).sort(*CELL), reason) for reason in counts["reason"]]
    raise FrameError("\n".join(lines))


def broken_scores(aligned: pl.LazyFrame) -> pl.LazyFrame:
    """One row per cell of an Alignment frame that is there twice, has no key, or a score outside [0, 1]. Lazy."""
    score = pl.col("alignment", "baseline")
    scored = pl.all_horizontal(score.is_between(-SCORE_TOLERANCE, 1 + SCORE_TOLERANCE).fill_null(value=False))
    return (
        aligned.group_by(CELL)
        .agg(pl.len().alias("rows"), scored.all().alias("scored"))
        .with_columns(keyed=pl.all_horizontal(pl.col(CELL).is_not_null()))
        .filter((pl.col("rows") > 1) | ~pl.col("scored") | ~pl.col("keyed"))
    )


def refuse_scores(cells: pl.DataFrame) -> None:
    """Raise FrameError if there is any row in `cells`, the broken cells of an Alignment frame."""
    said = {
        "have no key": cells.filter(~pl.col("keyed")),
        "are there more than once": cells.filter(pl.col("keyed") & (pl.col("rows") > 1)),
        "have a score that is missing or outside [0, 1]": cells.filter(pl.col("keyed") & ~pl.col("scored")),
    }
    lines = [
        f"aligned: {len(found)} cells {what}, e.g. {examples(found.sort(CELL).select(CELL).rows())}."
        for what, found in said.items()
        if len(found)
    ]
    if lines:
        raise FrameError("\n".join([*lines, "Make the frame anew with align(…), one row per cell."]))


def rules_message(failure: dy.FailureInfo, schema: type[dy.Schema], name: str) -> str:
    """One line per broken rule of a dataframely schema: counts and example keys."""
    rows = failure.details()
    keys = schema.primary_key() or schema.column_names()[:3]
    lines = []
    for rule, count in failure.counts().items():
        bad = rows.filter(pl.col(rule) == "invalid").select(keys)
        lines.append(f"{name}: {count} rows break the rule '{_readable(rule)}', e.g. {examples(bad.rows())}.")
    return "\n".join(
        [*lines, f"Correct them, or see opinionframe.schemas.{schema.__name__} for what each column means."]
    )


def _misplaced(optional: list[str]) -> pl.Expr:
    checks = [pl.lit(value=False)]
    for column in optional:
        values = pl.col(column)
        low, high = (
            (values.min() < 0, values.max() > 1)
            if column == "nonresponse"
            else (
                values.min() <= 0,
                values.max().is_infinite(),
            )
        )
        partly = (values.count() > 0) & (values.count() < pl.len())
        checks += [values.min() != values.max(), partly, low, high, values.is_nan().any()]
    return pl.any_horizontal(*(check.fill_null(value=False) for check in checks))


def _rules(k_max: int) -> dict[str, pl.Expr]:
    distinct = pl.sum_horizontal(pl.col(f"has{j}").cast(pl.UInt32) for j in range(1, k_max + 1))
    return {
        "an empty key, or a choice outside 1..255": pl.any_horizontal(pl.col(*CELL).is_null()) | pl.col("keyless"),
        MALFORMED: is_malformed(),
        "a question that is not in the codebook": pl.col("k").is_null(),
        "a choice that is not in the codebook": (pl.col("top") > pl.col("k")) | (pl.col("bottom") < 1),
        "duplicate rows for a choice": pl.col("rows") > distinct,
        "a choice missing": distinct < pl.col("k"),
        "a probability that is null or NaN": pl.col("unknown"),
        "a negative or infinite probability": pl.col("negative") | pl.col("total").is_infinite(),
        "probabilities that do not sum to 1": (pl.col("total") - 1).abs() > SUM_TOLERANCE,
        "n_eff or nonresponse out of range or not constant": pl.col("misplaced"),
    }


def _detail() -> pl.Expr:
    return pl.format(
        "{} rows for {} choices, summing to {}", "rows", pl.col("k").fill_null(0), pl.col("total").round(6)
    )


def _line(cells: pl.DataFrame, reason: str) -> str:
    keys = examples(cells.select(CELL).rows())
    detail = "" if reason == MALFORMED else f" ({cells['detail'][0]})"
    return f"opinions: {len(cells)} cells have {reason}, e.g. {keys}{detail}. {REMEDIES[reason]}"


def _readable(rule: str) -> str:
    return rule.replace("|", ": ").replace("_", " ")
