"""How a group is said in a sentence: an attribute, a class and words for them go in, fragments of sentences come out.

The words stand in `group_words.toml`; a wording of one's own may replace them.
"""

import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

Words = Mapping[str, Any]
"""`fragments`, `attributes` and `names`, laid out as `group_words.toml` explains."""

PLACEHOLDER = re.compile(r"\{(\w+)\}")

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_NO_VOWEL = re.compile(r"[b-df-hj-np-tv-xz]+")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_YEAR = re.compile(r"[12]\d{3}([-/.]\d{1,2}){0,2}")
_CODE = re.compile(r"[A-Za-z]|(?!UK$|US$|EU$|USA$|UAE$)[A-Z]{2,3}|[A-Za-z]{1,4}[-_]?\d+|\w*_\w*")
_COUNTED = {"age", "children", "count", "number", "size", "year", "years"}
_NO_CLASS_OF_ITS_OWN = {"yes", "no", "true", "false"}


@cache
def group_words() -> Words:
    """The words of the package."""
    return tomllib.loads((Path(__file__).parent / "group_words.toml").read_text(encoding="utf-8"))


def said(
    attribute: str, label: str, fragment: str, words: Words, *, name: str | None = None, spelled: str | None = None
) -> str:
    """One attribute and class as `fragment` of a sentence.

    Args:
        attribute: The attribute.
        label: What the class is called in print.
        fragment: `your`, `whose`, `person`, `attributes` or `am`.
        words: What attributes and classes are called.
        name: What the attribute is called, where that is known; else by `words`, or its own name.
        spelled: The class as rows spell it, where words may know it by that.

    >>> said("age", "16-24 years", "am", group_words()), said("shoe_size", "40", "your", group_words())
    ('I am 16-24 years old', 'your shoe size is 40')
    """
    known = known_attribute(attribute, words)
    own = _of_class(known.get("classes", {}), (label, spelled or label))
    units = own if isinstance(own, Mapping) else {}
    unit = units.get(fragment) or known.get(fragment) or words["fragments"][fragment]["unit"]
    att = name or known.get("att") or plain(attribute)
    return fill(unit, {"att": att, "c": own if isinstance(own, str) else label})


def joined(units: list[str], fragment: str, words: Words) -> str:
    """The fragments of an intersection as one; of alike ones, such as names of attributes, the first."""
    first, *others = dict.fromkeys(units)
    return str(words["fragments"][fragment]["join"]).join([first, *(_inside(unit) for unit in others)])


def known_attribute(attribute: str, words: Words) -> Mapping[str, Any]:
    """What `words` say of an attribute, `Marital_Status` like `marital status`; nothing where they do not know it."""
    attributes = words["attributes"]
    known: Mapping[str, Any] = attributes.get(attribute) or attributes.get(attribute.casefold().replace("_", " "), {})
    return known


def plain(attribute: str) -> str:
    """An attribute as it stands inside a sentence: common nouns that the package knows lose their capitals.

    >>> plain("GENDER"), plain("Age group"), plain("Household_Income"), plain("Hispanic origin"), plain("HISP")
    ('gender', 'age group', 'household income', 'Hispanic origin', 'HISP')
    """
    nouns = _nouns()
    return _WORD.sub(lambda word: word[0].lower() if word[0].lower() in nouns else word[0], attribute.replace("_", " "))


def is_column_name(attribute: str, words: Words) -> bool:
    """Whether an attribute may be the name of a column rather than words for a sentence.

    It is not where `words` know it, or it is several words of letters, each with a vowel; a single word in other than
    plain Latin letters was written by a person, too. `educ2`, `born_again`, `hisp` and `female` are names of columns.

    >>> [is_column_name(name, group_words()) for name in ("hisp", "educ2", "born_again", "country", "Hispanic origin")]
    [True, True, True, False, False]
    """
    if known_attribute(attribute, words) or attribute.casefold() in words["names"]["nouns"]:
        return False
    tokens = attribute.split(" ")
    if not all(_WORD.fullmatch(token) and not _NO_VOWEL.fullmatch(token.casefold()) for token in tokens):
        return True
    return len(tokens) == 1 and attribute.isascii()


def is_code(attribute: str, label: str, words: Words, name: str | None = None) -> bool:
    """Whether a class may be a code: a bare number, a letter or three, or a yes or no that says nothing by itself.

    Numbers are none where the attribute counts something, as age (from 10, since below it they number its classes) and
    household size do, nor years of a wave, nor capitals for an education or a party.

    >>> [is_code("female", label, group_words()) for label in ("0", "NO", "F", "yes", "Female", "18-29")]
    [True, True, True, True, False, False]
    >>> is_code("age", "34", group_words()), is_code("wave", "2018", group_words()), is_code("wave", "3", group_words())
    (False, False, True)
    """
    known = known_attribute(attribute, words)
    if _of_class(known.get("classes", {}), (label,)) is not None:
        return False
    if known.get("years") and _YEAR.fullmatch(label):
        return False
    if _NUMBER.fullmatch(label):
        called = set((name or known.get("att") or attribute).casefold().split())
        least = known.get("numbers", 0 if _COUNTED & called else None)
        return least is None or float(label.replace(",", ".")) < least
    if known.get("acronyms") and len(label) > 1 and label.isalpha():
        return False
    return bool(_CODE.fullmatch(label)) or label.casefold() in _NO_CLASS_OF_ITS_OWN


@cache
def _nouns() -> frozenset[str]:
    """Words of attributes' names, one by one."""
    words = group_words()
    names = [*words["attributes"], *words["names"]["nouns"], *words["names"]["parts"]]
    return frozenset(word for name in names for word in name.split())


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with the placeholders named in `values` replaced at once; the others stay."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def _of_class(classes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """What `classes` say of a class that has one of these names; exact names before patterns."""
    for name in names:
        if name in classes:
            return classes[name]
    patterns = (pattern for pattern in classes if "*" in pattern)
    return next((classes[pattern] for pattern in patterns if fnmatchcase(names[0], pattern)), None)


def _inside(unit: str) -> str:
    """A fragment as it stands inside a sentence."""
    return unit[0].lower() + unit[1:] if unit.startswith(("My ", "The ", "It ")) else unit
