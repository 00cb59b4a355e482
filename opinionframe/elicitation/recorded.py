"""What a journal holds: its folder goes in; a row per answer comes out, with its prompt and status where it has one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.elicitation.ask import outcomes
from opinionframe.elicitation.parsing.parse import parsed_rows
from opinionframe.elicitation.records import Records
from opinionframe.elicitation.requests import MODE
from opinionframe.errors import OpinionFrameWarning, OptionError, warn_user
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.frames import Answers, Prompts

_RECORD: dict[str, pl.DataType | type[pl.DataType]] = {
    "key": pl.String,
    "at": pl.String,
    "model": pl.String,
    "revision": pl.String,
    "hash": pl.String,
    "draw": pl.UInt16,
    "mode": pl.String,
    "parameters": pl.String,
    "raw": pl.String,
    "finish": pl.String,
    "masses": pl.List(pl.Float64),
    "tokens_in": pl.UInt32,
    "tokens_out": pl.UInt32,
    "seconds": pl.Float64,
}
_CONTEXT = ("question", "demographic", "elicitation", "prompt", "variant")


def recorded(folder: str | Path, prompts: AnyFrame | None = None) -> pl.DataFrame:
    """One row per answer on record in a journal, from the first to the last; nothing is asked or written.

    Args:
        folder: Of the journal.
        prompts: The Prompts that were asked. A journal keeps the SHA-256 of a text, not the text: with its prompts
            an answer also has a question, and is read as `ask` reads it. A text of two prompts has a row for each.

    Returns: key (of the answer), at, model, revision, hash (of the text), draw, mode, parameters (as JSON), raw,
        finish, masses (of the options, log-probability only), tokens_in, tokens_out and seconds. With `prompts` also
        question, demographic, elicitation, prompt, variant, status and reason, null where an answer belongs to none of
        them, which brings an OpinionFrameWarning with their count.
    Raises: OptionError, where there is no such folder, no journal in it, or one of a later version.

    >>> import tempfile
    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> prompts = of.prompts(survey.opinions, survey.codebook, prompt="base")
    >>> with tempfile.TemporaryDirectory() as journal:
    ...     answers = of.ask(prompts, of.FakeModel(seed=1), seed=1, journal=journal)
    ...     rows = recorded(journal, prompts)
    >>> rows.height, rows["status"].unique().to_list()
    (18, ['answered'])
    """
    rows = pl.DataFrame(_records(Path(folder)), schema=_RECORD).sort("at", maintain_order=True)
    return rows if prompts is None else _with_prompts(rows, checked(prompts, Prompts, "prompts"))


def _records(folder: Path) -> list[dict[str, Any]]:
    """The first record of each key. Raises: OptionError."""
    if not folder.is_dir() or not any(folder.glob("answers-*.jsonl")):
        raise OptionError(f"{str(folder)!r} is no journal: it has no answers-*.jsonl. Name the folder that has them.")
    index = Records(folder, is_quick=False)
    index.refresh()
    if index.n_later:
        raise OptionError(f"{str(folder)!r} has {index.n_later} answers of a later version. Update opinionframe.")
    lost = index.n_read - len(index.by_key) - index.by_key.doubles
    counts = {
        "lines are left out: no record stands there": lost,
        "answers were asked for twice: the first holds": index.by_key.doubles,
    }
    if said := [f"{count:,} {what}" for what, count in counts.items() if count]:
        warn_user(f"{folder}: {'; '.join(said)}.", OpinionFrameWarning)
    rows = [_row(record) for record in index]
    index.close()
    return rows


def _row(record: dict[str, Any]) -> dict[str, Any]:
    settings = dict(record.get("parameters") or {})
    mode = settings.pop("mode", None)
    parameters = json.dumps(settings, ensure_ascii=False, sort_keys=True)
    return {name: record.get(name) for name in _RECORD} | {
        "hash": record.get("prompt"),
        "mode": mode,
        "parameters": parameters,
    }


def _with_prompts(rows: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """The rows with what was asked, and how the answer is read."""
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in prompts["text"]]
    is_thought = pl.col("variant") == "cot"
    mode = pl.when(is_thought).then(pl.lit("write")).otherwise(pl.col("elicitation").replace_strict(MODE))
    asked = prompts.select("prompt_id", *_CONTEXT, pl.Series("hash", hashes), mode.alias("mode"))
    joined = rows.with_row_index("record").join(asked, on=["hash", "mode"], how="left", maintain_order="left")
    strays = joined.filter(pl.col("prompt_id").is_null()).height
    if strays:
        warn_user(
            f"{strays:,} of {rows.height:,} answers on record belong to none of the {prompts.height:,} prompts: "
            "they have no question and no status.",
            OpinionFrameWarning,
        )
    return joined.join(_read(joined, prompts), on=["record", "prompt_id"], how="left", maintain_order="left").drop(
        "record", "prompt_id"
    )


def _read(joined: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """Status and reason of each record that belongs to a prompt, as `ask` reads it."""
    known = joined.filter(pl.col("prompt_id").is_not_null()).with_columns(error=pl.lit(None, pl.String))
    answers = known.with_columns(*outcomes()).select("record", *Answers.column_names())
    return parsed_rows(answers, prompts).select("record", "prompt_id", "status", "reason")
