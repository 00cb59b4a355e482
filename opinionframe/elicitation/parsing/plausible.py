"""When numbers are shares: the numbers of a list or mapping go in, shares that sum to 1 or a reason comes out.

Numbers are shares where they can be nothing else: percentages, fractions or counts. They are refused where

- they carry % signs and sum to less than a third of the whole or to more than 1.5 of it, or carry none and sum to
  less than half of it (as percentages, or, below 1.5, as fractions) or more than 1.5;
- they are whole numbers, none above the number of options, that do not make up the whole: places, ranks, ratings;
- each is one more, or one less, than the number before it, they do not make up the whole, and they carry no % signs
  or begin at 0 or 1: a scale;
- they are the labels of the options themselves;
- some are percentages and some are not, and they do not make up the whole; or all are 0.

Counts are whole numbers whose sum is stated beside them, as a total.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from opinionframe.elicitation.parsing.outcome import Reading, unparsable

PLAUSIBLE = (0.5, 1.5)
"""What numbers without % signs must sum to, of one or a hundred: [1, 2, 3] are places."""
PLAUSIBLE_MARKED = (1 / 3, 1.5)
"""The same where each has a % sign: models leave much out, but never say what is no percentage."""
WHOLE = (0.98, 1.02)
"""Where numbers make up the whole, rounding aside."""
_SHORTEST_SCALE = 3


class Value(NamedTuple):
    """A number as it is written.

    Attributes:
        number: The number.
        is_percent: Whether it has a % sign.
        is_whole: Whether it is written as a whole number.
    """

    number: float
    is_percent: bool = False
    is_whole: bool = True


def shares_of(
    values: Sequence[Value], labels: Sequence[str], *, stated: Sequence[Value], total: float | None = None
) -> Reading:
    """The shares that `values` are, one for each label.

    Args:
        values: One for each option; 0 where the text gives none.
        labels: The options' labels.
        stated: Those values that the text gives.
        total: The total that the text states.
    """
    numbers = [value.number for value in values]
    whole = sum(numbers)
    if not 0 < whole < inf:  # written so that NaN fails it
        return unparsable("shares sum to 0 or are beyond counting, or a fraction is of 0")
    marks = {value.is_percent for value in stated}
    if total is not None and False in marks and total == whole and total > PLAUSIBLE[1]:
        return _answered(numbers, whole, scale=whole)
    scale = 100 if True in marks or whole > PLAUSIBLE[1] else 1
    if reason := _implausible(stated, labels, whole / scale, marks):
        return unparsable(reason)
    return _answered(numbers, whole, scale=scale)


def _answered(numbers: Sequence[float], whole: float, *, scale: float) -> Reading:
    return Reading("answered", [number / whole for number in numbers], round(whole / scale, 9))


def _implausible(stated: Sequence[Value], labels: Sequence[str], whole: float, marks: set[bool]) -> str | None:
    """Why these numbers are no shares."""
    low, high = PLAUSIBLE_MARKED if marks == {True} else PLAUSIBLE
    if not low <= whole <= high:
        return f"shares sum to {whole:g}"
    numbers = [value.number for value in stated]
    if numbers == _numbers(labels):
        return "the numbers are the labels of the options"
    makes_whole = WHOLE[0] <= whole <= WHOLE[1]
    if len(marks) > 1 and not makes_whole:
        return "percentages and plain numbers mixed"
    are_places = all(value.is_whole and not value.is_percent and value.number <= len(labels) for value in stated)
    if are_places and (not makes_whole or sorted(numbers) == [0, 1]):
        return "the numbers may be places or ranks"
    steps = {after - before for before, after in pairwise(numbers)}
    is_run = len(numbers) >= _SHORTEST_SCALE and steps in ({1.0}, {-1.0})
    if is_run and not makes_whole and (False in marks or min(numbers) <= 1):
        return "the numbers may be a scale"
    return None


def _numbers(labels: Sequence[str]) -> list[float] | None:
    try:
        return [float(label.strip().rstrip("%")) for label in labels]
    except ValueError:
        return None
