"""Options that may be of one column: `8` or `leftright=88` go in; codes of all columns, or of each, come out."""

from collections.abc import Collection, Sequence

from opinionframe.errors import OptionError
from opinionframe.microdata.codes import CodesOf
from opinionframe.microdata.weighting import Weight


def assigned(text: str) -> tuple[str, str | None]:
    """What stands before the first `=` of an option and what behind it, None where there is none.

    >>> assigned("tax=Are taxes too low?"), assigned("tax")
    (('tax', 'Are taxes too low?'), ('tax', None))
    """
    name, sign, value = text.partition("=")
    return (name.strip(), value.strip()) if sign else (text, None)


def codes_of(option: str, values: Sequence[str], columns: Collection[str]) -> CodesOf:
    """The codes of all columns, or those of each where they are given as `column=code`.

    A text with a `=` whose first part is no column is a code.

    Raises: OptionError for both at once.

    >>> codes_of("nonresponse", ["8", "9"], ["leftright"]), codes_of("nonresponse", ["leftright=88"], ["leftright"])
    (['8', '9'], {'leftright': ['88']})
    """
    of_one = [(name, value) for name, value in map(assigned, values) if value is not None and name in columns]
    if not of_one:
        return list(values)
    if len(of_one) < len(values):
        plain = next(value for value in values if assigned(value)[0] not in columns or "=" not in value)
        raise OptionError(
            f"--{option} names codes of all columns, such as {plain}, and of one, such as {of_one[0][0]}. Give each "
            f"with its column, --{option} {of_one[0][0]}={of_one[0][1]}, or all without."
        )
    return {name: [value for other, value in of_one if other == name] for name in dict(of_one)}


def weight_of(values: Sequence[str]) -> Weight:
    """The column of weights of all questions, or that of each where they are given as `question=column`.

    Raises: OptionError for several columns of all questions.

    >>> weight_of(["w"]), weight_of(["trust=w_spring", "fear=w_autumn"]), weight_of([])
    ('w', {'trust': 'w_spring', 'fear': 'w_autumn'}, None)
    """
    of_each = {name: column for name, column in map(assigned, values) if column is not None}
    if of_each and len(of_each) == len(values):
        return of_each
    if len(values) > 1:
        raise OptionError(
            f"--weight is given {len(values)} times. Name one column, or that of each question as question=column."
        )
    return values[0] if values else None


def edges_of(values: Sequence[str]) -> dict[str, list[float]]:
    """The edges of the bins of each question that `question=0,50,100` names. Raises: OptionError.

    >>> edges_of(["warmth=0,50,100"])
    {'warmth': [0.0, 50.0, 100.0]}
    """
    try:
        return {name: [float(edge) for edge in str(edges).split(",")] for name, edges in map(assigned, values)}
    except ValueError as error:
        raise OptionError(f"--bins {values[0]}: write a question and its rising edges, as warmth=0,50,100.") from error
