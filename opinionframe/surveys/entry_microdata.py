"""A survey's raw file into microdata: classes for its attributes, choice numbers for its questions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.recode import Code, code_text, mapped, recode

Entry = Mapping[str, Any]


def prepared(
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
    refuse_missing(raw, [*questions, *(rule["column"] for rule in attributes.values()), *weights, *keep])
    people = raw.select(
        *keep,
        *map(as_weights, weights),
        *questions,
        *(pl.col(rule["column"]).alias(name) for name, rule in attributes.items()),
    )
    classes = {name: class_map(rule, entry["codes"]) for name, rule in attributes.items()}
    return mapped(recode(people, codebook, **entry["codes"]), classes, pl.String)


def loosened(entry: Entry, outside: Collection[Code]) -> Entry:
    """`entry` with further codes that are no class of any attribute."""
    rules = entry["demographics"]
    wider = {name: {**rule, "outside": [*rule.get("outside", []), *outside]} for name, rule in rules.items()}
    return {**entry, "demographics": wider}


def columns_of(entry: Entry) -> list[str]:
    """The columns of the raw file that `prepared` reads."""
    layout = entry["file"]
    attributes = (rule["column"] for rule in entry["demographics"].values())
    return [*entry["questions"], *attributes, *layout["weights"], *layout["keep"]]


def class_map(rule: Entry, codes: Entry) -> dict[str, str | None]:
    """Each source code of an attribute and its class; null for codes that stand for none."""
    listed = {label: range(low, high + 1) for label, (low, high) in rule.get("ranges", {}).items()}
    listed |= rule.get("classes", {})
    outside = [*rule.get("outside", []), *codes["nonresponse"], *codes["not_asked"]]
    inside = {code_text(code): label for label, belonging in listed.items() for code in belonging}
    return dict.fromkeys(map(code_text, outside)) | inside


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


def refuse_missing(raw: pl.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a file without the columns that its survey should have.

    Raises: FrameError.
    """
    if missing := [(column,) for column in dict.fromkeys(columns) if column not in raw.columns]:
        raise FrameError(
            f"The file lacks {len(missing)} of the survey's columns, e.g. {examples(missing)}. It has "
            f"{raw.width}: {examples([(name,) for name in raw.columns], 8)}. Is it the right file, and the right sheet?"
        )
