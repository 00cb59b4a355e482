"""OpinionQA: the folders `American_Trends_Panel_Wnn` of Pew waves into a Survey."""

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.datasets.assemble import about as about_source
from opinionframe.datasets.codebooks import codebook
from opinionframe.datasets.entry import entry
from opinionframe.datasets.files import found, read_raw
from opinionframe.datasets.prepare import as_weights, refuse_missing
from opinionframe.datasets.survey import Survey
from opinionframe.errors import FrameError, examples
from opinionframe.reference import reference
from opinionframe.reference.recode import mapped
from opinionframe.reference.tally import NO_ANSWER

NAME = "opinionqa"
WEIGHT = "weight"
REFUSED = "Refused"
_NAN = re.compile(r"(?<=[\[,:\s])nan(?=\s*[\],}])")


def read_opinionqa(
    folder: str | Path,
    waves: Sequence[int] | None = None,
    *,
    by: Sequence[str] | None = None,
    weighted: bool = True,
    outside: Collection[str] = (),
    min_n: int = 1,
) -> Survey:
    """OpinionQA: the questions of Pew `waves` (all that `folder` holds by default) and the classes of Table 13.

    `folder` holds `American_Trends_Panel_W26` and the like, each with info.csv, metadata.csv and
    responses.csv. `by` replaces the preset attributes; `outside` names further labels of them that are
    no class. Each wave is weighted by its own `WEIGHT_Wnn`, the column `weight` of the microdata.

    Raises: FrameError for a missing wave, file or column, a literal that cannot be parsed, an unknown label.
    """
    about = entry(NAME)
    chosen = _waves(Path(folder), about["file"]["folder"], waves)
    surveys = [_wave(folder / Path(about["file"]["folder"].format(wave=wave)), wave, about, outside) for wave in chosen]
    attributes = tuple(about["demographics"])
    weight = WEIGHT if weighted else None
    parts = [
        reference(people, book, attributes if by is None else by, weight=weight, min_n=min_n)
        for book, people in surveys
    ]
    return Survey(
        name=NAME,
        opinions=pl.concat(parts),
        codebook=pl.concat(book for book, _ in surveys),
        microdata=pl.concat((people for _, people in surveys), how="diagonal"),
        demographics=attributes,
        weights=(WEIGHT,),
        notes=tuple(about["notes"]),
        **about_source(about),
    )


def _waves(folder: Path, pattern: str, waves: Sequence[int] | None) -> list[int]:
    prefix = pattern.format(wave="")
    there = sorted(int(path.name.removeprefix(prefix)) for path in found(folder).glob(f"{prefix}[0-9]*"))
    if missing := [wave for wave in waves or [] if wave not in there]:
        raise FrameError(
            f"{folder} has no wave {', '.join(map(str, missing))}, but: {', '.join(map(str, there)) or 'none'}."
        )
    if not there:
        raise FrameError(
            f"{folder} holds no folder {prefix}26 or the like. Give the folder `human_resp` of the download."
        )
    return list(waves or there)


def _wave(
    folder: Path, wave: int, about: Mapping[str, Any], outside: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    info, metadata, responses = (read_raw(found(folder / f"{name}.csv")) for name in ("info", "metadata", "responses"))
    refuse_missing(info, ["key", "question", "references", "option_mapping", "option_ordinal"])
    refuse_missing(metadata, ["key", "options"])
    book = _codebook(info, topic=f"W{wave}")
    answers = {
        row["key"]: _answers(row, book)
        for row in info.filter(pl.col("key").is_in(book["question"].implode())).iter_rows(named=True)
    }
    classes = _classes(metadata, about, outside)
    weight = about["file"]["weight"].format(wave=wave)
    refuse_missing(responses, [*answers, *about["demographics"].values(), weight])
    people = responses.select(
        pl.lit(wave, pl.UInt8).alias("wave"),
        as_weights(weight).alias(WEIGHT),
        *answers,
        *(pl.col(column).alias(name) for name, column in about["demographics"].items()),
    )
    return book, mapped(mapped(people, answers, pl.UInt8), classes, pl.String)


def _codebook(info: pl.DataFrame, topic: str) -> pl.DataFrame:
    """The questions with at least two choices, these in order of position."""
    placed = {row["key"]: (row["question"], _placed(row)) for row in info.iter_rows(named=True)}
    items = {
        key: {"text": text, "labels": list(options), "topic": topic} | _scale(list(options.values()))
        for key, (text, options) in placed.items()
        if len(options) > 1
    }
    return codebook(items, dataset=NAME)


def _placed(row: Mapping[str, str]) -> dict[str, float]:
    """The substantive options and their positions; those beyond the positions, or without one, are none."""
    options = zip(_literal(row, "references"), _literal(row, "option_ordinal"), strict=False)
    return {label: place for label, place in options if place is not None and label != REFUSED}


def _scale(positions: list[float]) -> dict[str, Any]:
    return {"positions": positions} if len(set(positions)) > 1 else {"scale": "nominal"}


def _answers(row: Mapping[str, str], book: pl.DataFrame) -> dict[str, int | str | None]:
    """Each label of a question and its choice, 0 for those that are no choice."""
    choices = book.filter(pl.col("question") == row["key"])
    blank: dict[str, int | str | None] = dict.fromkeys([*_literal(row, "references"), REFUSED], NO_ANSWER)
    return blank | dict(zip(choices["label"], choices["choice"], strict=True))


def _classes(
    metadata: pl.DataFrame, about: Mapping[str, Any], outside: Collection[str]
) -> dict[str, dict[str, int | str | None]]:
    """Each attribute's labels by the wave's own metadata.csv, and those that are no class."""
    listed = {row["key"]: _literal(row, "options") for row in metadata.iter_rows(named=True)}
    none = [*about["codes"]["outside"], *outside]
    if missing := [(column,) for column in about["demographics"].values() if column not in listed]:
        raise FrameError(f"metadata.csv lacks {len(missing)} demographics, e.g. {examples(missing)}.")
    return {
        name: {label: label for label in listed[column]} | dict.fromkeys(none)
        for name, column in about["demographics"].items()
    }


def _literal(row: Mapping[str, str], column: str) -> Any:
    try:
        return ast.literal_eval(_NAN.sub("None", row[column]))
    except (ValueError, SyntaxError, TypeError) as error:
        raise FrameError(
            f"{column} of {row['key']!r} is no Python literal: {row[column]!r}. Is the file complete and unchanged?"
        ) from error
