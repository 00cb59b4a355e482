"""A table as great-tables draws it in HTML: a Table goes in; a GT, to be restyled and shown, comes out."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import polars as pl

from opinionframe.tables import marks
from opinionframe.tables.bullets import PLACE, bullet, heading
from opinionframe.tables.cell_values import plain, plain_text

if TYPE_CHECKING:
    from great_tables import GT

    from opinionframe.tables.document import Table

BULLETS = "bullets"
"""The column of pictures, which HTML alone has."""

STYLE = (
    ".gt_table { width: auto; } td.gt_right { font-variant-numeric: tabular-nums; } "
    ".gt_group_heading { font-style: italic; } "
    # Names break between words and behind | and -, and inside a word only where it is longer than a column may be.
    "th.gt_stub, td.gt_left { max-width: 28em; min-width: 4em; overflow-wrap: break-word; } "
    "th.gt_stub { min-width: 7em; } "
    # What stands above, between and below takes the width that the columns have, and never sets it.
    ".gt_table { min-width: 26em; } "
    "td.gt_sourcenote, td.gt_heading, .gt_group_heading { max-width: 0; overflow-wrap: anywhere; }"
)


def great_table(table: Table, identifier: str) -> GT:
    """The table with emphasis as tags, in great-tables' own object."""
    from great_tables import GT

    stub, *columns = table.labels
    words = [column for column in columns if column in table.text]
    sections = [plain(pl.col(table.group))] if table.group else []
    cells = table.cells.select(*sections, *table.labels)
    if table.bullet:
        cells = cells.with_columns(_bullets(table, table.bullet))
    drawn = (
        GT(cells, rowname_col=stub, groupname_col=table.group, id=identifier)
        .fmt(_tagged, columns=list(table.labels))
        .tab_header(_one_line(table.title))
        .tab_stubhead(_one_line(table.labels[stub]))
        .cols_label({column: _one_line(table.labels[column]) for column in columns})
        .cols_align("right", columns=[column for column in columns if column not in table.text])
        .cols_align("left", columns=words)
        .tab_options(table_font_size="13px", data_row_padding="3px", source_notes_font_size="11px")
        .tab_options(row_group_font_weight="600", row_group_padding="4px")
        .opt_css(STYLE)
    )
    if table.bullet:
        names = {column: _one_line(table.labels[column]) for column in table.bullet}
        drawn = drawn.fmt(lambda svg: svg, columns=BULLETS).cols_label({BULLETS: heading(names)})
    for number, (label, members) in enumerate(table.spanners):
        drawn = drawn.tab_spanner(_one_line(label), columns=list(members), id=f"spanner-{number}")
    for note in table.notes:
        drawn = drawn.tab_source_note(_one_line(note))
    return drawn


def _bullets(table: Table, columns: tuple[str, str]) -> pl.Series:
    """The picture of each row."""
    texts = table.cells.select(plain(pl.col(columns))).rows()
    places = table.cells.select(f"{column}{PLACE}" for column in columns).rows()
    names = [_one_line(table.labels[column]) for column in columns]
    pictures = [bullet(dict(zip(names, row, strict=True)), place) for row, place in zip(texts, places, strict=True)]
    return pl.Series(BULLETS, pictures, pl.String)


def _tagged(cell: str | None) -> str:
    """The text of a cell in HTML, emphasis as tags."""
    return marks.to_html(html.escape(cell or marks.ABSENT)).replace(marks.BREAK, "")


def _one_line(text: str) -> str:
    """A heading or note without marks and control characters."""
    return plain_text(marks.clean(text))
