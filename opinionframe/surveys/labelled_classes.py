"""The classes of a labelled file: codes and labels of its columns go in; microdata with classes come out.

Labelled codes become their labels. A column without labels keeps its values: whole numbers, dates and text.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.codes import codes_as_text, replace_codes
from opinionframe.surveys.labelled_file import Variable, number
from opinionframe.surveys.missing_answers import MissingAnswers


def with_classes(
    people: pl.DataFrame, attributes: Sequence[Variable], missing: Mapping[str, MissingAnswers]
) -> pl.DataFrame:
    """`people` with the labels of classes in place of their codes, null for codes that are no class and blank text.

    Raises: FrameError for a code without a label among codes with one, or numbers that are not whole.
    """
    labelled = [variable for variable in attributes if _classes(variable, missing)]
    bare = [variable for variable in attributes if variable not in labelled]
    _refuse_unlabelled(labelled, missing)
    _refuse_measures(bare, people.schema, missing)
    values = [_values(variable.name, people.schema[variable.name], missing[variable.name]) for variable in bare]
    labels: dict[str, dict[str, int | str | None]] = {
        variable.name: {**variable.labels, **dict.fromkeys(missing[variable.name].codes)} for variable in labelled
    }
    return replace_codes(people.with_columns(values), labels, pl.String)


def class_notes(attributes: Sequence[Variable], missing: Mapping[str, MissingAnswers]) -> Iterator[str]:
    """A note for each class that several codes make, since they have one label."""
    for variable in attributes:
        classes = _classes(variable, missing)
        for label in dict.fromkeys(classes.values()):
            if len(codes := [code for code, other in classes.items() if other == label]) > 1:
                yield f"{variable.name}: codes {', '.join(codes)} have one label, {label!r}, and are one class."


def labels_in_order(
    attributes: Sequence[Variable], missing: Mapping[str, MissingAnswers]
) -> dict[str, dict[str, list[str]]]:
    """The labels of the classes of each attribute that has any, in the order of their codes, each once."""
    labels = {variable.name: list(dict.fromkeys(_classes(variable, missing).values())) for variable in attributes}
    return {name: {"classes": classes} for name, classes in labels.items() if classes}


def _classes(variable: Variable, missing: Mapping[str, MissingAnswers]) -> dict[str, str]:
    """The label of each code that is a class."""
    no_class = missing[variable.name].codes
    return {code: label for code, label in variable.labels.items() if code not in no_class}


def _values(name: str, dtype: pl.DataType, missing: MissingAnswers) -> pl.Expr:
    """The values of a column without labels as classes."""
    column = pl.col(name)
    if dtype.is_float():
        column = column.cast(pl.Int64)  # whole numbers, by now
    elif not dtype.is_integer():
        column = codes_as_text(name)
    return pl.when(~codes_as_text(name).is_in(sorted(missing.codes))).then(column).alias(name)


def _refuse_unlabelled(labelled: Sequence[Variable], missing: Mapping[str, MissingAnswers]) -> None:
    bare = [
        (variable.name, code, people)
        for variable in labelled
        for code, people in variable.counts.items()
        if code not in variable.labels and code not in missing[variable.name].codes
    ]
    if bare:
        raise FrameError(
            f"{len(bare)} codes of {sum(people for *_, people in bare)} respondents have no label among classes that "
            f"have, e.g. {examples([(name, code) for name, code, _ in bare])}. Name those that are no class as "
            "nonresponse or not_asked; else make the classes yourself, of the Survey's microdata without them in by."
        )


def _refuse_measures(
    bare: Sequence[Variable], schema: Mapping[str, pl.DataType], missing: Mapping[str, MissingAnswers]
) -> None:
    parts = [
        (variable.name, code)
        for variable in bare
        if schema[variable.name].is_float()
        for code in variable.counts
        if code not in missing[variable.name].codes and not (number(code) or 0.0).is_integer()
    ]
    if parts:
        raise FrameError(
            f"{len(parts)} values of {len({name for name, _ in parts})} columns of classes are no whole numbers, e.g. "
            f"{examples(parts)}: a measure has no classes. Read the file without it in by, make classes with "
            ".bin_intervals(…) in the Survey's microdata, and call reference(…)."
        )
