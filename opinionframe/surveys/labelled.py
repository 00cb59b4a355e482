"""Surveys from labelled files: any SPSS or Stata file goes in, a Survey by its own labels comes out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from opinionframe.errors import FrameError, OptionError, as_names, check_option, examples
from opinionframe.microdata.codes import CodesOf
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.reference import human_opinions, warned_of_absent
from opinionframe.microdata.weighting import Designs, Weight, design_columns, weight_columns
from opinionframe.surveys.codebook import NOMINAL, codebook
from opinionframe.surveys.groups import groups
from opinionframe.surveys.labelled_classes import class_notes, labels_in_order
from opinionframe.surveys.labelled_file import Variable, read_variables
from opinionframe.surveys.labelled_people import KINDS, labelled_people
from opinionframe.surveys.missing_answers import (
    ANSWER,
    NONRESPONSE,
    NOT_ASKED,
    MissingAnswers,
    missing_answers,
    notes,
    report,
)
from opinionframe.surveys.raw_file import existing
from opinionframe.surveys.scales import Scale, scale
from opinionframe.surveys.survey import Survey
from opinionframe.surveys.unnamed_missing import warn_of_unnamed


def read_labelled(  # noqa: PLR0913 - what a file can leave unsaid, each a keyword
    path: str | Path,
    questions: str | Sequence[str] | Mapping[str, str],
    by: str | Sequence[str] = (),
    *,
    weight: Weight = None,
    nonresponse: CodesOf = (),
    not_asked: CodesOf = (),
    substantive: CodesOf = (),
    bins: Mapping[str, Sequence[float]] | None = None,
    nominal: str | Sequence[str] = (),
    encoding: str | None = None,
    design: Designs = None,
    min_n: int = 1,
) -> Survey:
    """The Survey of an SPSS (.sav, .zsav) or Stata (.dta) file: its value labels make the codebook and the classes.

    Choices are the labelled codes in the order of the codes; where several have one label, the code stands behind it.
    What the file declares missing (SPSS's missing values and ranges, Stata's .a to .z) is nonresponse, and in a column
    of classes no class; a plain Stata `.` and SPSS's system-missing were not asked (where they mean nonresponse, make
    the human rows by `reference(survey.microdata, survey.codebook, by, blank="nonresponse")`). A label that reads as no
    answer, and that neither the file nor you say is missing, brings an OpinionFrameWarning. A scale with labels at its
    ends, as 0 and 10, has all whole numbers between them.

    `nonresponse`, `not_asked` and `substantive` take codes or their labels: of all columns, or of each by its name,
    `{"interest": [8], "leftright": ["Refused"]}`. Stata's are spelled `.d` or `d`.

    Args:
        path: The file.
        questions: The columns of answers; as a mapping with their wording, else with the file's own column labels.
        by: Columns of classes, or intersections of them (`"sex & age"`). Labelled codes become their labels; a column
            without labels keeps its whole numbers, dates or text.
        weight: The column of weights, if any, or that of each question, as in `reference`.
        nonresponse: Further codes for refused and don't know; in a column of classes they are no class.
        not_asked: Codes for a question that was not put; in a column of classes they are no class.
        substantive: Codes, declared missing or not, that are answers off the scale, such as don't know: each is a
            choice, in the middle of the scale.
        bins: Rising edges of the bins of a question, such as a thermometer from 0 to 100, as in `codebook`.
        nominal: The questions whose choices have no order, such as a vote; a file does not say. All others are ordinal.
        encoding: That of the file's text, such as "latin1", where the file does not say it or is wrong.
        design: Strata, units or replicate weights, of all questions or of each, as in `reference`.
        min_n: The fewest substantive answers that make a cell.

    Returns: a Survey whose microdata keep every column of the file; `missing` lists the codes that are no answer, and
        `notes` count the answers that are blank.

    Raises:
        FrameError: a column missing or without value labels, a code without a label, classes that are no whole
            numbers, a truncated file.
        OptionError: a column, code or label named that the file does not have, a code named as two things, or a
            nominal question that is none or in bins.
        MissingPackageError: without the extra `surveys`.

    >>> import polars as pl, pyreadstat, tempfile
    >>> people = pl.DataFrame({"tax": [1, 2, 2, 8], "sex": [1, 1, 2, 2]})
    >>> labels = {"tax": {1: "Too low", 2: "Too high", 8: "Refused"}, "sex": {1: "Male", 2: "Female"}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pyreadstat.write_sav(people, f"{folder}/panel.sav", variable_value_labels=labels)
    ...     survey = read_labelled(f"{folder}/panel.sav", {"tax": "Are taxes too low?"}, ["sex"], nonresponse=[8])
    >>> survey.opinions.filter(demographic="sex=Female").select("choice", "prob", "nonresponse").rows()
    [(1, 0.0, 0.5), (2, 1.0, 0.5)]
    >>> survey.missing.rows()
    [('tax', '8', 'Refused', 'nonresponse', 1)]
    """
    file = existing(Path(path))
    check_option("file type", file.suffix.lower(), KINDS)
    questions = [questions] if isinstance(questions, str) else questions
    attributes, _ = group_labels(by, everyone=True)
    if both := [(name,) for name in questions if name in attributes]:
        raise OptionError(f"by: {len(both)} columns are questions too, e.g. {examples(both)}. Name each once.")
    columns = [*questions, *attributes]
    raw, variables, title = read_variables(file, columns, [*weight_columns(weight), *design_columns(design)], encoding)
    named = {NONRESPONSE: nonresponse, NOT_ASKED: not_asked, ANSWER: substantive}
    missing = missing_answers(variables, named)
    scales = _scales(file, variables, missing, list(questions), bins or {})
    unordered = _unordered(as_names("nominal", nominal), list(questions), bins or {})
    items = {name: _item(variables[name], scales[name], questions) | unordered.get(name, {}) for name in questions}
    book = codebook(items, dataset=file.stem)
    classes = [variables[name] for name in attributes]
    people = labelled_people(raw, book, classes, missing)
    warn_of_unnamed(variables, missing)
    opinions = human_opinions(people, book, by, weight=weight, design=design, min_n=min_n)
    return Survey(
        name=file.stem,
        title=title or file.name,
        opinions=warned_of_absent(opinions, book),
        codebook=book,
        microdata=people,
        demographics=tuple(attributes),
        weights=tuple(weight_columns(weight)),
        notes=(
            *notes(variables, missing, list(questions)),
            *(note for made in scales.values() for note in made.notes),
            *class_notes(classes, missing),
        ),
        missing=report(variables, missing),
        groups=groups(people, attributes, words=labels_in_order(classes, missing)),
    )


def _scales(
    file: Path,
    variables: Mapping[str, Variable],
    missing: Mapping[str, MissingAnswers],
    questions: Sequence[str],
    bins: Mapping[str, Sequence[float]],
) -> dict[str, Scale]:
    """The scale of each question. Raises: FrameError, OptionError."""
    if unknown := [(name,) for name in bins if name not in questions]:
        raise OptionError(f"bins names {len(unknown)} columns that are no question, e.g. {examples(unknown)}.")
    scales = {name: scale(variables[name], missing[name], bins.get(name)) for name in questions}
    if unlabelled := [(name,) for name, made in scales.items() if len(made.lists["labels"]) < 2]:
        raise FrameError(
            f"{file}: {len(unlabelled)} questions have fewer than two labelled choices, e.g. {examples(unlabelled)}. "
            "Put a scale of numbers in bins=…, or describe them in a codebook of your own with codebook(…) and "
            "recode(…)."
        )
    return scales


def _unordered(
    nominal: Sequence[str], questions: Sequence[str], bins: Mapping[str, Sequence[float]]
) -> dict[str, dict[str, object]]:
    """What `codebook` is told of the nominal questions. Raises: OptionError."""
    if unknown := [(name,) for name in nominal if name not in questions]:
        raise OptionError(f"nominal names {len(unknown)} columns that are no question, e.g. {examples(unknown)}.")
    if binned := [(name,) for name in nominal if name in bins]:
        raise OptionError(
            f"{len(binned)} questions are nominal and in bins, e.g. {examples(binned)}. Bins have an order: "
            "leave one of the two out."
        )
    return {name: {"scale": NOMINAL} for name in nominal}


def _item(variable: Variable, made: Scale, questions: Sequence[str] | Mapping[str, str]) -> dict[str, object]:
    """The text, labels and codes of a question, as `codebook` takes them."""
    wording = questions[variable.name] if isinstance(questions, Mapping) else None
    return {"text": wording or variable.text, **made.lists}
