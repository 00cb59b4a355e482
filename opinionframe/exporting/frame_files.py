"""Files of one frame: it goes in; files in several formats come out, each whole or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import MissingPackageError, OptionError
from opinionframe.exporting.formula_cells import QUOTED, formula_cells, quoted

CREATED = "created"
"""The fact of the manifest that no other file of an export holds."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The creation time inside a workbook: the manifest says when, and the same frame gives the same file."""

FORMATS = {"parquet": ".parquet", "csv": ".csv", "arrow": ".arrow", "excel": ".xlsx"}
EXCEL_ROWS = 1_048_575
"""What a worksheet holds below its header."""


def write_frame(
    folder: Path, name: str, frame: pl.DataFrame, facts: dict[str, Any], formats: Collection[str], formulas: str
) -> list[dict[str, Any]]:
    """Entries of the manifest for the files of one frame, written in each of `formats`."""
    # The manifest says when: the same frame gives the same file.
    lasting = {key: value for key, value in facts.items() if key != CREATED}
    metadata = {"opinionframe": json.dumps(lasting | {"frame": name}, ensure_ascii=False)}
    flat = _flat(frame)
    cells = formula_cells(flat)
    counted = {"formula_cells": cells} if cells else {}
    notes = {".csv": counted | ({"formulas": QUOTED} if formulas == "quote" else {})}
    writers: dict[str, Callable[[Path], object]] = {
        "parquet": lambda part: _write_parquet(frame, part, metadata),
        "csv": (quoted(flat) if formulas == "quote" else flat).write_csv,
        "arrow": lambda part: _write_arrow(frame, part, metadata),
        "excel": lambda part: _write_excel(flat, part, name),
    }
    schema = {column: str(dtype) for column, dtype in frame.schema.items()}
    shape = {"frame": name, "rows": frame.height, "columns": schema}
    paths = []
    for kind in (kind for kind in FORMATS if kind in formats):
        paths.append(folder / f"{name}{FORMATS[kind]}")
        atomically(paths[-1], writers[kind])
    return [described(path) | shape | notes.get(path.suffix, {}) for path in paths]


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


def _write_excel(frame: pl.DataFrame, path: Path, name: str) -> None:
    """Text stays text: a label that begins with `=` is not a formula, nor an address a link."""
    if frame.height > EXCEL_ROWS:
        raise OptionError(
            f"{name} has {frame.height:,} rows and a worksheet holds {EXCEL_ROWS:,}. Export it as parquet."
        )
    try:
        xlsxwriter = import_module("xlsxwriter")
    except ImportError as error:
        raise MissingPackageError("Excel files need xlsxwriter. Install it with: pip install xlsxwriter.") from error
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(str(path), plain) as workbook:
        workbook.set_properties({"created": EPOCH})
        frame.write_excel(workbook, worksheet=re.sub(r"[\[\]:*?/\\']", "_", name)[:31], float_precision=6)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with nested values as JSON text, since CSV and Excel have none."""
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
