"""Why answers were lost: answers go in; the commonest reasons with their counts and one raw text come out, in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

N_REASONS = 3
LONGEST_REASON, LONGEST_RAW = 300, 200
"""Characters of a reason and of a raw answer that are shown."""
_CHANGING = r"[0-9a-fA-F]{8,}|\d+"
"""Numbers and identifiers, in which reasons that are alike differ."""


def reasons_of(reasons: Iterable[str | None]) -> str:
    """The commonest of some reasons with their counts, most first: `no 3 shares (162); no answer (2)`.

    Reasons that differ in numbers and identifiers alone count as one, spelled as the first of them.

    >>> reasons_of(["refused: request 17", None, "no shares", "refused: request 18"])
    'refused: request 17 (2); no shares (1)'
    """
    given = pl.Series("reason", list(reasons), dtype=pl.String).drop_nulls().to_frame()
    alike = pl.col("reason").str.replace_all(_CHANGING, "#").alias("alike")
    counts = (
        given.group_by(alike, maintain_order=True)
        .agg(pl.first("reason"), pl.len())
        .sort("len", descending=True, maintain_order=True)
    )
    shown = [f"{_cut(reason, LONGEST_REASON)} ({n:,})" for _, reason, n in counts.head(N_REASONS).rows()]
    others = counts["len"].slice(N_REASONS).sum()
    return "; ".join([*shown, f"others ({others:,})"] if others else shown)


def why_lost(answers: pl.DataFrame, journal: Path | None) -> str:
    """Sentences that say why those of `answers` that could not be read could not, with one of them, and where all are.

    Empty where all could be read.
    """
    lost = answers.filter(pl.col("status") != "answered")
    if lost.is_empty():
        return ""
    raw = lost["raw"].drop_nulls()
    example = f" One raw answer: {_cut(raw[0], LONGEST_RAW)!r}." if len(raw) else ""
    place = f" All answers are in {journal}." if journal is not None and len(raw) else ""
    counts = f"{lost.height:,} of {answers.height:,} answers: {reasons_of(lost['status'])}."
    return f"{counts} Reasons: {reasons_of(lost['reason'])}.{example}{place}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"
