"""Emphasis inside a cell's text: text goes in; the same with noncharacters, later tags or commands, comes out.

great-tables escapes the text of a cell for either target and drops styles in LaTeX, so the marks are
single characters that it passes through, replaced when it has finished. They are noncharacters of Unicode, which no
text is to hold; where a name has one nevertheless, a \ufffd stands for it in print.
"""

import re
from collections.abc import Iterable

import polars as pl

BEST_ON, BEST_OFF, GHOST_ON, GHOST_OFF, BELOW_ON, BELOW_OFF, SIGN_ON, SIGN_OFF, BREAK = map(chr, range(0xFDD0, 0xFDD9))
SIGNS = (("↑", "↓"), ("⇑", "⇓"), ("△", "▽"), ("⊕", "⊖"))
"""Marks of scores that are significantly higher and lower than another, in the order in which tests are listed."""

_ARROWS = {
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "⇑": r"\Uparrow",
    "⇓": r"\Downarrow",
    "△": r"\bigtriangleup",
    "▽": r"\bigtriangledown",
    "⊕": r"\oplus",
    "⊖": r"\ominus",
}
"""Their commands, which need no package."""

MINUS, ABSENT = "\u2212", "\u2013"
"""A true minus sign, and the dash that stands for no value."""
OWN = f"[{BEST_ON}-{BREAK}]"
"""The marks' own characters, as a pattern."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]+")
_WITHOUT_WIDTH = r"[\u00ad\u200b-\u200f\u2060\ufeff]"
_FOREIGN_MARK = "\ufffd"


def clean(text: str) -> str:
    """`text` on one line, without the marks' own characters and without control or direction codes."""
    own = re.sub(f"[{BEST_ON}-{SIGN_OFF}]", _FOREIGN_MARK, text.replace(BREAK, ""))
    return re.sub(r"(\S{24})", rf"\1{BREAK}", _UNSAFE.sub(" ", own).strip())


def cleaned(column: pl.Expr) -> pl.Expr:
    """`clean` as an expression, for a column of labels; words beyond 24 characters may break."""
    own = column.str.replace_all(OWN, _FOREIGN_MARK)
    cleaned_text = own.str.replace_all(_UNSAFE.pattern, " ").str.strip_chars()
    return cleaned_text.str.replace_all(r"(\S{24})", "${1}" + BREAK)


def unmarked(text: pl.Expr) -> pl.Expr:
    """`text` as it is seen, without the marks' own characters."""
    return text.str.replace_all(BELOW_ON, " ").str.replace_all(OWN, "")


def visible(column: pl.Expr) -> pl.Expr:
    """`cleaned` without what has no width, so that two names that look alike are equal."""
    return unmarked(cleaned(column)).str.replace_all(_WITHOUT_WIDTH, "")


def number(value: pl.Expr, decimals: int = 1) -> pl.Expr:
    """`value` as text with a fixed number of decimals, a true minus sign, and a dash where it is no finite number."""
    rounded = pl.when(value.is_finite()).then(value).round(decimals, mode="half_away_from_zero") + 0.0
    digits = pl.format("{}", rounded.abs().mul(10**decimals).round().cast(pl.Int64))
    padded = digits.str.zfill(decimals + 1)
    integer = padded.str.head(-decimals) if decimals else padded
    text = pl.concat_str(integer, pl.lit("."), padded.str.tail(decimals)) if decimals else integer
    return pl.when(rounded < 0).then(pl.concat_str(pl.lit(MINUS), text)).otherwise(text).fill_null(ABSENT)


def span(values: pl.Series) -> str:
    """The least and the most of `values`, or the one there is."""
    low, high = str(values.min()), str(values.max())
    return low if low == high else f"{low} to {high}"


def best(text: pl.Expr, where: pl.Expr) -> pl.Expr:
    """`text`, printed bold where `where` holds."""
    bold = pl.concat_str(pl.lit(BEST_ON), text, pl.lit(BEST_OFF))
    return pl.when(where.fill_null(value=False)).then(bold).otherwise(text)


def directed(text: pl.Expr, direction: pl.Expr, signs: tuple[str, str]) -> pl.Expr:
    """`text` followed by the first of `signs` where `direction` is above 0, by the second below it.

    Where it is null, a blank of their width follows, so that points align.
    """
    up, down = (pl.lit(SIGN_ON + sign + SIGN_OFF) for sign in signs)
    ghost = pl.lit(GHOST_ON + signs[0] + GHOST_OFF)
    return pl.concat_str(text, pl.when(direction > 0).then(up).when(direction < 0).then(down).otherwise(ghost))


def absent(signs: Iterable[tuple[str, str]]) -> str:
    """The dash that stands for no value, as wide as one with `signs`."""
    return ABSENT + "".join(f"{GHOST_ON}{up}{GHOST_OFF}" for up, _ in signs)


def with_below(text: pl.Expr, second: pl.Expr, where: pl.Expr) -> pl.Expr:
    """`text` with the line `second` below it where `where` holds."""
    lines = pl.concat_str(text, pl.lit(BELOW_ON), second, pl.lit(BELOW_OFF))
    return pl.when(where.fill_null(value=False)).then(lines).otherwise(text)


def to_html(page: str) -> str:
    """The rendered HTML page with marks as tags."""
    tags: dict[str, str | int | None] = {
        BEST_ON: "<strong>",
        BEST_OFF: "</strong>",
        GHOST_OFF: "</span>",
        BELOW_ON: '<span style="display:block;font-size:85%;white-space:nowrap">',
        BELOW_OFF: "</span>",
    }
    tags[GHOST_ON] = '<span style="visibility:hidden" aria-hidden="true">'
    spoken = re.sub(f"{SIGN_ON}(.){SIGN_OFF}", _spoken, page)
    return spoken.translate(str.maketrans(tags))


def _spoken(sign: re.Match[str]) -> str:
    """A mark with the words that a screen reader says."""
    ups = [up for up, _ in SIGNS]
    words = "significantly higher" if sign[1] in ups else "significantly lower"
    return f'<span role="img" aria-label="{words}">{sign[1]}</span>'


def to_latex(code: str) -> str:
    r"""The rendered code with marks as commands. A bold number keeps the width of its decimals.

    >>> to_latex(f"{BEST_ON}85.2{BEST_OFF}")
    '\\textbf{85.}\\rlap{\\textbf{2}}\\phantom{2}'
    """
    aligned = re.sub(
        rf"{BEST_ON}([^{BEST_OFF}]*\.)(\d+){BEST_OFF}", r"\\textbf{\1}\\rlap{\\textbf{\2}}\\phantom{\2}", code
    )
    commands: dict[str, str | int | None] = {BEST_ON: r"\textbf{", GHOST_ON: r"\phantom{"}
    commands |= {SIGN_ON: "", SIGN_OFF: ""} | {arrow: rf"\ensuremath{{{name}}}" for arrow, name in _ARROWS.items()}
    commands |= dict.fromkeys((BEST_OFF, GHOST_OFF), "}")
    return aligned.translate(str.maketrans(commands))
