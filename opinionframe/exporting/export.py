"""`export`: frames go in; a folder of files, a codebook of their columns and a manifest come out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OptionError, check_option
from opinionframe.exporting.card import card
from opinionframe.exporting.formula_cells import FORMULAS, quoted
from opinionframe.exporting.frame_files import FORMATS, atomically, described, write_frame
from opinionframe.exporting.meanings import columns
from opinionframe.exporting.provenance import metrics, prompt_hashes, provenance
from opinionframe.exporting.terms import publishable
from opinionframe.schemas.borders import AnyFrame
from opinionframe.surveys import Survey
from opinionframe.surveys.push import push_folder
from opinionframe.surveys.survey import SOURCE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_RESERVED = ("manifest", "columns", "README")


def export(
    folder: str | Path,
    *,
    formats: Collection[str] = ("parquet", "csv"),
    manifest: Mapping[str, Any] | None = None,
    survey: Survey | None = None,
    repo: str | None = None,
    licence: str | None = None,
    formulas: str = "keep",
    now: datetime | None = None,
    **frames: AnyFrame,
) -> Path:
    """The path of `manifest.json` in `folder`, which then holds each frame and what its columns mean. Collects.

    Args:
        folder: Made if it is not there; `columns.csv` in it says what each column means.
        formats: `parquet` (key-value metadata in the Arrow schema), `csv`, `arrow` (IPC) and `excel`.
        manifest: What only the study knows, such as `seeds` or `model`; keys and tokens are refused.
        survey: The survey behind the frames: its citation and terms go into the manifest and a card, README.md.
        repo: A dataset `owner/name` on the Hugging Face Hub to publish to (private until you change that), where
            the survey's terms allow.
        licence: Of a survey this package does not know.
        formulas: What becomes of text in CSV files that a spreadsheet would run, since it begins with `=`, `+`, `-`,
            `@`, a tab or a carriage return: `keep` writes it as it is, and the manifest counts such cells; `quote`
            puts a `'` before it, and before text that begins with `'`, so that removing one gives all values back.
            Excel files hold text as text.
        now: Fixes the time in the manifest, so that the same study gives the same files.
        **frames: The frames, each named as its file.

    Raises:
        OptionError: no frame, a bad name or format, a secret in the manifest, or a survey that may not be published.
        FrameError: something that is no frame.
        MissingPackageError: for Excel without xlsxwriter, or with `repo` without the extra `hub`.
        FetchError: the Hub is not reachable, or refuses.

    >>> import polars as pl, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export(folder, manifest={"seeds": [1]}, scores=pl.DataFrame({"alignment": [0.9]}))
    ...     sorted(file.name for file in path.parent.iterdir())
    ['columns.csv', 'manifest.json', 'scores.csv', 'scores.parquet']
    """
    check_option("formulas", formulas, FORMULAS)
    for name in formats:
        check_option("formats", name, FORMATS)
    facts = provenance(_study_facts(manifest, survey), now)
    collected = {name: _collected(name, frame) for name, frame in frames.items()}
    if not collected:
        raise OptionError("export was given no frame. Name each one: export(folder, opinions=…, aligned=…).")
    facts |= prompt_hashes(collected) | metrics(collected)
    terms = publishable(survey, licence, collected) if repo is not None else licence or "other"
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    files = [
        file for name, frame in collected.items() for file in write_frame(target, name, frame, facts, formats, formulas)
    ]
    meanings = columns(collected)
    atomically(target / "columns.csv", (quoted(meanings) if formulas == "quote" else meanings).write_csv)
    files.append(described(target / "columns.csv"))
    if survey is not None:
        text = card(survey, terms, facts, collected, meanings)
        atomically(target / "README.md", lambda part: part.write_text(text, encoding="utf-8"))
        files.append(described(target / "README.md"))
    path = target / "manifest.json"
    content = json.dumps(facts | {"files": files}, indent=2, ensure_ascii=False) + "\n"
    atomically(path, lambda part: part.write_text(content, encoding="utf-8"))
    if repo is not None:
        push_folder(target, repo, [path.name, *(file["file"] for file in files)], private=True)
    return path


def _study_facts(manifest: Mapping[str, Any] | None, survey: Survey | None) -> dict[str, Any]:
    """What the study gives to the manifest, and before it the survey's citation and terms."""
    if survey is None:
        return dict(manifest or {})
    return {"survey": {field: getattr(survey, field) for field in ("name", *SOURCE)}} | dict(manifest or {})


def _collected(name: str, frame: object) -> pl.DataFrame:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise OptionError(
            f"{name!r} cannot name a file. Use letters, digits, '_', '-' and '.', and none of: {', '.join(_RESERVED)}."
        )
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        raise FrameError(f"{name} must be a Polars DataFrame or LazyFrame, not {type(frame).__name__}.")
    return frame.lazy().collect()
