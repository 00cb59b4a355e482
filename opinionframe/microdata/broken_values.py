"""Broken values of microdata: expressions that count them in one row, and the error that reports that row."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.design import Design
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.schemas.demographic import is_no_class

SHOWN = 3
Broken = dict[str, dict[str, Any]]
"""For each column how many `rows` hold a broken value, and up to three of the `values`."""


def broken_values(
    n_choices: dict[str, int], attributes: Sequence[str], weights: Sequence[str], design: Design
) -> list[pl.Expr]:
    """One struct per kind of fault: for each column the number of broken values and up to three of them."""
    return [
        _report("codes", ((question, _bad_codes(question, k)) for question, k in n_choices.items())),
        _report("classes", ((name, _bad_classes(name)) for name in attributes)),
        _report("spaces", ((name, _spaced_classes(name)) for name in attributes)),
        _report("weights", ((name, _bad_weights(name)) for name in weights)),
        _report("weightless", ((name, _weightless(name)) for name in weights[:1])),
        _report("units", ((name, _null_units(name)) for name in design.columns)),
        _report("lonely", ((name, _lonely(design)) for name in design.columns[:1] if design.lonely == "refuse")),
    ]


def refuse_respondents(broken: pl.DataFrame) -> None:
    """Raise FrameError if the row of `broken_values` counts any broken value."""
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
    code = pl.col(question).cast(pl.Float64)
    bad = code.filter(~(code.is_between(NO_ANSWER, k) & (code == code.floor())))
    return bad.cast(pl.String).str.strip_suffix(".0")


def _bad_classes(attribute: str) -> pl.Expr:
    label = pl.col(attribute).cast(pl.String)
    return label.filter(is_no_class(label))


def _spaced_classes(attribute: str) -> pl.Expr:
    label = pl.col(attribute).cast(pl.String)
    trimmed = label.str.strip_chars()
    return label.filter((label != trimmed) & (trimmed != "") & trimmed.is_in(label.implode()))


def _bad_weights(weight: str) -> pl.Expr:
    value = pl.col(weight).cast(pl.Float64)
    good = (value.is_finite() & (value >= 0)).fill_null(value=False)
    return value.filter(~good).cast(pl.String).fill_null("null")


def _weightless(weight: str) -> pl.Expr:
    value = pl.col(weight).cast(pl.Float64)
    return value.filter((value == 0).all()).cast(pl.String)


def _null_units(column: str) -> pl.Expr:
    unit = pl.col(column).cast(pl.String).str.strip_chars()
    return unit.filter(unit.is_null() | unit.is_in(["", "NaN"])).fill_null("null")


def _lonely(design: Design) -> pl.Expr:
    units = pl.col(design.psu).n_unique() if design.psu else pl.len()
    label = pl.col(design.columns[0]).cast(pl.String)
    return label.filter((units.over(design.strata) if design.strata else units) == 1)


def _counted(report: Broken | None) -> Broken:
    return {key: values for key, values in (report or {}).items() if values["rows"]}


def _rows(report: Broken) -> int:
    return sum(values["rows"] for values in report.values())


def _pairs(report: Broken) -> str:
    return examples([(key, value) for key, values in report.items() for value in values["values"]])


def _codes_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} answers to {len(report)} questions are not choices of the codebook, "
        f"e.g. {_pairs(report)}. Number choices 1..K as the codebook does, {NO_ANSWER} for asked but refused or "
        "don't know, null for not asked: recode(…) does it by the codebook."
    )


def _classes_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} classes are empty text, or read as a further attribute, e.g. {_pairs(report)}. "
        "Name the class otherwise, or make it null to leave these respondents out of it."
    )


def _spaces_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} classes differ from others in spaces at their ends alone, e.g. {_pairs(report)}, "
        "and would be groups of their own. Trim them with .str.strip_chars()."
    )


def _weights_message(report: Broken) -> str:
    return (
        f"microdata: {_rows(report)} weights are negative, infinite, NaN or null, e.g. {_pairs(report)}. "
        "Drop these respondents, or correct their weights; a weight of 0 is allowed."
    )


def _weightless_message(report: Broken) -> str:
    return (
        f"microdata: all {_rows(report)} weights are 0, in {examples([(key,) for key in report])}: nobody counts. "
        "Name another column of weights, or none."
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
    "spaces": _spaces_message,
    "weights": _weights_message,
    "weightless": _weightless_message,
    "units": _units_message,
    "lonely": _lonely_message,
}
