"""Words for classes: a mapping, a CSV or a frame goes in; rows of Groups, their phrases as given, come out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.codes import Code, code_text
from opinionframe.schemas.borders import AnyFrame
from opinionframe.surveys.raw_file import existing

LISTS = {"classes": "class", "labels": "label", "phrases": "phrase"}
SINGLE = ("phrase", "name")
TEXTS = ("attribute", "class", "label", "phrase", "name")

_CLAUSE = r"(?i)^(you|your|yours|it is|the [\w ]+ (is|was))\b"


def class_words(words: AnyFrame | Mapping[str, Any] | str | Path) -> pl.DataFrame:
    """Rows of Groups from `words` as `groups` takes them, phrases as clauses: `a woman` becomes `you are a woman`.

    Raises: FrameError.
    """
    if isinstance(words, Mapping):
        rows = _mapping_rows(words)
    elif isinstance(words, pl.DataFrame | pl.LazyFrame):
        rows = words.lazy().collect()
    elif isinstance(words, str | Path):
        rows = _csv_rows(Path(words))
    else:
        raise FrameError(f"groups: words are a mapping, a frame or the path of a CSV, not {type(words).__name__}.")
    if missing := [column for column in ("attribute", "class") if column not in rows.columns]:
        raise FrameError(
            f"groups: {len(missing)} columns are missing: {', '.join(missing)}. It has: {', '.join(rows.columns)}. "
            "Give one row per class, or name the columns of respondents with by=…."
        )
    return _as_groups(rows)


def _mapping_rows(words: Mapping[str, Any]) -> pl.DataFrame:
    schema = dict.fromkeys(TEXTS, pl.String)
    rows = [row for attribute, item in words.items() for row in _classes(str(attribute), item)]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame if frame["name"].count() else frame.drop("name")


def _classes(attribute: str, item: Any) -> list[tuple[str, str, str | None, str | None, str | None]]:
    """The rows of one attribute: attribute, class, label, phrase, name. Raises: FrameError."""
    lists = item if isinstance(item, Mapping) else {"classes": item}
    if unknown := [key for key in lists if key not in (*LISTS, *SINGLE)]:
        raise FrameError(
            f"groups: {attribute!r} has {len(unknown)} unknown keys, e.g. {examples([(key,) for key in unknown])}. "
            f"They are {', '.join((*LISTS, *SINGLE))}: classes as the rows spell them, labels in print."
        )
    given = {key: lists[key] for key in LISTS if key in lists}
    if wrong := [key for key, values in given.items() if isinstance(values, str) or not isinstance(values, Sequence)]:
        raise FrameError(f"groups: {wrong[0]} of {attribute!r} is no list. Give one entry per class, in their order.")
    names = given.get("classes", given.get("labels"))
    if not names or len({len(values) for values in given.values()}) > 1:
        sizes = ", ".join(f"{len(values)} {key}" for key, values in given.items()) or "no classes"
        raise FrameError(f"groups: {attribute!r} has {sizes}. Give each list one entry per class.")
    labels = [_spelled(label) for label in given.get("labels", names)]
    pattern = lists.get("phrase")
    shared = [pattern and str(pattern).replace("{label}", label) for label in labels]
    phrases = [phrase or other for phrase, other in zip(given.get("phrases", shared), shared, strict=True)]
    name = lists.get("name")
    return [
        (attribute, _spelled(value), label, phrase, name)
        for value, label, phrase in zip(names, labels, phrases, strict=True)
    ]


def _spelled(value: Code) -> str:
    """A class as the column of microdata spells it as text."""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else code_text(value)


def _csv_rows(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(existing(path), schema_overrides=dict.fromkeys(TEXTS, pl.String))
    except pl.exceptions.PolarsError as error:
        raise FrameError(f"{path} cannot be read as CSV: {error}. Save it as CSV in UTF-8.") from error


def _as_groups(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with all columns of Groups: labels and places filled in, phrases as clauses."""
    absent = [pl.lit(None, pl.String).alias(name) for name in ("label", "phrase") if name not in rows.columns]
    numbered = pl.int_range(1, pl.len() + 1).over("attribute").cast(pl.UInt16)
    filled = rows.with_columns(absent)
    texts = filled.with_columns(pl.col(name).cast(pl.String) for name in TEXTS if name in filled.columns)
    place = pl.col("place").fill_null(numbered) if "place" in rows.columns else numbered
    phrase = pl.col("phrase").str.strip_chars_end(" .")
    clause = pl.when(phrase.str.contains(_CLAUSE)).then(phrase).otherwise(pl.concat_str(pl.lit("you are "), phrase))
    return texts.with_columns(
        pl.coalesce("label", "class").alias("label"),
        place.alias("place"),
        pl.when(phrase != "").then(clause).alias("phrase"),
    ).sort("attribute", "place", maintain_order=True)
