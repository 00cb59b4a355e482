"""A table in a terminal: what is printed goes in; lines of text in columns come out, bold between asterisks."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain, plain_text

GAP, BOLD = "  ", "**"


def terminal_text(
    cells: pl.DataFrame,
    labels: Mapping[str, str],
    group: str | None,
    spanners: Sequence[tuple[str, Sequence[str]]],
    words: Collection[str],
) -> str:
    """The printed columns of `cells` below their headings, those of `words` set left, sections on lines of their own.

    >>> bold = marks.BEST_ON + "12.5" + marks.BEST_OFF
    >>> cells = pl.DataFrame({"name": ["a", "bcd"], "score": ["7.0", bold]})
    >>> print(terminal_text(cells, {"name": "Name", "score": "Score"}, None, [("Raw", ["score"])], ["name"]))
    Name  Raw: Score
    a            7.0
    bcd     **12.5**
    """
    above = {column: f"{plain_text(title)}: " for title, columns in spanners for column in columns}
    columns = [
        _aligned([above.get(name, "") + plain_text(label), *_texts(cells[name])], left=name in words)
        for name, label in labels.items()
    ]
    head, *rows = (GAP.join(texts).rstrip() for texts in zip(*columns, strict=True))
    sections = _texts(cells[group]) if group else [""] * len(rows)
    lines = [head]
    for before, section, row in zip(["", *sections], sections, rows, strict=False):
        lines += [section, row] if section != before else [row]
    return "\n".join(lines)


def _texts(column: pl.Series) -> list[str]:
    """A column as a reader sees it."""
    text = pl.lit(column.cast(pl.String).fill_null(""))
    starred = text.str.replace_all(f"[{marks.BEST_ON}{marks.BEST_OFF}]", BOLD)
    return pl.select(plain(starred).str.strip_chars()).to_series().to_list()


def _aligned(texts: list[str], *, left: bool) -> list[str]:
    """Texts filled up with blanks to one width."""
    width = max(map(len, texts))
    return [text.ljust(width) if left else text.rjust(width) for text in texts]
