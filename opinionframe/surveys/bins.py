"""Bins of a long scale, such as a feeling thermometer: edges go in; labels, places and limits of the bins come out."""

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

from opinionframe.errors import OptionError

FEWEST = 3
"""Edges that make two bins."""


def bin_lists(name: str, edges: Sequence[float]) -> dict[str, list[Any]]:
    """What a codebook says of each bin: `labels`, `positions` (its middle), and `lows` and `aboves`.

    A bin holds the numbers from its edge to below the next one, the last bin its upper edge too.

    Raises: OptionError for edges that do not rise, or are fewer than three.

    >>> bin_lists("warmth", [0, 50, 100])["labels"]
    ['0 to 49', '50 to 100']
    """
    numbers = [float(edge) if isinstance(edge, Real) else math.nan for edge in edges]
    if len(numbers) < FEWEST or not all(low < high for low, high in pairwise(numbers)) or math.inf in map(abs, numbers):
        raise OptionError(
            f"bins of {name!r}: {list(edges)} are no edges of two bins or more. Give rising numbers, the last one the "
            "end of the scale: [0, 20, 40, 60, 80, 100]."
        )
    whole = all(edge.is_integer() for edge in numbers)
    ranges = list(pairwise(numbers))
    # Whole edges say which whole numbers are in; the last bin holds the end of the scale.
    tops = [high - 1 if whole else high for _, high in ranges[:-1]] + [numbers[-1]]
    below = "to" if whole else "to below"
    words = [*[below] * (len(ranges) - 1), "to"]
    return {
        "labels": [
            _spelled(low) if low == top else f"{_spelled(low)} {word} {_spelled(top)}"
            for (low, _), top, word in zip(ranges, tops, words, strict=True)
        ],
        "positions": [(low + top) / 2 for (low, _), top in zip(ranges, tops, strict=True)],
        "lows": [low for low, _ in ranges],
        "aboves": [high for _, high in ranges[:-1]] + [math.nextafter(numbers[-1], math.inf)],
    }


def _spelled(edge: float) -> str:
    return f"{edge:g}"
