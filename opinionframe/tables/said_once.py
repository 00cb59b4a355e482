"""Columns that say the same in every row: cells go in; those that differ, and a note with the others, come out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain


def said_once(
    cells: pl.DataFrame, labels: Mapping[str, str], facts: Collection[str], words: Collection[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The labels of the columns to print, and the note on those of `facts` that have one value in every row.

    A dash in every row is left out without a word. A single row repeats nothing: it keeps its numbers, and only what it
    says in `words` goes to the note. The first column stays where a column of numbers, none of `words`, would come to
    be the first, and in a single row: rows have a name.

    >>> cells = pl.DataFrame({"model": ["m", "n"], "prompt": ["sd", "sd"], "n": ["9", "9"]})
    >>> said_once(cells, {"model": "Model", "prompt": "Prompt", "n": "Cells"}, ["prompt"], ["model"])
    ({'model': 'Model', 'n': 'Cells'}, ('All: Prompt = sd.',))
    """
    is_single = cells.height < 2
    movable = [name for name in labels if name in facts and (name in words or not is_single)]
    alike = [name for name in movable if cells[name].n_unique() == 1]
    first = next(iter(labels))
    comes_first = next((name for name in labels if name not in alike), None)
    if first in alike and (is_single or comes_first not in words):
        alike.remove(first)
    said = [(labels[name], cells.select(plain(pl.col(name).head(1))).item()) for name in alike]
    spoken = ", ".join(f"{label} = {text}" for label, text in said if text not in {None, "", marks.ABSENT})
    kept = {name: label for name, label in labels.items() if name not in alike}
    return kept, ((f"{'' if is_single else 'All: '}{spoken}.",) if spoken else ())
