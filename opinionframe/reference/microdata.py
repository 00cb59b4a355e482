"""The check where microdata enter: columns and types at once, values at once or inside the lazy plan."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.reference.design import Design
from opinionframe.reference.tally import NO_ANSWER
from opinionframe.schemas.borders import AnyFrame

SHOWN = 3
Broken = dict[str, dict[str, Any]]


def microdata_border(
    microdata: AnyFrame, top: dict[str, int], attributes: Sequence[str], weight: str | None, design: Design | None
) -> pl.LazyFrame:
    """One row that counts the broken values of `microdata`, for `refuse_respondents`.

    `top` maps each question to its number of choices. A DataFrame is refused here and now.

    Raises: FrameError.
    """
    if not isinstance(microdata, pl.DataFrame | pl.LazyFrame):
        raise FrameError(
            f"microdata must be a Polars DataFrame or LazyFrame, not {type(microdata).__name__}. "
            "Convert it with pl.DataFrame(…) or pl.from_pandas(…)."
        )
    have = microdata.collect_schema()
    drawn = design or Design()
    weights = [name for name in (weight, *drawn.replicates) if name]
    roles = {
        "the questions of the codebook": list(top),
        "the attributes of by": list(attributes),
        "weights": weights,
        "the design": list(drawn.columns),
    }
    _refuse_missing(have, roles)
    _refuse_types(have, [*top, *weights], attributes)
    broken = microdata.lazy().select(
        _report("codes", ((question, _bad_codes(question, k)) for question, k in top.items())),
        _report("classes", ((name, _bad_classes(name)) for name in attributes)),
        _report("weights", ((name, _bad_weights(name)) for name in weights)),
        _report("units", ((name, _null_units(name)) for name in drawn.columns)),
        _report("lonely", ((name, _lonely(drawn)) for name in [drawn.strata] if name and drawn.lonely == "refuse")),
    )
    if isinstance(microdata, pl.DataFrame):
        refuse_respondents(broken.collect())
    return broken


def refuse_respondents(broken: pl.DataFrame) -> None:
    """Raise FrameError if the row that `microdata_border` made counts any broken value."""
    reports = {name: _counted(report) for name, report in broken.row(0, named=True).items()}
    lines = [_MESSAGES[name](report) for name, report in reports.items() if report]
    if lines:
        raise FrameError("\n".join(lines))


def _report(name: str, broken: Iterable[tuple[str, pl.Expr]]) -> pl.Expr:
    """One struct: for each key the number of broken values and up to three of them."""
    fields = [
        pl.struct(values.len().alias("rows"), values.unique().sort().head(SHOWN).implode().alias("values")).alias(key)
        for key, values in broken
    ]
    return (pl.struct(fields) if fields else pl.lit(None)).alias(name)


def _bad_codes(question: str, k: int) -> pl.Expr:
    code = pl.col(question)
    return code.filter(~(code.is_between(NO_ANSWER, k) & (code == code.floor()))).cast(pl.String)


def _bad_classes(attribute: str) -> pl.Expr:
    label = pl.col(attribute).cast(pl.String)
    return label.filter(label.str.strip_chars() == "")


def _bad_weights(weight: str) -> pl.Expr:
    value = pl.col(weight).cast(pl.Float64)
    good = (value.is_finite() & (value >= 0)).fill_null(value=False)
    return value.filter(~good).cast(pl.String).fill_null("null")


def _null_units(column: str) -> pl.Expr:
    unit = pl.col(column)
    return unit.is_null().filter(unit.is_null()).cast(pl.String)


def _lonely(design: Design) -> pl.Expr:
    units = pl.col(design.psu).n_unique() if design.psu else pl.len()
    return pl.col(str(design.strata)).cast(pl.String).filter(units.over(str(design.strata)) == 1)


def _counted(report: Broken | None) -> Broken:
    return {key: found for key, found in (report or {}).items() if found["rows"]}


def _rows(report: Broken) -> int:
    return sum(found["rows"] for found in report.values())


def _pairs(report: Broken) -> str:
    return examples([(key, value) for key, found in report.items() for value in found["values"]])


def _codes_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} answers to {len(report)} questions are not choices of the codebook, "
        f"e.g. {_pairs(report)}. Number choices 1..K as the codebook does, {NO_ANSWER} for asked but refused or "
        "don't know, null for not asked: recode(…) does it by the codebook."
    )


def _classes_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} classes are empty text, in {examples([(key,) for key in report])}. "
        "Name the class, or make it null to leave these respondents out of it."
    )


def _weights_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} weights are negative, infinite, NaN or null, e.g. {_pairs(report)}. "
        "Drop these respondents, or correct their weights; a weight of 0 is allowed."
    )


def _units_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} respondents lack a stratum or unit, in {examples([(key,) for key in report])}. "
        "Drop them, or give them one."
    )


def _lonely_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} respondents are in strata of a single unit, e.g. {_pairs(report)}, which have no "
        "variance of their own. Join them with a neighbour, or pass Design(lonely='certainty')."
    )


_MESSAGES: dict[str, Callable[[Broken], str]] = {
    "codes": _codes_message,
    "classes": _classes_message,
    "weights": _weights_message,
    "units": _units_message,
    "lonely": _lonely_message,
}


def _refuse_missing(have: pl.Schema, roles: dict[str, list[str]]) -> None:
    lacking = {role: [(name,) for name in names if name not in have] for role, names in roles.items()}
    lines = [
        f"microdata lacks {len(names)} columns for {role}, e.g. {examples(names)}."
        for role, names in lacking.items()
        if names
    ]
    if lines:
        remedy = "Rename columns with .rename(…), or restrict the codebook to the questions asked with .filter(…)."
        raise FrameError("\n".join([*lines, f"It has: {examples([(name,) for name in have], 8)}. {remedy}"]))


def _refuse_types(have: pl.Schema, numbers: Sequence[str], attributes: Sequence[str]) -> None:
    wrong = [(name, have[name]) for name in numbers if not (have[name].is_numeric() or have[name] == pl.Null)]
    if wrong:
        raise FrameError(
            f"microdata: {len(wrong)} columns of answers or weights hold no numbers: {_typed(wrong)}. "
            "Answers are choice numbers: recode(…) turns codes and labels into them."
        )
    if wrong := [(name, have[name]) for name in attributes if not _classlike(have[name])]:
        raise FrameError(
            f"microdata: {len(wrong)} attributes of by hold no classes: {_typed(wrong)}. "
            "Make classes of numbers with .cut(…) or .replace_strict(…), of anything else with .cast(pl.String)."
        )


def _classlike(dtype: pl.DataType) -> bool:
    return dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null) or dtype.is_integer()


def _typed(columns: list[tuple[str, pl.DataType]]) -> str:
    return ", ".join(f"{name} is {dtype}" for name, dtype in columns[:SHOWN]) + (", …" if len(columns) > SHOWN else "")
