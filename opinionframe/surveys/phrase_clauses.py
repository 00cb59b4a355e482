"""Phrases as people write them: `A woman.`, `I am a woman`, `have children` go in, clauses after "Imagine" come out."""

import re

IS_CLAUSE = re.compile(r"(?i)(you|your|yours|it is|the [\w ]+ (is|was|are|were))\b")
"""How a clause begins that goes on after "Imagine" as it stands."""

_IMAGINE = re.compile(r"(?i)^imagine(?: that| being)?,?\s+(?=\S)")
_QUOTED = re.compile(r"^(?:\u201c(.+)\u201d|\u2018(.+)\u2019|\"(.+)\"|'(.+)')$")
_NO_ARTICLE = re.compile(r"(?i)^(?:man|woman|person)(?!['\u2019-])\b")
_NOTHING = re.compile(r"(?i)^no (?!longer\b|more\b|one\b)")
_OPENING = re.compile(
    r"(?i)^(?:an?|the|one|you|your|yours|it|some\w+|from|in|at|of|with|without|under|over|between|about|"
    r"aged|born|living|not|very)\b"
)
"""Words with which a phrase may begin that are no names, so that a capital is only its first letter."""
_VERB = re.compile(
    r"(?i)^(?:are|were|do|can|have|had|live|lived|work|worked|vote|voted|earn|own|belong|speak|identify|feel|think|"
    r"believe|attend|go|went|left|(?:do|did|ca|have|are|were)n['\u2019]t)\s+(?=\S)"
)
_OTHERS = re.compile(
    r"(?i)^(?:he|she|we|they|his|her|their|our|who|whose|is|has|was|does|lives|works|votes|earns|owns|belongs|speaks|"
    r"identifies|feels|thinks|believes|attends|goes|women|men|people|persons|those|these)(?!['\u2019-])\b"
)
_FIRST_PERSON = re.compile(r"^(?:I|i|My|my)(?:['\u2019]\w+)?\s+(?=\S)")
_SECOND_PERSON = (
    (r"\bI am\b|\bI['\u2019]m\b", "you are"),
    (r"\bI was\b", "you were"),
    (r"\bI\b", "you"),
    (r"(?i)\bmyself\b", "yourself"),
    (r"(?i)\bmine\b", "yours"),
    (r"(?i)\bmy\b", "your"),
    (r"(?i)\bme\b", "you"),
)


def as_clause(phrase: str) -> str | None:
    """A phrase as a clause about `you`; None where it speaks of somebody else, or of several people.

    >>> [as_clause(phrase) for phrase in ("A woman.", "I am a woman", "my party is Labour", "have children")]
    ['you are a woman', 'you are a woman', 'your party is Labour', 'you have children']
    >>> as_clause("Imagine you are German"), as_clause("German"), as_clause("they are women")
    ('you are German', 'you are German', None)
    """
    text = re.sub(r"\s*[\n\r\t]\s*", " ", phrase).strip().rstrip(" .")
    text = _IMAGINE.sub("", _QUOTED.sub(r"\1\2\3\4", text)).rstrip(" .")
    if _FIRST_PERSON.match(text):
        text = text[0].upper() + text[1:]
        for pattern, words in _SECOND_PERSON:
            text = re.sub(pattern, words, text)
    if _OTHERS.match(text):
        return None
    if opening := _OPENING.match(text) or _VERB.match(text):
        text = opening[0].lower() + text[opening.end() :]
    if IS_CLAUSE.match(text):
        return text
    if _NOTHING.match(text):
        return f"you have {text[0].lower()}{text[1:]}"
    if _NO_ARTICLE.match(text):
        return f"you are a {text[0].lower()}{text[1:]}"
    return f"you {text}" if _VERB.match(text) else f"you are {text}"
