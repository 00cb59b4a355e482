"""The variables of an SPSS or Stata file: its table and metadata go in; their codes, labels and missing codes come out.

A Stata missing value with a letter is the code `.a` to `.z`; the plain `.` and SPSS's system-missing are null.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.microdata.codes import code_text, codes_as_text
from opinionframe.surveys.raw_file import labelled_table, refuse_missing

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_TAG = r"^([a-z])$"
_LETTER = re.compile(r"\.[a-z]")


@dataclass(frozen=True)
class Variable:
    """What a file says of one column; codes are spelled as `code_text` spells them, numbers in their order first.

    Attributes:
        name: The column.
        text: The column's own label; its name where it has none.
        labels: The label of each code that has one, trimmed; a blank one is none.
        counts: How many respondents have each code that occurs.
        declared: The codes, labelled or not, that the file declares to be missing.
        blank: How many respondents have no code at all: SPSS's system-missing, Stata's plain `.`, an empty text.
    """

    name: str
    text: str
    labels: Mapping[str, str]
    counts: Mapping[str, int]
    declared: frozenset[str]
    blank: int

    @property
    def codes(self) -> list[str]:
        """All codes that have a label or occur, in order."""
        return in_order({*self.labels, *self.counts})

    def label(self, code: str) -> str:
        """The label of a code, or the code itself where it has none."""
        return self.labels.get(code, code)


def read_variables(
    path: Path, columns: Sequence[str], others: Iterable[str], encoding: str | None
) -> tuple[pl.DataFrame, dict[str, Variable], str]:
    """The table of a file, the Variable of each of `columns` by name, and the file's own label, which may be empty.

    Missing values with a letter are kept in `columns`, as text, and are null in all others. What the file declares
    missing is null in `others`, since it is no weight and no unit.

    Raises: FrameError for a file that cannot be read, or lacks one of `columns` or `others`.
    """
    table, meta = labelled_table(path, encoding=encoding)
    others = [name for name in dict.fromkeys(others) if name not in columns]
    refuse_missing(table.columns, [*columns, *others])
    # Only Stata's numbers have missing values with a letter, which are slow to read: only those of `columns` are.
    kinds = meta.readstat_variable_types if path.suffix.lower() == ".dta" else {}
    letters = {name for name in columns if kinds.get(name, "string") != "string"}
    spelled = table.with_columns(_with_letters(path, sorted(letters), encoding))
    variables = {name: _variable(spelled, meta, name, letters=name in letters) for name in columns}
    valid = [_valid(name, meta.missing_ranges[name]) for name in others if name in meta.missing_ranges]
    return spelled.with_columns(valid), variables, meta.file_label or ""


def in_order(codes: Iterable[str]) -> list[str]:
    """Codes in the order of their numbers, those that are no numbers last."""
    return sorted(codes, key=lambda code: (number(code) is None, number(code) or 0.0, code))


def number(code: str) -> float | None:
    """The number that a code spells, if it spells one.

    >>> number("8"), number("-1.5"), number(".d")
    (8.0, -1.5, None)
    """
    return float(code) if _NUMBER.fullmatch(code) else None


def _valid(name: str, ranges: Sequence[Mapping[str, Any]]) -> pl.Expr:
    """The column, null within SPSS's missing ranges."""
    column = pl.col(name)
    declared = [
        column.str.strip_chars() == limits["lo"].strip()
        if isinstance(limits["lo"], str)
        else column.is_between(limits["lo"], limits["hi"])
        for limits in ranges
    ]
    return pl.when(~pl.any_horizontal(declared)).then(column).alias(name)


def _with_letters(path: Path, columns: Sequence[str], encoding: str | None) -> list[pl.Series]:
    """Those of `columns` that have missing values with a letter, as text: numbers, and `.a` to `.z`."""
    if not columns:
        return []
    table, meta = labelled_table(path, encoding=encoding, lettered=columns)
    texts = (pl.Series(name, table[name].to_list(), dtype=pl.String, strict=False) for name in meta.missing_user_values)
    return [text.str.replace(_TAG, ".$1") for text in texts]


def _variable(table: pl.DataFrame, meta: Any, name: str, *, letters: bool) -> Variable:
    """`letters`: whether codes that are one letter are missing values, as in Stata."""
    texts = {code_text(code): label.strip() for code, label in meta.variable_value_labels.get(name, {}).items()}
    labels = {re.sub(_TAG, r".\1", code) if letters else code: label for code, label in texts.items() if label}
    counted = table.select(code=codes_as_text(name)).drop_nulls().group_by("code").len()
    counts = {code: int(people) for code, people in counted.sort("code").rows()}
    ranges = meta.missing_ranges.get(name, [])
    declared = {
        code for code in (*labels, *counts) if (letters and _LETTER.fullmatch(code)) or _in_ranges(code, ranges)
    }
    return Variable(
        name=name,
        text=(meta.column_names_to_labels.get(name) or "").strip() or name,
        labels={code: labels[code] for code in in_order(labels)},
        counts=counts,
        declared=frozenset(declared),
        blank=table.height - sum(counts.values()),
    )


def _in_ranges(code: str, ranges: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a code lies in one of SPSS's missing ranges; text is missing where it equals a missing value."""
    value = number(code)
    return any(
        code == str(limits["lo"]).strip()
        if isinstance(limits["lo"], str)
        else value is not None and limits["lo"] <= value <= limits["hi"]
        for limits in ranges
    )
