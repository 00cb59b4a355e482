"""The command `opinionframe`: arguments go in; a demo's or a study's report and its summary come out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opinionframe import __version__
from opinionframe.cli.asking import elicit
from opinionframe.cli.consoles import KEPT, bars, notes, refusals
from opinionframe.cli.doctor import doctor
from opinionframe.cli.findings import contrasts, diagnose, regions
from opinionframe.cli.journal import journal
from opinionframe.cli.overwriting import Step
from opinionframe.cli.printed import figure, report, table
from opinionframe.cli.printing import Format, Printed, print_bytes, print_data, print_lines, print_table
from opinionframe.cli.sampled import rectify, reference
from opinionframe.cli.steps import align, calibrate, compare

if TYPE_CHECKING:
    from opinionframe.study import Study

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a local can be a key
    rich_markup_mode="markdown",
    help="How well do language models answer for groups of people?",
)


def _print_version(version: bool) -> None:  # noqa: FBT001  typer calls it so
    """Prints the version and exits, where it is asked for."""
    if version:
        print_lines(__version__)
        raise typer.Exit


for step in (
    reference,
    elicit,
    calibrate,
    align,
    compare,
    diagnose,
    contrasts,
    rectify,
    regions,
    table,
    figure,
    report,
):
    app.command(cls=Step, rich_help_panel="Steps, on files")(step)
app.command()(doctor)
app.command()(journal)


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
    form: Printed = Format.TABLE,
) -> None:
    """Ask a small model about the GSS 2018 spending items and write a whole report.

    No key and no network are needed once the packages are installed. Answers are kept
    in the report's journal: stop it with Ctrl-C, and the same command goes on from there.
    """
    from opinionframe.study import demo_study

    study = demo_study()
    models = [study.model[0].model_copy(update={"name": model})]
    _run(study.model_copy(update={"output": output, "model": models}), form)


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="A study file, in TOML.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked, in calls, tokens and cost, and stop.")
    ] = False,
    form: Printed = Format.TABLE,
) -> None:
    """Run a study of your own.

    A study file says what `demo` does, line by line. Start from the file that
    `opinionframe example` prints: survey, models, elicitations, prompts,
    calibrators, comparisons and output.
    """
    from opinionframe.cli.plan import print_plan
    from opinionframe.study import plan_study, read_study

    with refusals():
        settings = read_study(study)
        if dry_run:
            with notes():
                print_plan(plan_study(settings), form)
            return
    _run(settings, form)


@app.command()
def example(
    *,
    paper: Annotated[bool, typer.Option("--paper", help="The paper's whole study instead.")] = False,
) -> None:
    """Print the demo's study file, to start your own from."""
    from opinionframe.study import shipped_study

    with refusals():
        print_bytes(shipped_study("paper" if paper else "demo").encode())


@app.command()
def surveys(form: Printed = Format.TABLE) -> None:
    """List the surveys that the package knows, and how to get at each.

    A study names those that are shipped. Files of the others are read in Python, and their
    opinions and codebook given to a study as Parquet files.
    """
    from opinionframe.surveys import available

    with refusals():
        known = available()
        if form is not Format.TABLE:
            print_data(known, form)
            return
        columns = ("name", "access", "title")
        print_table("Surveys", known.select(columns).rows(), columns)


def _run(study: "Study", form: Format) -> None:
    """Runs a study with progress bars, then prints its summary, warnings, and last of all what to open."""
    from opinionframe.cli.scores import print_report
    from opinionframe.study import run_study

    with refusals(KEPT), notes():
        with bars() as report_progress:
            report = run_study(study, report_progress)
        print_report(report, form)
    if form is Format.TABLE:
        print_lines(f"Tables, figures and data are in {report.folder}.", f"Open {report.files[0]}")
