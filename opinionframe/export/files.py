"""One frame becomes files, each written under a temporary name and renamed, so that none is ever half there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl


def write_frame(folder: Path, name: str, frame: pl.DataFrame, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Writes one frame in both forms. Returns: what the manifest says of each file."""
    parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
    about = {"opinionframe": json.dumps(facts | {"frame": name}, ensure_ascii=False)}
    atomically(parquet, lambda part: _write_parquet(frame, part, about))
    atomically(csv, lambda part: _flat(frame).write_csv(part))
    schema = {column: str(dtype) for column, dtype in frame.schema.items()}
    shape = {"frame": name, "rows": frame.height, "columns": schema}
    return [
        {"file": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size, **shape} for path in (parquet, csv)
    ]


def _write_parquet(frame: pl.DataFrame, path: Path, about: dict[str, str]) -> None:
    """Through pyarrow, which puts key-value metadata into the Arrow schema that readers in any language see."""
    import pyarrow.parquet as pq

    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    known = table.schema.metadata or {}
    pq.write_table(table.replace_schema_metadata({**known, **about}), path, compression="zstd")


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """CSV has no nested values: they become JSON."""
    nested = [column for column, dtype in frame.schema.items() if dtype.is_nested()]
    # Only a struct can be encoded, so each value is wrapped as {"v":…} and the wrapping cut off.
    encoded = (pl.struct(pl.col(column).alias("v")).struct.json_encode().str.slice(5).str.head(-1) for column in nested)
    return frame.with_columns(
        pl.when(pl.col(column).is_not_null()).then(text).alias(column)
        for column, text in zip(nested, encoded, strict=True)
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
