"""Words that are nearly right: names go in; those that look like a known one, with that one, come out."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

ALIKE = 0.8
"""Least likeness of a misspelt name, as difflib measures it: one letter of five wrong, missing, more or exchanged."""


def misspelt(names: Iterable[str], known: Collection[str], alike: float = ALIKE) -> dict[str, str]:
    """For each of `names` that is not known and looks like a known one: that one.

    >>> misspelt(["scael", "labels", "interviewer"], ["scale", "labels"])
    {'scael': 'scale'}
    """
    unknown = [name for name in names if name not in known]
    nearest = {name: get_close_matches(name.strip().lower(), known, n=1, cutoff=alike) for name in unknown}
    return {name: found[0] for name, found in nearest.items() if found}
