"""Clauses in the second person: `you are a woman` goes in, the same as each fragment of a sentence comes out."""

from __future__ import annotations

import re

_FIRST_PERSON = (
    (r"\b(to|for|with|of|by|about|around|near|like|from|behind|beside|between|against) you\b", r"\1 me"),
    (r"\byou aren['\u2019]t\b", "I am not"),
    (r"\byou weren['\u2019]t\b", "I was not"),
    (r"\byou are\b", "I am"),
    (r"\byou're\b", "I'm"),
    (r"\byou were\b", "I was"),
    (r"\byourself\b", "myself"),
    (r"\byours\b", "mine"),
    (r"\byour\b", "my"),
    (r"\byou(?=$|[.,;:?!]|\W*\b(?:and|or)\b)", "me"),
    (r"\byou\b", "I"),
)


def clause_as(clause: str, fragment: str) -> str:
    """A clause that goes on after "Imagine" as `your`, `whose`, `person` or `am`.

    `whose` follows "a person" and "people" alike, and a clause about `you` has no form that fits both: it is quoted.

    >>> [clause_as("you are a woman", fragment) for fragment in ("your", "whose", "person", "am")]
    ['you are a woman', 'who would say “I am a woman”', 'a woman', 'I am a woman']
    >>> clause_as("the party you vote for is Labour", "am"), clause_as("your children live with you", "am")
    ('The party I vote for is Labour', 'My children live with me')
    >>> [clause_as("your party is Labour", fragment) for fragment in ("whose", "person", "am")]
    ['whose party is Labour', '“My party is Labour”', 'My party is Labour']
    """
    if fragment == "your":
        return clause
    first = _first_person(clause)
    first = first[0].upper() + first[1:]
    if fragment == "am":
        return first
    if fragment == "person":
        return re.sub(r"(?i)^you are\s+", "", clause) if re.match(r"(?i)you are\b", clause) else f"“{first}”"
    if re.match(r"(?i)your\b(?!.*\byou)", clause):
        return re.sub(r"(?i)^your\b", "whose", clause)
    return f"who would say “{first}”"


def _first_person(clause: str) -> str:
    for pattern, words in _FIRST_PERSON:
        clause = re.sub(pattern, words, clause, flags=re.IGNORECASE)
    return clause
