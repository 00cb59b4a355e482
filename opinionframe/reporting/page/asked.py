"""What was asked: examples of prompts go in; each kind of prompt with the answer of every model comes out."""

from dataclasses import dataclass

import polars as pl

from opinionframe.reporting.page.contents import Contents
from opinionframe.reporting.page.numbers import percent
from opinionframe.reporting.prompt_examples import KIND
from opinionframe.reporting.source_words import asked_in_words

LONGEST = 2_000
"""Characters of a raw answer on the page; the journal has all of it."""


@dataclass(frozen=True)
class Reply:
    """One raw answer: whose it is, what the model wrote, and what was read in it."""

    whose: str
    raw: str
    read: str


@dataclass(frozen=True)
class Example:
    """One kind of prompt: how it asks, its text, and one answer of each model."""

    kind: str
    text: str
    replies: tuple[Reply, ...]


def examples(contents: Contents) -> list[Example]:
    """A prompt of every kind; none where answers are not on record."""
    rows = contents.results.examples
    if rows is None:
        return []
    parts = rows.sort(*KIND, "model").partition_by([*KIND, "text"], maintain_order=True)
    return [_example(part) for part in parts]


def _example(rows: pl.DataFrame) -> Example:
    first = rows.row(0, named=True)
    replies = tuple(_reply(row) for row in rows.iter_rows(named=True))
    kind = asked_in_words(first["elicitation"], first["prompt"], first["variant"])
    return Example(kind[:1].upper() + kind[1:], first["text"], replies)


def _reply(row: dict[str, object]) -> Reply:
    """The answer of one model."""
    raw = "" if row["raw"] is None else str(row["raw"])
    shown = raw if len(raw) <= LONGEST else f"{raw[:LONGEST]}… ({len(raw) - LONGEST:,} more characters)"
    whose = f"{row['model']}, likeliest next token" if row["elicitation"] == "logprob" else f"{row['model']} answered"
    options, probs, mass = row["options"], row["probs"], row["option_mass"]
    if not isinstance(probs, list) or not isinstance(options, list):
        reason = f": {row['reason']}" if row["reason"] else ""
        return Reply(whose, shown, f"Not read: {row['status']}{reason}")
    shares = ", ".join(f"{label} {percent(prob, 0)}" for label, prob in zip(options, probs, strict=True))
    fell = "" if mass is None else f"; {percent(float(str(mass)))} of the probability fell on the options"
    return Reply(whose, shown, f"Read as {shares}{fell}")
