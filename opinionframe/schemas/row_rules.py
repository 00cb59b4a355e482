"""The laws of rows: what breaks a row of Codebook, Groups, Prompts and the like, and the remedy."""

import polars as pl

from opinionframe.schemas.demographic import ATTRIBUTE, is_malformed, is_no_class
from opinionframe.schemas.rules import MALFORMED, SUM_TOLERANCE, Rule
from opinionframe.schemas.vocabulary import DRAWN_FEW_SHOT, ELICITATIONS, PROMPTS, SCALES, STATUSES, VARIANTS

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

TESTS = (
    Rule(
        "p_values_are_probabilities",
        "p_value and p_adjusted are null or in [0, 1]",
        "Take the frame as compare(…) gives it, or divide percentages by 100.",
        lambda c: ~c("p_value").is_between(0, 1) | ~c("p_adjusted").is_between(0, 1),
    ),
    Rule(
        "errors_are_not_negative",
        "std_error is null or not negative",
        "Take the frame as compare(…) gives it.",
        lambda c: c("std_error") < 0,
    ),
)
"""The laws of a row of Tests."""

REGIONS = (
    Rule(
        "regions_hold_their_prediction",
        "0 <= low <= prob <= high <= 1 and radius is in [0, 1]",
        "Take the frame as prediction_regions(…) gives it.",
        lambda c: (
            (pl.min_horizontal(c("low"), c("prob") - c("low"), c("high") - c("prob"), 1 - c("high")) < -SUM_TOLERANCE)
            | ~c("radius").is_between(0, 1)
        ),
    ),
    Rule(
        "regions_say_how_often_they_hold",
        "0 < conf < 1, and holds is population or sample",
        "Take the frame as prediction_regions(…) gives it.",
        lambda c: ~c("conf").is_between(0, 1, closed="none") | ~c("holds").is_in(["population", "sample"]),
    ),
)
"""The laws of a row of Regions."""


def _rises(position: pl.Expr) -> pl.Expr:
    """Whether positions in the order of choices are finite, never fall and have a span."""
    rises = position.is_not_null().all() & (position.diff().drop_nulls() >= 0).all()
    return rises & position.is_finite().all() & (position.max() > position.min())
