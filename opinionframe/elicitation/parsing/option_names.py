"""Which option a word or number names: its label, its place `2`, its letter `B`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

RECENT = 512
"""Spellings that are kept: one answer asks for the labels and for its own words several times."""
NO_ANSWER = "❌✗✘✖✕🚫⛔👎☐⬜"
"""Signs of what is not meant."""
_PICTURE = rf"(?:(?![{NO_ANSWER}])[\s\u2500-\u27bf\U0001f000-\U0001faff])"
_PICTURES = re.compile(rf"^{_PICTURE}+|{_PICTURE}{{1,40}}$")
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(r"the (?P<which>[a-z]+) (?:one|option|choice|answer)")
_CALLED = re.compile(r"^(?:(?:option|choice|answer|response|number|index)\s+){1,2}")
_STRAIGHT = str.maketrans("’–—", "'--")
_PAIR = re.compile(r"\(?(?P<place>\d{1,3}|[a-z])[\s.):=\-\u2013\u2014(\[|*_,'\"]+(?P<label>.+)", re.DOTALL)


@lru_cache(maxsize=RECENT)
def plain(text: str) -> str:
    """A label or key without case, quotes, markup, pictures and punctuation at its ends; `30 – 49` as `30-49`."""
    straight = text.translate(_STRAIGHT)
    bare = straight if straight.isascii() else _PICTURES.sub("", straight) or straight
    spaced = re.sub(r"\s+", " ", bare.casefold()).strip(" \t\n*_`\"'.,;:!()[]{}#")
    return re.sub(r"(?<=\d) (?=\+)|(?<=\d) ?- ?(?=[$\d])", lambda match: match[0].strip(), spaced)


@dataclass(frozen=True)
class OptionNames:
    """The options of a prompt, and what they can be called.

    Attributes:
        options: The labels, as the prompt lists them.
        by_place: Whether the prompt numbers them (`1: '0', 2: '1'`), so that a number is a place and no label.
    """

    options: tuple[str, ...]
    by_place: bool = False

    def __len__(self) -> int:
        return len(self.options)

    @cached_property
    def labels(self) -> list[str]:
        """The labels in plain spelling."""
        return [plain(option) for option in self.options]

    def by_label(self, key: str) -> int | None:
        """The option (from 0) whose label `key` is, and no other's."""
        exact = key.strip().strip("'\"`*")
        if self.options.count(exact) == 1:
            return self.options.index(exact)
        name = plain(key)
        return self.labels.index(name) if self.labels.count(name) == 1 else None

    def place(self, key: str) -> int | None:
        """The option (from 0) whose place in the list `key` is: `2`, `B`, `option two`, `the last one`."""
        name = _CALLED.sub("", plain(key))
        if re.fullmatch(r"[0-9]{1,3}", name):
            index = int(name) - 1
        elif re.fullmatch(r"[a-z]", name):
            index = ord(name) - ord("a")
        elif name in _NUMBERS and not any(label.isdigit() for label in self.labels):
            index = _NUMBERS.index(name)
        elif ordinal := _ORDINAL.fullmatch(name):
            which = ordinal["which"]
            index = len(self) - 1 if which == "last" else _ORDINALS.index(which) if which in _ORDINALS else -1
        else:
            return None
        return index if 0 <= index < len(self) else None

    def readings(self, key: str) -> set[int]:
        """Every option (from 0) that `key` can name: two where a label is the place of another option."""
        label, place = self.by_label(key), self.place(key)
        if label is None and place is None:
            return self._of_pair(key)
        if self.by_place and re.fullmatch(r"[0-9]+", _CALLED.sub("", plain(key))):
            label = None
        return {index for index in (label, place) if index is not None}

    def together(self, keys: Iterable[str]) -> list[int | None]:
        """The option that each of these keys names, read together.

        Keys that are exactly the labels are labels. Otherwise all are labels, or all are places, or each has one
        reading; a key that fits two options is None.
        """
        names = list(keys)
        labels, places = [self.by_label(key) for key in names], [self.place(key) for key in names]
        all_labels, all_places = None not in labels, None not in places
        if self.by_place and all_places:
            return places
        if all_labels and (set(labels) == set(range(len(self))) or not all_places or labels == places):
            return labels
        if all_places and not all_labels and not any(label is not None for label in labels):
            return places
        return [found.pop() if len(found := self.readings(key)) == 1 else None for key in names]

    def _of_pair(self, key: str) -> set[int]:
        """`B. About right` and `2 (About right)`, where place and label agree."""
        pair = _PAIR.fullmatch(_CALLED.sub("", plain(key)))
        if pair is None:
            return set()
        place, label = self.place(pair["place"]), self.by_label(pair["label"])
        return {place} if place is not None and place == label else set()
