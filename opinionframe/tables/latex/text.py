r"""Text as LaTeX: the text of a cell goes in, with its marks; code that pdflatex prints as it is comes out."""

import re

from opinionframe.tables import marks

_ESCAPED: dict[str, str | int | None] = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_SIGNS: dict[str, str | int | None] = {
    "\u2212": r"\ensuremath{-}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "\u2013": r"\textendash{}",
    "—": r"\textemdash{}",
    "\u2018": "`",
    "\u2019": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "•": r"\textbullet{}",
    "·": r"\textperiodcentered{}",
    "≤": r"\ensuremath{\le}",
    "≥": r"\ensuremath{\ge}",
    "Δ": r"\ensuremath{\Delta}",
    "\u00d7": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "\u00a0": "~",
    marks.BREAK: r"\allowbreak{}",
    "\u200b": r"\allowbreak{}",
}
_FOREIGN = re.compile(r"[^\x00-\x7f\u00a1-\u0125\u0128-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165\u0168-\u017e]")
"""What the fonts of pdflatex have no letter for."""

_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=,)(?=,)|(?<=')(?=')|(?<=[`?!])(?=`)")
"""Between two signs that TeX would print as another one: `--` as a dash, ``?` `` as a Spanish question mark."""

_DEFINITIONS = {
    "ofchar": r"[1]{\ifdefined\Umathchar\char" '"' r"#1\relax\else{\fontsize{5}{6}\selectfont[#1]}\fi}",
    "ofbelow": r"[2]{\begin{tabular}[t]{@{}r@{}}#1\\\fontsize{7}{8.4}\selectfont#2\end{tabular}}",
}
r"""The commands of the code. pdflatex stops at a letter outside its fonts: \ofchar prints it where an engine has
Unicode fonts, and its code point in pdflatex, so that no part of a label is lost. \ofbelow sets one line below another.
"""


def with_definitions(code: str) -> str:
    """The code after the definitions of the commands that it uses."""
    used = [name for name in _DEFINITIONS if f"\\{name}{{" in code]
    return "".join(f"\\providecommand{{\\{name}}}{_DEFINITIONS[name]}\n" for name in used) + code


def spelled_cell(text: str) -> str:
    """The code of a cell, with the line below it if it has one."""
    first, *below = text.replace(marks.BELOW_OFF, "").split(marks.BELOW_ON)
    return rf"\ofbelow{{{spelled(first)}}}{{{spelled(below[0])}}}" if below else spelled(first)


def spelled(text: str) -> str:
    r"""`text` as code.

    >>> spelled("50% \u2265 x_1"), spelled("\u0646")
    ('50\\% \\ensuremath{\\ge} x\\_1', '\\ofchar{0646}')
    """
    escaped = text.translate(str.maketrans(_ESCAPED))
    signs = _LIGATURE.sub("{}", marks.to_latex(escaped)).translate(str.maketrans(_SIGNS))
    code = _FOREIGN.sub(lambda match: rf"\ofchar{{{ord(match.group()):04X}}}", signs)
    # At the head of a row, after the end of another one, these would be read as part of that.
    return f"{{{code[0]}}}{code[1:]}" if code.startswith(("[", "*")) else code


def is_foreign(letter: str) -> bool:
    """Whether pdflatex prints a letter's code point in its place."""
    return _FOREIGN.match(letter) is not None and spelled(letter).startswith(r"\ofchar")


def needs_t1(code: str) -> bool:
    """Whether code has letters with accents, for which the usual encoding of fonts may have no sign."""
    return not code.isascii()
