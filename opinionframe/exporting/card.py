"""The card of an exported dataset: facts of the survey, the study and the files go in; its README.md comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.exporting.earlier_files import frames_in
from opinionframe.exporting.frame_files import FORMATS
from opinionframe.exporting.markdown import block, code, inline, link

LIMITS = (
    "Model rows are what language models answered when asked a survey's questions, not what people think. "
    "They do not replace respondents. Scores can look high for a source that knows nothing: read every alignment "
    "against `baseline`, the score of the uniform distribution, and `skill`. Agreement differs between groups; "
    "a demographic names a group of respondents, not its members."
)


def card(
    survey: Mapping[str, Any], facts: Mapping[str, Any], files: Sequence[Mapping[str, Any]], meanings: pl.DataFrame
) -> str:
    """The text of README.md, with the header that the Hugging Face Hub reads.

    Args:
        survey: The survey's `title`, `citation`, `licence`, `redistribution`, `url` and `notes`.
        facts: Those of the manifest, with the `licence` of what is exported.
        files: Entries of the manifest.
        meanings: What the columns of each frame mean.
    """
    title = f"Opinions of people and language models: {survey['title']}"
    sections = [
        _header(title, facts["licence"], files),
        f"# {inline(title)}",
        f"Made with opinionframe {facts['packages'].get('opinionframe', '')} on {facts['created'][:10]}.",
        _survey(survey),
        f"## How to read it\n\n{LIMITS}\n\n{_metrics(facts)}The method: {inline(facts['paper'])}",
        *(_frame(name, frame["rows"], meanings) for name, frame in frames_in(files).items()),
        f"## How it was made\n\n{block(json.dumps(facts, indent=2, ensure_ascii=False), 'json')}",
    ]
    return "\n\n".join(sections) + "\n"


def _metrics(facts: Mapping[str, Any]) -> str:
    """What alignment is under each metric of the frames; nothing where there are no scores."""
    said = [f"under {code(metric)} {inline(meaning)}" for metric, meaning in facts.get("metrics", {}).items()]
    return f"Alignment is {'; '.join(said)}. Scores of two metrics are not comparable.\n\n" if said else ""


def _header(title: str, licence: str, files: Sequence[Mapping[str, Any]]) -> str:
    configs = "".join(f"- config_name: {name}\n  data_files: {file}\n" for name, file in _data_files(files).items())
    return (
        f"---\npretty_name: {json.dumps(title, ensure_ascii=False)}\nlicense: {_yaml(licence)}\n"
        "tags:\n- survey\n- public-opinion\n- opinionframe\n" + ("configs:\n" + configs if configs else "") + "---"
    )


def _data_files(files: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The file of each frame that the Hub reads best; none for a frame that is in a workbook alone."""
    kinds = list(FORMATS.values())
    readable = [(entry["frame"], entry["file"]) for entry in files if "frame" in entry]
    by_kind = sorted(readable, key=lambda pair: kinds.index(Path(pair[1]).suffix), reverse=True)
    best = dict(by_kind)
    return {name: best[name] for name, _ in readable}


def _yaml(text: str) -> str:
    """A word as it is; anything else as JSON, which YAML reads."""
    return text if re.fullmatch(r"[A-Za-z][\w.+-]*", text) else json.dumps(text, ensure_ascii=False)


def _survey(survey: Mapping[str, Any]) -> str:
    notes = "".join(f"\n- {inline(note)}" for note in survey.get("notes", ()))
    terms = inline(f"{survey['licence']} {survey['redistribution']}".strip())
    return f"## Survey\n\n{inline(survey['citation'])}\n\n{terms}\n\n{link(survey['url'])}\n{notes}".rstrip()


def _frame(name: str, rows: int, meanings: pl.DataFrame) -> str:
    of_columns = meanings.filter(frame=name).select("column", "type", "meaning").rows()
    lines = "\n".join(
        f"| {code(column)} | {inline(kind)} | {inline(meaning)} |" for column, kind, meaning in of_columns
    )
    return f"## `{name}`: {rows:,} rows\n\n| column | type | meaning |\n|---|---|---|\n{lines}"
