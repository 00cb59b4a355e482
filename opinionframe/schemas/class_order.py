"""The order that classes have by what they are called: labels go in, keys that sort them come out.

Numbers, dates and ranges stand in their order (`Under $25,000` before `$25,000 to $49,999`, `W9` before `W10`, `May
2020` before `Jan 2021`), labels without a number after them, by their letters.
"""

import re
from collections.abc import Iterable

ClassKey = tuple[bool, tuple[float, ...], bool, str]
"""Sorts classes: whether there is no number, the numbers, whether what they bound lies above them, the label."""

_NUMBER = re.compile(r"(?:(?<![\w.,-])-)?\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BELOW = re.compile(r"^\W*(?:under|below|less|fewer|up to|at most|younger|before|no more than|<|\u2264)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(rf"(?<![a-z])({'|'.join(_MONTHS)})[a-z]*(?=[^a-z]|$)", re.IGNORECASE)
_DAY_FIRST = re.compile(r"\s*\d{1,2}(?:[-/. ]\d{1,2})?[-/. ]+[12]\d{3}\s*")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


def class_key(label: str) -> ClassKey:
    """What sorts a class among the others of its attribute.

    >>> sorted(["65+", "18-29", "Under 18", "30-64", "Not known"], key=class_key)
    ['Under 18', '18-29', '30-64', '65+', 'Not known']
    """
    text = _THOUSANDS.sub("", label)
    if _YEAR.search(text):
        text = _MONTH.sub(lambda month: str(_MONTHS.index(month[1].lower()) + 1), text)
    numbers = tuple(float(number) for number in _NUMBER.findall(text))
    if _DAY_FIRST.fullmatch(text):
        numbers = numbers[::-1]
    is_below = bool(numbers and _BELOW.match(text))
    return not numbers, numbers[:1] if is_below else numbers, not is_below, label


def in_order(labels: Iterable[str]) -> list[str]:
    """The distinct labels in their order.

    >>> in_order(["W10", "W9", "W10"]), in_order(["May 2020", "Jan 2021", "Feb 2020"])
    (['W9', 'W10'], ['Feb 2020', 'May 2020', 'Jan 2021'])
    """
    return sorted(set(labels), key=class_key)
