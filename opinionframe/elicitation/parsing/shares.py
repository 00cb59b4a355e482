"""The shares of all options in a text: lists, tables, and pairs by label, place or letter."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.doubts import doubt_of, in_another_order, is_ordered, is_revised
from opinionframe.elicitation.parsing.option_names import OptionNames, plain
from opinionframe.elicitation.parsing.outcome import NONRESPONSE, Reading, cut_off, unparsable
from opinionframe.elicitation.parsing.plausible import WHOLE, Value, shares_of
from opinionframe.elicitation.parsing.structured import nested_shares

_EXPONENT = r"(?:e[+-]?\d{1,2}(?!\d))?"
_NUMBER = (
    rf"(?P<number>\d+(?:\.\d+)?(?: ?/ ?\d+(?:\.\d+)?|{_EXPONENT})|\.\d+{_EXPONENT})"
    r"(?P<percent>['\"]? ?%| ?per ?cent\b| ?pct\b)?"
)
_VALUE = re.compile(_NUMBER, re.IGNORECASE)
_PAIRED = re.compile(
    r"(?:(?:[:=]>?|->|\u2192|(?<!\.)\.{3,40}) ?|(?<![:=]) [\u2013\u2014-] )['\"`]? ?(?:[~\u2248] ?|(?:about|around|"
    rf"roughly|approximately|approx\.?) )?{_NUMBER} ?['\"`]?(?!\w|\.\d| ?[:=])",
    re.IGNORECASE,
)
"""A value after its key: what stands between two of them is the second one's key."""
_LOOSE = re.compile(r"\d ?%|[:=] ?\D{0,3}\d")
"""A value that is no pair, such as `About right: 20-30%`."""
_MARKED = re.compile(r"\d ?%")
_CELL = re.compile(_NUMBER, re.IGNORECASE)
_BLOCK = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_SEPARATORS = re.compile(r"[\s,;'\"{}\[\]()*`|]+|\band\b", re.IGNORECASE)
_AROUND_KEY = " \n,;'\"{}[]*`|"
_BRACKETED = re.compile(r" ?\(((?:\d+(?:\.\d+)?|\.\d+) ?%)\)")
"""`About right (30%)`."""
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d{1,3}),(\d{1,2})(?![\d,.])")
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3})((?:,\d{3}){1,3})(?![\d,.])")
_NUMBERED = re.compile(rf"(?P<place>\d{{1,2}})[.)] {_NUMBER}\.?", re.IGNORECASE)
_BULLET = re.compile(r"^(?:and |[-\u2022+] )")
_ENUMERATION = re.compile(r"^\d{1,2}[.)] ?(?=[^\d\s])")

Pairs = list[tuple[str, Value]]


def read_shares(text: str, names: OptionNames) -> Reading:
    """The shares of the options, renormalised. Two different distributions in one text are no answer."""
    tidy = _BRACKETED.sub(r": \1", re.sub(r"[^\S\n]+", " ", text))
    reading = _read(tidy, names)
    if reading.status != "unparsable" or not re.search(r"\d,\d", tidy):
        return reading
    spellings = (_DECIMAL_COMMA.sub(r"\1.\2", tidy), _THOUSANDS.sub(lambda match: match[0].replace(",", ""), tidy))
    others = [_read(spelling, names) for spelling in spellings if not re.search(r"\d,\d", spelling)]
    return next((other for other in others if _is_whole(other)), reading)


def _read(tidy: str, names: OptionNames) -> Reading:
    blocks = [(block, _block(block[0], names)) for block in _BLOCK.finditer(tidy)]
    readings = [reading for _, reading in blocks if reading is not None]
    if doubt := _doubt_of_blocks(blocks, tidy, names):
        return unparsable(doubt)
    if not any(reading.status == "answered" for reading in readings) and (inner := _nested(tidy, names)):
        readings = [inner]
    if not readings:
        bare = re.sub(r"^\s*(?:response|answer) ?:", "", tidy, flags=re.IGNORECASE)
        reading = (
            _table(tidy, names)
            or _enumeration(tidy, names)
            or _lines(tidy, names)
            or _block(bare, names)
            or _worded(tidy, names)
            or unparsable(f"no {len(names)} shares")
        )
        readings = [_ended(reading, tidy)]
    answered = [reading for reading in readings if reading.status == "answered"]
    if not answered:
        return readings[0]
    if any(reading.probs != answered[0].probs for reading in answered):
        return unparsable("several different distributions")
    return answered[0]


def _doubt_of_blocks(blocks: list[tuple[re.Match[str], Reading | None]], tidy: str, names: OptionNames) -> str | None:
    """Why lists and mappings that read as shares may be something else; None where they may not."""
    found = [(block, reading) for block, reading in blocks if reading is not None]
    for block, _ in found:
        if doubt := doubt_of(tidy, block.start(), block.end()):
            return doubt
    lists = [(block[0], reading) for block, reading in found if is_ordered(block[0])]
    answered = [reading for _, reading in lists if reading.status == "answered"]
    percentages_outside = len(_MARKED.findall(_BLOCK.sub(" ", tidy))) if answered else 0
    doubts = {
        "a list of shares beside options in another order": bool(lists) and in_another_order(tidy, names),
        "several different distributions": bool(blocks) and is_revised(tidy[blocks[-1][0].end() :], _VALUE, len(names)),
        "rows of a place and a share": bool(answered) and _are_rows([block for block, _ in lists], names),
        "a list that is not the whole beside percentages outside it": not all(map(_is_whole, answered))
        and percentages_outside >= len(names),
    }
    return next((doubt for doubt, holds in doubts.items() if holds), None)


def read_sequence(text: str, names: OptionNames) -> Reading:
    """The shares of letters in a sequence of simulated answers such as `ABBAC`."""
    letters = re.sub(r"[\s,]", "", text)
    if not re.fullmatch(r"[A-Z]{2,}", letters):
        return unparsable("no sequence of letters")
    beyond = sorted({letter for letter in letters if ord(letter) - ord("A") >= len(names)})
    if beyond:
        return unparsable(f"{', '.join(beyond)} is no option")
    counts = [float(letters.count(chr(ord("A") + i))) for i in range(len(names))]
    return Reading("answered", [count / len(letters) for count in counts], 1.0)


def _ended(reading: Reading, text: str) -> Reading:
    """`reading`, unless the list it comes from has no end and does not make up the whole."""
    is_open = any(text.rfind(opens) > text.rfind(closes) for opens, closes in ("[]", "{}"))
    if not is_open or _is_whole(reading):
        return reading
    return cut_off("the list of shares does not end")


def _is_whole(reading: Reading) -> bool:
    return reading.raw_sum is not None and WHOLE[0] <= reading.raw_sum <= WHOLE[1]


def _are_rows(lists: list[str], names: OptionNames) -> bool:
    """Whether two lists are `[1, 60], [2, 40]`: a place and a share each, which look like the shares of two options."""
    rows = [[_value(match).number for match in _VALUE.finditer(block)] for block in lists]
    places = [float(place) for place in range(1, len(names) + 1)]
    return len(names) > 1 and any([row[column] for row in rows] == places for column in (0, -1))


def _nested(text: str, names: OptionNames) -> Reading | None:
    """Shares in JSON within JSON."""
    found = nested_shares(text, names)
    if found is None:
        return None
    keys = [item[0] if isinstance(item, tuple) else None for item in found]
    spelled = [str(item[1] if isinstance(item, tuple) else item).strip() for item in found]
    values = [_value(match) for text in spelled if (match := _CELL.fullmatch(text))]
    if len(values) < len(found):
        return None
    named = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
    return _keyed(named, names) if named else _listed(values, names)


def _worded(text: str, names: OptionNames) -> Reading | None:
    """Every option with its value beside it and nothing else: `Yes 60%, no 40%`, `60% yes and 40% no`, `(A) 60%`."""
    labels = sorted(
        (re.escape(label) for label in names.options if re.search(r"[^\W\d]", label)), key=len, reverse=True
    )
    key = rf"(?P<key>{'|'.join([*labels, '(?-i:[A-Z])', r'[0-9]{1,2}(?=[)])'])})"
    for shape in (rf"(?<!\w){key}[ )(>*`]{{1,4}}{_NUMBER}(?!\w|\.\d)", rf"(?<![\w.]){_NUMBER}[ :*`]{{1,4}}{key}(?!\w)"):
        beside = re.compile(shape, re.IGNORECASE)
        matches = list(beside.finditer(text))
        if len(matches) == len(names) and not _SEPARATORS.sub("", beside.sub(" ", text)).strip(".-\u2022"):
            return _keyed([(match["key"], _value(match)) for match in matches], names)
    return None


def _block(block: str, names: OptionNames) -> Reading | None:
    """A block that holds shares and nothing else; None where it is something else."""
    pairs = _pairs(block)
    if pairs and (len(pairs) > 1 or names.readings(pairs[0][0])):
        return _keyed(pairs, names)
    values = list(_VALUE.finditer(block))
    if len(values) == len(names) and not _SEPARATORS.sub("", _VALUE.sub("", block)).strip(".%"):
        return _listed([_value(value) for value in values], names)
    return None


def _pairs(text: str) -> Pairs | None:
    """Every value of `text` with what stands before it; None where something is left over."""
    matches = list(_PAIRED.finditer(text))
    ends = [0, *(match.end() for match in matches)]
    if _SEPARATORS.sub("", text[ends[-1] :]).strip(".%"):
        return None
    keys = [_key(text[end : match.start()]) for end, match in zip(ends, matches, strict=False)]
    return [(key, _value(match)) for key, match in zip(keys, matches, strict=True)] if all(keys) else None


def _key(text: str) -> str:
    return _BULLET.sub("", text.strip(_AROUND_KEY)).strip(_AROUND_KEY)


def _lines(text: str, names: OptionNames) -> Reading | None:
    """Pairs on lines of their own, such as `- About right: 30%`, within other lines that hold no number."""
    pairs: Pairs = []
    for line in text.splitlines():
        row = _table_row(line) if "|" in line else _pairs(line.replace("**", "").strip().rstrip(".,;"))
        if row is not None and len(row) == 1:
            pairs.extend(row)
        elif _LOOSE.search(line) or (pairs and re.search(r"\d", line)):
            return None
    return _keyed(pairs, names) if len(pairs) > 1 else None


def _table(text: str, names: OptionNames) -> Reading | None:
    """A table whose head names every option and whose only row has their values."""
    rows = [_cells(line) for line in text.splitlines() if "|" in line and re.search(r"\w", line)]
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        return None
    columns = [(head, _CELL.fullmatch(cell)) for head, cell in zip(*rows, strict=True)]
    pairs = [(head, _value(value)) for head, value in columns if value is not None]
    return _keyed(pairs, names) if len(pairs) >= len(names) else None


def _enumeration(text: str, names: OptionNames) -> Reading | None:
    """Lines `1. 20%` to the last option, in order, and nothing else."""
    lines = [_NUMBERED.fullmatch(line.strip(" *")) for line in text.splitlines() if line.strip()]
    values = [_value(line) for place, line in enumerate(lines, 1) if line and int(line["place"]) == place]
    return _listed(values, names) if len(values) == len(lines) == len(names) else None


def _cells(line: str) -> list[str]:
    return [cell.strip(" *`") for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _table_row(line: str) -> Pairs | None:
    """`| 1 | Too little | 20% |`: the last cell is the value, the others name the option."""
    cells = _cells(line)
    value = _CELL.fullmatch(cells[-1])
    key = ". ".join(cell for cell in cells[:-1] if cell)
    return [(key, _value(value))] if value and key else None


def _value(match: re.Match[str]) -> Value:
    top, _, bottom = match["number"].partition("/")
    number = float(top) / (float(bottom) or float("nan")) if bottom else float(top)
    return Value(number, match["percent"] is not None, is_whole=match["number"].isdigit())


def _keyed(pairs: Pairs, names: OptionNames) -> Reading:
    total = None
    named: Pairs = []
    for key, value in ((_ENUMERATION.sub("", key), value) for key, value in pairs):
        if names.readings(key):
            named.append((key, value))
        elif plain(key) in ("total", "sum"):
            total = value.number
        elif not NONRESPONSE.fullmatch(plain(key)):
            return unparsable(f"{key!r} is no option")
    shares: dict[int, Value] = {}
    for (key, value), index in zip(named, names.together(key for key, _ in named), strict=True):
        if index is None or index in shares:
            return unparsable(f"{key!r} names two options, or an option that another names")
        shares[index] = value
    if not shares:
        return unparsable(f"no {len(names)} shares")
    values = [shares.get(i, Value(0.0)) for i in range(len(names))]
    reading = shares_of(values, names.options, stated=[shares[i] for i in sorted(shares)], total=total)
    if len(shares) < len(names) and not WHOLE[0] <= (reading.raw_sum or 0) <= WHOLE[1]:
        missing = len(names) - len(shares)
        return unparsable(f"{missing} of {len(names)} options {'is' if missing == 1 else 'are'} missing")
    return reading


def _listed(values: list[Value], names: OptionNames) -> Reading:
    return shares_of(values, names.options, stated=values)
