"""The choices of a question of a labelled file: its codes and labels go in; what `codebook` says of them comes out.

Every label is a choice, in the order of the codes. Where only some points of a scale have one, as in 0 "no trust" to
10 "complete trust", the whole numbers between them are choices too, under their own numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from opinionframe.errors import FrameError, examples
from opinionframe.surveys.bins import bin_lists
from opinionframe.surveys.labelled_file import Variable, number
from opinionframe.surveys.missing_answers import MissingAnswers

MOST_POINTS = 101
"""Points of the longest scale that is filled up: a thermometer from 0 to 100."""


@dataclass(frozen=True)
class Scale:
    """The choices of a question, as `codebook` takes them, and what was done to make them.

    Attributes:
        lists: Labels, codes and places of the choices, and the limits of bins.
        notes: What is not as the file has it.
    """

    lists: dict[str, list[Any]]
    notes: tuple[str, ...] = field(default=())


def scale(variable: Variable, missing: MissingAnswers, edges: Sequence[float] | None) -> Scale:
    """The scale of a question: from its labels, or in bins; answers off the scale stand in its middle.

    Raises: FrameError for labels that make no scale of the codes there are.
    """
    if edges is not None:
        bins = bin_lists(variable.name, edges)
        lists = {**bins, "codes": [None] * len(bins["labels"])}
        notes = [f"{variable.name} is in {len(bins['labels'])} bins: {', '.join(bins['labels'])}."]
    else:
        labels, notes = _points(variable, missing)
        filled = any(code not in variable.labels for code in labels)
        positions = [float(code) if filled else float(place) for place, code in enumerate(labels, start=1)]
        lists = {"labels": list(labels.values()), "codes": list(labels), "positions": positions}
    return _with_substantive(variable, missing, lists, notes)


def _points(variable: Variable, missing: MissingAnswers) -> tuple[dict[str, str], list[str]]:
    """The code and label of each point of the scale, and a note where some have no label of their own."""
    no_point = missing.codes | missing.substantive
    labels = {code: label for code, label in variable.labels.items() if code not in no_point}
    bare = [code for code in variable.counts if code not in no_point and code not in labels]
    labels, notes = _told_apart(variable.name, labels)
    if not bare or len(labels) < 2:
        return labels, notes
    ends = [number(code) for code in labels]
    values = [number(code) for code in bare]
    if not _is_filled(ends, values):
        bare.sort(key=lambda code: _lies_within(number(code), ends))
        raise FrameError(
            f"{variable.name}: {len(bare)} codes of {sum(variable.counts[code] for code in bare)} respondents have no "
            f"label, e.g. {examples([(code,) for code in bare])}, and its labels are not those of the ends of one "
            f"scale: {examples(list(labels.items()), 8)}. Name those that are no answer as nonresponse or not_asked, "
            "put a long scale in bins=…, or describe the question in a codebook of your own with codebook(…) and "
            "recode(…)."
        )
    low, high = int(ends[0] or 0), int(ends[-1] or 0)
    filled = {str(point): labels.get(str(point), str(point)) for point in range(low, high + 1)}
    said = f"{variable.name} has labels at {', '.join(labels)} only; the other whole numbers from {low} to {high} are"
    return filled, [*notes, f"{said} choices under their own numbers."]


def _told_apart(name: str, labels: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The labels, with the code behind those that several codes have, and a note of these."""
    many = list(labels.values())
    twice = [label for label in dict.fromkeys(many) if many.count(label) > 1]
    apart = {code: f"{label} ({code})" if label in twice else label for code, label in labels.items()}
    return apart, [
        f"{name} has the label {label!r} for {many.count(label)} codes: the code is put behind it." for label in twice
    ]


def _lies_within(value: float | None, ends: Sequence[float | None]) -> bool:
    numbers = [end for end in ends if end is not None]
    return value is not None and bool(numbers) and min(numbers) < value < max(numbers)


def _is_filled(ends: Sequence[float | None], values: Sequence[float | None]) -> bool:
    """Whether labels at `ends`, and unlabelled `values`, are points of one scale of whole numbers.

    All values lie between the labels; and the labels are evenly spaced, or every gap between them has a value, no two
    labels being neighbours; or no point is missing at all. So a stray number between `2: No` and `8: Refused` is none.
    """
    numbers, bare = [end for end in ends if end is not None], [value for value in values if value is not None]
    if len(numbers) < len(ends) or len(bare) < len(values) or not all(n.is_integer() for n in (*numbers, *bare)):
        return False
    low, high = numbers[0], numbers[-1]
    if high - low >= MOST_POINTS or not all(low < value < high for value in bare):
        return False
    gaps = [(a, b) for a, b in pairwise(numbers)]
    apart = all(b - a > 1 for a, b in gaps)
    even = len({b - a for a, b in gaps}) == 1
    seen = all(any(a < value < b for value in bare) for a, b in gaps)
    return (apart and (even or seen)) or len(numbers) + len(bare) == high - low + 1


def _with_substantive(
    variable: Variable, missing: MissingAnswers, lists: dict[str, list[Any]], notes: list[str]
) -> Scale:
    """The scale with the answers that stand off it, in its middle."""
    kept = [code for code in variable.codes if code in missing.substantive]
    if not kept or not lists["positions"]:
        return Scale(lists, tuple(notes))
    middle = (min(lists["positions"]) + max(lists["positions"])) / 2
    entries = {"labels": [variable.label(code) for code in kept], "codes": kept, "positions": [middle] * len(kept)}
    widened = {name: values + entries.get(name, [None] * len(kept)) for name, values in lists.items()}
    said = ", ".join(f"{variable.label(code)!r} ({code})" for code in kept)
    return Scale(widened, (*notes, f"{variable.name}: {said} kept as an answer, in the middle of the scale."))
