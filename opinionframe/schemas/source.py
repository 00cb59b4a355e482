"""How sources are spelled: `model|elicitation|prompt|variant`, after calibration `…|calibrator`.

Anything else (`human`, `uniform`, `question-mean`) is a name of its own, with the other parts null.
"""

from __future__ import annotations

import re

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import DRAWN_FEW_SHOT, VARIANTS

SEPARATOR = "|"
PARTS = ("model", "elicitation", "prompt", "variant", "calibrator")


def source_name(model: str, elicitation: str, prompt: str, variant: str = "standard") -> str:
    """The key of a model's answers: its four parts joined with `|`.

    >>> source_name("gpt-4o", "logprob", "sd")
    'gpt-4o|logprob|sd|standard'
    """
    if SEPARATOR in model:
        raise OptionError(
            f"Model name {model!r} contains '|', which separates the parts of a source. Name it otherwise."
        )
    return SEPARATOR.join((model, elicitation, prompt, variant))


def calibrated_name(method: str) -> pl.Expr:
    """The source of calibrated rows, from the column `source` of the raw ones."""
    return pl.concat_str("source", pl.lit(SEPARATOR + method))


def drawn_name(what: str, n: int, draw: pl.Expr) -> pl.Expr:
    """What a method or variant is called that learnt from `n` examples of a `draw`: `paper-5 draw 1`."""
    return pl.format("{}-{} draw {}", pl.lit(what), pl.lit(n), draw)


def without_draw() -> pl.Expr:
    """`source` without the draw of its variant and of its calibrator: `…|paper-5` for `…|paper-5 draw 1`."""
    of_variant = pl.col("source").str.replace(r"^((?:[^|]*\|){3}[^|]*-\d+) draw \d+(\||$)", "$1$2")
    return of_variant.str.replace(r"^((?:[^|]*\|){4}[^|]*-\d+) draw \d+$", "$1")


def check_variant(variant: str) -> None:
    """Refuse what is no variant beside the standard one: `few_shot`, `cot`, or `few_shot-5` of drawn examples.

    Raises: OptionError, listing what is allowed.
    """
    if variant not in VARIANTS[1:] and not re.match(DRAWN_FEW_SHOT, str(variant)):
        allowed = ", ".join(VARIANTS[1:])
        raise OptionError(f"variant={variant!r} is not known. Allowed: {allowed}, and few_shot-5 of drawn examples.")


def is_elicited() -> pl.Expr:
    """Whether `source` names a model's raw answers (four parts)."""
    return pl.col("source").str.count_matches(SEPARATOR, literal=True) == 3


def is_calibrated(column: str = "source") -> pl.Expr:
    """Whether `column` names calibrated answers (five parts, or more where they were rectified too)."""
    return pl.col(column).str.count_matches(SEPARATOR, literal=True) >= 4


def is_answer() -> pl.Expr:
    """Whether `source` names a model's answers, raw or calibrated."""
    return is_elicited() | is_calibrated()


def source_part(part: str, column: str = "source") -> pl.Expr:
    """One of the first four parts of `column`; null where a plain name such as `uniform`, a `model`, has none.

    >>> sources = pl.DataFrame({"source": ["m|logprob|sd|standard|ridge", "uniform"]})
    >>> sources.select(source_part("prompt"))["source"].to_list()
    ['sd', None]
    """
    return pl.col(column).str.split(SEPARATOR).list.get(PARTS.index(part), null_on_oob=True)


def raw_source() -> pl.Expr:
    """The raw source behind `source`: its first four parts; null where it is not calibrated."""
    parts = pl.col("source").str.split(SEPARATOR)
    return pl.when(is_calibrated()).then(parts.list.head(4).list.join(SEPARATOR))


def split_source(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Adds the five parts of `source` as columns, the last with what follows it; a plain name fills `model` alone."""
    parts = pl.col("source").str.splitn(SEPARATOR, len(PARTS)).struct
    return frame.with_columns(parts.field(f"field_{i}").alias(name) for i, name in enumerate(PARTS))


def where_models_answered(aligned: pl.DataFrame) -> pl.DataFrame:
    """`aligned` with plain sources such as `uniform` kept only in cells that some model answered too.

    Baselines are then scored on the same questions and groups as the models they stand beside; a
    frame without models is returned as it is.
    """
    named = pl.col("source").str.contains(SEPARATOR, literal=True)
    answered = aligned.filter(named).select(GROUP).unique()
    if answered.is_empty():
        return aligned
    beside = aligned.filter(~named).join(answered, on=GROUP, how="semi")
    return pl.concat([aligned.filter(named), beside])
