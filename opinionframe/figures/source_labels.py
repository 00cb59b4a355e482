"""What sources are called in a legend: names go in; the parts in which they differ come out."""

from __future__ import annotations

from collections.abc import Iterable

from opinionframe.schemas.source import PARTS, SEPARATOR

WORDS = {"self_random": "self-random", "few_shot": "few-shot", "cot": "CoT", "sd": "SD", "logprob": "log-prob."}

USUAL = {(PARTS.index("variant"), "standard"), (PARTS.index("calibrator"), "raw")}
"""Parts that need no word where all sources have them."""


def source_labels(sources: Iterable[str]) -> dict[str, str]:
    """Each source with the parts in which the elicited ones differ; a single one, and plain names, stay whole.

    >>> source_labels(["a|verbalized|base|standard", "b|verbalized|sd|standard", "uniform"])
    {'a|verbalized|base|standard': 'a, base', 'b|verbalized|sd|standard': 'b, SD', 'uniform': 'uniform'}
    """
    labels, common = ranked_labels(sources)
    return {name: label if common else name for name, label in labels.items()}


def _part(parts: list[str], place: int) -> str:
    return parts[place] if place < len(parts) else ""


def _label(parts: list[str], places: list[int]) -> str:
    """The parts at `places`, in the words of print but for models and calibrators."""
    own_words = (PARTS.index("model"), PARTS.index("calibrator"))
    words = (
        parts[place] if place in own_words else WORDS.get(parts[place], parts[place])
        for place in places
        if place < len(parts)
    )
    return ", ".join(words)


def ranked_labels(sources: Iterable[str]) -> tuple[dict[str, str], str]:
    """Each source by the parts in which models' sources differ, and what all of them have in common.

    Beside calibrated sources, uncalibrated ones are called raw.

    >>> ranked_labels(["a|verbalized|sd|standard", "a|verbalized|sd|standard|ridge", "uniform"])[0].values()
    dict_values(['raw', 'ridge', 'uniform'])
    >>> ranked_labels(["a|verbalized|sd|standard", "a|verbalized|sd|standard|ridge"])[1]
    'a, verbalized, SD'
    """
    names = list(dict.fromkeys(sources))
    parts = {name: _padded(name.split(SEPARATOR)) for name in names if SEPARATOR in name}
    places = range(max(map(len, parts.values()), default=0))
    differing = [place for place in places if len({_part(each, place) for each in parts.values()}) > 1]
    same = [place for place in places if place not in differing]
    if not differing:
        return {name: _label(parts[name], list(places)) if name in parts else name for name in names}, ""
    first = next(iter(parts.values()))
    common = _label(first, [place for place in same if (place, first[place]) not in USUAL])
    return {name: _label(parts[name], differing) if name in parts else name for name in names}, common


def _padded(parts: list[str]) -> list[str]:
    """The parts of a source, `raw` in the place of a calibrator that it lacks."""
    return parts if len(parts) != PARTS.index("calibrator") else [*parts, "raw"]


def in_words(source: str) -> str:
    """A source with its parts in the words of print, a plain name as it is.

    >>> in_words("a|verbalized|sd|standard|ridge"), in_words("uniform")
    ('a, verbalized, SD, ridge', 'uniform')
    """
    parts = source.split(SEPARATOR)
    places = [place for place, part in enumerate(parts) if place != PARTS.index("variant") or part != "standard"]
    return _label(parts, places)
