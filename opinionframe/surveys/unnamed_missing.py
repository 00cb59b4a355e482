"""Labels that read as no answer: those that nobody named as missing go in; a warning comes out.

A label is one where nothing is left of it but words for refused, don't know, no answer or not applicable, in English
and a few other languages. Only the words are judged, never the code: 8 and 99 are answers to many questions.
"""

import re
from collections.abc import Mapping

from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.surveys.labelled_file import Variable
from opinionframe.surveys.missing_answers import MissingAnswers, plain

_WORDS = (
    r"(i )?(dont|do not|didnt|did not|cant|cannot) (know|say|remember)",
    r"dk|cant choose|refus(ed|al|es|e)?( to (answer|say|respond))?",
    r"(no|not|item) (answer(ed)?|response|nonresponse|missing|stated|specified|reported|ascertained|available|asked)",
    r"not applicable|inapplicable|inap|iap|na|n a|nr|missing|unknown|skipped|valid skip|did not answer",
    r"((would )?prefers?|preferred|would rather|rather) not( to)? (answer|say|respond|disclose)",
    r"wei(ss|ß) (es )?nicht|keine (angaben?|antwort)|verweigert|trifft nicht zu",
    r"ne sait pas|nsp|sans r[eé]ponse|non r[eé]ponse|refus",
    r"no sabe|no contesta|no responde|ns|nc|non so|non risponde|n[aã]o sabe|n[aã]o responde",
)
_NO_ANSWER = f"({'|'.join(_WORDS)})"
_LABEL = re.compile(
    rf"(\d+ )?{_NO_ANSWER}( (or |and )?{_NO_ANSWER})*( (vol|volunteered|spontaneous|(dont|do not) read( out)?))?"
)


def reads_as_no_answer(label: str) -> bool:
    """Whether a label says nothing but that there is no answer.

    >>> [reads_as_no_answer(label) for label in ("DK/Refused", "(Don't know)", "Not sure", "Don't know enough")]
    [True, True, False, False]
    """
    return _LABEL.fullmatch(plain(label)) is not None


def warn_of_unnamed(variables: Mapping[str, Variable], missing: Mapping[str, MissingAnswers]) -> None:
    """Warn of labels that read as no answer, in columns where neither the file nor the user says what they are."""
    unnamed = [
        (name, code, label)
        for name, variable in variables.items()
        for code, label in variable.labels.items()
        if code not in missing[name].codes | missing[name].substantive and reads_as_no_answer(label)
    ]
    if unnamed:
        people = sum(variables[name].counts.get(code, 0) for name, code, _ in unnamed)
        warn_user(
            f"{len(unnamed)} labels of {len({name for name, *_ in unnamed})} columns read as no answer, and are "
            f"choices or classes here, of {people} respondents, e.g. {examples(unnamed)}. Name them as nonresponse=… "
            "or not_asked=…; those that are answers all the same, as substantive=….",
            OpinionFrameWarning,
        )
