"""Why a frame is refused: the broken cells or rules, counted, with examples and the remedy."""

import dataframely as dy
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.demographic import PATTERN
from opinionframe.schemas.frames import CELL, SUM_TOLERANCE

SCORE_TOLERANCE = 1e-9
"""Rounding of sums over at most 255 choices; Alignment's own columns allow the same."""

REMEDIES = {
    "an empty key, or a choice outside 1..255": (
        "Fill question, demographic, choice and source in every row; number choices 1..K."
    ),
    "a malformed demographic": "Write it `attribute=class`, joined with ` & ` for intersections, or `all`.",
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
    optional = [column for column in ("n_eff", "nonresponse") if column in opinions.collect_schema()]
    k = codebook.lazy().group_by("question").agg(pl.len().alias("k"))
    return (
        opinions.group_by(CELL)
        .agg(
            pl.len().alias("rows"),
            pl.col("choice").n_unique().alias("distinct"),
            pl.col("choice").max().alias("top"),
            pl.col("choice").min().alias("bottom"),
            pl.col("choice").null_count().alias("keyless"),
            (pl.col("prob").null_count() + pl.col("prob").is_nan().sum()).alias("unknown"),
            pl.col("prob").min().alias("low"),
            pl.col("prob").sum().alias("total"),
            _misplaced(optional).alias("misplaced"),
        )
        .join(k, on="question", how="left")
        .with_columns(_reason().alias("reason"), _detail().alias("detail"))
        .filter(pl.col("reason").is_not_null())
        .select(*CELL, "reason", "detail")
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
        checks.append(values.n_unique() > 1)
        checks.append((values.max() > 1) if column == "nonresponse" else values.is_infinite().any())
        checks.append((values.min() < 0) if column == "nonresponse" else (values.min() <= 0))
        checks.append(values.is_nan().any())
    return pl.any_horizontal(*(check.fill_null(value=False) for check in checks))


def _reason() -> pl.Expr:
    rules = {
        "an empty key, or a choice outside 1..255": pl.any_horizontal(pl.col(*CELL).is_null())
        | (pl.col("keyless") > 0),
        "a malformed demographic": ~pl.col("demographic").str.contains(PATTERN),
        "a question that is not in the codebook": pl.col("k").is_null(),
        "duplicate rows for a choice": pl.col("rows") > pl.col("distinct"),
        "a choice that is not in the codebook": (pl.col("top") > pl.col("k")) | (pl.col("bottom") < 1),
        "a choice missing": pl.col("distinct") < pl.col("k"),
        "a probability that is null or NaN": pl.col("unknown") > 0,
        "a negative or infinite probability": (pl.col("low") < 0) | pl.col("total").is_infinite(),
        "probabilities that do not sum to 1": (pl.col("total") - 1).abs() > SUM_TOLERANCE,
        "n_eff or nonresponse out of range or not constant": pl.col("misplaced"),
    }
    return pl.coalesce(pl.when(broken).then(pl.lit(reason)) for reason, broken in rules.items())


def _detail() -> pl.Expr:
    return pl.format(
        "{} rows for {} choices, summing to {}", "rows", pl.col("k").fill_null(0), pl.col("total").round(6)
    )


def _line(cells: pl.DataFrame, reason: str) -> str:
    keys = examples(cells.select(CELL).rows())
    detail = "" if reason == "a malformed demographic" else f" ({cells['detail'][0]})"
    return f"opinions: {len(cells)} cells have {reason}, e.g. {keys}{detail}. {REMEDIES[reason]}"


def _readable(rule: str) -> str:
    return rule.replace("|", ": ").replace("_", " ")
