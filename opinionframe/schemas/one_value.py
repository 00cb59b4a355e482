"""The one value that is shown: what is asked for and what there is go in; a value comes out, or a refusal."""

from collections.abc import Iterable

from opinionframe.errors import OptionError, check_option, examples


def one_value(option: str, asked: str | None, values: Iterable[str], usual: str) -> str:
    """The value that is `asked` for; where none is, the only one of `values`, and of several the `usual` one.

    Raises: OptionError for one that is not there, and for none where there are several without the usual one.

    >>> one_value("elicitation", None, ["logprob"], "verbalized")
    'logprob'
    """
    present = sorted(set(values))
    if asked is None and len(present) != 1 and usual not in present:
        named = examples([(value,) for value in present]) if present else "none"
        raise OptionError(f"There are {len(present)} values of {option}: {named}. Choose one with {option}=….")
    value = asked or (present[0] if len(present) == 1 else usual)
    check_option(option, value, present)
    return value
