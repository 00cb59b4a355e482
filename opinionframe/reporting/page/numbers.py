"""Numbers as a page prints them: scores and differences go in; percent and points come out."""

from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share or score in percent.

    >>> percent(0.8732)
    '87.3%'
    """
    return "\N{EN DASH}" if value is None else f"{100 * value:.{digits}f}%".replace("-", MINUS)


def points(value: float, *, signed: bool = True) -> str:
    """A difference in points, with its sign.

    >>> points(0.0041), points(-0.059) == MINUS + "5.9"
    ('+0.4', True)
    """
    text = f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"
    return text.replace("+0.0", "0.0").replace("-0.0", "0.0").replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """The interval of a score, in percent.

    >>> interval(0.82, 0.919), interval(None, None)
    ('82.0 to 91.9', 'no interval')
    """
    return "no interval" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun.

    >>> count(1, "question"), count(1200, "question")
    ('1 question', '1,200 questions')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def listed(words: Sequence[str]) -> str:
    """Words in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
