"""Surveys from labelled files: any SPSS or Stata file goes in, a Survey by its own labels comes out."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, check_option, examples
from opinionframe.microdata import Design
from opinionframe.microdata.codes import Code, code_text, replace_codes
from opinionframe.microdata.recode import number_choices
from opinionframe.microdata.reference import human_opinions
from opinionframe.schemas.demographic import attribute_names
from opinionframe.surveys.codebook import codebook
from opinionframe.surveys.entry_microdata import refuse_missing
from opinionframe.surveys.raw_file import existing, labelled_table
from opinionframe.surveys.survey import Survey

KINDS = (".sav", ".zsav", ".dta")


def read_labelled(
    path: str | Path,
    questions: Sequence[str] | Mapping[str, str],
    by: Sequence[str] = (),
    *,
    weight: str | None = None,
    nonresponse: Collection[Code] = (),
    not_asked: Collection[Code] = (),
    design: Design | None = None,
    min_n: int = 1,
) -> Survey:
    """The Survey of an SPSS (.sav, .zsav) or Stata (.dta) file: its value labels make the codebook and the classes.

    Choices are the labelled codes in the order of the codes, without `nonresponse` and `not_asked`.

    Args:
        path: The file.
        questions: The columns of answers; as a mapping with their wording, else with the file's own column labels.
        by: Columns of classes, or intersections of them (`"sex & age"`). Labelled codes become their labels.
        weight: The column of weights, if any.
        nonresponse: Codes for refused and don't know; in a column of classes they are no class.
        not_asked: Codes for a question that was not put; in a column of classes they are no class.
        design: Strata, units or replicate weights, as in `reference`.
        min_n: The fewest substantive answers that make a cell.

    Returns: a Survey whose microdata keep every column of the file.

    Raises:
        FrameError: a column missing or without value labels, a code without a label, a truncated file.
        MissingPackageError: without the extra `surveys`.

    >>> import polars as pl, pyreadstat, tempfile
    >>> people = pl.DataFrame({"tax": [1, 2, 2, 8], "sex": [1, 1, 2, 2]})
    >>> labels = {"tax": {1: "Too low", 2: "Too high", 8: "Refused"}, "sex": {1: "Male", 2: "Female"}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pyreadstat.write_sav(people, f"{folder}/panel.sav", variable_value_labels=labels)
    ...     survey = read_labelled(f"{folder}/panel.sav", {"tax": "Are taxes too low?"}, ["sex"], nonresponse=[8])
    >>> survey.opinions.filter(demographic="sex=Female").select("choice", "prob", "nonresponse").rows()
    [(1, 0.0, 0.5), (2, 1.0, 0.5)]
    """
    file = existing(Path(path))
    check_option("file type", file.suffix.lower(), KINDS)
    raw, meta = labelled_table(file)
    attributes = list(dict.fromkeys(name for entry in by for name in attribute_names(entry)))
    refuse_missing(raw, [*questions, *attributes, *([weight] if weight else [])])
    no_choice = {code_text(code) for code in (*nonresponse, *not_asked)}
    labels = {name: _labels(meta, name, no_choice) for name in (*questions, *attributes)}
    if unlabelled := [(name,) for name in questions if len(labels[name]) < 2]:
        raise FrameError(
            f"{file}: {len(unlabelled)} questions have fewer than two labelled choices, e.g. {examples(unlabelled)}. "
            "Describe them in a codebook of your own with codebook(…) and recode(…)."
        )
    book = codebook({name: _item(name, labels[name], questions, meta) for name in questions}, dataset=file.stem)
    answers = number_choices(raw, book, nonresponse=nonresponse, not_asked=not_asked)
    classes = {name: labels[name] | dict.fromkeys(no_choice) for name in attributes if labels[name]}
    people = replace_codes(answers, classes, pl.String)
    return Survey(
        name=file.stem,
        title=meta.file_label or file.name,
        opinions=human_opinions(people, book, by, weight=weight, design=design, min_n=min_n),
        codebook=book,
        microdata=people,
        demographics=tuple(attributes),
        weights=(weight,) if weight else (),
    )


def _labels(meta: Any, name: str, no_choice: Collection[str]) -> dict[str, str | int | None]:
    """The substantive codes of a column and their labels, in the order of the codes."""
    pairs = sorted(meta.variable_value_labels.get(name, {}).items())
    return {code_text(code): label for code, label in pairs if code_text(code) not in no_choice}


def _item(
    name: str, labels: Mapping[str, Any], questions: Sequence[str] | Mapping[str, str], meta: Any
) -> dict[str, Any]:
    """The text, labels and codes of a question, as `codebook` takes them."""
    wording = questions[name] if isinstance(questions, Mapping) else meta.column_names_to_labels.get(name)
    return {"text": wording or name, "labels": list(labels.values()), "codes": list(labels)}
