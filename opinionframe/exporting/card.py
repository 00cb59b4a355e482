"""The card of an exported dataset: survey, licence and facts go in; the text of its README.md comes out."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl

from opinionframe.exporting.markdown import block, code, inline, link
from opinionframe.surveys import Survey

LIMITS = (
    "Model rows are what language models answered when asked a survey's questions, not what people think. "
    "They do not replace respondents. Scores can look high for a source that knows nothing: read every alignment "
    "against `baseline`, the score of the uniform distribution, and `skill`. Agreement differs between groups; "
    "a demographic names a group of respondents, not its members."
)


def card(
    survey: Survey | None, licence: str, facts: dict[str, Any], frames: dict[str, pl.DataFrame], meanings: pl.DataFrame
) -> str:
    """The text of README.md, with the header that the Hugging Face Hub reads."""
    title = (
        f"Opinions of people and language models: {survey.title}"
        if survey
        else "Opinions of people and language models"
    )
    sections = [
        _header(title, licence, frames),
        f"# {inline(title)}",
        f"Made with opinionframe {facts['packages'].get('opinionframe', '')} on {facts['created'][:10]}.",
        *_survey(survey),
        f"## How to read it\n\n{LIMITS}\n\n{_metrics(facts)}The method: {inline(facts['paper'])}",
        *(_frame(name, frame, meanings) for name, frame in frames.items()),
        f"## How it was made\n\n{block(json.dumps(facts, indent=2, ensure_ascii=False), 'json')}",
    ]
    return "\n\n".join(sections) + "\n"


def _metrics(facts: dict[str, Any]) -> str:
    """What alignment is under each metric of the frames; nothing where there are no scores."""
    said = [f"under {code(metric)} {inline(meaning)}" for metric, meaning in facts.get("metrics", {}).items()]
    return f"Alignment is {'; '.join(said)}. Scores of two metrics are not comparable.\n\n" if said else ""


def _header(title: str, licence: str, frames: dict[str, pl.DataFrame]) -> str:
    configs = "\n".join(f"- config_name: {name}\n  data_files: {name}.parquet" for name in frames)
    return (
        f"---\npretty_name: {json.dumps(title, ensure_ascii=False)}\nlicense: {_yaml(licence)}\n"
        f"tags:\n- survey\n- public-opinion\n- opinionframe\nconfigs:\n{configs}\n---"
    )


def _yaml(text: str) -> str:
    """A word as it is; anything else as JSON, which YAML reads."""
    return text if re.fullmatch(r"[A-Za-z][\w.+-]*", text) else json.dumps(text, ensure_ascii=False)


def _survey(survey: Survey | None) -> list[str]:
    if survey is None:
        return []
    notes = "".join(f"\n- {inline(note)}" for note in survey.notes)
    terms = inline(f"{survey.licence} {survey.redistribution}".strip())
    return [f"## Survey\n\n{inline(survey.citation)}\n\n{terms}\n\n{link(survey.url)}\n{notes}".rstrip()]


def _frame(name: str, frame: pl.DataFrame, meanings: pl.DataFrame) -> str:
    rows = meanings.filter(frame=name).select("column", "type", "meaning").rows()
    lines = "\n".join(f"| {code(column)} | {inline(kind)} | {inline(meaning)} |" for column, kind, meaning in rows)
    return f"## `{name}`: {frame.height:,} rows\n\n| column | type | meaning |\n|---|---|---|\n{lines}"
