"""One Pew wave of OpinionQA: three CSV files, with Python literals in cells, go in; codebook and microdata come out."""

import ast
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.microdata.codes import code_text, codes_as_text, replace_codes
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.surveys.codebook import codebook
from opinionframe.surveys.entry_microdata import as_weights
from opinionframe.surveys.raw_file import existing, read_raw, refuse_missing

NAME = "opinionqa"
WEIGHT = "weight"
REFUSED = "Refused"
_NO_CLASS = pl.DataFrame(schema={"column": pl.String, "code": pl.String})
# A position that is not there stands as a bare `nan`, which is no literal.
_NAN = re.compile(r"(?<=[\[{,:\s])nan(?=\s*[\],:}])")


def read_wave(
    folder: Path, wave: int, about: Mapping[str, Any], outside: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The codebook and the microdata of one wave, from its three files, and the labels that are no class.

    Raises: FrameError.
    """
    files = [existing(folder / f"{name}.csv") for name in ("info", "metadata", "responses")]
    info, metadata, responses = (read_raw(file) for file in files)
    refuse_missing(info.columns, ["key", "question", "references", "option_mapping", "option_ordinal"])
    refuse_missing(metadata.columns, ["key", "options"])
    book = _codebook(info, topic=f"W{wave}")
    ordered = info.filter(pl.col("key").is_in(book["question"].implode()))
    answers = {row["key"]: _answers(row, book) for row in ordered.to_dicts()}
    classes = _classes(metadata, about, outside)
    weight = about["file"]["weight"].format(wave=wave)
    refuse_missing(responses.columns, [*answers, *about["demographics"].values(), weight])
    people = responses.select(
        pl.lit(wave, pl.UInt8).alias("wave"),
        as_weights(weight).alias(WEIGHT),
        *answers,
        *(pl.col(column).alias(name) for name, column in about["demographics"].items()),
    )
    no_class = _no_class(people, classes)
    for column, label in no_class.select("column", "code").rows():
        classes[column][label] = None
    return book, replace_codes(replace_codes(people, answers, pl.UInt8), classes, pl.String), no_class


def class_lists(folder: Path, about: Mapping[str, Any], outside: Collection[str]) -> dict[str, list[str]]:
    """The classes of each attribute in the order in which a wave's metadata.csv lists them. Raises: FrameError."""
    classes = _classes(read_raw(existing(folder / "metadata.csv")), about, outside)
    return {name: [label for label, kept in labels.items() if kept is not None] for name, labels in classes.items()}


def _no_class(people: pl.DataFrame, classes: Mapping[str, Mapping[str, int | str | None]]) -> pl.DataFrame:
    """The labels that occur and are no class, with their respondents, and whether they are `listed` as none."""
    counts = pl.concat(
        [_NO_CLASS, *(people.select(column=pl.lit(name), code=codes_as_text(name)) for name in classes)]
    ).drop_nulls()
    known = pl.DataFrame(
        [(name, label, value is not None) for name, labels in classes.items() for label, value in labels.items()],
        schema={"column": pl.String, "code": pl.String, "is_class": pl.Boolean},
        orient="row",
    )
    labels = counts.group_by("column", "code").len("respondents").join(known, on=["column", "code"], how="left")
    unread = labels.group_by("column").agg(pl.col("is_class").is_null().all(), pl.col("code").sort()).filter("is_class")
    if len(unread):
        pairs = unread.explode("code").select("column", "code").sort("column", "code").rows()
        warn_user(
            f"metadata.csv lists no label of {len(unread)} attributes that responses.csv has, e.g. {examples(pairs)}: "
            "they have no class at all. Are both files of the same wave?",
            OpinionFrameWarning,
        )
    return labels.filter(~pl.col("is_class").fill_null(value=False)).select(
        "column",
        "code",
        pl.lit(None, pl.String).alias("label"),
        pl.lit("no class").alias("taken_as"),
        pl.col("respondents").cast(pl.Int64),
        pl.col("is_class").is_not_null().alias("listed"),
    )


def _codebook(info: pl.DataFrame, topic: str) -> pl.DataFrame:
    """The questions with at least two choices, these in order of position."""
    questions = {row["key"]: (row["question"], _positions(row)) for row in info.to_dicts()}
    items = {
        key: {"text": text, "labels": list(positions), "topic": topic} | _scale(list(positions.values()))
        for key, (text, positions) in questions.items()
        if len(positions) > 1
    }
    return codebook(items, dataset=NAME)


def _positions(row: Mapping[str, str]) -> dict[str, float]:
    """The position of each substantive option; one beyond the list of positions, or without one, is none."""
    options = [label for label in _literal(row, "references") if label != REFUSED]
    pairs = zip(options, _literal(row, "option_ordinal"), strict=False)
    return {label: position for label, position in pairs if position is not None}


def _scale(positions: list[float]) -> dict[str, Any]:
    return {"positions": positions} if len(set(positions)) > 1 else {"scale": "nominal"}


def _answers(row: Mapping[str, str], book: pl.DataFrame) -> dict[str, int | str | None]:
    """The choice of each label and each code of a question, 0 for those that are no choice."""
    choices = book.filter(pl.col("question") == row["key"])
    by_label = dict(zip(choices["label"], choices["choice"], strict=True))
    mapping = _literal(row, "option_mapping")
    codes = {code_text(code): label for code, label in mapping.items() if code is not None}
    labels = {label: label for label in (*codes.values(), *_literal(row, "references"), REFUSED)}
    return {code: by_label.get(label, NO_ANSWER) for code, label in (codes | labels).items()}


def _classes(
    metadata: pl.DataFrame, about: Mapping[str, Any], outside: Collection[str]
) -> dict[str, dict[str, int | str | None]]:
    """The class of each label of each attribute by the wave's own metadata.csv, null for labels that are no class."""
    labels = {row["key"]: _literal(row, "options") for row in metadata.to_dicts()}
    no_class = [*about["codes"]["outside"], *outside]
    if missing := [(column,) for column in about["demographics"].values() if column not in labels]:
        raise FrameError(f"metadata.csv lacks {len(missing)} demographics, e.g. {examples(missing)}.")
    return {
        name: {label: label for label in labels[column]} | dict.fromkeys(no_class)
        for name, column in about["demographics"].items()
    }


def _literal(row: Mapping[str, str], column: str) -> Any:
    try:
        return ast.literal_eval(_NAN.sub("None", row[column]))
    except (ValueError, SyntaxError, TypeError) as error:
        raise FrameError(
            f"{column} of {row['key']!r} is no Python literal: {row[column]!r}. Is the file complete and unchanged?"
        ) from error
