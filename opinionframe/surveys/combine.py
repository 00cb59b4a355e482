"""Several surveys in one study: Surveys go in; one Survey of all their questions, people and terms comes out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.surveys.combined_groups import combined_groups
from opinionframe.surveys.survey import JOINED, Survey

Words = AnyFrame | Mapping[str, Any] | str | Path


@takes_frames
def combine(surveys: Iterable[Survey], *, groups: Words | None = None) -> Survey:
    """One Survey of all `surveys`, whose questions are kept apart by their dataset.

    Where the codebook names no `dataset`, it becomes the survey's name. Questions keep their keys; a key that several
    datasets have becomes `dataset/question` in each of them. Groups of the same attribute and class are one group, such
    as `sex=Female`. A class stands where the first survey that has it puts it: those of the first survey in its order,
    one that only a later survey has behind the class that it follows there.

    Args:
        surveys: Two or more Surveys, whose names differ.
        groups: Words for classes, as `of.groups` takes them, in place of the surveys' own; needed for classes that two
            surveys say in other words.

    Returns:
        Survey: opinions, codebook, groups, demographics, weights and missing of all; title, citation, licence,
        redistribution, url and notes after the name of the survey that they are of. Without microdata, which stay with
        their surveys: weights and classes of two samples are not one.

    Raises:
        OptionError: Fewer than two surveys, or two of one name. FrameError: a question that is in one dataset twice;
            a class that has other labels or phrases in two surveys; columns of two types; a broken frame.

    >>> import opinionframe as of
    >>> gss = of.load("gss2018")
    >>> item = {"natspac": {"text": "Does space research get enough money?", "labels": ["Yes", "No"], "codes": [1, 2]}}
    >>> book = of.codebook(item, dataset="town2026")
    >>> people = pl.DataFrame({"sex": ["Female", "Male"], "natspac": [1, 2]}).pipe(of.recode, book)
    >>> town = of.Survey("town2026", "Town panel", people.pipe(of.reference, book, by=["sex"]), book, ("sex",))
    >>> both = of.combine([gss, town])
    >>> both
    Survey('gss2018 + town2026': 19 questions, 849 human cells, no respondents)
    >>> both.codebook.filter(pl.col("question").str.contains("natspac"))["question"].unique().sort().to_list()
    ['gss2018/natspac', 'town2026/natspac']
    """
    parts = _several(surveys)
    books = [_with_dataset(survey) for survey in parts]
    renamed = _keys(books)
    book = codebook_border(_stacked("codebook", [_apart(frame, renamed[i]) for i, frame in enumerate(books)]))
    rows = [_apart(survey.opinions, renamed[i]) for i, survey in enumerate(parts)]
    return Survey(
        name=JOINED.join(survey.name for survey in parts),
        opinions=opinions_border(_stacked("opinions", rows), book).collect(),
        codebook=book,
        demographics=tuple(dict.fromkeys(name for survey in parts for name in survey.demographics)),
        weights=tuple(dict.fromkeys(name for survey in parts for name in survey.weights)),
        notes=tuple(f"{survey.name}: {note}" for survey in parts for note in survey.notes),
        missing=_missing(parts),
        groups=combined_groups([(survey.name, survey.groups) for survey in parts], groups),
        title=" and ".join(survey.title for survey in parts),
        citation=_said(parts, "citation"),
        licence=_said(parts, "licence"),
        redistribution=_said(parts, "redistribution"),
        url=_said(parts, "url"),
    )


def _several(surveys: Iterable[Survey]) -> list[Survey]:
    """The surveys as a list. Raises: OptionError."""
    parts = list(surveys) if isinstance(surveys, Iterable) and not isinstance(surveys, str) else [surveys]
    if strange := [type(part).__name__ for part in parts if not isinstance(part, Survey)]:
        raise OptionError(f"surveys holds {len(strange)} values that are no Survey, e.g. a {strange[0]}. Load them.")
    if len(parts) < 2:
        raise OptionError(f"combine needs at least two surveys; found {len(parts)}. A single one needs no combining.")
    names = [part.name for part in parts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(
            f"{len(twice)} names stand for several surveys, e.g. {twice[0]!r}. Give each its own with "
            "dataclasses.replace(survey, name=…), or leave one out."
        )
    return parts


def _with_dataset(survey: Survey) -> pl.DataFrame:
    return codebook_border(survey.codebook).with_columns(pl.col(DATASET).fill_null(survey.name))


def _keys(books: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """For each codebook its questions, `question`, and the key that each becomes, `key`.

    Raises: FrameError, for a question that two surveys have in one dataset.
    """
    questions = pl.concat(
        book.select("question", DATASET).unique().with_columns(survey=pl.lit(number))
        for number, book in enumerate(books)
    )
    same = questions.filter(pl.struct("question", DATASET).is_duplicated()).select(DATASET, "question").unique()
    if same.height:
        raise FrameError(
            f"{same.height} questions are in several of the surveys under one dataset, e.g. "
            f"{examples(same.sort(DATASET, 'question').rows())}. Leave them out of one, or name the datasets of the "
            "codebooks otherwise."
        )
    clashes = pl.col("question").is_duplicated()
    keyed = questions.with_columns(
        key=pl.when(clashes).then(pl.concat_str(DATASET, "question", separator="/")).otherwise("question")
    )
    if taken := keyed.filter(pl.col("key").is_duplicated()).select("key").unique().sort("key").rows():
        raise FrameError(f"{len(taken)} keys of questions would not be unique, e.g. {examples(taken)}. Rename them.")
    return [keyed.filter(survey=number).select("question", "key") for number in range(len(books))]


def _apart(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The frame with its questions under their new keys; a question without one keeps its own."""
    question = pl.col("question").cast(pl.String)
    return frame.with_columns(question.replace(keys["question"], keys["key"]).alias("question"))


def _stacked(name: str, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames below each other; columns that some lack are null there.

    Raises: FrameError, for columns that are text in one and numbers in another.
    """
    try:
        return pl.concat([_plain(frame) for frame in frames], how="diagonal")
    except pl.exceptions.PolarsError as error:
        raise FrameError(
            f"{name}: the surveys have columns of one name and several types ({error}). Cast, rename or drop them."
        ) from error


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with text that is encoded as plain text, numbers as they are, and columns without values left out."""
    empty = [name for name, dtype in frame.schema.items() if dtype == pl.Null]
    return frame.drop(empty).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def _missing(parts: Sequence[Survey]) -> pl.DataFrame | None:
    """The codes that are no answer or no class of those surveys that report them, after the survey's name."""
    reported = [
        survey.missing.select(pl.lit(survey.name).alias("survey"), pl.all())
        for survey in parts
        if survey.missing is not None
    ]
    return _stacked("missing", reported) if reported else None


def _said(parts: Sequence[Survey], field: str) -> str:
    """What the surveys say in a field, each after its name; nothing of those that say nothing."""
    return " ".join(f"{survey.name}: {getattr(survey, field)}" for survey in parts if getattr(survey, field))
