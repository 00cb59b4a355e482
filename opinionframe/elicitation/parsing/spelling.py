"""One spelling of texts: digits, signs and markup of any script go in; what the grammar reads comes out."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

_MARKS = {
    **dict.fromkeys("、،﹐٬", ","), "。": ".", "٫": ".", "؛": ";", "﹔": ";", "﹕": ":", "٪": "%", "﹪": "%",
    "⁄": "/", "∕": "/", "−": "-", "‐": "-", "‑": "-", "﹣": "-", "\u20e3": ")",
    **dict.fromkeys("\ufe0e\ufe0f", ""), **dict.fromkeys("“”„‟«»「」『』", '"'), **dict.fromkeys("‘’‚", "'"),
}  # fmt: skip
"""Signs of other scripts. The frame of a keycap, 2\ufe0f\u20e3, closes an enumeration."""
_OVERRIDES = "\u202d\u202e"
"""What is shown in another order than it is written stays as it is, so that no number is read from it."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_MIXED = re.compile(r"(?<![\w.,])(?P<whole>\d{0,9})(?P<fraction>[\u00bc-\u00be\u2150-\u215e])(?!\w)")
_LATEX = (
    (re.compile(r"\\d?frac\s?\{(\d{1,9})\}\s?\{(\d{1,9})\}"), r"\1/\2"),
    (re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|emph)\{([^{}\n]{0,200})\}"), r"\1"),
    (re.compile(r"\\([%$&#_()\[\]])"), r"\1"),
    (re.compile(r"(?<![\w$])(\${1,2})(?=\S)([\w.,%()\[\] ]{1,60})(?<=\S)\1(?![\w$])"), r"\2"),
)
_HTML = re.compile(r"</?(?:b|i|u|em|strong|p|div|span|li|ul|ol|code|pre|mark|h[1-6])>|<br ?/?>", re.IGNORECASE)
_FULL_WIDTH = range(0xFF01, 0xFF5F)


def respelled(text: str) -> str:
    r"""`text` with digits and signs in ASCII, fractions as numbers, and without markup and invisible characters.

    Exponents stay what they are, and so do characters of a text whose order is overridden.

    >>> respelled("Ｂ： ٣٠٪, 20½, \\textbf{50\\%}, <b>②</b>")
    'B: 30%, 20.5, 50%, 2)'
    """
    ascii_text = text
    if not text.isascii():
        numbers = _MIXED.sub(_fraction, unicodedata.normalize("NFC", text))
        ascii_text = _NOT_ASCII.sub(lambda match: _character(match[0]), numbers)
    if "&" in ascii_text and ";" in ascii_text:
        ascii_text = html.unescape(ascii_text)
    if "\\" in ascii_text or "$" in ascii_text:
        for shape, plain in _LATEX:
            ascii_text = shape.sub(plain, ascii_text)
    return _HTML.sub("", ascii_text) if "<" in ascii_text else ascii_text


@cache
def _character(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    if ord(character) in _FULL_WIDTH:
        return chr(ord(character) - 0xFEE0)
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind == "No" and "CIRCLED" in unicodedata.name(character, ""):
        return f"{unicodedata.numeric(character):.0f})"
    if kind == "Zs":
        return " "
    return "" if kind == "Cf" and character not in _OVERRIDES else character


def _fraction(match: re.Match[str]) -> str:
    """`½` as `1/2`, `20½` as `20.5`."""
    value = unicodedata.numeric(match["fraction"])
    if match["whole"]:
        return repr(int(match["whole"]) + value)
    return unicodedata.normalize("NFKC", match["fraction"]).replace("⁄", "/")
