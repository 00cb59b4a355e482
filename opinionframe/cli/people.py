"""Respondents of a command: a file of any kind and its options go in; numbered answers and a codebook come out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from opinionframe.cli.codebooks import read_codebook
from opinionframe.cli.column_values import assigned, codes_of, edges_of
from opinionframe.cli.frames import read_frame
from opinionframe.cli.overwriting import STREAM
from opinionframe.errors import OptionError, examples
from opinionframe.microdata import Design
from opinionframe.microdata.choice_codes import with_choice_codes
from opinionframe.microdata.codes import CodesOf, code_list, code_text, codes_as_text, refuse_missing_columns
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.recode import CODED, recode
from opinionframe.microdata.weighting import Weight, design_columns, weight_columns
from opinionframe.surveys.groups import groups, reworded
from opinionframe.surveys.labelled import read_labelled
from opinionframe.surveys.labelled_people import KINDS, People, people_by_codebook
from opinionframe.surveys.missing_answers import BLANK
from opinionframe.surveys.raw_file import read_raw

WORKBOOK = ".xlsx"
OF_LABELLED = ("substantive", "nominal", "bins", "encoding")
"""Options of SPSS and Stata files alone."""


@dataclass(frozen=True)
class Described:
    """What a command line says of a file of respondents.

    Attributes:
        questions: Columns of answers, as `column` or `column=wording`.
        by: Attributes and intersections.
        codebook: A file, or a packaged survey; None for the labels of the file itself.
        groups: A CSV of labels, places and phrases of classes.
        nonresponse: Codes for no answer, each of all columns or as `column=code`.
        not_asked: Codes for a question that was not put, likewise.
        substantive: Codes of an SPSS or Stata file that are answers off the scale, likewise.
        nominal: Questions of such a file whose choices have no order.
        bins: Edges of the bins of a question of such a file, as `column=0,50,100`.
        encoding: That of such a file's text.
        weight: The column of weights, or that of each question.
        design: Strata and units.
    """

    questions: Sequence[str]
    by: Sequence[str]
    codebook: str | None
    groups: Path | None
    nonresponse: Sequence[str]
    not_asked: Sequence[str]
    substantive: Sequence[str]
    nominal: Sequence[str]
    bins: Sequence[str]
    encoding: str | None
    weight: Weight
    design: Design | None


def read_people(place: str, said: Described) -> People:
    """The respondents of an SPSS or Stata file by its labels, or of any file by a codebook, classes in their order.

    Raises: OptionError, FrameError, MissingPackageError.
    """
    labelled = Path(place).suffix.lower() in KINDS
    if not labelled and (wrong := [name for name in OF_LABELLED if getattr(said, name)]):
        raise OptionError(f"--{wrong[0]} is of SPSS and Stata files alone. Leave it out; a codebook says such things.")
    if said.codebook is not None:
        if stray := [name for name in ("bins", "nominal") if getattr(said, name)]:
            raise OptionError(f"--{stray[0]} stands in for a codebook, whose columns scale, low and above say it.")
        book = _of_questions(read_codebook(said.codebook), [assigned(text)[0] for text in said.questions])
        people = (_labelled_by_codebook if labelled else _by_codebook)(place, book, said)
    elif labelled:
        people = _by_labels(place, said)
    else:
        raise OptionError(f"{place} does not say what its codes are. Describe them in a --codebook.")
    return _in_order(people, said, labelled=labelled)


def _by_labels(place: str, said: Described) -> People:
    if not said.questions:
        raise OptionError("Which columns are answers? Name each by --question, or describe them in a --codebook.")
    wordings = dict(assigned(text) for text in said.questions)
    named = _named(said, [*wordings, *_attributes(said)])
    survey = read_labelled(
        place,
        {question: wording or "" for question, wording in wordings.items()},
        list(said.by),
        nonresponse=named["nonresponse"],
        not_asked=named["not_asked"],
        substantive=named["substantive"],
        nominal=list(said.nominal),
        bins=edges_of(said.bins),
        encoding=said.encoding,
        weight=said.weight,
        design=said.design,
    )
    respondents = pl.DataFrame() if survey.microdata is None else survey.microdata  # a reader's Survey has them
    notes = tuple(note for note in survey.notes if not note.startswith(BLANK))  # of which the command says more
    return People(respondents, survey.codebook, survey.groups, notes)


def _labelled_by_codebook(place: str, book: pl.DataFrame, said: Described) -> People:
    named = _named(said, [*book["question"].unique(maintain_order=True), *_attributes(said)])
    others = [*weight_columns(said.weight), *design_columns(said.design)]
    return people_by_codebook(Path(place), book, list(said.by), named, others=others, encoding=said.encoding)


def _by_codebook(place: str, book: pl.DataFrame, said: Described) -> People:
    questions = book["question"].unique(maintain_order=True).to_list()
    attributes = _attributes(said)
    if place != STREAM and Path(place).suffix.lower() == WORKBOOK:
        rows = read_raw(place)
    else:
        rows = read_frame(place, "microdata", texts={*questions, *attributes})
    refuse_missing_columns(rows, [*questions, *attributes])
    named = _named(said, [*questions, *attributes])
    no_class = {option: _of(codes, attributes) for option, codes in named.items()}
    rows = rows.with_columns(_class(name, rows.schema[name], no_class) for name in attributes)
    coded = book.filter(~pl.col("question").is_in([name for name in questions if rows.schema[name] == CODED]))
    codes = {option: _of(codes, coded["question"]) for option, codes in named.items() if option != "substantive"}
    numbered = recode(rows, with_choice_codes(coded, rows, _flat(codes.values())), **codes) if coded.height else rows
    return People(numbered, book, groups(numbered, attributes))


def _of_questions(book: pl.DataFrame, questions: Sequence[str]) -> pl.DataFrame:
    """The codebook of the `questions`, of all where none are named. Raises: OptionError."""
    if strange := [(name,) for name in questions if name not in book["question"]]:
        raise OptionError(
            f"--question: {len(strange)} are not in the codebook, e.g. {examples(strange)}. It has: "
            f"{examples([(name,) for name in book['question'].unique(maintain_order=True)], 8)}."
        )
    return book.filter(pl.col("question").is_in(list(questions))) if questions else book


def _attributes(said: Described) -> list[str]:
    return group_labels(list(said.by), everyone=True)[0]


def _named(said: Described, columns: Collection[str]) -> dict[str, CodesOf]:
    """The codes that are no answers, or answers off the scale."""
    options = {"nonresponse": said.nonresponse, "not_asked": said.not_asked, "substantive": said.substantive}
    return {option: codes_of(option, values, columns) for option, values in options.items()}


def _of(codes: CodesOf, columns: Collection[str]) -> CodesOf:
    """The codes of all columns, or those of `columns` alone."""
    return {name: own for name, own in codes.items() if name in columns} if isinstance(codes, Mapping) else codes


def _flat(codes: Iterable[CodesOf]) -> set[str]:
    """All codes, as they are compared."""
    lists = [own for of_each in codes for own in (of_each.values() if isinstance(of_each, Mapping) else [of_each])]
    return {code_text(code) for own in lists for code in code_list(own)}


def _class(name: str, dtype: pl.DataType, named: Mapping[str, CodesOf]) -> pl.Expr:
    """The column as classes: text without spaces around it, null where it is named as none; an Enum keeps its order."""
    no_class = [
        code_text(code)
        for codes in named.values()
        if isinstance(codes, Mapping)
        for code in code_list(codes.get(name, ()))
    ]
    value = pl.col(name) if isinstance(dtype, pl.Enum) else codes_as_text(name)
    return pl.when(~codes_as_text(name).is_in(no_class)).then(value).alias(name)


def _in_order(people: People, said: Described, *, labelled: bool) -> People:
    """`people` with Groups in the words of a file, if there is one, and classes as Enums in the order of Groups.

    Classes have an order in files with labels, and where words give one. Raises: OptionError, FrameError.
    """
    attributes = _attributes(said)
    if said.groups is None:
        words, ordered = people.groups, attributes if labelled else []
    elif attributes:
        words = reworded(people.groups, said.groups)
        ordered = (
            attributes if labelled else [name for name in attributes if name in set(groups(said.groups)["attribute"])]
        )
    else:
        raise OptionError("--groups says what classes are called. Name their columns by --by.")
    places = words.sort("place")
    enums = [
        pl.col(name).cast(pl.String).cast(pl.Enum(places.filter(attribute=name)["class"].to_list())) for name in ordered
    ]
    return replace(people, microdata=people.microdata.with_columns(enums), groups=words)
