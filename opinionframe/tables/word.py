"""A table as a Word document: a Table goes in; a .docx with a caption, a real table and its notes comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opinionframe.errors import MissingPackageError
from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain_text
from opinionframe.tables.printed_cell import pieces, widest

if TYPE_CHECKING:
    from opinionframe.tables.document import Table

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The creation time inside a document: the same table gives the same text."""

UPRIGHT_CM, SIDEWAYS_CM, PAGE_CM, MARGIN_CM = 17.0, 25.7, (21.0, 29.7), 2.0
"""Widths of the text on an A4 page upright and on its side, the page, and its margins."""

LETTER_CM, BOLD_CM, GUTTER_CM, LEAST_CM, LONGEST = 0.165, 0.185, 0.45, 2.0, 48
"""Widths of a letter in 8 points and of a bold one, of the room between columns and of a column of words at the least;
and the letters at which a cell breaks."""

FONT = "Arial"
"""Where it is not installed, another of the same widths is."""

CM = 360_000
"""Units of a length in a Word document, to the centimetre."""

SIZE, SMALL = 8, 7
"""Points of cells, and of notes and intervals."""


def write_word(table: Table, path: Path) -> None:
    """Writes the table on an A4 page of its own, on its side where it is wide; headings stand on every page.

    Raises: MissingPackageError without python-docx.
    """
    try:
        import docx
    except ImportError as error:
        raise MissingPackageError(
            "Word files need python-docx. Install it with: pip install 'opinionframe[word]'."
        ) from error
    document = docx.Document()
    document.styles["Normal"].font.name = FONT
    caption = document.styles["Caption"].font
    caption.name, caption.color.rgb = FONT, docx.shared.RGBColor(0, 0, 0)
    document.core_properties.title = plain_text(marks.clean(table.title))
    document.core_properties.author, document.core_properties.created = "", EPOCH
    widths = _widths(table)
    is_wide = sum(widths) > UPRIGHT_CM
    room = SIDEWAYS_CM if is_wide else UPRIGHT_CM
    _set_page(document, is_wide=is_wide)
    _caption(document, plain_text(marks.clean(table.title)))
    _grid(document, table, _within(table, widths, room))
    for note in table.notes:
        _text(document.add_paragraph(), plain_text(marks.clean(note)), size=SMALL)
    document.save(str(path))


def _widths(table: Table) -> list[float]:
    """The width of each column, in cm, by its longest line and its headings."""
    widths = {}
    for column, label in table.labels.items():
        letters = max((min(widest(cell), LONGEST) for cell in table.cells[column]), default=1)
        heading = max((len(word) for word in label.split()), default=1)
        widths[column] = max(letters * LETTER_CM, heading * BOLD_CM) + GUTTER_CM
    for label, members in table.spanners:
        shown = [member for member in members if member in widths]
        lacking = max((len(word) for word in label.split()), default=0) * BOLD_CM - sum(widths[name] for name in shown)
        for name in shown:
            widths[name] += max(0.0, lacking + GUTTER_CM) / len(shown)
    return list(widths.values())


def _within(table: Table, widths: list[float], room: float) -> list[float]:
    """The widths within `room`: columns of words give way first, then all alike."""
    spare = [
        max(0.0, width - LEAST_CM) * (column in table.words) for column, width in zip(table.labels, widths, strict=True)
    ]
    taken = min(max(0.0, sum(widths) - room), sum(spare))
    narrower = [width - taken * part / max(sum(spare), 1e-9) for width, part in zip(widths, spare, strict=True)]
    return [width * min(1.0, room / sum(narrower)) for width in narrower]


def _set_page(document: Any, *, is_wide: bool) -> None:
    """An A4 page with its margins."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    section = document.sections[0]
    width, height = PAGE_CM[::-1] if is_wide else PAGE_CM
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(width), Cm(height)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)


def _caption(document: Any, title: str) -> None:
    """A caption whose number Word counts."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run("Table ")
    number = OxmlElement("w:fldSimple")
    number.set(qn("w:instr"), "SEQ Table \\* ARABIC")
    number.append(paragraph.add_run("1").element)
    paragraph._element.append(number)
    paragraph.add_run(f". {title}")


def _grid(document: Any, table: Table, widths: list[float]) -> None:
    """The table itself: spanners and headings, which are repeated, sections and rows."""
    columns = list(table.labels)
    sections = table.cells[table.group].to_list() if table.group else [None] * table.cells.height
    starts = [i for i, section in enumerate(sections) if section is not None and (i == 0 or section != sections[i - 1])]
    heads = _head_rows(table)
    grid = document.add_table(rows=len(heads) + table.cells.height + len(starts), cols=len(columns))
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = int(width * CM)
    rows = iter(grid.rows)
    for head in heads:
        _head(next(rows), head, table)
    _rule(grid.rows[0], "top")
    _rule(grid.rows[len(heads) - 1], "bottom")
    texts = table.cells.select(columns).rows()
    for i, row in enumerate(texts):
        if i in starts:
            line = next(rows)
            cell = line.cells[0].merge(line.cells[-1])
            _text(cell.paragraphs[0], plain_text(sections[i] or ""), italic=True, bold=True)
            cell.paragraphs[0].paragraph_format.keep_with_next = True
            _rule(line, "top")
        line = next(rows)
        for column, cell, text in zip(columns, line.cells, row, strict=True):
            _fill(cell.paragraphs[0], text, right=_is_number(table, column))
    _rule(grid.rows[-1], "bottom")
    for line in grid.rows:
        _keep_together(line)
        for cell, width in zip(line._element.tc_lst, _spanned(line, widths), strict=True):
            cell.width = int(width * CM)


def _head_rows(table: Table) -> list[list[tuple[str, int]]]:
    """The lines of headings, from the top: texts with the columns that each spans."""
    columns = list(table.labels)
    layers: list[dict[int, tuple[str, int]]] = []
    for label, members in table.spanners:
        places = sorted(columns.index(member) for member in members if member in columns)
        if not places:
            continue
        taken = set(range(places[0], places[-1] + 1))
        free = (layer for layer in layers if not any(taken & set(range(at, at + n)) for at, (_, n) in layer.items()))
        layer = next(free, None)
        if layer is None:
            layer = {}
            layers.append(layer)
        layer[places[0]] = (label, places[-1] - places[0] + 1)
    lines = []
    for layer in reversed(layers):
        line, at = [], 0
        while at < len(columns):
            label, span = layer.get(at, ("", 1))
            line.append((plain_text(marks.clean(label)), span))
            at += span
        lines.append(line)
    return [*lines, [(plain_text(marks.clean(label)), 1) for label in table.labels.values()]]


def _head(row: Any, head: list[tuple[str, int]], table: Table) -> None:
    """A line of headings, repeated on every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    columns, cells, at = list(table.labels), row.cells, 0
    for label, span in head:
        cell = cells[at] if span == 1 else cells[at].merge(cells[at + span - 1])
        _text(cell.paragraphs[0], label, bold=True)
        if span > 1:
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif _is_number(table, columns[at]):
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        at += span
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    row._element.get_or_add_trPr().append(repeated)


def _is_number(table: Table, column: str) -> bool:
    """Whether a column is set right."""
    return column not in table.words


def _fill(paragraph: Any, text: str | None, *, right: bool) -> None:
    """The pieces of a cell in a paragraph."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for piece in pieces(text):
        if piece.below:
            paragraph.add_run().add_break()
        _text(paragraph, piece.text, bold=piece.bold, size=SMALL if piece.below else SIZE)


def _text(paragraph: Any, text: str, *, bold: bool = False, italic: bool = False, size: int = SIZE) -> None:
    """A run of text in a paragraph without room around it."""
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(1)


def _rule(row: Any, side: str) -> None:
    """A line along one side of a row."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in row._element.tc_lst:
        properties = cell.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "6"), ("color", "auto")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)


def _keep_together(row: Any) -> None:
    """A row that no page break divides."""
    from docx.oxml import OxmlElement

    row._element.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))


def _spanned(row: Any, widths: list[float]) -> list[float]:
    """The width of each cell of a row, by the columns that it spans."""
    taken, at = [], 0
    for cell in row._element.tc_lst:
        taken.append(sum(widths[at : at + cell.grid_span]))
        at += cell.grid_span
    return taken
