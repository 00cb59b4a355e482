"""LaTeX as great-tables leaves it becomes LaTeX that compiles: long tables, long names, any script."""

import re

from opinionframe.tables import marks

PACKAGES = r"""\usepackage[T1]{fontenc}
\usepackage{array,booktabs,caption,longtable,textcomp}"""
HEAD = "% Needs in the preamble:\n" + "".join(f"%   {line}\n" for line in PACKAGES.splitlines())
DOCUMENT = r"""\documentclass[10pt,a4paper]{{article}}
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
\usepackage[{orientation}margin=15mm]{{geometry}}
{packages}
\begin{{document}}
{code}
\end{{document}}
"""
LONGEST_STUB = 34
"""Characters beyond which the first column becomes a paragraph that breaks."""

_KNOWN: dict[str, str | int | None] = {
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


def finish(code: str, *, widest_stub: int, standalone: bool) -> str:
    """The fragment or document to save, from what great-tables rendered."""
    ruled = _without_vertical_rule(code).replace(r"\begin{minipage}", r"\noindent\begin{minipage}")
    breakable = _break_stub(ruled) if widest_stub > LONGEST_STUB else ruled
    spelled = marks.to_latex(_repeat_head(breakable)).translate(str.maketrans(_KNOWN))
    foreign = _OUTSIDE_T1.search(spelled) is not None
    body = _OUTSIDE_T1.sub(lambda match: rf"\ofchar{{{ord(match.group()):04X}}}\allowbreak{{}}", spelled)
    fragment = HEAD + (_FOREIGN if foreign else "") + body
    if not standalone:
        return fragment
    wide = re.search(r"\\begin\{longtable\}\{(.*)\}", code)
    orientation = "landscape," if wide and len(wide.group(1)) > 9 else ""
    return DOCUMENT.format(orientation=orientation, packages=PACKAGES, code=fragment)


def font_size(columns: int) -> str:
    """The size, in points, at which a table of so many columns fits on a page."""
    return "9pt" if columns <= 10 else "7.5pt"


def _repeat_head(code: str) -> str:
    r"""Column heads again on every page that a long table fills: great-tables writes no `\endhead`."""
    start = code.index("\\toprule")
    rule = "\\midrule\\addlinespace[2.5pt]"
    end = code.index(rule, start) + len(rule)
    head = code[start:end]
    return f"{code[:start]}{head}\n\\endfirsthead\n{head}\n\\endhead{code[end:]}"


def _without_vertical_rule(code: str) -> str:
    return re.sub(r"(\\begin\{longtable\}\{l+)\|", r"\g<1>", code, count=1)


def _break_stub(code: str) -> str:
    paragraph = r">{\\raggedright\\arraybackslash}p{0.28\\linewidth}"
    return re.sub(r"(\\begin\{longtable\}\{)l", rf"\g<1>{paragraph}", code, count=1)
