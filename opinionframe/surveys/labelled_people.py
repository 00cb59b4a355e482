"""Respondents of a labelled file: its table and a codebook go in; numbered answers and classes by label come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, check_option, examples
from opinionframe.microdata.choice_codes import with_choice_codes
from opinionframe.microdata.codes import CodesOf
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.recode import CODE, LOW, number_choices
from opinionframe.surveys.groups import groups
from opinionframe.surveys.labelled_classes import class_notes, labels_in_order, with_classes
from opinionframe.surveys.labelled_file import Variable, read_variables
from opinionframe.surveys.missing_answers import MissingAnswers, missing_answers, notes
from opinionframe.surveys.raw_file import existing
from opinionframe.surveys.unnamed_missing import warn_of_unnamed

KINDS = (".sav", ".zsav", ".dta")


@dataclass(frozen=True)
class People:
    """Respondents with numbered answers, the Codebook that numbers them, Groups of their classes, and what to know."""

    microdata: pl.DataFrame
    codebook: pl.DataFrame
    groups: pl.DataFrame
    notes: tuple[str, ...] = ()


def people_by_codebook(
    path: Path,
    codebook: pl.DataFrame,
    by: str | Sequence[str],
    named: Mapping[str, CodesOf],
    *,
    others: Sequence[str] = (),
    encoding: str | None = None,
) -> People:
    """The respondents of an SPSS or Stata file whose answers a checked `codebook` describes, in place of the labels.

    A question without codes in the codebook is numbered by the file's labels, which have to be the same words; where
    the file has none, its codes are choice numbers. `named` has what is nonresponse, not asked and substantive, and
    `others` the columns of weights and design.

    Raises: FrameError, OptionError, MissingPackageError, as `read_labelled`.
    """
    file = existing(path)
    check_option("file type", file.suffix.lower(), KINDS)
    attributes, _ = group_labels(by, everyone=True)
    questions = codebook["question"].unique(maintain_order=True).to_list()
    raw, variables, _ = read_variables(file, list(dict.fromkeys([*questions, *attributes])), others, encoding)
    missing = missing_answers(variables, named)
    coded = _with_codes(codebook, [variables[name] for name in questions])
    book = with_choice_codes(coded, raw, {code for name in questions for code in missing[name].codes})
    classes = [variables[name] for name in attributes]
    people = labelled_people(raw, book, classes, missing)
    warn_of_unnamed({variable.name: variable for variable in classes}, missing)
    known = groups(people, attributes, words=labels_in_order(classes, missing))
    return People(people, book, known, (*notes(variables, missing), *class_notes(classes, missing)))


def labelled_people(
    raw: pl.DataFrame, codebook: pl.DataFrame, classes: Sequence[Variable], missing: Mapping[str, MissingAnswers]
) -> pl.DataFrame:
    """`raw` with choice numbers for the codes of questions, and labels for those of classes. Raises: FrameError."""
    asked = {name: missing[name] for name in codebook["question"].unique(maintain_order=True)}
    answers = number_choices(
        raw,
        codebook,
        nonresponse={name: sorted(codes.nonresponse) for name, codes in asked.items()},
        not_asked={name: sorted(codes.not_asked) for name, codes in asked.items()},
    )
    return with_classes(answers, classes, missing)


def _with_codes(codebook: pl.DataFrame, variables: Sequence[Variable]) -> pl.DataFrame:
    """`codebook` with the file's code of each choice where it says none itself. Raises: FrameError."""
    book = codebook if CODE in codebook.columns else codebook.with_columns(pl.lit(None, pl.String).alias(CODE))
    parts = [_coded(book.filter(question=variable.name), variable) for variable in variables]
    return pl.concat(parts).with_columns(pl.col(CODE).cast(pl.String))


def _coded(rows: pl.DataFrame, variable: Variable) -> pl.DataFrame:
    binned = LOW in rows.columns and rows[LOW].is_not_null().any()
    if binned or rows[CODE].is_not_null().any() or not variable.labels:
        return rows
    code_of = {label: code for code, label in variable.labels.items()}
    if strange := [(variable.name, label) for label in rows["label"] if label.strip() not in code_of]:
        raise FrameError(
            f"codebook: {len(strange)} of {rows.height} labels are not the file's, e.g. {examples(strange)}. The "
            f"file's are: {examples([(label,) for label in code_of], 8)}. Say the code of each choice in a column code."
        )
    codes = [code_of[label.strip()] for label in rows["label"]]
    return rows.with_columns(pl.Series(CODE, codes, pl.String))
