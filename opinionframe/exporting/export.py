"""`export`: frames go in; a folder of files, a codebook of their columns and a manifest come out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OptionError, check_option, examples
from opinionframe.exporting.card import card
from opinionframe.exporting.earlier_files import CARD, FILES, KINDS, earlier_files, frames_in
from opinionframe.exporting.formula_cells import FORMULAS
from opinionframe.exporting.frame_files import (
    FORMATS,
    TextOptions,
    atomically,
    described,
    flat,
    shape,
    write_csv,
    write_frame,
)
from opinionframe.exporting.labelled import with_labels
from opinionframe.exporting.meanings import columns
from opinionframe.exporting.provenance import metrics, prompt_hashes, provenance
from opinionframe.exporting.terms import publishable
from opinionframe.exporting.workbook import COLUMNS, refuse_what_excel_loses, write_workbook
from opinionframe.schemas.columns import AnyFrame, refuse_no_frame
from opinionframe.schemas.doors import takes_frames
from opinionframe.surveys import Survey
from opinionframe.surveys.push import push_folder
from opinionframe.surveys.survey import SOURCE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_RESERVED = ("manifest", COLUMNS, "README")
EXCEL = "excel"
WORKBOOK = "frames.xlsx"


@takes_frames
def export(  # noqa: PLR0913  keywords say where, in which formats, and what is known of the frames
    folder: str | Path,
    *,
    formats: Collection[str] = ("parquet", "csv"),
    manifest: Mapping[str, Any] | None = None,
    survey: Survey | None = None,
    repo: str | None = None,
    licence: str | None = None,
    formulas: str = "keep",
    bom: bool = False,
    earlier: str = "keep",
    now: datetime | None = None,
    **frames: AnyFrame,
) -> Path:
    """The path of `manifest.json` in `folder`, which then holds each frame and what its columns mean. Collects.

    Args:
        folder: Made if it is not there; `columns.csv` in it says what each column means.
        formats: `parquet` (key-value metadata in the Arrow schema), `csv`, `arrow` (IPC) and `excel`: one workbook,
            frames.xlsx, with a sheet for each frame after one that says what the columns mean. CSV and Excel have the
            `label` of each choice beside it, where `survey` or a frame named `codebook` has it.
        manifest: What only the study knows, such as `seeds` or `model`; keys and tokens are refused.
        survey: The survey behind the frames: its citation and terms go into the manifest and a card, README.md.
        repo: A dataset `owner/name` on the Hugging Face Hub to publish to (private until you change that), where
            the survey's terms allow.
        licence: Of a survey this package does not know.
        formulas: What becomes of text in CSV files that a spreadsheet would run, since it begins with `=`, `+`, `-`,
            `@`, a tab or a carriage return: `keep` writes it as it is, and the manifest counts such cells; `quote`
            puts a `'` before it, and before text that begins with `'`, so that removing one gives all values back.
            Excel files hold text as text, and so whole numbers beyond 15 digits and times with a zone.
        bom: Whether CSV files begin with a byte-order mark, without which some versions of Excel misread letters
            beyond ASCII.
        earlier: What becomes of frames that an earlier export left in `folder` under other names: `keep` goes on
            listing them in the manifest, the card and `columns.csv`, `remove` deletes their files. A frame of the same
            name is replaced, in every format.
        now: Fixes the time in the manifest, so that the same study gives the same files.
        **frames: The frames, each named as its file.

    Raises:
        OptionError: no frame, a bad name or format, a secret in the manifest, a survey that may not be published, a
            `folder` whose manifest.json is another program's, or a frame with more rows or longer texts than a
            worksheet holds, or with names of columns that differ in capitals alone.
        FrameError: something that is no frame, or has columns of Python objects.
        MissingPackageError: for Excel without xlsxwriter, or with `repo` without the extra `hub`.
        FetchError: the Hub is not reachable, or refuses.

    >>> import polars as pl, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export(folder, manifest={"seeds": [1]}, scores=pl.DataFrame({"alignment": [0.9]}))
    ...     sorted(file.name for file in path.parent.iterdir())
    ['columns.csv', 'manifest.json', 'scores.csv', 'scores.parquet']
    """
    check_option("formulas", formulas, FORMULAS)
    check_option("earlier", earlier, KINDS)
    for name in formats:
        check_option("formats", name, (*FORMATS, EXCEL))
    facts = provenance(_study_facts(manifest, survey), now)
    collected = {name: _collected(name, frame) for name, frame in frames.items()}
    if not collected:
        raise OptionError("export was given no frame. Name each one: export(folder, opinions=…, aligned=…).")
    facts |= prompt_hashes(collected) | metrics(collected)
    terms = publishable(survey, licence, collected) if repo is not None else licence
    target = Path(folder)
    left = earlier_files(target, collected, WORKBOOK if EXCEL in formats else None, keep=earlier == "keep")
    if repo is not None and left.frames:
        raise OptionError(
            f"{target} also holds {', '.join(left.frames)} of an earlier export, whose terms are not checked here. "
            "Publish from a folder of its own, or with all frames at once."
        )
    labelled = with_labels(collected, survey)
    flattened = {name: flat(frame) for name, frame in labelled.items()} if EXCEL in formats else {}
    for name, frame in flattened.items():
        refuse_what_excel_loses(name, frame)
    target.mkdir(parents=True, exist_ok=True)
    options = TextOptions(formulas, bom)
    files = left.files + [
        file
        for name, frame in collected.items()
        for file in write_frame(target, name, frame, facts, labelled[name], options, formats)
    ]
    if EXCEL in formats:
        sheets = {name: shape(frame) for name, frame in labelled.items()}
        atomically(target / WORKBOOK, lambda part: write_workbook(part, flattened, columns(sheets)))
        files.append(described(target / WORKBOOK) | {"frames": sheets})
    meanings = columns(frames_in(files))
    atomically(target / "columns.csv", lambda part: write_csv(meanings, part, options))
    files.append(described(target / "columns.csv"))
    if (about := facts.get("survey") if survey is not None else left.survey) is not None:
        facts["licence"] = terms or left.licence or "other"
        text = card(about, facts | left.facts_by_name, files, meanings)
        atomically(target / CARD, lambda part: part.write_text(text, encoding="utf-8"))
        files.append(described(target / CARD))
    path = target / "manifest.json"
    content = json.dumps(facts | left.facts_by_name | {FILES: files}, indent=2, ensure_ascii=False) + "\n"
    atomically(path, lambda part: part.write_text(content, encoding="utf-8"))
    for stale in left.superseded:
        if stale.name not in {file["file"] for file in files}:
            stale.unlink()
    if repo is not None:
        push_folder(target, repo, [path.name, *(file["file"] for file in files)], private=True)
    return path


def _study_facts(manifest: Mapping[str, Any] | None, survey: Survey | None) -> dict[str, Any]:
    """What the study gives to the manifest, and before it the survey's citation and terms."""
    if survey is None:
        return dict(manifest or {})
    about = {field: getattr(survey, field) for field in ("name", *SOURCE)} | {"notes": list(survey.notes)}
    return {"survey": about} | dict(manifest or {})


def _collected(name: str, frame: AnyFrame) -> pl.DataFrame:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise OptionError(
            f"{name!r} cannot name a file. Use letters, digits, '_', '-' and '.', and none of: {', '.join(_RESERVED)}."
        )
    refuse_no_frame(frame, name)
    collected = frame.lazy().collect()
    objects = collected.select(pl.selectors.object()).columns
    if objects:
        raise FrameError(
            f"{name} has {len(objects)} columns of Python objects, which no file holds, e.g. "
            f"{examples([(column,) for column in objects])}. Turn them into text or numbers, or drop them."
        )
    return collected
