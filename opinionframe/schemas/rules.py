"""Every law of a frame, once: what breaks it, why a frame that does is refused, and the remedy.

The laws of Opinions and Alignment are about cells. They read measures of a cell's rows by name, so that the same law
serves Polars, lazily or not, and the engines that narwhals reaches (`measures`, `engine`). The laws of the other
frames are about rows and read columns. The eager border, the lazy guard, the engine route and `validate` of every
schema ask these tables, and nothing else decides what a sound frame is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from opinionframe.schemas.demographic import ATTRIBUTE, is_malformed, is_no_class
from opinionframe.schemas.keys import ROW
from opinionframe.schemas.vocabulary import (
    DRAWN_FEW_SHOT,
    ELICITATIONS,
    METRICS,
    NO_METRICS,
    PROMPTS,
    SCALES,
    STATUSES,
    VARIANTS,
)

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

CODEBOOK = (
    Rule(
        "keys_and_texts_are_filled",
        "question and text are not empty",
        "Give every question a key and its wording.",
        lambda c: (c("question") == "") | (c("text") == ""),
    ),
    Rule(
        "scale_is_known",
        f"scale is one of {', '.join(SCALES)}",
        "Say `ordinal` where the choices have an order, else `nominal`.",
        lambda c: ~c("scale").is_in(SCALES),
    ),
    Rule(
        "choices_run_from_1_to_k",
        "choices run from 1 to k",
        "Number the choices of each question 1, 2, … K in the order of its scale.",
        lambda c: ((c("choice").max() != pl.len()) | (c("choice").n_unique() != pl.len())).over("question"),
    ),
    Rule(
        "at_least_two_choices",
        "at least two choices",
        "A question with a single choice has no distribution: drop it, or add its other choices.",
        lambda _: pl.len().over("question") < 2,
    ),
    Rule(
        "one_text_scale_and_dataset_per_question",
        "one text, scale and dataset per question",
        "Repeat the question's text, scale and dataset in each of its rows.",
        lambda c: ((c("text").n_unique() > 1) | (c("scale").n_unique() > 1) | (c("dataset").n_unique() > 1)).over(
            "question"
        ),
    ),
    Rule(
        "positions_rise_with_choice",
        "positions rise with choice",
        "Give each ordinal choice a finite position, none below the one before it and the last above the first.",
        lambda c: (c("scale") != "nominal") & ~_rises(c("position").sort_by("choice")).over("question"),
    ),
)
"""The laws of a row of the Codebook."""

GROUPS = (
    Rule(
        "attribute_is_one",
        "attribute is a name without & and =",
        "Spell it as in `demographic`, such as `sex`; intersections have no rows of their own.",
        lambda c: (c("attribute").str.strip_chars() == "") | c("attribute").str.contains("[&=]"),
    ),
    Rule(
        "class_and_label_are_filled",
        "class and label are not empty",
        "Spell the class as in `demographic`; its label may be the same.",
        lambda c: is_no_class(c("class")) | (c("label").str.strip_chars() == ""),
    ),
    Rule(
        "places_differ",
        "each class has a place of its own, from 1",
        "Number the classes of each attribute 1, 2, … in their order, or by of.groups(frame.drop('place')).",
        lambda c: (c("place") < 1) | pl.struct("attribute", c("place")).is_duplicated(),
    ),
    Rule(
        "labels_differ",
        "each class has a label of its own",
        "Name the classes of an attribute apart, or make them one class in the microdata.",
        lambda c: pl.struct("attribute", c("label")).is_duplicated(),
    ),
    Rule(
        "phrase_says_something",
        "phrase is null or not empty",
        "Say the class after `Imagine`, such as `you are a woman`, or leave it null.",
        lambda c: c("phrase").str.strip_chars() == "",
    ),
)
"""The laws of a row of Groups."""

PROMPT_ROWS = (
    Rule(
        "what_is_asked_is_known",
        "elicitation, prompt and variant are known",
        f"Allowed: {', '.join((*ELICITATIONS, *PROMPTS, *VARIANTS))}, and few_shot-5 draw 1 of drawn examples.",
        lambda c: (
            ~(
                c("elicitation").is_in(ELICITATIONS)
                & c("prompt").is_in(PROMPTS)
                & (c("variant").is_in(VARIANTS) | c("variant").str.contains(DRAWN_FEW_SHOT))
            )
        ),
    ),
    Rule("text_is_filled", "text is not empty", "Drop prompts that ask nothing.", lambda c: c("text") == ""),
    Rule(
        "choices_to_pick_from", "at least two choices", "List the options of each prompt.", lambda c: c("n_choices") < 2
    ),
)
"""The laws of a row of Prompts."""

ANSWERS = (
    Rule(
        "status_is_known",
        f"status is one of {', '.join(STATUSES)}",
        "Take the frame as ask(…) or parse(…) gives it.",
        lambda c: ~c("status").is_in(STATUSES),
    ),
    Rule(
        "option_mass_is_a_probability",
        "option_mass is null or in [0, 1]",
        "It is the probability that fell on the options.",
        lambda c: ~c("option_mass").is_between(0, 1 + SUM_TOLERANCE),
    ),
)
"""The laws of a row of Answers."""

MARGINS = (
    Rule("demographic_is_spelled", MALFORMED, "Write it `attribute=class`.", lambda _: is_malformed()),
    Rule(
        "shares_sum_to_one",
        "shares of an attribute are 0 or more and sum to 1",
        "Divide each by the sum over its attribute; list every class of the population.",
        lambda c: ((c("share").sum().over(ATTRIBUTE) - 1).abs() > SUM_TOLERANCE) | (c("share") < 0),
    ),
)
"""The laws of a row of Margins."""

ESTIMATES = (
    Rule(
        "intervals_hold_their_estimate",
        "conf_low <= prob <= conf_high and std_error is not negative",
        "Take the frame as rectify(…) or poststratify(…) gives it.",
        lambda c: (
            (c("std_error") < 0) | (c("prob") - c("conf_low")).clip(upper_bound=c("conf_high") - c("prob")).lt(-1e-6)
        ),
    ),
)
"""The laws of a row of Estimates."""


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


def _rises(position: pl.Expr) -> pl.Expr:
    """Whether positions in the order of choices are finite, never fall and have a span."""
    rises = position.is_not_null().all() & (position.diff().drop_nulls() >= 0).all()
    return rises & position.is_finite().all() & (position.max() > position.min())
