"""Words for classes: a mapping, a CSV or a frame goes in; rows of Groups, their phrases as given, come out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.codes import Code, code_text
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.group_words import group_words, is_code, said
from opinionframe.surveys.phrase_clauses import as_clause
from opinionframe.surveys.spelling import misspelt
from opinionframe.surveys.words_file import COLUMNS, TEXTS, words_file

LISTS = {"classes": "class", "labels": "label", "phrases": "phrase"}
SINGLE = ("phrase", "name")
LAST_PLACE = 65_535


def class_words(words: AnyFrame | Mapping[str, Any] | str | Path) -> pl.DataFrame:
    """Rows of Groups from `words` as `groups` takes them, phrases as clauses: `a woman` becomes `you are a woman`.

    Raises: FrameError.
    """
    if isinstance(words, Mapping):
        rows = _mapping_rows(words)
    elif isinstance(words, pl.DataFrame | pl.LazyFrame):
        rows = words.lazy().collect()
    elif isinstance(words, str | Path):
        rows = words_file(Path(words))
    else:
        raise FrameError(f"groups: words are a mapping, a frame or the path of a CSV, not {type(words).__name__}.")
    if missing := [column for column in ("attribute", "class") if column not in rows.columns]:
        raise FrameError(
            f"groups: {len(missing)} columns are missing: {', '.join(missing)}. It has: {', '.join(rows.columns)}. "
            "Give one row per class, or name the columns of respondents with by=…."
        )
    return _as_groups(rows)


def of_every_class(words: Any, classes: Callable[[str], Sequence[tuple[str, str]]]) -> Any:
    """`words`, where those of a mapping that name no class, as one `phrase` or `name` for all, are for every class.

    A phrase with `{label}` is left alone where a label is a code, which it would bring into a prompt.

    Args:
        words: As `groups` takes them; those that are no mapping are handed back.
        classes: The classes of an attribute and their labels, in their order; none of one that is not there.
    """
    if not isinstance(words, Mapping):
        return words

    def item_of(attribute: str, item: Any) -> Any:
        if not isinstance(item, Mapping) or not item or LISTS.keys() & item.keys():
            return item
        pairs = classes(attribute)
        is_of_codes = "{label}" in str(item.get("phrase")) and any(
            is_code(attribute, label, group_words(), item.get("name")) for _, label in pairs
        )
        if not pairs or is_of_codes:
            return item
        return {"classes": [value for value, _ in pairs], "labels": [label for _, label in pairs], **item}

    return {attribute: item_of(str(attribute), item) for attribute, item in words.items()}


def _mapping_rows(words: Mapping[str, Any]) -> pl.DataFrame:
    schema = dict.fromkeys(TEXTS, pl.String)
    rows = [row for attribute, item in words.items() for row in _classes(str(attribute), item)]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame if frame["name"].count() else frame.drop("name")


def _classes(attribute: str, item: Any) -> list[tuple[str | None, ...]]:
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
    shared = [lists.get("phrase")] * len(labels)
    phrases = [phrase or other for phrase, other in zip(given.get("phrases", shared), shared, strict=True)]
    name = lists.get("name")
    return [
        (attribute, _spelled(value), label, phrase, name)
        for value, label, phrase in zip(names, labels, phrases, strict=True)
    ]


def _spelled(value: Code | None) -> str | None:
    """A class as the column of microdata spells it as text."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else code_text(value)


def _as_groups(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with all columns of Groups: labels, names and places filled in, phrases as clauses. Raises: FrameError."""
    absent = [pl.lit(None, pl.String).alias(name) for name in ("label", "phrase") if name not in rows.columns]
    filled = rows.with_columns(absent)
    texts = filled.with_columns(_text(name) for name in TEXTS if name in filled.columns)
    _refuse_unnamed(texts)
    labelled = texts.with_columns(pl.coalesce("label", "class").alias("label"), _places(texts).alias("place"))
    return _with_clauses(_with_names(labelled)).sort("attribute", "place", maintain_order=True)


def _text(name: str) -> pl.Expr:
    """A column as text, null where it is blank."""
    text = pl.col(name).cast(pl.String)
    return pl.when(text.str.strip_chars() != "").then(text).alias(name)


def _refuse_unnamed(rows: pl.DataFrame) -> None:
    """Refuse rows without an attribute or a class, and columns whose names are misspelt."""
    bare = rows.filter(pl.col("attribute").is_null() | pl.col("class").is_null())
    if len(bare):
        raise FrameError(
            f"groups: {len(bare)} rows have no attribute or no class, e.g. "
            f"{examples(bare.select('attribute', 'class', 'label').rows())}. Fill both in every row, or drop these."
        )
    nearly = misspelt(rows.columns, COLUMNS)
    if wrong := {
        name: right for name, right in nearly.items() if right not in rows.columns or rows[right].is_null().all()
    }:
        names = ", ".join(f"{name!r} (is it to be {right!r}?)" for name, right in wrong.items())
        raise FrameError(f"groups: {len(wrong)} columns look misspelt: {names}. They are {', '.join(COLUMNS)}.")


def _places(rows: pl.DataFrame) -> pl.Series:
    """The place of each row in its attribute: as given, those without one behind the others, in their order.

    Raises: FrameError for a place that is no whole number from 1.
    """
    if "place" not in rows.columns:
        return rows.select(pl.int_range(1, pl.len() + 1).over("attribute").cast(pl.UInt16)).to_series()
    given = rows.with_columns(pl.col("place").cast(pl.String).str.strip_chars().replace("", None))
    number = pl.col("place").cast(pl.Float64, strict=False)
    is_place = (number >= 1) & (number <= LAST_PLACE) & (number == number.floor())
    wrong = given.filter(pl.col("place").is_not_null() & ~is_place.fill_null(value=False))
    if len(wrong):
        raise FrameError(
            f"groups: {len(wrong)} places are no whole numbers from 1 to {LAST_PLACE}, e.g. "
            f"{examples(wrong.select('attribute', 'class', 'place').rows())}. Number the classes of each attribute 1, "
            "2, … in their order, or leave the column out: the order of the rows then counts."
        )
    behind = number.max().fill_null(0) + number.is_null().cum_sum()
    return given.select(number.fill_null(behind).over("attribute").cast(pl.UInt16)).to_series()


def _with_names(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the name of an attribute in all rows of it. Raises: FrameError where it has several."""
    if "name" not in rows.columns:
        return rows
    several = rows.filter(pl.col("name").drop_nulls().n_unique().over("attribute") > 1)
    if len(several):
        raise FrameError(
            f"groups: {several['attribute'].n_unique()} attributes have several names, e.g. "
            f"{examples(several.select('attribute', 'name').unique(maintain_order=True).rows())}. Give each one name."
        )
    return rows.with_columns(pl.col("name").drop_nulls().first().over("attribute"))


def _with_clauses(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with phrases as clauses, in which `{label}` stands for the label. Raises: FrameError."""
    pairs = zip(rows["phrase"], rows["label"], strict=True)
    clauses = [phrase and as_clause(phrase.replace("{label}", label)) for phrase, label in pairs]
    clause = pl.Series("phrase", clauses, pl.String)
    strange = rows.filter(clause.is_null() & rows["phrase"].is_not_null())
    if len(strange):
        raise FrameError(
            f"groups: {len(strange)} phrases speak of others than `you`, e.g. "
            f"{examples(strange.select('attribute', 'class', 'phrase').rows())}. A phrase says one person after "
            '"Imagine": `you are a woman`, or short `a woman`; `your party is Labour`.'
        )
    said_so = rows.with_columns(clause)
    _refuse_alike(said_so)
    return said_so


def _refuse_alike(rows: pl.DataFrame) -> None:
    """Refuse classes of one phrase, but for the package's own, which says `Jew` and `Jewish` of two surveys alike."""
    words = group_words()
    names = rows["name"] if "name" in rows.columns else [None] * len(rows)
    own = [
        said(attribute, label, "your", words, name=name)
        for attribute, label, name in zip(rows["attribute"], rows["label"], names, strict=True)
    ]
    is_alike = pl.struct("attribute", "phrase").is_duplicated() & pl.col("phrase").is_not_null()
    alike = rows.filter(is_alike & (pl.col("phrase") != pl.Series(own, dtype=pl.String)))
    if len(alike):
        raise FrameError(
            f"groups: {len(alike)} classes share their phrase with another, so that they would be asked as one group, "
            f"e.g. {examples(alike.select('attribute', 'class', 'phrase').rows())}. Say them apart."
        )
