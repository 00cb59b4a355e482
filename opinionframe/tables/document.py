"""A table ready to print: strings in a frame go in; HTML, LaTeX and clean values come out.

HTML is rendered by great-tables, LaTeX by `tables.latex`, which measures it, from the same strings. Emphasis travels
inside the strings (see `marks`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.tables import latex, marks
from opinionframe.tables.browser import photograph
from opinionframe.tables.cell_values import cell_values, plain_text
from opinionframe.tables.great_table import great_table
from opinionframe.tables.terminal_text import terminal_text
from opinionframe.tables.word import write_word
from opinionframe.tables.worksheet import write_worksheet

if TYPE_CHECKING:
    from great_tables import GT

SUFFIXES = (".html", ".tex", ".png", ".docx", ".xlsx")


class LatexOptions(TypedDict, total=False):
    """What `save` hands on to `as_latex`."""

    width: str | float | None
    style: latex.Style
    longtable: bool
    caption: str | None
    label: str | None


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
        bullet: Two columns of numbers that are drawn in each row in HTML, the first as a bar and the second as a line;
            `cells` have their places on a scale in `… place`, from 0 to 1.
        restyles: What `with_gt` was given, in order.
    """

    cells: pl.DataFrame
    labels: dict[str, str]
    title: str
    notes: tuple[str, ...] = ()
    group: str | None = None
    text: frozenset[str] = frozenset()
    spanners: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    bullet: tuple[str, str] | None = None
    restyles: tuple[Callable[[GT], GT], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuses a title and notes that are no text. Raises: OptionError."""
        for name, text in (("title", self.title), *(("note", note) for note in self.notes)):
            _check_text(name, text)

    @property
    def rows(self) -> pl.DataFrame:
        """The cells as clean text and numbers, in the units that are printed, null for a dash.

        Numbers are Float64 or Int64. The limits of an interval stand in columns `…_low` and `…_high`, marks of tests
        in `… marks`; bold is not kept.
        """
        return cell_values(self.cells, self.words)

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

    def save(self, path: str | Path, *, standalone: bool = False, **latex_options: Unpack[LatexOptions]) -> Path:
        """The path of the written `.html` (a page), `.tex` (a fragment, or with `standalone` a document), or `.png`.

        Or `.docx`, a Word document with the table on an A4 page, or `.xlsx`, a worksheet whose numbers have all digits.

        `latex_options` are those of `as_latex`: `width`, `style`, `longtable`, `caption` and `label`; the label is
        `tab:` and the file's name where none is given.

        Raises: OptionError for any other suffix, or where a `.tex` does not fit its width; MissingPackageError for a
            PNG where no browser is found, for Word without python-docx and for Excel without xlsxwriter.
        """
        target = Path(path)
        if target.suffix not in SUFFIXES:
            raise OptionError(
                f"A table is saved as one of {', '.join(SUFFIXES)}, not {target.suffix!r} ({target.name})."
            )
        if latex_options and target.suffix != ".tex":
            raise OptionError(f"{', '.join(latex_options)}: of .tex files alone, not of {target.name}. Leave it out.")
        if target.suffix == ".tex":
            options = LatexOptions(label=f"tab:{target.stem}") | latex_options
            text = self.as_latex(standalone=standalone, **options)
        elif target.suffix == ".html":
            text = self.as_html(page=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".png":
            photograph(self.as_html(page=True), target)
        elif target.suffix == ".docx":
            write_word(self, target)
        elif target.suffix == ".xlsx":
            write_worksheet(self, target)
        else:
            target.write_text(text, encoding="utf-8")
        return target

    def as_html(self, *, page: bool = False) -> str:
        """The table as an HTML fragment with its style, or as a whole page. Reproducible."""
        return self.gt.as_raw_html(make_page=page)

    def as_latex(
        self,
        *,
        standalone: bool = False,
        width: str | float | None = None,
        style: latex.Style = "any",
        longtable: bool = False,
        caption: str | None = None,
        label: str | None = None,
    ) -> str:
        r"""The table as LaTeX that stays within its width and its page: a float to `\input`, or a whole document.

        It is set in 9 to 7 points. Where its columns do not fit beside each other, they stand in panels one below the
        other, and where its rows do not fit on a page, in further floats. Long words break. The first lines name the
        packages that it needs.

        Args:
            standalone: A document of A4 pages, upright or on their side as the table needs, instead of a float.
            width: What it fits into. `column`: a `table` in one column of text. `page`: a `table*` across all columns,
                the default. `landscape`: a `table*` on its side, as wide as the text is high. Or points. A document is
                as wide as its pages unless it is given.
            style: Whose measures these are: `article` (in points 345, and 546 in landscape), `twocolumn` for `article`
                in two columns (229, 469, 546), `acl` (219, 455, 698) or `acmart`, of its `sigconf` (241, 506, 622).
                `any` fits all of these (219, 345, 546).
            longtable: A `longtable` that goes on from page to page, instead of floats. LaTeX sets it in text of one
                column alone, so that it cannot have the width of a column.
            caption: Printed above after the number; the title if not given.
            label: Of the reference; `tab:` and words of the title if not given.

        Raises: OptionError where not even one column fits beside those that name the rows, with the points that are
            missing; for an unknown width or style; for a longtable in a column.

        >>> table = Table(pl.DataFrame({"group": ["F"], "score": ["90.0"]}), {"group": "", "score": "Score"}, "Scores")
        >>> print(table.as_latex(width="column"))
        % Needs \usepackage{array,booktabs}.
        % Set for a width of 219 pt.
        \begin{table}[tp]
        \centering\sloppy
        \caption{Scores}
        \label{tab:scores}
        \vskip4pt
        \fontsize{9}{10.8}\selectfont\setlength{\tabcolsep}{6pt}\renewcommand{\arraystretch}{1}
        \begin{tabular}{@{}lr@{}}
        \toprule
         & Score \\
        \midrule
        F & 90.0 \\
        \bottomrule
        \end{tabular}
        \end{table}
        <BLANKLINE>
        """
        if longtable and width == latex.COLUMN:
            raise OptionError("A longtable cannot stand in one of two columns. Leave longtable or width='column' out.")
        for name, text in (("caption", caption), ("label", label)):
            _check_text(name, text or "")
        sheet = self._sheet(caption or self.title, label or f"tab:{self.title.lower()}")
        if standalone:
            place = None if width is None else latex.target(width, style)
            return latex.document(sheet, place, longtable=longtable)
        return latex.fragment(sheet, latex.target(latex.PAGE if width is None else width, style), longtable=longtable)

    def __repr__(self) -> str:
        columns = terminal_text(self.cells, self.labels, self.group, self.spanners, self.words)
        return "\n".join((plain_text(self.title), "", columns, "", *map(plain_text, self.notes)))

    def _repr_html_(self) -> str:
        return self.as_html()

    @property
    def words(self) -> set[str]:
        """The columns that hold words, not numbers."""
        return {next(iter(self.labels)), *self.text, *([self.group] if self.group else [])}

    def _sheet(self, caption: str, label: str) -> latex.Sheet:
        """The text of the table, for LaTeX."""
        above = latex.levels([members for _, members in self.spanners], list(self.labels))
        stub = next(iter(self.labels))
        columns = tuple(
            latex.Column(
                marks.clean(heading),
                column == stub or column in self.text,
                tuple(self.cells[column].cast(pl.String).fill_null("").to_list()),
                above[column],
            )
            for column, heading in self.labels.items()
        )
        sections = self.cells[self.group].cast(pl.String).to_list() if self.group else [None] * self.cells.height
        return latex.Sheet(
            columns=columns,
            sections=tuple(section or None for section in sections),
            spanners=tuple(marks.clean(heading) for heading, _ in self.spanners),
            caption=marks.clean(caption),
            label=re.sub(r"[^A-Za-z0-9:._]+", "-", label).strip("-"),
            notes=tuple(marks.clean(note) for note in self.notes),
        )

    def _printable(self) -> pl.DataFrame:
        """The printed columns of `rows`, after that of the sections."""
        return self.cells.select(self.group, *self.labels) if self.group else self.cells.select(*self.labels)

    def _identifier(self) -> str:
        """An HTML id that depends on the content alone, so that two tables share a page."""
        content = "\x1f".join((self.title, *self.labels.values(), *self.notes, self._printable().write_csv()))
        return "of" + hashlib.sha256(content.encode()).hexdigest()[:10]


def _check_text(option: str, text: object) -> None:
    """Raises an OptionError where the value of `option` is no text."""
    if not isinstance(text, str):
        raise OptionError(f"{option}={text!r} is no text, but {type(text).__name__}. Write it in quotes.")
