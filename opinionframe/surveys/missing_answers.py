"""Codes of a labelled file that are no answer: what it declares and a user names go in; those of each column come out.

What a file declares missing is nonresponse, unless it is named as not asked or as an answer after all.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from opinionframe.errors import OptionError, examples
from opinionframe.microdata.codes import Code, CodesOf, code_list, code_text, codes_by_column
from opinionframe.surveys.labelled_file import Variable, in_order, number

NONRESPONSE, NOT_ASKED, ANSWER = "nonresponse", "not_asked", "substantive"
"""What a code can be named as; also what the report says that it was taken as."""

BLANK = "Blank answers: "
"""How the note begins that counts answers without any code."""

_APOSTROPHE, _NO_WORD = re.compile("['\u2019`]"), re.compile(r"\W+")

REPORT = {"column": pl.String, "code": pl.String, "label": pl.String, "taken_as": pl.String, "respondents": pl.Int64}


@dataclass(frozen=True)
class MissingAnswers:
    """The codes of one column that are nonresponse, not asked, or answers that stand off the scale (`substantive`)."""

    nonresponse: frozenset[str]
    not_asked: frozenset[str]
    substantive: frozenset[str]

    @property
    def codes(self) -> frozenset[str]:
        """The codes that are no answer."""
        return self.nonresponse | self.not_asked


def missing_answers(variables: Mapping[str, Variable], options: Mapping[str, CodesOf]) -> dict[str, MissingAnswers]:
    """The missing answers of each column, where `options` has what a user names as each of the three.

    Raises: OptionError for a column, code or label that matches nothing, a code named as two of them, or one that is
        named for all columns and stands for different things in them.
    """
    for_all = {
        code_text(code) for codes in options.values() if not isinstance(codes, Mapping) for code in code_list(codes)
    }
    named = {option: _named(option, codes, variables, for_all) for option, codes in options.items()}
    _refuse_both(named)
    return {
        name: MissingAnswers(
            nonresponse=(variable.declared - named[NOT_ASKED][name] - named[ANSWER][name]) | named[NONRESPONSE][name],
            not_asked=named[NOT_ASKED][name],
            substantive=named[ANSWER][name],
        )
        for name, variable in variables.items()
    }


def report(variables: Mapping[str, Variable], missing: Mapping[str, MissingAnswers]) -> pl.DataFrame:
    """One row per code that is no answer, or one off the scale: column, code, label, taken_as, respondents."""
    rows = [
        (name, code, variables[name].labels.get(code), taken_as, variables[name].counts.get(code, 0))
        for name, codes in missing.items()
        for taken_as in (NONRESPONSE, NOT_ASKED, ANSWER)
        for code in in_order(getattr(codes, taken_as))
    ]
    return pl.DataFrame(rows, schema=REPORT, orient="row")


def notes(
    variables: Mapping[str, Variable], missing: Mapping[str, MissingAnswers], questions: Collection[str] = ()
) -> Iterator[str]:
    """What to know of missing answers before use: what the file declares, and how many of `questions` are blank."""
    declared = [(name, code) for name, codes in missing.items() for code in variables[name].declared & codes.codes]
    if declared:
        columns = len({name for name, _ in declared})
        yield (
            f"The file declares {len(declared)} codes of {columns} columns as missing; they count as "
            "nonresponse, and in a column of classes as no class. Survey.missing lists them. If some mean that a "
            "question was not put, name these as not_asked."
        )
    blank = {name: variables[name].blank for name in questions if variables[name].blank}
    if blank:
        yield (
            f"{BLANK}{sum(blank.values()):,} in {len(blank)} of {len(questions)} questions, e.g. "
            f"{examples(list(blank.items()))}, are taken as not asked. Where they mean nonresponse, make the human "
            "rows by reference(survey.microdata, survey.codebook, …, blank='nonresponse')."
        )


def _named(
    option: str, codes: CodesOf, variables: Mapping[str, Variable], for_all: Collection[str]
) -> dict[str, frozenset[str]]:
    """The codes that `option` names in each column, by code or by label; `for_all` has those of all options.

    A code named for all columns is none of a column without labels, whose numbers are values.
    """
    if isinstance(codes, Mapping):
        by_column = codes_by_column(option, codes, variables)
        unmatched = [
            (name, code) for name, named in by_column.items() for code in named if not _matches(variables[name], code)
        ]
        _refuse_unmatched(option, unmatched, variables)
        return {
            name: frozenset().union(*(_matches(variables[name], code) for code in named))
            for name, named in by_column.items()
        }
    labelled = {name: variable for name, variable in variables.items() if variable.labels or variable.declared}
    everywhere = {code: {name: _matches(labelled[name], code) for name in labelled} for code in code_list(codes)}
    _refuse_unmatched(option, [(code,) for code, where in everywhere.items() if not any(where.values())], variables)
    for code, where in everywhere.items():
        _refuse_ambiguous(option, code, [labelled[name] for name, matches in where.items() if matches], for_all)
    return {name: frozenset().union(*(where.get(name, ()) for where in everywhere.values())) for name in variables}


def _matches(variable: Variable, name: Code) -> frozenset[str]:
    """The codes of a column that `name` spells, or whose label it is; `d` spells `.d` too."""
    codes, text = variable.codes, code_text(name)
    if spelled := {text, f".{text}"} & set(codes):
        return frozenset(spelled)
    return frozenset(code for code, label in variable.labels.items() if plain(label) == plain(text))


def _refuse_unmatched(option: str, unmatched: Collection[tuple[Code, ...]], variables: Mapping[str, Variable]) -> None:
    if unmatched:
        pairs = list(dict.fromkeys(pair for variable in variables.values() for pair in variable.labels.items()))[::-1]
        raise OptionError(
            f"{option} names {len(unmatched)} codes or labels that the file does not have, e.g. "
            f"{examples(list(unmatched))}. Its labelled codes are, among others: {examples(pairs, 8)}."
        )


def _refuse_both(named: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
    options = list(named)
    both = sorted(
        {
            (name, code, first, second)
            for place, first in enumerate(options)
            for second in options[place + 1 :]
            for name, codes in named[first].items()
            for code in codes & named[second][name]
        }
    )
    if both:
        raise OptionError(
            f"{len(both)} codes are named as two things at once, e.g. {examples(both)}. Name each as one of them."
        )


def _refuse_ambiguous(option: str, code: Code, variables: Collection[Variable], for_all: Collection[str]) -> None:
    """Refuse a code that stands on one column's scale and off another's under another label."""
    text = code_text(code)
    having = [variable for variable in variables if text in variable.codes]
    meanings = {plain(variable.label(text)): variable for variable in having}
    if len(meanings) > 1 and len({_place(variable, text, for_all) for variable in having}) > 1:
        pairs = [(variable.name, variable.label(text)) for variable in meanings.values()]
        raise OptionError(
            f"{option}: {text} stands for different things in {len(pairs)} columns, e.g. {examples(pairs)}. Name it by "
            f"column, {option}={{'{pairs[0][0]}': […]}}, or by its label."
        )


def _place(variable: Variable, code: str, for_all: Collection[str]) -> str:
    """Where a number stands to the labelled codes that no one names as missing: `inside`, at the `end`, or `apart`."""
    value = number(code)
    labelled = (number(other) for other in variable.labels if other not in {*variable.declared, *for_all})
    scale = [point for point in labelled if point is not None]
    if value is None or not scale or not min(scale) - 1 <= value <= max(scale) + 1:
        return "apart"
    return "inside" if min(scale) < value < max(scale) else "end"


def plain(label: str) -> str:
    """A label without case, quotes and punctuation around it."""
    return _NO_WORD.sub(" ", _APOSTROPHE.sub("", label)).strip().casefold()
