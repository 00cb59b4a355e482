"""Microdata of a registered survey: its raw file goes in; choice numbers and classes come out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from opinionframe.microdata.codes import Code, code_text, replace_codes
from opinionframe.microdata.recode import number_choices
from opinionframe.schemas.demographic import attribute_names
from opinionframe.surveys.raw_file import refuse_missing

Entry = Mapping[str, Any]
"""What `survey.toml` says of one survey, or a part of it."""


def entry_microdata(
    raw: pl.DataFrame,
    entry: Entry,
    codebook: pl.DataFrame,
    *,
    weights: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> pl.DataFrame:
    """One row per respondent: the answers, the weights as numbers, the attributes of `entry`, the columns `keep`.

    Raises: FrameError for a column that is missing or a code that the entry does not know.
    """
    questions = codebook["question"].unique(maintain_order=True).to_list()
    attributes = entry["demographics"]
    refuse_missing(raw.columns, [*questions, *(rule["column"] for rule in attributes.values()), *weights, *keep])
    people = raw.select(
        *keep,
        *map(as_weights, weights),
        *questions,
        *(pl.col(rule["column"]).alias(name) for name, rule in attributes.items()),
    )
    classes = {name: class_map(rule, entry["codes"]) for name, rule in attributes.items()}
    return replace_codes(number_choices(people, codebook, **entry["codes"]), classes, pl.String)


def with_attributes(entry: Entry, by: str | Sequence[str] | None) -> Entry:
    """`entry` with only those of its attributes that `by` names, alone or in an intersection; with all for None."""
    if by is None:
        return entry
    names = {name for item in ([by] if isinstance(by, str) else by) for name in attribute_names(item)}
    asked = {name: rule for name, rule in entry["demographics"].items() if name in names}
    return {**entry, "demographics": asked}


def with_outside(entry: Entry, outside: Collection[Code]) -> Entry:
    """`entry` with further codes that are no class of any attribute."""
    rules = entry["demographics"]
    widened = {name: {**rule, "outside": [*rule.get("outside", []), *outside]} for name, rule in rules.items()}
    return {**entry, "demographics": widened}


def raw_columns(entry: Entry) -> list[str]:
    """The columns of the raw file that `entry_microdata` reads."""
    layout = entry["file"]
    attributes = (rule["column"] for rule in entry["demographics"].values())
    return [*entry["questions"], *attributes, *layout["weights"], *layout["keep"]]


def class_map(rule: Entry, no_answer: Entry) -> dict[str, str | None]:
    """The class of each code of an attribute, null for codes that stand for none.

    `rule` is the attribute's part of an entry; `no_answer` holds its codes `nonresponse` and `not_asked`.
    """
    codes_of = {label: range(low, high + 1) for label, (low, high) in rule.get("ranges", {}).items()}
    codes_of |= rule.get("classes", {})
    outside = [*rule.get("outside", []), *no_answer["nonresponse"], *no_answer["not_asked"]]
    classes = {code_text(code): label for label, codes in codes_of.items() for code in codes}
    return dict.fromkeys(map(code_text, outside)) | classes


def class_codes(entry: Entry) -> list[tuple[str, str, str]]:
    """The column, code and label of every class of the entry."""
    rules = entry["demographics"].values()
    maps = [(rule["column"], class_map(rule, entry["codes"])) for rule in rules]
    return [(column, code, label) for column, classes in maps for code, label in classes.items() if label is not None]


def as_weights(column: str) -> pl.Expr:
    """The column as numbers, a decimal comma allowed; what is no number is null, which `reference` refuses."""
    return (
        pl.col(column)
        .cast(pl.String)
        .str.strip_chars()
        .str.replace(",", ".", literal=True)
        .cast(pl.Float64, strict=False)
    )
