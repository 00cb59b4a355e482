"""Files of one frame: it goes in; files in several formats come out, each whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.exporting.formula_cells import QUOTED, formula_cells, quoted

CREATED = "created"
"""The fact of the manifest that no other file of an export holds."""

FORMATS = {"parquet": ".parquet", "csv": ".csv", "arrow": ".arrow"}
"""The formats that have a file for each frame."""


@dataclass(frozen=True)
class TextOptions:
    """How CSV files are written: `formulas` kept or quoted, and whether with a byte-order mark."""

    formulas: str = "keep"
    bom: bool = False


def write_frame(
    folder: Path,
    name: str,
    frame: pl.DataFrame,
    facts: dict[str, Any],
    labelled: pl.DataFrame,
    options: TextOptions,
    formats: Collection[str],
) -> list[dict[str, Any]]:
    """Entries of the manifest for the files of one frame, written in each of `formats`; CSV has those of `labelled`."""
    text = flat(labelled)
    # The manifest says when: the same frame gives the same file.
    lasting = {key: value for key, value in facts.items() if key not in (CREATED, "earlier")}
    metadata = {"opinionframe": json.dumps(lasting | {"frame": name}, ensure_ascii=False)}
    cells = formula_cells(text)
    counted = {"formula_cells": cells} if cells else {}
    notes = {".csv": counted | ({"formulas": QUOTED} if options.formulas == "quote" else {})}
    writers: dict[str, Callable[[Path], object]] = {
        "parquet": lambda part: _write_parquet(frame, part, metadata),
        "csv": lambda part: write_csv(text, part, options),
        "arrow": lambda part: _write_arrow(frame, part, metadata),
    }
    entries = []
    for kind in (kind for kind in FORMATS if kind in formats):
        path = folder / f"{name}{FORMATS[kind]}"
        atomically(path, writers[kind])
        of_frame = {"frame": name} | shape(labelled if kind == "csv" else frame)
        entries.append(described(path) | of_frame | notes.get(path.suffix, {}))
    return entries


def shape(frame: pl.DataFrame) -> dict[str, Any]:
    """What the manifest says of a frame in a file: its rows, and its columns with their types."""
    return {"rows": frame.height, "columns": {column: str(dtype) for column, dtype in frame.schema.items()}}


def write_csv(frame: pl.DataFrame, path: Path, options: TextOptions) -> None:
    """`frame` as UTF-8, its formulas quoted and a byte-order mark first where `options` say so."""
    (quoted(frame) if options.formulas == "quote" else frame).write_csv(path, include_bom=options.bom)


def described(path: Path) -> dict[str, Any]:
    """Name, checksum and size of a file, for the manifest."""
    return {"file": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size}


def _with_metadata(frame: pl.DataFrame, metadata: dict[str, str]) -> Any:
    """An Arrow table whose schema carries `metadata` as key-value metadata, which readers in any language see."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})


def _write_parquet(frame: pl.DataFrame, path: Path, metadata: dict[str, str]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_with_metadata(frame, metadata), path, compression="zstd")


def _write_arrow(frame: pl.DataFrame, path: Path, metadata: dict[str, str]) -> None:
    import pyarrow as pa

    table = _with_metadata(frame, metadata)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    r"""`frame` as CSV and Excel can hold it: nested values are JSON, durations ISO 8601, bytes hexadecimals.

    >>> from datetime import timedelta
    >>> flat(pl.DataFrame({"share": [[0.5]], "took": [timedelta(minutes=2)], "key": [b"\xff"]})).row(0)
    ('[0.5]', 'PT2M', 'ff')
    """
    nested = [column for column, dtype in frame.schema.items() if dtype.is_nested()]
    # Only a struct can be encoded, so each value is wrapped as {"v":…} and the wrapping cut off.
    encoded = (pl.struct(pl.col(column).alias("v")).struct.json_encode().str.slice(5).str.head(-1) for column in nested)
    return frame.with_columns(
        pl.selectors.duration().dt.to_string("iso"),
        pl.selectors.binary().bin.encode("hex"),
        *(
            pl.when(pl.col(column).is_not_null()).then(text).alias(column)
            for column, text in zip(nested, encoded, strict=True)
        ),
    )


def atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside `path` and move it there, or leave no trace of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
