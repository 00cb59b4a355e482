"""Codebooks: a mapping, a CSV, a frame or a survey's entry goes in; one row per choice, in scale order, comes out."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.microdata.codes import code_list, code_text
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.vocabulary import SCALES
from opinionframe.surveys.bins import bin_lists
from opinionframe.surveys.codebook_rows import listed_rows
from opinionframe.surveys.spelling import misspelt

LISTS = {"labels": "label", "positions": "position", "codes": "code", "lows": "low", "aboves": "above"}
"""The lists that describe a question's choices, and the column that each becomes."""

LISTED = "listed"
"""The place of each choice in the user's own list, where it is another than on the scale."""

LARGEST_CHOICE = 255
"""Choice numbers are UInt8."""

KEYS = ("text", "scale", "topic", "dataset", "bins", "on", *LISTS)
"""What a mapping may say of a question; anything else is the user's own."""

COLUMNS = ("question", "text", "scale", "topic", "dataset", LISTED, *LISTS.values())
"""The same of a frame, one row per choice."""

NOMINAL = SCALES[1]

DEFAULTS = {"scale": "ordinal", "topic": None, "dataset": None}


@takes_frames
def codebook(
    questions: Mapping[str, Mapping[str, Any]] | str | Path | AnyFrame, *, dataset: str | None = None
) -> pl.DataFrame:
    """A Codebook of one's own survey, choices put in scale order and numbered 1..K.

    Args:
        questions: Maps each key to `text` and `labels`, and where needed to `positions` (places on the
            scale, in the order of the labels; 1, 2, 3, … without), `codes` (how the file spells each label,
            for `recode`; or in one with the labels, `{1: "A lot", 2: "Some"}`), `scale` ("ordinal" or "nominal") and
            `topic`; further keys travel along as columns.
            For a long scale of numbers, such as a thermometer from 0 to 100, `bins` in place of these lists: rising
            edges, each bin from its edge to below the next, the last with its upper edge; `labels` name them, else
            their numbers do.
            Or a frame, or the path of a CSV (comma, semicolon or tab), with one row per choice and the columns
            question, label, text, and any of position, code, scale, topic.
        dataset: The survey's name, for the column `dataset`.

    Returns: a Codebook, with the columns `code` and those of one's own where given, `low` and `above` where there are
        bins, and `listed`, the place in your own list, where some question's is another than on the scale.
    Raises: FrameError for a question without text or labels, lists of unequal length, a misspelt key or scale, one
        label of two choices, more than 255 choices, or a CSV that is not UTF-8; OptionError for bins that are none.

    >>> book = codebook({"abortion": {"text": "Should abortion be banned?", "labels": ["Yes", "No"]}}, dataset="ces11")
    >>> book.select("question", "choice", "label", "position", "scale").rows()
    [('abortion', 1, 'Yes', 1.0, 'ordinal'), ('abortion', 2, 'No', 2.0, 'ordinal')]
    """
    rows = _mapping_rows(questions) if isinstance(questions, Mapping) else listed_rows(questions)
    _refuse_misspelt([("column", name) for name in rows.columns], COLUMNS)
    _refuse_unknown_scales(rows)
    _refuse_scales_elsewhere(rows)
    if dataset is not None:
        rows = rows.with_columns(pl.lit(dataset).alias("dataset"))
    return codebook_border(_in_order(rows))


def entry_codebook(name: str, entry: Mapping[str, Any]) -> pl.DataFrame:
    """The codebook of survey `name`, whose entry keeps scales that many questions share apart."""
    return codebook({key: entry["scales"][item["on"]] | item for key, item in entry["questions"].items()}, dataset=name)


def codebook_codes(book: pl.DataFrame) -> list[tuple[str, str, str]]:
    """The question, code and label of every choice."""
    return list(zip(book["question"], book["code"], book["label"], strict=True))


def _mapping_rows(questions: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    if not questions:
        raise FrameError("codebook: no question is given. Name at least one, with text and labels.")
    if bare := [(key, item) for key, item in questions.items() if not isinstance(item, Mapping)]:
        raise FrameError(
            f"codebook: {len(bare)} questions map to no text and labels, e.g. {examples(bare)}. Write each as "
            '{"key": {"text": "…?", "labels": ["Yes", "No"]}}.'
        )
    _refuse_misspelt([(key, name) for key, item in questions.items() for name in item], {*KEYS, *COLUMNS})
    questions = {key: _with_lists(key, _with_bins(key, item)) for key, item in questions.items()}
    if uneven := [(key,) for key, item in questions.items() if not _even(item)]:
        raise FrameError(
            f"codebook: {len(uneven)} questions lack text or labels, or have positions or codes of another "
            f"length than labels, e.g. {examples(uneven)}. Give each of them a list with one entry per choice."
        )
    single = [(key, name) for key, item in questions.items() for name in LISTS.values() if name in item]
    if single:
        raise FrameError(
            f"codebook: {len(single)} lists are named as if they were one value, e.g. {examples(single)}. "
            f"Their names are {', '.join(LISTS)}."
        )
    rows = [_choice(key, item, number) for key, item in questions.items() for number in range(len(item["labels"]))]
    return pl.DataFrame(rows, infer_schema_length=None)


def _with_bins(key: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A question whose `bins` have become lists; its own labels stay."""
    if "bins" not in item:
        return item
    rest = {name: value for name, value in item.items() if name != "bins"}
    if clash := sorted({"codes", "positions"} & set(item)):
        raise FrameError(
            f"codebook: {key!r} has bins and {' and '.join(clash)}. Leave these out: bins say what numbers are which "
            "choice, and where it stands."
        )
    return bin_lists(key, item["bins"]) | rest


def _with_lists(key: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A question whose labels by code have become two lists."""
    if not isinstance(item.get("labels"), Mapping):
        return item
    if "codes" in item:
        raise FrameError(f"codebook: {key!r} has codes, and labels by code. Leave codes out, or give labels as a list.")
    return {**item, "labels": list(item["labels"].values()), "codes": list(item["labels"])}


def _even(item: Mapping[str, Any]) -> bool:
    sizes = {len(item[name]) for name in LISTS if name in item}
    no_text = all(not isinstance(item[name], str) for name in LISTS if name in item)
    return "text" in item and "labels" in item and no_text and len(sizes) == 1


def _choice(key: str, item: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The row of one choice: what its question says of all choices, then what it says of this one."""
    own = {name: item[plural][number] for plural, name in LISTS.items() if plural in item}
    for name in ("label", "code"):
        if own.get(name) is not None:
            own[name] = code_text(*code_list([own[name]]))
    shared = {name: value for name, value in item.items() if name not in LISTS and name != "on"}
    return {"question": key} | shared | own


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Choices sorted by position within their question and numbered; missing columns filled in.

    Raises: FrameError where some choices of a question have a position and others none.
    """
    defaults = {name: value for name, value in DEFAULTS.items() if name not in rows.columns}
    filled = rows.with_columns(**{name: pl.lit(value) for name, value in defaults.items()})
    _refuse_doubled(filled)
    nominal = pl.col("scale") == "nominal"
    in_order = pl.int_range(1, pl.len() + 1).over("question").cast(pl.Float64)
    position = pl.col("position").cast(pl.Float64) if "position" in rows.columns else pl.lit(None, pl.Float64)
    _refuse_gaps(filled.filter(~nominal.fill_null(value=False)).select("question", position=position))
    placed = (
        filled.with_columns(pl.col("scale").fill_null("ordinal"))
        .with_columns(pl.when(nominal).then(None).otherwise(position.fill_null(in_order)).alias("position"))
        .with_columns(in_order.cast(pl.UInt8).alias(LISTED))
        .sort("question", "position", maintain_order=True)
        .with_columns(pl.int_range(1, pl.len() + 1).over("question").alias("choice"))
    )
    moved = placed.select((pl.col(LISTED) != pl.col("choice")).any()).item()
    return placed if moved else placed.drop(LISTED)


def _refuse_misspelt(names: Sequence[tuple[str, str]], known: Collection[str]) -> None:
    """Refuse names that are nearly right, which would travel along as one's own and leave what they mean unsaid."""
    right = misspelt(dict.fromkeys(name for _, name in names), known)
    if wrong := [(where, name) for where, name in names if name in right]:
        meant = ", ".join(f"{name!r} is to be {word!r}" for name, word in sorted(right.items()))
        raise FrameError(
            f"codebook: {len(wrong)} keys are nearly those of a codebook, e.g. {examples(wrong)}: {meant}? Spell them "
            "so, or name columns of your own otherwise."
        )


def _refuse_unknown_scales(rows: pl.DataFrame) -> None:
    """Refuse scales that are neither ordinal nor nominal, with the nearer word."""
    if "scale" not in rows.columns:
        return
    wrong = rows.select("question", pl.col("scale").cast(pl.String)).filter(~pl.col("scale").is_in(SCALES)).unique()
    if wrong.height:
        right = misspelt(wrong["scale"].unique().sort(), SCALES, alike=0.6)
        meant = "".join(f" Is {name!r} to be {word!r}?" for name, word in right.items())
        raise FrameError(
            f"codebook: {wrong.height} questions have a scale that is not known, e.g. "
            f"{examples(wrong.sort('question').rows())}.{meant} Allowed: {', '.join(SCALES)}."
        )


def _refuse_scales_elsewhere(rows: pl.DataFrame) -> None:
    """Refuse a scale under a name of one's own, which would travel along while its question counts as ordinal."""
    said = rows.with_columns(pl.col("scale") if "scale" in rows.columns else pl.lit(None).alias("scale"))
    own = [name for name in rows.columns if name not in COLUMNS and not rows.schema[name].is_nested()]
    is_said = [
        pl.col("scale").is_null()
        & pl.col(name).is_not_null()
        & (pl.lit(name.lower() in SCALES) | (pl.col(name).cast(pl.String).str.to_lowercase() == NOMINAL))
        for name in own
    ]
    found = [
        (question, name, value)
        for name, holds in zip(own, is_said, strict=True)
        for question, value in said.filter(holds).select("question", name).unique(maintain_order=True).rows()
    ]
    if found:
        raise FrameError(
            f"codebook: {len(found)} questions say their scale under another name, e.g. {examples(found)}. "
            f"Name it scale: {{'scale': {NOMINAL!r}}}."
        )


def _refuse_doubled(rows: pl.DataFrame) -> None:
    """Refuse one label of two choices, whose answers could not be told apart, and more choices than a cell can have."""
    twice = (
        rows.filter(pl.struct("question", "label").is_duplicated()).select("question", "label").unique().drop_nulls()
    )
    if len(twice):
        raise FrameError(
            f"codebook: {len(twice)} labels stand for two choices of a question, e.g. "
            f"{examples(twice.sort('question', 'label').rows())}. Give each choice a label of its own."
        )
    many = rows.group_by("question").len("choices").filter(pl.col("choices") > LARGEST_CHOICE)
    if len(many):
        raise FrameError(
            f"codebook: {len(many)} questions have more than {LARGEST_CHOICE} choices, e.g. "
            f"{examples(many.sort('question').rows())}. Put a long scale of numbers in bins=[…]."
        )


def _refuse_gaps(positions: pl.DataFrame) -> None:
    n_positions = pl.col("position").count()
    gaps = positions.group_by("question").agg(partly=(n_positions > 0) & (n_positions < pl.len())).filter("partly")
    if len(gaps):
        raise FrameError(
            f"codebook: {len(gaps)} questions have positions for some of their choices only, e.g. "
            f"{examples(gaps.select('question').sort('question').rows())}. Give every choice one, or none."
        )
