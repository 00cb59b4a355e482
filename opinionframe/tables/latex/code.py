r"""The code of a table: its text and its place go in; floats, a longtable or a whole document come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from opinionframe.tables import marks
from opinionframe.tables.latex.fitting import Fit, fitted, one_panel
from opinionframe.tables.latex.parts import CAPTION_SIZE, Part, notes_code, notes_size, notes_width, parts
from opinionframe.tables.latex.rows import LEADING, body, column_types, head, heading
from opinionframe.tables.latex.sheet import Sheet
from opinionframe.tables.latex.targets import Target
from opinionframe.tables.latex.text import is_foreign, needs_t1, spelled, with_definitions
from opinionframe.tables.latex.widths import breakable
from opinionframe.tables.latex.widths import width as text_width

DOCUMENT = r"""\documentclass[10pt,a4paper]{{article}}
\usepackage[T1]{{fontenc}}
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
\usepackage[{orientation}margin=15mm]{{geometry}}
\usepackage{{{packages}}}
\begin{{document}}
{code}\end{{document}}
"""
LONG_WORD = 4
"""The share of the width of a caption, as 1 in so many, from which a word breaks anywhere."""

PORTRAIT = Target(512, 755, "table", (), "512 pt (A4)")
SIDEWAYS = Target(757, 508, "table", (), "757 pt (A4 on its side)")
"""A4 with margins of 15 mm."""

MOST_FLOATS = 16
"""Floats that LaTeX can hold back at a time."""


def fragment(sheet: Sheet, target: Target, *, longtable: bool) -> str:
    r"""Code to `\input`, headed by what it needs. Raises: OptionError where the table does not fit its width."""
    code = _longtables(sheet, target) if longtable else _floats(sheet, target)
    names = ("array", "booktabs", *(_long_packages(target) if longtable else target.packages))
    needs = [*([r"\usepackage[T1]{fontenc}"] if needs_t1(code) else []), rf"\usepackage{{{','.join(names)}}}"]
    told = [f"Needs {' and '.join(needs)}.", f"Set for a width of {target.width:g} pt."]
    if longtable:
        told.append("A longtable stands in text of one column alone.")
    return "".join(f"% {line}\n" for line in told) + code


def document(sheet: Sheet, target: Target | None, *, longtable: bool) -> str:
    """A document of A4 pages that holds the table alone, on its side where it is wide."""
    if target is None:
        place = PORTRAIT if one_panel(sheet, PORTRAIT.width) else SIDEWAYS
    else:
        page = PORTRAIT if target.width <= PORTRAIT.width else SIDEWAYS
        place = replace(page, width=target.width, height=min(page.height, target.height), where=target.where)
    code = fragment(sheet, place, longtable=longtable)
    orientation = "landscape," if place.height < place.width and place.width > PORTRAIT.width else ""
    names = ["array", "booktabs", *(["longtable"] if longtable else [])]
    return DOCUMENT.format(orientation=orientation, packages=",".join(names), code=code)


def _long_packages(target: Target) -> tuple[str, ...]:
    """What a longtable needs, on its side or upright."""
    return ("longtable", "pdflscape") if target.turned else ("longtable",)


def _floats(sheet: Sheet, target: Target) -> str:
    """The table as floats: one, unless it is longer than a page."""
    panels, pieces = _fewest(sheet, target)
    codes = []
    for number, part in enumerate(pieces):
        title = (
            f"{_caption(sheet, target.width)}\\vskip4pt\n"
            if number == 0
            else "Table~\\thetable{} (continued)\\par\\medskip\n"
        )
        content = f"{title}{_set_in(panels[0])}{_tabulars(sheet, panels, part, target.width)}"
        placed = _turned(content, target.width) if target.turned else content
        codes.append(
            f"\\begin{{{target.environment}}}[tp]\n\\centering\\sloppy\n{placed}\\end{{{target.environment}}}\n"
        )
        if number % MOST_FLOATS == MOST_FLOATS - 1:
            codes.append("\\clearpage\n")
    code = "".join(codes)
    return with_definitions(code)


def _turned(content: str, width: float) -> str:
    """What stands in a float, on its side."""
    return f"\\rotatebox{{90}}{{\\begin{{minipage}}{{{width:g}pt}}\\centering\n{content}\\end{{minipage}}}}\n"


def _fewest(sheet: Sheet, target: Target) -> tuple[list[Fit], list[Part]]:
    """The panels and floats of the setting that needs the fewest of these, the best of such."""
    best: tuple[list[Fit], list[Part]] | None = None
    for panels in fitted(sheet, target):
        pieces = parts(sheet, panels, target.width, target.height)
        if best is None or len(pieces) < len(best[1]):
            best = (panels, pieces)
        if len(pieces) == 1:
            break
    return best or ([], [])


def _tabulars(sheet: Sheet, panels: Sequence[Fit], part: Part, width: float) -> str:
    """The panels of a float, several of them with the same left edge, and its notes."""
    blocks = []
    for number, rows in part.panels:
        fit = panels[number]
        types, top = column_types(sheet, fit), head(sheet, fit).code
        blocks.append(f"\\begin{{tabular}}{{{types}}}\n{top}{rows}\\bottomrule\n\\end{{tabular}}")
    if part.notes:
        blocks.append(_notes(part.notes, panels, width))
    code = "\\par\\medskip\n".join(blocks) + "\n"
    if len(panels) == 1:
        return code
    return f"\\begin{{minipage}}{{{notes_width(panels, width):.1f}pt}}\\raggedright\n{code}\\end{{minipage}}\n"


def _longtables(sheet: Sheet, target: Target) -> str:
    """The table as a longtable per panel."""
    panels = fitted(sheet, target)[0]
    codes = []
    for number, fit in enumerate(panels):
        top = head(sheet, fit).code
        title = _caption(sheet, target.width).rstrip("\n") + " \\\\\n" if number == 0 else ""
        rows, opened = "", False
        for line in body(sheet, fit, target.height):
            if line.opens and line.section is not None:
                rows += heading(fit, line.section, is_first=not opened, continued=False).code
            rows, opened = rows + line.code, True
        types = column_types(sheet, fit)
        again = "" if number == 0 else "\\addtocounter{table}{-1}\n"
        codes.append(
            f"{again}\\begin{{longtable}}{{{types}}}\n{title}{top}\\endfirsthead\n{top}\\endhead\n"
            f"{rows}\\bottomrule\n\\end{{longtable}}\n"
        )
    notes = _open_notes(sheet.notes, panels, target.width) if sheet.notes else ""
    settings = f"\\setlength{{\\LTcapwidth}}{{{target.width:g}pt}}\\sloppy\n{_set_in(panels[0])}"
    code = f"\\begingroup\n{settings}{''.join(codes)}{notes}\\endgroup\n"
    turned = f"\\begin{{landscape}}\n{code}\\end{{landscape}}\n" if target.turned else code
    return with_definitions(turned)


def _caption(sheet: Sheet, width: float) -> str:
    """Caption and label; the list of tables has code points where the caption has letters outside the fonts."""
    text = spelled(_loose(sheet.caption, width))
    short = ""
    if r"\ofchar" in text:
        codes = "".join(f"(U+{ord(letter):04X})" if is_foreign(letter) else letter for letter in sheet.caption)
        short = f"[{{{spelled(_loose(codes, width))}}}]"
    return f"\\caption{short}{{{text}}}\n\\label{{{sheet.label}}}\n"


def _loose(caption: str, width: float) -> str:
    """A caption with many places to break in long words: its lines are filled, which these would prevent."""
    size = CAPTION_SIZE
    return " ".join(
        breakable(word, size * 2, size) if text_width(word, size) > width / LONG_WORD else word
        for word in caption.replace(marks.BREAK, "").split(" ")
    )


def _set_in(fit: Fit) -> str:
    """The font and the space between columns."""
    leading = LEADING * fit.size
    return (
        f"\\fontsize{{{fit.size}}}{{{leading:.1f}}}\\selectfont\\setlength{{\\tabcolsep}}{{{fit.gap / 2:g}pt}}"
        "\\renewcommand{\\arraystretch}{1}\n"
    )


def _notes(notes: Sequence[str], panels: Sequence[Fit], width: float) -> str:
    """Notes in a box as wide as the table."""
    points, size = notes_width(panels, width), notes_size(panels)
    opened = (
        f"\\begin{{minipage}}{{{points:.1f}pt}}\\fontsize{{{size}}}{{{LEADING * size:.1f}}}\\selectfont\\raggedright\n"
    )
    return f"{opened}{notes_code(notes, points, size)}\n\\end{{minipage}}"


def _open_notes(notes: Sequence[str], panels: Sequence[Fit], width: float) -> str:
    """Notes as paragraphs that may run over pages, in the middle of the text and as wide as the table."""
    points, size = notes_width(panels, width), notes_size(panels)
    side = f"skip=\\dimexpr(\\linewidth-{points:.1f}pt)/2\\relax"
    sides = f"\\left{side}\\right{side} plus 1fil\\relax"
    font = f"\\fontsize{{{size}}}{{{LEADING * size:.1f}}}\\selectfont\\parindent=0pt"
    return f"{font}{sides}\n{notes_code(notes, points, size)}\\par\n"
