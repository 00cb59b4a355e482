"""The errors a user can meet. Each message says what is wrong, with counts and examples, and the remedy."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Collection
from numbers import Integral, Real
from pathlib import Path

_PACKAGE = f"{Path(__file__).parent}{os.sep}"


_NOUNS = """
answer attribute bin calibrator cell chain character chart choice chunk claim class cluster code column comparison
dataset demographic draw estimate example factor field figure file fit fold frame group interval item key kind label
letter level line list mean measure member method metric model name note number option other pair parameter part path
phrase place point position probability prompt question record region replicate request respondent result round row
score setting share source split stage study survey table template test text token topic total triple unit value
variable wave weight
""".split()  # noqa: SIM905 - a list of them takes a page
_VERBS = """
are=is have=has were=was do=does match=matches miss=misses bear=bears begin=begins break=breaks come=comes
contain=contains count=counts declare=declares differ=differs fail=fails hang=hangs hold=holds lack=lacks leave=leaves
lie=lies list=lists look=looks make=makes map=maps mean=means name=names need=needs occur=occurs overlap=overlaps
read=reads rest=rests say=says share=shares show=shows stand=stands take=takes want=wants
""".split()  # noqa: SIM905
_OF_ONE = dict(verb.split("=") for verb in _VERBS)
_SINGULARS = {f"{noun}{'es' if noun.endswith('ss') else 's'}": noun for noun in _NOUNS} | {
    "batteries": "battery",
    "dictionaries": "dictionary",
    "entries": "entry",
    "probabilities": "probability",
    "people": "person",
    "strata": "stratum",
    "studies": "study",
}
_MANY = "|".join(sorted(_SINGULARS, key=len, reverse=True))
_START = r"(?<![\w.,/='\"-])(?<!\d to )(?<!\d of )(?<!one of )(?<!fold )(?<!draw )(?<!choice )"
"""No part of a number, range or name: neither `n=1 rows`, `0 to 1 rows`, `2 of 1 rows` nor `fold 1 cells`."""
_NO_ADJECTIVE = "|".join(_SINGULARS.values()) + (
    "|and|are|as|at|by|for|from|has|have|in|is|of|on|or|over|per|than|that|the|to|was|were|with"
)
_PREDICATE = rf"(?:(?P<kind>(?: (?:no|not|the))?(?: whole)?) (?P<predicate>{_MANY}|their)\b)?"
_ONE = re.compile(
    rf"{_START}1(?P<adjective> (?!(?:{_NO_ADJECTIVE}) )[a-z-]+)? (?P<noun>{_MANY})(?P<more> or (?:{_MANY}))?\b"
    r"(?:(?P<between>(?: (?:of|to|in|with) (?:an? |the |their )?[\w,\ue000]+(?: [a-z]+)?)?(?: that| which)?)"
    rf" (?P<verb>{'|'.join(_OF_ONE)})\b{_PREDICATE})?"
)
_ALONE = re.compile(rf"{_START}(?P<one>1(?: of [\d,]+(?: [a-z]+)?)?) (?P<verb>are|have|were)\b{_PREDICATE}")
_PREPOSITION = re.compile(r"\b(?:of|to|in|for|from|with|over|by)\s$")
_MARK = "\ue000"
"""Stands for what is quoted: a character for private use."""
_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"")


def in_singular(message: str) -> str:
    """A message that counts things, with what it counts one of in the singular; what it quotes stays as it is.

    Messages are written for several, and every error and warning of the package passes here.

    >>> in_singular("1 questions are nominal, and 2 of 1 sources have 'no 1 rows' of 12 classes.")
    "1 question is nominal, and 2 of 1 sources have 'no 1 rows' of 12 classes."
    """
    quoted = iter(_QUOTED.findall(message))
    counted = _ALONE.sub(_alone, _ONE.sub(_one, _QUOTED.sub(_MARK, message)))
    return re.sub(_MARK, lambda mark: next(quoted, mark[0]), counted)


def _one(match: re.Match[str]) -> str:
    more = f" or {_SINGULARS[match['more'].removeprefix(' or ')]}" if match["more"] else ""
    if _PREPOSITION.search(match.string, 0, match.start()):  # the verb is of what stands before: 2 cells of 1 row are
        rest = match[0][match.end("more" if match["more"] else "noun") - match.start() :]
    else:
        between = _ONE.sub(_one, match["between"] or "")
        rest = f"{between} {_OF_ONE[match['verb']]}{_predicate(match)}" if match["verb"] else ""
    return f"1{match['adjective'] or ''} {_SINGULARS[match['noun']]}{more}{rest}"


def _predicate(match: re.Match[str]) -> str:
    """What follows the verb: `are no numbers` is `is no number` of one, and `are questions` is `is a question`."""
    word, kind = match["predicate"], match["kind"] or ""
    if word is None or word == "their" or match["verb"] not in ("are", "were"):
        return "" if word is None else f"{kind} {'its' if word == 'their' else word}"
    noun = _SINGULARS[word]
    article = "" if kind.startswith((" no ", " the")) or kind == " no" else " an" if noun[0] in "aeio" else " a"
    return f"{' not' if kind.startswith(' not') else ''}{article}{kind.removeprefix(' not')} {noun}"


def _alone(match: re.Match[str]) -> str:
    return f"{match['one']} {_OF_ONE[match['verb']]}{_predicate(match)}"


class OpinionFrameError(Exception):
    """Base of every error raised on purpose by this package."""

    def __init__(self, message: object = "", *more: object) -> None:
        super().__init__(in_singular(message) if isinstance(message, str) else message, *more)


class FrameError(OpinionFrameError, ValueError):
    """A frame breaks its schema: the message names the rows and the remedy."""


class OptionError(OpinionFrameError, ValueError):
    """An argument is outside its allowed values: the message lists them."""


class MissingPackageError(OpinionFrameError, ImportError):
    """An optional package is not installed: the message names the extra that brings it."""


class ModelError(OpinionFrameError, RuntimeError):
    """A model could not be loaded or did not answer as its interface promises."""


class StudyError(OpinionFrameError, ValueError):
    """A study file is wrong: the message names the key."""


class FetchError(OpinionFrameError, OSError):
    """A survey's file could not be fetched: the message says where to get it and where to put it."""


class OpinionFrameWarning(UserWarning):
    """Base of every warning: something was left out or is doubtful, and the message counts it."""


def warn_user(message: str, category: type[OpinionFrameWarning]) -> None:
    """Warn of `message` at the line that called the package, however deep within it the reason was found.

    Where Polars calls back from a thread of its own, there is no such line, and the warning names the package's.
    """
    frame, level = sys._getframe(1), 2  # noqa: SLF001  Python 3.12 has skip_file_prefixes
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(in_singular(message), category, stacklevel=level)


def check_option(name: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a value of option `name` that is not among `allowed`.

    Raises: OptionError, listing what is allowed.
    """
    if value not in [*allowed]:  # a list, since what is no text may have no hash
        raise OptionError(f"{name}={value!r} is not known. Allowed: {', '.join(sorted(allowed))}.")


def check_number(name: str, value: object, *, whole: bool = False) -> None:
    """Refuse a value of option `name` that is no number, or no `whole` one.

    Raises: OptionError.
    """
    kinds = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "whole number" if whole else "number"
        raise OptionError(f"{name}={value!r} is no {kind}, but {type(value).__name__}. Write it without quotes.")


def check_source(option: str, source: object) -> None:
    """Refuse a value of `option` that is no name of a source.

    Raises: OptionError.
    """
    if not isinstance(source, str):
        raise OptionError(f"{option}={source!r} is no source. Give the name of one, as text.")


def as_names(option: str, names: object) -> tuple[str, ...]:
    """A name or several names, the value of `option`, in a tuple.

    Raises: OptionError for what is no text, and for a name given twice.

    >>> as_names("by", "dataset"), as_names("by", ["dataset", "wave"])
    (('dataset',), ('dataset', 'wave'))
    """
    if isinstance(names, str):
        return (names,)
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise OptionError(f"{option}={names!r} is no name. Give a text, or a list of them.")
    listed = tuple(names)
    if len(set(listed)) < len(listed):
        raise OptionError(f"{option}={names!r} has a name twice. Give each once.")
    return listed


def check_whole(option: str, number: object, least: int) -> None:
    """Raises an OptionError where the value of `option` is no whole number, or below `least`."""
    check_number(option, number, whole=True)
    if number < least:  # type: ignore[operator]  # a number by now
        raise OptionError(f"{option}={number!r} must be {least} or more.")


def check_conf(conf: float) -> None:
    """Refuse a coverage of intervals that is no number in (0, 1).

    Raises: OptionError.
    """
    check_number("conf", conf)
    if not 0 < conf < 1:
        raise OptionError(f"conf={conf} must be above 0 and below 1, such as 0.95.")


def check_alpha(alpha: float) -> None:
    """Refuse a level of significance that is no number in (0, 1).

    Raises: OptionError.
    """
    check_number("alpha", alpha)
    if not 0 < alpha < 1:
        raise OptionError(f"alpha={alpha} is not a level of significance. Choose one between 0 and 1, such as 0.05.")


def examples(keys: Collection[tuple[object, ...]], most: int = 3) -> str:
    """Up to `most` keys as text, for a message: `('natspac', 'sex=Female'), …`."""
    shown = [repr(key) if len(key) > 1 else repr(key[0]) for key in list(keys)[:most]]
    return ", ".join(shown) + (", …" if len(keys) > most else "")
