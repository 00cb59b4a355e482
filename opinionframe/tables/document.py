"""A table ready to print: strings in a frame go in; HTML, LaTeX and clean values come out.

Both targets are rendered by great-tables from the same strings, which are escaped. Emphasis travels
inside the strings (see `marks`), since great-tables cannot carry styles or footnotes into LaTeX.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.tables import latex, marks
from opinionframe.tables.browser import photograph
from opinionframe.tables.cell_values import cell_values
from opinionframe.tables.great_table import great_table

if TYPE_CHECKING:
    from great_tables import GT

SUFFIXES = (".html", ".tex", ".png")
LEFT = "left"


@dataclass(frozen=True)
class Table:
    """One printed table.

    Attributes:
        cells: What is printed, as text with the characters of `marks`, in reading order. A column `… exact` has the
            values of another one to all their digits, for `rows`.
        labels: The heading of each printed column, in order.
        title: Printed above.
        notes: Printed below, a line each.
        group: The column of the section headings.
        text: The columns of words, which are set left.
        spanners: Headings above several columns: (label, columns).
        restyles: What `with_gt` was given, in order.
    """

    cells: pl.DataFrame
    labels: dict[str, str]
    title: str
    notes: tuple[str, ...] = ()
    group: str | None = None
    text: frozenset[str] = frozenset()
    spanners: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    restyles: tuple[Callable[[GT], GT], ...] = field(default=(), repr=False)

    @property
    def rows(self) -> pl.DataFrame:
        """The cells as clean text and numbers, in the units that are printed, null for a dash.

        Numbers are Float64 or Int64. The limits of an interval stand in columns `…_low` and `…_high`, marks of tests
        in `… marks`; bold is not kept.
        """
        return cell_values(self.cells, self._words())

    @property
    def gt(self) -> GT:
        """The table as great-tables' own object; `with_gt` keeps what is changed there."""
        drawn = great_table(self, self._identifier())
        for restyle in self.restyles:
            drawn = restyle(drawn)
        return drawn

    def with_gt(self, restyle: Callable[[GT], GT]) -> Table:
        """The table whose HTML and PNG are restyled: `restyle` takes the object of great-tables and returns it changed.

        LaTeX, Word and Excel keep their own style.

        >>> cells = pl.DataFrame({"label": ["m"], "score": ["87.4"]})
        >>> table = Table(cells, {"label": "Model", "score": "Alignment"}, title="Scores")
        >>> larger = table.with_gt(lambda gt: gt.tab_options(table_font_size="20px"))
        >>> "font-size: 20px" in larger.as_html(), "font-size: 20px" in table.as_html()
        (True, False)
        """
        return replace(self, restyles=(*self.restyles, restyle))

    def save(self, path: str | Path, *, standalone: bool = False) -> Path:
        """The path of the written `.html` (a page), `.tex` (a fragment, or with `standalone` a document) or `.png`.

        Raises: OptionError for any other suffix; MissingPackageError for a PNG where no browser is found.
        """
        target = Path(path)
        if target.suffix not in SUFFIXES:
            raise OptionError(
                f"A table is saved as one of {', '.join(SUFFIXES)}, not {target.suffix!r} ({target.name})."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".png":
            photograph(self.as_html(page=True), target)
            return target
        text = self.as_latex(standalone=standalone) if target.suffix == ".tex" else self.as_html(page=True)
        target.write_text(text, encoding="utf-8")
        return target

    def as_html(self, *, page: bool = False) -> str:
        """The table as an HTML fragment with its style, or as a whole page. Reproducible."""
        return self.gt.as_raw_html(make_page=page)

    def as_latex(self, *, standalone: bool = False) -> str:
        """The table as LaTeX `longtable` code, headed by the packages it needs, or a whole document."""
        table = self._great_table().tab_options(table_font_size=latex.font_size(len(self.labels)))
        code = table.as_latex(use_longtable=True)
        lengths = self._lengths()
        words = [column == next(iter(self.labels)) or column in self.text for column in self.labels]
        columns = latex.column_types(lengths, words)
        return latex.finish(code, columns=columns, lengths=lengths, standalone=standalone)

    def _repr_html_(self) -> str:
        return self.as_html()

    def _great_table(self) -> GT:
        """The table as great-tables writes it in LaTeX, marks still in place."""
        from great_tables import GT

        stub, *columns = self.labels
        words = [column for column in columns if column in self.text]
        table = (
            GT(self._printable(), rowname_col=stub, groupname_col=self.group, id=self._identifier())
            .tab_header(marks.clean(self.title))
            .tab_stubhead(marks.clean(self.labels[stub]))
            .cols_label({column: marks.clean(self.labels[column]) for column in columns})
            .cols_align("right", columns=[column for column in columns if column not in self.text])
            .cols_align(LEFT, columns=words)
        )
        for number, (label, members) in enumerate(self.spanners):
            table = table.tab_spanner(marks.heading(label), columns=list(members), id=f"spanner-{number}")
        for note in self.notes:
            table = table.tab_source_note(marks.clean(note))
        return table

    def _words(self) -> set[str]:
        """The columns that hold words, not numbers."""
        return {next(iter(self.labels)), *self.text, *([self.group] if self.group else [])}

    def _lengths(self) -> list[int]:
        """Characters of the longest cell of each printed column, marks left out."""
        longest_cells = self.cells.select(marks.widest_line(pl.col(column)).max() for column in self.labels)
        texts = zip(self.labels, longest_cells.row(0), strict=True)
        lengths = {column: max(int(str(longest or 0)), len(self.labels[column])) for column, longest in texts}
        for label, members in self.spanners:
            room = sum(lengths[column] for column in members) + latex.GAP * (len(members) - 1)
            lengths[members[-1]] += max(0, min(len(label), marks.HEADING) - room)
        return list(lengths.values())

    def _printable(self) -> pl.DataFrame:
        """The printed columns of `rows`, after that of the sections."""
        return self.cells.select(self.group, *self.labels) if self.group else self.cells.select(*self.labels)

    def _identifier(self) -> str:
        """An HTML id that depends on the content alone, so that two tables share a page."""
        content = "\x1f".join((self.title, *self.labels.values(), *self.notes, self._printable().write_csv()))
        return "of" + hashlib.sha256(content.encode()).hexdigest()[:10]
