"""The data dictionary of a workbook (`1=A lot, 2=Some, …, 98=(DK)`), compared with the codes registered here."""

import re
from collections.abc import Collection, Mapping

import polars as pl

from opinionframe.errors import FrameError, examples

Registered = tuple[str, str, str]
"""A variable, one of its codes, and the label that the code has here."""

_PAIR = re.compile(r"(-?\d+)\s*=\s*(.+?)(?=[,;]?\s*-?\d+\s*=|$)", re.DOTALL)


def labels_of(text: str) -> dict[str, str]:
    """The codes and labels of a dictionary's cell.

    >>> labels_of("1=A lot, 2=Some, not much, 98=(DK)")
    {'1': 'A lot', '2': 'Some, not much', '98': '(DK)'}
    """
    return {code: label.strip(" ,;\n") for code, label in _PAIR.findall(text)}


def refuse_contradiction(dictionary: pl.DataFrame, variable: str, registered: Collection[Registered]) -> None:
    """Refuse a workbook whose dictionary, which names its variables in `variable`, gives a label to another code.

    Raises: FrameError, also for a dictionary without the column `variable`.
    """
    if variable not in dictionary.columns:
        raise FrameError(
            f"The data dictionary has no column {variable!r}, but: {', '.join(dictionary.columns)}. "
            "Is it the workbook as published?"
        )
    texts = dictionary.select(pl.col(variable), pl.concat_str(pl.exclude(variable), separator=" ", ignore_nulls=True))
    published = {name: labels_of(text or "") for name, text in texts.rows()}
    wrong = [row for row in registered if _contradicts(published.get(row[0], {}), *row[1:])]
    if wrong:
        raise FrameError(
            f"The workbook's data dictionary contradicts {len(wrong)} registered codes, e.g. {examples(wrong)}. "
            "It is another release than the one registered: build a codebook of your own with of.codebook(…)."
        )


def _contradicts(published: Mapping[str, str], code: str, label: str) -> bool:
    codes = [other for other, text in published.items() if text.casefold() == label.casefold()]
    return bool(codes) and code not in codes
