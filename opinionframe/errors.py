"""The errors a user can meet. Each message says what is wrong, with counts and examples, and the remedy."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection
from numbers import Integral, Real
from pathlib import Path

_PACKAGE = f"{Path(__file__).parent}{os.sep}"


class OpinionFrameError(Exception):
    """Base of every error raised on purpose by this package."""


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
    warnings.warn(message, category, stacklevel=level)


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
