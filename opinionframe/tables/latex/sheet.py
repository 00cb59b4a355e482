"""The text of a table as LaTeX takes it: columns, rows, headings and notes, without a word on how they are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opinionframe.tables import marks


@dataclass(frozen=True)
class Column:
    """A printed column: its heading, whether it holds words, its cells, and the number of each heading above it.

    `above` is from the lowest level of headings to the highest, None where there is none.
    """

    label: str
    is_words: bool
    cells: tuple[str, ...]
    above: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The text of one table.

    Attributes:
        columns: Those printed, the stub first.
        sections: The section of each row, None for no section.
        spanners: Headings above several columns, by the number that these have in `above`.
        caption: Printed above, after the number.
        label: By which the text refers to it.
        notes: Printed below, a paragraph each.
    """

    columns: tuple[Column, ...]
    sections: tuple[str | None, ...]
    spanners: tuple[str, ...]
    caption: str
    label: str
    notes: tuple[str, ...]

    def runs(self, numbers: Sequence[int], level: int) -> list[list[int]]:
        """The places of columns next to each other under one heading of a level; a column without one stands alone."""
        runs: list[list[int]] = []
        for place, number in enumerate(numbers):
            heading = self.columns[number].above[level]
            if runs and heading is not None and heading == self.columns[numbers[place - 1]].above[level]:
                runs[-1].append(place)
            else:
                runs.append([place])
        return runs

    @property
    def n_levels(self) -> int:
        """How many lines of headings there are above those of single columns."""
        return len(self.columns[0].above)

    def n_keys(self, longest: int) -> int:
        """How many columns name the rows: the stub, and columns of words next to it of `longest` letters at most."""
        for number, column in enumerate(self.columns[1:-1], 1):
            if not column.is_words or _longest(column.cells) > longest or any(n is not None for n in column.above):
                return number
        return len(self.columns) - 1


def levels(spanners: Sequence[Sequence[str]], columns: Sequence[str]) -> dict[str, tuple[int | None, ...]]:
    """The number of each heading above each column: the first lowest, one that shares columns with others above them.

    >>> levels([["a", "b"], ["a"]], ["a", "b"])
    {'a': (0, 1), 'b': (0, None)}
    """
    above: list[dict[str, int]] = []
    for number, members in enumerate(spanners):
        free = next((level for level in above if not level.keys() & set(members)), None)
        if free is None:
            free = {}
            above.append(free)
        free.update(dict.fromkeys(members, number))
    return {column: tuple(level.get(column) for level in above) for column in columns}


def _longest(cells: Sequence[str]) -> int:
    """The letters of the longest cell."""
    return max((len(cell.replace(marks.BREAK, "")) for cell in cells), default=0)
