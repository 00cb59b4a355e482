"""LaTeX of tables: code that great-tables writes goes in; code that compiles, of any length and script, comes out."""

import re

from opinionframe.tables import marks

PACKAGES = r"""\usepackage[T1]{fontenc}
\usepackage{array,booktabs,caption,longtable,textcomp}"""
HEAD = "% Needs in the preamble:\n" + "".join(f"%   {line}\n" for line in PACKAGES.splitlines())
TIGHT = "\\setlength{{\\tabcolsep}}{{{:.1f}pt}}\n"
SIDEWAYS = "% Wider than an upright page: set it in \\begin{landscape} ... \\end{landscape} of pdflscape.\n"
DOCUMENT = r"""\documentclass[10pt,a4paper]{{article}}
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
\usepackage[{orientation}margin=15mm]{{geometry}}
{packages}
\begin{{document}}
{code}
\end{{document}}
"""
LONGEST_STUB = 34
"""Characters beyond which a column of words becomes a paragraph that breaks."""

GAP = 3
"""Characters between columns."""

PORTRAIT_POINTS, LANDSCAPE_POINTS, GUTTER = 512, 757, 12
"""Widths of the text on A4 with the margins below, and of the space between columns."""

FEW, LETTER, SMALL_LETTER = 10, 4.6, 3.8
"""Columns up to which a table is set in 9 points, and the mean width of a letter in these and in the 7.5 of others."""

LEAST_GUTTER = 3
"""The space between columns, in points, at which numbers still stand apart."""

_COMMANDS: dict[str, str | int | None] = {
    "\u2212": r"\textminus{}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "\u2013": r"\textendash{}",
    "—": r"\textemdash{}",
    "\u2018": "`",
    "\u2019": "'",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "…": r"\ldots{}",
    "•": r"\textbullet{}",
    "·": r"\textperiodcentered{}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "Δ": r"\ensuremath{\Delta}",
    "\u00d7": r"\texttimes{}",
    "±": r"\textpm{}",
    "\u00a0": "~",
    "\u200b": r"\allowbreak{}",
}
# pdflatex stops at a letter outside its fonts. An engine with Unicode fonts prints it; pdflatex prints
# its code point, so that no part of a label is lost.
_FOREIGN = r"\providecommand{\ofchar}[1]{\ifdefined\Umathchar\char" "" + r'"#1\relax\else{\tiny[#1]}\fi}' + "\n"
_OUTSIDE_T1 = re.compile(r"[^\x00-\x7f\u00a1-\u017f]")


def finish(code: str, *, columns: str, lengths: list[int], standalone: bool) -> str:
    """The fragment or document to save, from what great-tables rendered and its `column_types`."""
    landscape, space = is_wide(lengths), gutter(lengths)
    with_columns = re.sub(
        r"(\\begin\{longtable\}\{)[lrc|]+\}", lambda match: f"{match.group(1)}{columns}}}", code, count=1
    )
    if space < GUTTER:
        with_columns = with_columns.replace(r"\begin{longtable}", TIGHT.format(space / 2) + r"\begin{longtable}", 1)
    breakable = with_columns.replace(r"\begin{minipage}", r"\noindent\begin{minipage}")
    spelled = marks.to_latex(_with_repeated_head(breakable)).translate(str.maketrans(_COMMANDS))
    foreign = _OUTSIDE_T1.search(spelled) is not None
    body = _OUTSIDE_T1.sub(lambda match: rf"\ofchar{{{ord(match.group()):04X}}}\allowbreak{{}}", spelled)
    fragment = HEAD + (SIDEWAYS if landscape else "") + (_FOREIGN if foreign else "") + body
    if not standalone:
        return fragment
    orientation = "landscape," if landscape else ""
    return DOCUMENT.format(orientation=orientation, packages=PACKAGES, code=fragment)


def font_size(columns: int) -> str:
    """The size, in points, at which a table of so many columns fits on a page."""
    return "9pt" if columns <= FEW else "7.5pt"


def _with_repeated_head(code: str) -> str:
    r"""The code with its column heads on every page that a long table fills: great-tables writes no `\endhead`."""
    start = code.index("\\toprule")
    rule = "\\midrule\\addlinespace[2.5pt]"
    end = code.index(rule, start) + len(rule)
    head = code[start:end]
    return f"{code[:start]}{head}\n\\endfirsthead\n{head}\n\\endhead{code[end:]}"


def column_types(lengths: list[int], words: list[bool]) -> str:
    """The columns of a longtable: numbers right, words left, words too long for a line in paragraphs.

    `lengths` are the characters of the longest cell of each column.

    >>> column_types([5, 4], [True, False])
    'lr'
    """
    long = [word and length > LONGEST_STUB for length, word in zip(lengths, words, strict=True)]
    page = LANDSCAPE_POINTS if is_wide(lengths) else PORTRAIT_POINTS
    short = sum(length for length, broken in zip(lengths, long, strict=True) if not broken)
    spare = 0.97 - (_letter(lengths) * short + gutter(lengths) * len(lengths)) / page
    width = min(max(spare / max(sum(long), 1), 0.12), 0.65)
    paragraph = rf">{{\raggedright\arraybackslash}}p{{{width:.2f}\linewidth}}"
    kinds = zip(long, words, strict=True)
    return "".join(paragraph if broken else "l" if word else "r" for broken, word in kinds)


def is_wide(lengths: list[int]) -> bool:
    """Whether columns of so many characters need a page on its side."""
    return _text_width(lengths) + GUTTER * len(lengths) > PORTRAIT_POINTS


def gutter(lengths: list[int]) -> float:
    """The space between columns, in points: less than usual where they would run off a page on its side.

    >>> gutter([5, 5]), gutter([7] * 25)
    (12, 3.68)
    """
    spare = LANDSCAPE_POINTS - _text_width(lengths)
    return max(LEAST_GUTTER, min(GUTTER, spare / len(lengths)))


def _text_width(lengths: list[int]) -> float:
    """The points that columns of so many characters take; longer ones than the longest stub break."""
    return _letter(lengths) * sum(min(length, LONGEST_STUB) for length in lengths)


def _letter(lengths: list[int]) -> float:
    """The mean width of a letter, in points, in a table of so many columns."""
    return LETTER if len(lengths) <= FEW else SMALL_LETTER
