"""Every law of a frame, once: what breaks it, why a frame that does is refused, and the remedy.

The laws of Opinions and Alignment, which stand here, are about cells. They read measures of a cell's rows by name, so
that the same law serves Polars, lazily or not, and the engines that narwhals reaches (`broken_cells`, `engine`). Those
of the other frames, in `row_rules`, are about rows and read columns. The eager border, the lazy guard, the engine route
and `validate` of every schema ask these tables, and nothing else decides what a sound frame is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from opinionframe.schemas.keys import ROW
from opinionframe.schemas.vocabulary import METRICS, NO_METRICS

Measures = Callable[[str], Any]
"""A measure or a column by its name, as an expression of Polars or of narwhals."""

SUM_TOLERANCE = 1e-6
"""How far a cell's probabilities may sum from 1: well above float rounding over 255 choices, and
below the half unit of the sixth decimal, so that shares printed with six decimals pass."""

SCORE_TOLERANCE = 1e-9
"""How far a score may lie outside [0, 1]: rounding of sums over at most 255 choices."""

MALFORMED = "have a malformed demographic"


@dataclass(frozen=True)
class Rule:
    """A law: `broken` says where a cell or row breaks it (null counts as kept), `reason` and `remedy` tell a user."""

    name: str
    reason: str
    remedy: str
    broken: Callable[[Measures], Any]


def constant(name: str, m: Measures) -> Any:
    """Whether an optional column is unknown throughout a cell, or one value of its range in all of the cell's rows."""
    low, high, known = (m(f"{what} {name}") for what in ("low", "high", "known"))
    inside = (low >= 0) & (high <= 1) if name == "nonresponse" else (low > 0) & (high < float("inf"))
    return (known == 0) | ((known == m("rows")) & (low == high) & inside)


def sums_to_one(m: Measures) -> Any:
    """Whether a cell's probabilities sum to 1."""
    return (m("total") - 1).abs() <= SUM_TOLERANCE


OPINIONS = (
    Rule(
        "key_is_whole",
        "have an empty key, or a choice outside 1..255",
        "Fill question, demographic, choice and source in every row; number choices 1..K.",
        lambda m: m("unkeyed") | (m("keyless") > 0),
    ),
    Rule(
        "demographic_is_well_spelled",
        MALFORMED,
        "Write it `attribute=class`, joined with ` & ` for intersections, or `all`.",
        lambda m: m("malformed"),
    ),
    Rule(
        "question_is_in_the_codebook",
        "have a question that is not in the codebook",
        "Add it to the codebook, or drop it with .filter(pl.col('question').is_in(codebook['question'].implode())).",
        lambda m: m("k").is_null(),
    ),
    Rule(
        "choice_is_in_the_codebook",
        "have a choice that is not in the codebook",
        "Number choices 1..K as the codebook does; answers off the scale belong in `nonresponse`.",
        lambda m: (m("top") > m("k")) | (m("bottom") < 1),
    ),
    Rule(
        "choice_is_there_once",
        "have duplicate rows for a choice",
        f"Keep one with .unique({list(ROW)}), or name the second source otherwise.",
        lambda m: m("rows") > m("distinct"),
    ),
    Rule(
        "choices_are_all_there",
        "have a choice missing",
        "Add the missing choices with explicit zeros.",
        lambda m: m("distinct") < m("k"),
    ),
    Rule(
        "probability_is_known",
        "have a probability that is null or NaN",
        "Drop these cells, or fill their probabilities.",
        lambda m: m("unknown") > 0,
    ),
    Rule(
        "probability_is_not_negative",
        "have a negative or infinite probability",
        "Clip at 0 and renormalise, or drop these cells.",
        lambda m: (m("negative") > 0) | (m("total") == float("inf")),
    ),
    Rule(
        "probabilities_sum_to_one",
        "have probabilities that do not sum to 1",
        "Renormalise with pl.col('prob') / pl.col('prob').sum().over('question', 'demographic', 'source').",
        lambda m: ~sums_to_one(m),
    ),
    Rule(
        "optional_columns_are_constant",
        "have n_eff or nonresponse out of range or not constant",
        "Both are constant within a cell: n_eff > 0, nonresponse in [0, 1].",
        lambda m: ~(constant("n_eff", m) & constant("nonresponse", m)),
    ),
)
"""The laws of a cell of Opinions; a cell is refused for the first that it breaks."""

ALIGNMENT = (
    Rule(
        "key_is_whole",
        "have no key",
        "Fill question, demographic and source in every row.",
        lambda m: m("unkeyed"),
    ),
    Rule(
        "cell_is_there_once",
        "are there more than once",
        "Keep one row per cell and metric, as align(…) makes them.",
        lambda m: m("rows") > 1,
    ),
    Rule(
        "alignment_is_a_score",
        "have a score that is missing or outside [0, 1]",
        "Make the frame anew with align(…), or drop the cells that have no score.",
        lambda m: m("unscored") > 0,
    ),
    Rule(
        "known_scores_are_scores",
        "have a baseline or ceiling outside [0, 1]",
        "Both are scores in [0, 1], null where they are not known: make them anew with align(…), or drop the column.",
        lambda m: m("outside") > 0,
    ),
    Rule(
        "metric_is_a_name",
        "have a metric that is blank, `by scale`, or spelled in another way than align spells it",
        f"Name the distance: {', '.join(METRICS)}, or one of your own; null where it is not known.",
        lambda m: ~m("metric").is_in(METRICS) & _plainly_spelled(m("metric")).is_in((*METRICS, *NO_METRICS)),
    ),
)
"""The laws of a cell of Alignment."""


def where_broken(rules: Iterable[Rule], m: Measures) -> dict[str, pl.Expr]:
    """For each law by its reason, whether a row of measures breaks it; never null."""
    return {rule.reason: rule.broken(m).fill_null(value=False) for rule in rules}


def remedy(reason: str, rules: Iterable[Rule]) -> str:
    """What a user can do about a frame that is refused for this reason."""
    return next(rule.remedy for rule in rules if rule.reason == reason)


def _plainly_spelled(name: pl.Expr) -> pl.Expr:
    """A name in lower case, its words joined with `_`."""
    words = name.str.to_lowercase().str.replace_all(r"[\s_-]+", "_")
    return words.str.strip_chars("_")
