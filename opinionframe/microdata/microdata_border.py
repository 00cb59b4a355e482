"""The check where microdata enter: columns and types at once, values at once or inside the lazy plan."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.microdata.broken_values import SHOWN, broken_values, refuse_respondents
from opinionframe.microdata.codes import is_plain
from opinionframe.microdata.design import Design
from opinionframe.microdata.recode import CODED, needs_recode
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.columns import refuse_no_frame

QUESTIONS = "the questions of the codebook"
"""What columns are that a codebook can do without, other than those of the other roles."""


def microdata_border(
    microdata: AnyFrame, n_choices: dict[str, int], attributes: Sequence[str], weight: str | None, design: Design | None
) -> pl.LazyFrame:
    """One row that counts the broken values of `microdata`, for `refuse_respondents`.

    `n_choices` gives the number of choices of each question. A DataFrame is refused here and now.

    Raises: FrameError; OptionError for a weight that is a question.
    """
    refuse_no_frame(microdata, "microdata")
    if not n_choices:
        raise FrameError("codebook holds no question. Describe at least one, or loosen the filter on it.")
    schema = microdata.collect_schema()
    design = design or Design()
    weights = list(dict.fromkeys(name for name in (weight, *design.replicates) if name))
    if both := [(name,) for name in weights if name in n_choices]:
        raise OptionError(f"{len(both)} weights are questions of the codebook, e.g. {examples(both)}. Name each once.")
    roles = {
        QUESTIONS: list(n_choices),
        "the attributes of by": list(attributes),
        "weights": weights,
        "the design": list(design.columns),
    }
    _refuse_missing(schema, roles)
    _refuse_types(schema, list(n_choices), weights, attributes, design.columns)
    broken = microdata.lazy().select(broken_values(n_choices, attributes, weights, design))
    if isinstance(microdata, pl.DataFrame):
        refuse_respondents(broken.collect())
    return broken


def refuse_uncoded(schema: pl.Schema, codebook: pl.DataFrame) -> None:
    """Refuse questions that `recode` has to number and has not: their codes would pass for other choices.

    Raises: FrameError.
    """
    raw = [(name,) for name in needs_recode(codebook) if schema[name] not in (CODED, pl.Null)]
    if raw:
        raise FrameError(
            f"microdata: {len(raw)} questions have codes in the file (or numbers as labels) that differ from their "
            f"choice numbers, by the codebook, and are not numbered by recode, e.g. {examples(raw)}. Call recode(…) "
            "first. If they hold choice numbers all the same, say so with .cast(pl.UInt8)."
        )


def _refuse_missing(schema: pl.Schema, roles: dict[str, list[str]]) -> None:
    missing = {role: [(name,) for name in names if name not in schema] for role, names in roles.items()}
    lines = [
        f"microdata lacks {len(names)} columns for {role}, e.g. {examples(names)}."
        for role, names in missing.items()
        if names
    ]
    if lines:
        asked = ", or restrict the codebook to the questions asked with .filter(…)" if missing[QUESTIONS] else ""
        remedy = f"Name others, or rename columns with .rename(…){asked}."
        raise FrameError(
            "\n".join([*lines, f"It has {len(schema)}: {examples([(name,) for name in schema], 8)}. {remedy}"])
        )


def _refuse_types(
    schema: pl.Schema, questions: Sequence[str], weights: Sequence[str], attributes: Sequence[str], units: Sequence[str]
) -> None:
    if wrong := [(name, schema[name]) for name in questions if not _holds_numbers(schema[name])]:
        raise FrameError(
            f"microdata: {len(wrong)} columns of answers hold no numbers: {_typed(wrong)}. "
            "Answers are choice numbers: recode(…) turns codes and labels into them."
        )
    if wrong := [(name, schema[name]) for name in weights if not _holds_numbers(schema[name])]:
        raise FrameError(
            f"microdata: {len(wrong)} columns of weights hold no numbers: {_typed(wrong)}. Make numbers of text with "
            ".cast(pl.Float64), after .str.replace(',', '.') where its decimals have commas."
        )
    if wrong := [(name, schema[name]) for name in units if not is_plain(schema[name])]:
        raise FrameError(f"microdata: {len(wrong)} columns of the design hold no single units: {_typed(wrong)}.")
    if wrong := [(name, schema[name]) for name in attributes if not _holds_classes(schema[name])]:
        raise FrameError(
            f"microdata: {len(wrong)} attributes of by hold no classes: {_typed(wrong)}. "
            "Make classes of whole numbers such as 1.0 with .cast(pl.Int64), of others with .bin_intervals(…), "
            "of anything else with .cast(pl.String)."
        )


def _holds_numbers(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype == pl.Null


def _holds_classes(dtype: pl.DataType) -> bool:
    return dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null) or dtype.is_integer()


def _typed(columns: list[tuple[str, pl.DataType]]) -> str:
    return ", ".join(f"{name} is {dtype}" for name, dtype in columns[:SHOWN]) + (", …" if len(columns) > SHOWN else "")
