"""`opinionframe journal`: a folder of answers goes in; counts with one raw answer each, or all answers, come out."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.printing import Format, Printed, print_data, print_table
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.vocabulary import STATUSES

LONGEST_RAW = 60
"""Characters of a raw answer in a table."""
COUNTED = ("model", "elicitation", "prompt", "variant", "status")
LISTED = ("model", "question", "demographic", "draw", "status")


def journal(
    place: Annotated[Path, typer.Argument(help="A journal's folder, or the study file whose journal it is.")],
    *,
    prompts: Annotated[
        Path | None, typer.Option(help="Prompts as Parquet, where a folder is named; a study file knows its own.")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="This model alone; may be given several times.")] = None,
    status: Annotated[list[str] | None, typer.Option(help=f"This status alone: {', '.join(STATUSES[:-1])}.")] = None,
    question: Annotated[list[str] | None, typer.Option(help="This question alone.")] = None,
    answers: Annotated[bool, typer.Option("--answers", help="A row per answer, in place of counts.")] = False,
    form: Printed = Format.TABLE,
) -> None:
    """Look at the raw answers on record: how many, what became of them, one of each.

    Nothing is asked, and nothing written. A journal keeps a checksum of what was asked, so question
    and status are known from the study file, or from Prompts. Failures are not on record.

    Example: `opinionframe journal study.toml --status unparsable --answers --format csv`
    """
    with refusals(), notes():
        rows = _filtered(_rows(place, prompts), {"model": model, "status": status, "question": question})
        shown = rows if answers else _counts(rows)
        if form is not Format.TABLE:
            print_data(shown, form)
            return
        columns = [
            name
            for name in (LISTED if answers else (*COUNTED, *(["mode"] if "status" not in rows.columns else []), "n"))
            if name in shown.columns
        ]
        lines = [
            [*("" if cell is None else str(cell) for cell in row), _brief(raw)]
            for *row, raw in shown.select(*columns, "raw" if answers else "example").rows()
        ]
        print_table(_title(rows), lines, [*columns, "raw answer" if answers else "one raw answer"])


def _rows(place: Path, prompts: Path | None) -> pl.DataFrame:
    """What is on record, with prompts where they are known."""
    from opinionframe.elicitation.recorded import recorded
    from opinionframe.study import journal_folder, read_study, study_prompts

    if place.is_dir():
        return recorded(place, None if prompts is None else _prompts(prompts))
    if prompts is not None:
        raise OptionError("--prompts goes with a journal's folder. A study file knows its own prompts: leave it out.")
    study = read_study(place)
    return recorded(journal_folder(study), study_prompts(study))


def _prompts(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OptionError(f"--prompts: {path} is not a readable Parquet file ({error}).") from error


def _filtered(rows: pl.DataFrame, chosen: dict[str, list[str] | None]) -> pl.DataFrame:
    """The rows of the chosen models, statuses and questions. Raises: OptionError, for what is nowhere."""
    for name, values in chosen.items():
        if not values:
            continue
        if name not in rows.columns:
            raise OptionError(f"--{name}: a folder alone does not tell. Name the study file, or add --prompts.")
        for value in values:
            check_option(f"--{name}", value, STATUSES if name == "status" else set(rows[name].drop_nulls()))
    return rows.filter(*(pl.col(name).is_in(values) for name, values in chosen.items() if values))


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    """How many answers of each kind there are, with the first raw one."""
    kinds = [name for name in COUNTED if name in rows.columns] if "status" in rows.columns else ["model", "mode"]
    counts = rows.group_by(kinds).agg(n=pl.len(), example=pl.col("raw").drop_nulls().first())
    return counts.sort(kinds)


def _title(rows: pl.DataFrame) -> str:
    """How many answers there are, and prompts that they answer where these are more."""
    n_answers = rows["key"].n_unique()
    shared = f", which answer {rows.height:,} prompts: equal texts are asked once" if rows.height > n_answers else ""
    return f"{n_answers:,} answers on record{shared}"


def _brief(raw: str | None) -> str:
    """A raw answer on one line."""
    text = "" if raw is None else repr(raw)
    return text if len(text) <= LONGEST_RAW else text[:LONGEST_RAW] + "…"
