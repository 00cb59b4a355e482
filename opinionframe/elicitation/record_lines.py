"""What lines of a journal say of themselves, many at a time: bytes go in; keys and where they begin come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

VERSION = 1

FEW = 1 << 15
"""Bytes below which lines are read one by one, as they come in while others write."""

_BEGINNING = f'{{"version":{VERSION},"key":"'
"""How a line begins that this version wrote."""
_LINE = pl.col("line").str
_SAID = {
    "bytes": _LINE.len_bytes(),
    "key": _LINE.extract(rf'^\{_BEGINNING}([0-9a-f]{{64}})"'),
    "is_one": (_LINE.count_matches(_BEGINNING, literal=True) == 1) & _LINE.ends_with("}"),
    "is_text": _LINE.contains('"masses":null', literal=True)
    & (_LINE.count_matches('"max_tokens":', literal=True) == 1),
    "is_scored": _LINE.contains('"masses":[', literal=True),
    "most": _LINE.extract(r'"max_tokens":(\d{1,18})\D').cast(pl.Int64),
}
"""Quotes within a text are escaped, so that what is looked for stands outside of texts."""


@dataclass(frozen=True)
class Lines:
    """N records.

    Attributes:
        keys: The bytes of their keys, shape (N, 32).
        starts: The bytes at which they begin, shape (N,).
        ceilings: The ceilings of tokens that their texts had.
    """

    keys: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ceilings: set[int]


def quick_entries(block: bytes) -> Lines | None:
    """The records of lines that this version wrote, without reading all of each; None where some cannot be told."""
    if len(block) < FEW or not block.endswith(b"\n"):
        return None
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return None
    lines = pl.Series("line", text[:-1].split("\n")).to_frame().select(**_SAID)
    ceilings = lines.filter("is_text")["most"]
    told = lines["key"].is_not_null() & lines["is_one"] & (lines["is_text"] | lines["is_scored"])
    if ceilings.has_nulls() or not told.all():
        return None
    keys = np.frombuffer(bytes.fromhex(lines["key"].str.join("").item()), dtype=np.uint8).reshape(-1, 32)
    ends = (lines["bytes"].cast(pl.Int64) + 1).cum_sum().to_numpy()
    return Lines(keys, np.append(0, ends[:-1]), set(ceilings.unique()))
