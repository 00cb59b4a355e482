"""Frames leave as a folder: Parquet with metadata, CSV, and a manifest that says where they come from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OptionError
from opinionframe.export.files import atomically, write_frame
from opinionframe.export.provenance import provenance
from opinionframe.schemas.borders import AnyFrame

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def export(
    folder: str | Path,
    *,
    manifest: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    **frames: AnyFrame,
) -> Path:
    """Write each frame as Parquet and CSV, and `manifest.json` with versions, schemas and checksums. Collects.

    `manifest` adds what only the study knows, such as `seeds`, `model`, `survey` or `citation`; keys and
    tokens are refused. `now` fixes the time in the manifest, so that the same study gives the same files.

    Returns: the path of the manifest.
    Raises: OptionError for no frame, a bad name, or a manifest that holds a secret or cannot be JSON;
        FrameError for something that is no frame.

    >>> import polars as pl, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export(folder, manifest={"seeds": [1]}, scores=pl.DataFrame({"alignment": [0.9]}))
    ...     sorted(file.name for file in path.parent.iterdir())
    ['manifest.json', 'scores.csv', 'scores.parquet']
    """
    facts = provenance(manifest, now)
    collected = {name: _collected(name, frame) for name, frame in frames.items()}
    if not collected:
        raise OptionError("export was given no frame. Name each one: export(folder, opinions=…, aligned=…).")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = [file for name, frame in collected.items() for file in write_frame(target, name, frame, facts)]
    path = target / "manifest.json"
    content = json.dumps(facts | {"files": files}, indent=2, ensure_ascii=False) + "\n"
    atomically(path, lambda part: part.write_text(content, encoding="utf-8"))
    return path


def _collected(name: str, frame: object) -> pl.DataFrame:
    if not _NAME.fullmatch(name) or name == "manifest":
        raise OptionError(f"{name!r} cannot name a file. Use letters, digits, '_', '-' and '.', and not 'manifest'.")
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        raise FrameError(f"{name} must be a Polars DataFrame or LazyFrame, not {type(frame).__name__}.")
    return frame.lazy().collect()
