"""The shares of all options in a text: lists, and pairs by label, index or letter; percentages or fractions."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.outcome import NONRESPONSE, Reading, option_index, plain, unparsable

_NUMBER = r"\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?|\.\d+"
_VALUE = re.compile(rf"(?P<number>{_NUMBER})\s*(?P<percent>['\"]?\s*%|percent\b)?", re.IGNORECASE)
_PAIR = re.compile(
    r"""(?P<key>'[^'\n]*'|"[^"\n]*"|[^\s,:={}\[\]][^:={}\[\]\n]*?)[^\S\n]*[:=\u2013\u2014-][^\S\n]*['"]?[^\S\n]*"""
    rf"(?P<number>{_NUMBER})\s*(?P<percent>['\"]?\s*%|percent\b)?\s*['\"]?",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[\s,;'\"{}\[\]()*`|]+|\band\b", re.IGNORECASE)
PLAUSIBLE = (0.5, 1.5)
"""A bare list without % signs must sum to something like one or a hundred: [1, 2, 3] are indices."""
WHOLE = (0.98, 1.02)
"""Where some options are not mentioned, the others must make up the whole."""

Value = tuple[float, bool]


def read_shares(text: str, options: list[str]) -> Reading:
    """The shares of `options`, renormalised. Two different distributions in one text are no answer."""
    blocks = re.findall(r"\{[^{}]*\}|\[[^\[\]]*\]", text)
    readings = [reading for block in blocks if (reading := _block(block, options)) is not None]
    if not readings:
        bare = re.sub(r"^\s*(?:response|answer)\s*:", "", text, flags=re.IGNORECASE)
        readings = [_lines(text, options) or _block(bare, options) or unparsable(f"no {len(options)} shares")]
    answered = [reading for reading in readings if reading.status == "answered"]
    if not answered:
        return readings[0]
    if any(reading.probs != answered[0].probs for reading in answered):
        return unparsable("several different distributions")
    return answered[0]


def read_sequence(text: str, options: list[str]) -> Reading:
    """The shares of letters in a sequence of simulated answers such as `ABBAC`."""
    letters = re.sub(r"[\s,]", "", text)
    if not re.fullmatch(r"[A-Z]{2,}", letters):
        return unparsable("no sequence of letters")
    beyond = sorted({letter for letter in letters if ord(letter) - ord("A") >= len(options)})
    if beyond:
        return unparsable(f"{', '.join(beyond)} is no option")
    counts = [float(letters.count(chr(ord("A") + i))) for i in range(len(options))]
    return Reading("answered", [count / len(letters) for count in counts], 1.0)


def _block(block: str, options: list[str]) -> Reading | None:
    """A block that holds shares and nothing else; None where it is something else."""
    pairs = list(_PAIR.finditer(block))
    if pairs and not _SEPARATORS.sub("", _PAIR.sub("", block)).strip(".%"):
        return _keyed([(pair["key"], _value(pair)) for pair in pairs], options)
    values = list(_VALUE.finditer(block))
    if len(values) == len(options) and not _SEPARATORS.sub("", _VALUE.sub("", block)).strip(".%"):
        return _listed([_value(value) for value in values])
    return None


def _lines(text: str, options: list[str]) -> Reading | None:
    """Pairs on lines of their own, such as `- About right: 30%`, within other lines that hold no number."""
    pairs: list[tuple[str, Value]] = []
    for line in text.splitlines():
        match = _PAIR.fullmatch(re.sub(r"^\s*[-*\u2022]\s+", "", line.replace("**", "")).strip().rstrip(".,;"))
        if match:
            pairs.append((match["key"], _value(match)))
        elif pairs and re.search(r"\d", line):
            return None
    return _keyed(pairs, options) if len(pairs) > 1 else None


def _value(match: re.Match[str]) -> Value:
    top, _, bottom = match["number"].partition("/")
    number = float(top) / float(bottom) if bottom and float(bottom) else float(top)
    return number, match["percent"] is not None


def _keyed(pairs: list[tuple[str, Value]], options: list[str]) -> Reading:
    shares: dict[int, Value] = {}
    for key, value in pairs:
        index = option_index(re.sub(r"^\s*\d{1,2}[.)]\s+(?=\D)", "", key), options)
        if index is None and (NONRESPONSE.fullmatch(plain(key)) or plain(key) in ("total", "sum")):
            continue
        if index is None or index in shares:
            return unparsable(f"{key.strip()!r} is no option, or named twice")
        shares[index] = value
    reading = _scaled([shares.get(i, (0.0, True)) for i in range(len(options))], stated=list(shares.values()))
    if len(shares) < len(options) and not WHOLE[0] <= (reading.raw_sum or 0) <= WHOLE[1]:
        return unparsable(f"{len(options) - len(shares)} options are missing")
    return reading


def _listed(values: list[Value]) -> Reading:
    reading = _scaled(values, stated=values)
    unmarked = not any(percent for _, percent in values)
    if unmarked and reading.raw_sum is not None and not PLAUSIBLE[0] <= reading.raw_sum <= PLAUSIBLE[1]:
        return unparsable(f"shares sum to {reading.raw_sum:g}")
    return reading


def _scaled(values: list[Value], stated: list[Value]) -> Reading:
    """Renormalised; marked or large numbers are percentages, and `raw_sum` is on the scale of 1."""
    marks = {percent for _, percent in stated}
    total = sum(number for number, _ in values)
    if len(marks) > 1 and not WHOLE[0] <= total / 100 <= WHOLE[1]:
        return unparsable("percentages and plain numbers mixed")
    if total <= 0:
        return unparsable("shares sum to 0")
    scale = 100 if True in marks or total > PLAUSIBLE[1] else 1
    return Reading("answered", [number / total for number, _ in values], round(total / scale, 9))
