"""The command `opinionframe`: arguments go in; a demo's or a study's report and its summary come out."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from opinionframe import __version__
from opinionframe.errors import OpinionFrameError, OpinionFrameWarning

if TYPE_CHECKING:
    from opinionframe.study import Report, Study
    from opinionframe.study.progress import Progress as StudyProgress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a local can be a key
    rich_markup_mode="markdown",
    help="How well do language models answer for groups of people?",
)
console = Console()
errors = Console(stderr=True)


def _print_version(version: bool) -> None:  # noqa: FBT001  typer calls it so
    """Prints the version and exits, where it is asked for."""
    if version:
        console.print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("report"),
    model: Annotated[
        str | None, typer.Option(help="Hub id, folder or GGUF file; SmolLM2-135M-Instruct when not given.")
    ] = None,
) -> None:
    """Ask a small model about the GSS 2018 spending items and write a whole report.

    No key and no network are needed once the packages are installed. Answers are kept
    in the report's journal: stop it with Ctrl-C, and the same command goes on from there.
    """
    from opinionframe.study import demo_study

    study = demo_study()
    models = [study.model[0].model_copy(update={"name": model})]
    _run(study.model_copy(update={"output": output, "model": models}))


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="A study file, in TOML.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked, in calls, tokens and cost, and stop.")
    ] = False,
) -> None:
    """Run a study of your own.

    A study file says what `demo` does, line by line. Start from the file that
    `opinionframe example` prints: survey, models, elicitations, prompts,
    calibrators, comparisons and output.
    """
    from opinionframe.study import read_study

    with _refusals():
        settings = read_study(study)
        if dry_run:
            with _notes():
                _print_plan(settings)
            return
    _run(settings)


@app.command()
def example(
    *,
    paper: Annotated[bool, typer.Option("--paper", help="The paper's whole study instead.")] = False,
) -> None:
    """Print the demo's study file, to start your own from."""
    from opinionframe.study import shipped_study

    typer.echo(shipped_study("paper" if paper else "demo"), nl=False)


@app.command()
def surveys() -> None:
    """List the surveys that the package knows, and how to get at each.

    A study names those that are shipped. Files of the others are read in Python, and their
    opinions and codebook given to a study as Parquet files.
    """
    from opinionframe.surveys import available

    columns = ("name", "title", "access", "licence")
    _print_table("Surveys", available().select(columns).rows(), columns)


def _run(study: "Study") -> None:
    """Runs a study with progress bars, then prints its summary and warnings."""
    from opinionframe.study import run_study

    with _refusals(), _notes():
        with _bars() as report_progress:
            report = run_study(study, report_progress)
        _print_summary(report)


@contextmanager
def _notes() -> Iterator[None]:
    """Prints the package's own warnings at the end, on failure too, each text once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OpinionFrameWarning)
        try:
            yield
        finally:
            _print_warnings(caught)


def _print_warnings(caught: Sequence[warnings.WarningMessage]) -> None:
    own = [str(warning.message) for warning in caught if issubclass(warning.category, OpinionFrameWarning)]
    for message in dict.fromkeys(own):
        console.print("[bold yellow]Note[/]: ", end="")
        console.print(message, markup=False, highlight=False)


def _print_plan(study: "Study") -> None:
    """Prints what a study would ask, per setting and in all."""
    from opinionframe.study import plan_study

    plan = plan_study(study)
    key = [name for name in ("dataset", "model", "elicitation", "prompt", "variant") if name in plan.columns]
    ranges = ("tokens_in", "tokens_out", "cost")
    rows = [
        [
            " | ".join(str(row[name] or "no dataset") for name in key),
            _short(row["calls"]),
            *(_range(row, name) for name in ranges),
        ]
        for row in plan.rows(named=True)
    ]
    _print_table(
        f"{len(plan)} settings, nothing asked yet", rows, ("setting", "calls", "tokens in", "tokens out", "cost")
    )
    total = plan.select(pl.col("prompts", "calls", "on_record").sum(), pl.col("^(tokens|cost)_.*$").sum()).row(
        0, named=True
    )
    totals = ", ".join(f"{name.replace('_', ' ')} {_range(total, name)}" for name in ranges if _range(total, name))
    unpriced = plan.filter(pl.col("cost_high").is_null())["model"].unique(maintain_order=True).to_list()
    unpriced_note = (
        f" (without {', '.join(unpriced)}, which has no prices)" if 0 < len(unpriced) < plan["model"].n_unique() else ""
    )
    recorded = " beside those on record" if total["on_record"] else ""
    sentence = f"In all {total['prompts']:,} prompts, {total['calls']:,} calls{recorded}, {totals}{unpriced_note}."
    console.print(sentence, highlight=False, markup=False)


def _range(row: dict[str, float | None], name: str) -> str:
    """The low and high end of an estimate as text; empty where it is unknown or free."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None or (name == "cost" and high == 0):
        return ""
    ends = (f"{low:,.2f}", f"{high:,.2f}") if name == "cost" else (_short(low), _short(high))
    return ends[0] if ends[0] == ends[1] else " - ".join(ends)


def _short(count: float) -> str:
    """A count in three digits: 940, 15.1k, 1.20M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"


@contextmanager
def _bars() -> Iterator["StudyProgress"]:
    """A progress bar per step, and the function that moves them."""
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), note)
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def report_progress(what: str, done: int, total: int, note: str = "") -> None:
            if not total:
                bars.console.print(what, markup=False, highlight=False, soft_wrap=True)
                return
            if what not in tasks:
                tasks[what] = bars.add_task(escape(what), total=total, note=note)
            bars.update(tasks[what], completed=done, total=total, note=note)

        yield report_progress


def _print_summary(report: "Report") -> None:
    """Prints the scores, what calibration gained, and the files of a report."""
    columns = ("source", "alignment", "std_dev", "baseline", "skill", "n")
    headings = ("source", "alignment", "std dev", "uniform", "skill", "cells")
    from opinionframe.divergence import definition

    gains = ("over_placebo", "over_labels", "over_no_model")
    gain_headings = ("calibrated source", "over placebo", "over labels", "over no model", "verdict")
    apart = [name for name in ("dataset", "metric") if name in report.summary.columns]
    for part in report.summary.select(apart).unique().sort(apart).rows(named=True):
        said = definition(part["metric"], short=True)
        of_dataset = f" in {part['dataset'] or 'no dataset'}" if "dataset" in part else ""
        same = [pl.col(name).eq_missing(pl.lit(value)) for name, value in part.items()]
        summary = report.summary.filter(same).sort("alignment", descending=True)
        rows = [[_percent(value) for value in row] for row in summary.select(columns).rows()]
        _print_table(f"Opinion alignment{of_dataset}, percent ({said})", rows, headings)
        diagnosis = report.diagnosis.filter(same).select("source", *gains, "verdict")
        gain_rows = [[_percent(value) for value in row] for row in diagnosis.rows()]
        _print_table(f"What calibration gained{of_dataset}, in points ({said})", gain_rows, gain_headings)
    console.print("Skill is (alignment - uniform) / (100 - uniform): at 0 a model knows nothing beyond uniform.")
    console.print("The report:")
    for path in report.files:
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def _percent(value: object) -> str:
    """A score in percent; a source with room to break between its parts."""
    if isinstance(value, float):
        return f"{100 * value:.1f}"
    return "" if value is None else str(value).replace("|", " | ")


def _print_table(title: str, rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """Prints rows of text, numbers set right."""
    table = Table(title=title)
    for number, heading in enumerate(headings):
        numeric = number and rows and rows[0][number][-1:].isdigit()
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal on purpose becomes a message and exit status 1; anything else keeps its traceback."""
    try:
        yield
    except OpinionFrameError as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), *getattr(error, "__notes__", ()), sep="\n", markup=False, highlight=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        console.print(
            "Stopped. What was answered is kept: the same command goes on from there.",
            *getattr(error, "__notes__", ()),
            sep="\n",
            markup=False,
        )
        raise typer.Exit(130) from error


if __name__ == "__main__":
    app()
