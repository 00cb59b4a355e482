"""The column vocabulary: one dataframely schema per frame.

Columns beyond a schema's own are allowed everywhere and travel along.
"""

from collections.abc import Callable

import dataframely as dy
import polars as pl

from opinionframe.schemas.keys import CELL

OPTIONAL = ("n_eff", "nonresponse")
"""Columns of Opinions that may be there, constant within a cell."""

SUM_TOLERANCE = 1e-6
"""How far a cell's probabilities may sum from 1: well above float rounding over 255 choices, and
below the half unit of the sixth decimal, so that shares printed with six decimals pass."""

SMALLEST_SAMPLE = 2
"""Respondents from which on a sample says how far a second one strays."""

ELICITATIONS = ("verbalized", "self_random", "paraphrase", "logprob")
PROMPTS = ("base", "sd")
VARIANTS = ("standard", "few_shot", "cot")
STATUSES = ("answered", "refused", "unparsable", "failed")
SCALES = ("ordinal", "nominal")
HUMAN = "human"
UNIFORM = "uniform"


def _one_of(allowed: tuple[str, ...]) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column.is_in(allowed)


class Opinions(dy.Schema):
    """One row per choice of a cell (question, demographic, source); `prob` sums to 1 over a cell.

    Two optional columns are constant within a cell: `n_eff`, the effective number of respondents
    or draws behind it, and `nonresponse`, the share refused, don't know or not parsed, in [0, 1].
    """

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    choice = dy.UInt8(primary_key=True, min=1)
    source = dy.String(primary_key=True)
    prob = dy.Float64(min=0.0, max=1.0 + SUM_TOLERANCE)

    @dy.rule()
    def sums_to_one(cls) -> pl.Expr:
        return (pl.col("prob").sum() - 1).abs().over(CELL) <= SUM_TOLERANCE


class Codebook(dy.Schema):
    """One row per choice of a question, choices numbered 1..K in scale order.

    `position` is the place on the scale (null for a nominal question); distances use it.
    """

    question = dy.String(primary_key=True, min_length=1)
    choice = dy.UInt8(primary_key=True, min=1)
    label = dy.String()
    position = dy.Float64(nullable=True)
    text = dy.String(min_length=1)
    scale = dy.String(check=_one_of(SCALES))
    topic = dy.String(nullable=True)
    dataset = dy.String(nullable=True)

    @dy.rule()
    def choices_run_from_1_to_k(cls) -> pl.Expr:
        numbered = (pl.col("choice").max() == pl.len()) & (pl.col("choice").n_unique() == pl.len())
        return numbered.over("question")

    @dy.rule()
    def at_least_two_choices(cls) -> pl.Expr:
        return pl.len().over("question") >= 2

    @dy.rule()
    def one_text_and_scale_per_question(cls) -> pl.Expr:
        same = (pl.col("text").n_unique() == 1) & (pl.col("scale").n_unique() == 1)
        return same.over("question")

    @dy.rule()
    def positions_rise_with_choice(cls) -> pl.Expr:
        position = pl.col("position").sort_by("choice")
        rises = position.is_not_null().all() & (position.diff().drop_nulls() >= 0).all()
        spans = position.is_finite().all() & (position.max() > position.min())
        return (pl.col("scale") == "nominal") | (rises & spans).over("question")


class Prompts(dy.Schema):
    """One row per text to be asked; a base prompt has a null demographic.

    `options` are the labels in the order in which the text lists them, `order` their choices.
    """

    prompt_id = dy.String(primary_key=True)
    question = dy.String()
    demographic = dy.String(nullable=True)
    elicitation = dy.String(check=_one_of(ELICITATIONS))
    prompt = dy.String(check=_one_of(PROMPTS))
    variant = dy.String(check=_one_of(VARIANTS))
    template = dy.String()
    text = dy.String(min_length=1)
    n_choices = dy.UInt8(min=2)
    options = dy.List(dy.String())
    order = dy.List(dy.UInt8())


class Answers(dy.Schema):
    """One row per answer of a model to a prompt and draw, the raw text kept.

    `option_mass` is the probability in [0, 1] that fell on the options (log-probability only);
    `probs` the K normalised option probabilities in the order of the prompt's `options`, or null, and
    `raw_sum` what they summed to before; `reason` says why there are none; `parser` is the version of
    the parser that read the raw text; `seconds` the wall time of the request.
    """

    model = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    draw = dy.UInt16(primary_key=True)
    status = dy.String(check=_one_of(STATUSES))
    raw = dy.String(nullable=True)
    probs = dy.List(dy.Float64(), nullable=True)
    raw_sum = dy.Float64(nullable=True)
    option_mass = dy.Float64(nullable=True, min=0.0, max=1.0 + SUM_TOLERANCE)
    reason = dy.String(nullable=True)
    parser = dy.UInt8()
    tokens_in = dy.UInt32(nullable=True)
    tokens_out = dy.UInt32(nullable=True)
    seconds = dy.Float64(nullable=True)


class Alignment(dy.Schema):
    """One row per cell of every source but the reference; all scores in [0, 1].

    `baseline` is the score of the uniform distribution on the same cell, `ceiling` the expected
    score of a second sample of the same respondents, of the same size (null where `n_eff` is unknown or below 2).
    Columns `n_eff` (of the reference) and `nonresponse` (of the source) travel along where they are known.
    """

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    source = dy.String(primary_key=True)
    alignment = dy.Float64(min=-1e-9, max=1.0 + 1e-9)
    baseline = dy.Float64(min=-1e-9, max=1.0 + 1e-9)
    ceiling = dy.Float64(nullable=True, max=1.0)


class Summary(dy.Schema):
    """One row per group of Alignment rows, the grouping columns first: means and spreads of scores in [0, 1].

    `skill` is (alignment - baseline) / (1 - baseline): 0 knows nothing beyond uniform, 1 is perfect.
    """

    alignment = dy.Float64()
    std_dev = dy.Float64(nullable=True)
    baseline = dy.Float64()
    ceiling = dy.Float64(nullable=True)
    skill = dy.Float64(nullable=True)
    n = dy.UInt32()
    n_questions = dy.UInt32()


class Tests(dy.Schema):
    """One row per comparison and method: mean difference `source` minus `versus` and its uncertainty.

    `family` names the comparisons that `p_adjusted` corrects for, `adjust` the correction.
    """

    pair = dy.String()
    source = dy.String()
    versus = dy.String()
    method = dy.String()
    estimate = dy.Float64()
    std_error = dy.Float64(nullable=True)
    statistic = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True)
    p_adjusted = dy.Float64(nullable=True)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n = dy.UInt32()
    n_clusters = dy.UInt32(nullable=True)
    family = dy.String()
    adjust = dy.String()
