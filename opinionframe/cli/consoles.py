"""What a command says beside its result: progress, notes and refusals, all of it on standard error."""

import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from opinionframe.errors import OpinionFrameError, OpinionFrameWarning, OptionError

if TYPE_CHECKING:
    from opinionframe.study.progress import Progress as StudyProgress

console = Console()
"""Results alone."""

errors = Console(stderr=True)
"""All else, so that a result can be piped."""

STOPPED = "Stopped."
KEPT = "Stopped. What was answered is kept: the same command goes on from there."
"""What Ctrl-C leaves behind."""


def say(note: str) -> None:
    """Prints a note on standard error, as it stands."""
    errors.print(f"Note: {note}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def notes() -> Iterator[None]:
    """Prints the package's own warnings at the end, on failure too, each text once; those of others are kept quiet."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OpinionFrameWarning)
        try:
            yield
        finally:
            _print_notes(caught)


def _print_notes(caught: Sequence[warnings.WarningMessage]) -> None:
    own = [str(warning.message) for warning in caught if issubclass(warning.category, OpinionFrameWarning)]
    for message in dict.fromkeys(own):
        errors.print("[bold yellow]Note[/]: ", end="")
        errors.print(message, markup=False, highlight=False, soft_wrap=not errors.is_terminal)


@contextmanager
def bars() -> Iterator["StudyProgress"]:
    """A progress bar per step, and the function that moves them."""
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), note)
    with Progress(*columns, console=errors) as shown:
        tasks: dict[str, TaskID] = {}

        def report_progress(what: str, done: int, total: int, note: str = "") -> None:
            if not total:
                shown.console.print(what, markup=False, highlight=False, soft_wrap=True)
                return
            if what not in tasks:
                tasks[what] = shown.add_task(escape(what), total=total, note=note)
            shown.update(tasks[what], completed=done, total=total, note=note)

        yield report_progress


@contextmanager
def results() -> Iterator[None]:
    """Standard output, for what a command prints. Raises: OptionError where it is closed, or its disk full."""
    if sys.stdout is None:
        raise OptionError("Standard output is closed. Name a file by --output, or redirect it.")
    if isinstance(sys.stdout, io.TextIOWrapper):  # in a locale that lacks a letter, its number is printed
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail once more at the end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:  # the next program, such as head, has read enough
            raise typer.Exit(1) from error
        raise OptionError(f"Standard output cannot be written: {error.strerror or error}.") from error


@contextmanager
def refusals(stopped: str = STOPPED) -> Iterator[None]:
    """A refusal, the system's of a file among them, becomes a message and exit status 1.

    Anything else keeps its traceback.
    """
    try:
        yield
    except OpinionFrameError as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), *getattr(error, "__notes__", ()), sep="\n", markup=False, highlight=False)
        raise typer.Exit(1) from error
    except OSError as error:
        if error.filename is None:  # no file's fault
            raise
        errors.print("[bold red]OptionError[/]: ", end="")
        errors.print(f"{error.filename}: {error.strerror}. Name another.", markup=False, highlight=False)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        errors.print(stopped, *getattr(error, "__notes__", ()), sep="\n", markup=False)
        raise typer.Exit(130) from error
