"""`opinionframe table`, `figure` and `report`: files of frames go in; what is for print, or a folder, comes out."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from opinionframe.cli.codebooks import read_codebook
from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.frames import given, read_frame, write_frame
from opinionframe.cli.printing import Format, print_lines
from opinionframe.cli.steps import Book, Form, Overlap, Rows, Weight
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.estimates import Estimates
from opinionframe.schemas.frames import Alignment, Groups, Opinions, Schema
from opinionframe.schemas.regions import Regions
from opinionframe.schemas.results import Tests

TABLES: dict[str, type[Schema] | None] = {
    "alignment": Alignment,
    "settings": Alignment,
    "demographics": Alignment,
    "triples": Alignment,
    "leaderboard": Alignment,
    "degraded": Alignment,
    "tests": Tests,
    "diagnosis": None,
    "contrasts": None,
    "extraction": None,
    "estimates": Estimates,
    "regions": Regions,
}
"""Kinds of tables, and what their frames are; None where these have no schema."""
FIGURES: dict[str, type[Schema] | None] = {
    "ranked": Alignment,
    "spread": Alignment,
    "stages": Alignment,
    "forest": Tests,
    "cell": Opinions,
    "learning": None,
    "estimates": Estimates,
    "regions": Regions,
}
SINGULAR = {"questions": "question", "models": "model"}
"""Options that may be given several times, by what the verbs call all of them."""
Kind = Annotated[str, typer.Argument(metavar="KIND", help="Which one, by its name in Python.")]
Frame = Annotated[str, typer.Argument(metavar="FRAME", help="CSV, Parquet or Arrow; - is standard input.")]
Title = Annotated[str | None, typer.Option(help="Printed above.")]
MaybeBook = Annotated[str | None, typer.Option("--codebook", help="Codebook file, or a packaged survey.")]
GroupsFile = Annotated[Path | None, typer.Option("--groups", help="Groups: what classes are called, and their order.")]
OpinionsFile = Annotated[Path | None, typer.Option("--opinions", help="Of estimates: opinions to stand beside.")]
Source = Annotated[str | None, typer.Option(help="The source, of kinds that show one.")]
Choice = Annotated[int | None, typer.Option(help="Of estimates and regions: the choice, 1 to K.")]
Cells = Annotated[str | None, typer.Option(help="Cells common to all sources, or each source's own.")]


def table(  # noqa: PLR0913  an option for each of the verbs'
    kind: Kind,
    frame: Frame,
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", help=".html, .tex, .png, .docx, .xlsx; - prints rows.")
    ] = "-",
    tests: Annotated[Path | None, typer.Option(help="What compare writes, for marks.")] = None,
    codebook: MaybeBook = None,
    groups: GroupsFile = None,
    opinions: OpinionsFile = None,
    source: Source = None,
    question: Annotated[list[str] | None, typer.Option(help="Of estimates and regions; several times.")] = None,
    choice: Choice = None,
    elicitation: Annotated[str | None, typer.Option(help="verbalized, logprob, …")] = None,
    prompt: Annotated[str | None, typer.Option(help="base or sd.")] = None,
    variant: Annotated[str | None, typer.Option(help="Of triples: few_shot or cot.")] = None,
    calibrator: Annotated[str | None, typer.Option(help="Of demographics: which calibrated rows.")] = None,
    full: Annotated[str | None, typer.Option(help="Of degraded: the calibrator with all labels.")] = None,
    few: Annotated[str | None, typer.Option(help="Of degraded: the calibrator with few labels.")] = None,
    top: Annotated[int | None, typer.Option(help="Of degraded: groups per prompt.")] = None,
    calibrated: Annotated[
        bool | None, typer.Option("--calibrated", help="Of leaderboard: calibrated answers, not raw ones.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Of tests, diagnosis, contrasts: the column of sections.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Level of the marks.")] = None,
    conf: Annotated[float | None, typer.Option(help="Coverage of the intervals.")] = None,
    weight: Weight = None,
    overlap: Overlap = None,
    cells: Cells = None,
    title: Title = None,
    note: Annotated[str | None, typer.Option(help="Printed below.")] = None,
    form: Form = None,
) -> None:
    """Print a table of a frame.

    Of what align writes: alignment, settings, demographics, triples, leaderboard, degraded.
    Of what compare, diagnose, contrasts, rectify and regions write: tests, diagnosis, contrasts,
    estimates, regions. Of extraction.csv in a report: extraction.

    Example: `opinionframe table alignment aligned.csv --tests tests.csv -o alignment.tex`
    """
    import opinionframe as of

    with refusals(), notes():
        check_option("KIND", kind, TABLES)
        rows = read_frame(frame, "frame", TABLES[kind])  # before the codebook, which the step before a pipe writes
        make = getattr(of.tables, kind)
        options = {
            "tests": None if tests is None else read_frame(str(tests), "tests", Tests),
            **_beside(codebook, groups, opinions),
            "source": source,
            "questions": question,
            "choice": choice,
            "full": full,
            "few": few,
            "top": top,
            "calibrated": calibrated,
            "elicitation": elicitation,
            "prompt": prompt,
            "variant": variant,
            "calibrator": calibrator,
            "by": by,
            "alpha": alpha,
            "conf": conf,
            "weight": weight,
            "overlap": overlap,
            "cells": cells,
            "title": title,
            "note": note,
        }
        made = make(rows, **_taken(f"table {kind}", make, options))
        if output == "-":
            write_frame(made.rows, output, form, made.title)
        else:
            _refuse_format(form)
            made.save(output)


def figure(  # noqa: PLR0913  an option for each of the verbs'
    kind: Kind,
    frame: Frame,
    *,
    output: Annotated[str, typer.Option("--output", "-o", help="A .svg, .png, .pdf or .html file.")],
    codebook: MaybeBook = None,
    groups: GroupsFile = None,
    opinions: OpinionsFile = None,
    model: Annotated[list[str] | None, typer.Option(help="Of stages: a model; several times, in order.")] = None,
    question: Annotated[str | None, typer.Option(help="Of cell, estimates and regions: the question.")] = None,
    choice: Choice = None,
    demographic: Annotated[str | None, typer.Option(help="Of cell: the group; all if not given.")] = None,
    source: Source = None,
    pair: Annotated[str | None, typer.Option(help="Of forest: the comparison.")] = None,
    versus: Annotated[str | None, typer.Option(help="Of forest: what the source is compared with.")] = None,
    method: Annotated[str | None, typer.Option(help="Of forest: the test.")] = None,
    shape: Annotated[str | None, typer.Option(help="Of spread: what gives points their shape.")] = None,
    elicitation: Annotated[str | None, typer.Option(help="Of stages: verbalized, logprob, …")] = None,
    calibrator: Annotated[str | None, typer.Option(help="Of stages: the calibrator.")] = None,
    x: Annotated[str | None, typer.Option(help="Of learning: the number of labels.")] = None,
    y: Annotated[str | None, typer.Option(help="Of learning: the score.")] = None,
    line: Annotated[str | None, typer.Option(help="Of learning: what has a line each.")] = None,
    panel: Annotated[str | None, typer.Option(help="Of learning: what has a panel each.")] = None,
    width: Annotated[str | None, typer.Option(help="column or page.")] = None,
    weight: Weight = None,
    overlap: Overlap = None,
    cells: Cells = None,
    title: Title = None,
) -> None:
    """Draw a figure of a frame.

    Of what align writes: ranked, spread, stages. Of opinions: cell. Of what compare, rectify and
    regions write: forest, estimates, regions. Of learning curves: learning.

    Example: `opinionframe figure ranked aligned.csv -o ranked.svg`
    """
    import opinionframe as of

    with refusals(), notes():
        check_option("KIND", kind, FIGURES)
        rows = read_frame(frame, "frame", FIGURES[kind])
        make = getattr(of.figures, kind)
        options = {
            **_beside(codebook, groups, opinions),
            "models": model,
            "question": question,
            "choice": choice,
            "x": x,
            "y": y,
            "line": line,
            "panel": panel,
            "elicitation": elicitation,
            "calibrator": calibrator,
            "versus": versus,
            "demographic": demographic,
            "source": source,
            "pair": pair,
            "method": method,
            "shape": shape,
            "width": width,
            "weight": weight,
            "overlap": overlap,
            "cells": cells,
            "title": title,
        }
        made = make(rows, **_taken(f"figure {kind}", make, options))
        made.save(output)


def report(  # noqa: PLR0913  an option for each of the verb's
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.")],
    opinions: Rows,
    *,
    codebook: Book,
    seed: Annotated[int, typer.Option(help="The study's own; draws intervals that hold at once.")],
    groups: GroupsFile = None,
    name: Annotated[str, typer.Option(help="What the survey is called.")] = "survey",
    title: Title = None,
    split: Annotated[str | None, typer.Option(help="What calibration held out, to be stated.")] = None,
    folds: Annotated[int | None, typer.Option(help="How many folds it dealt, to be stated.")] = None,
    metric: Annotated[str | None, typer.Option(help="As in align.")] = None,
    cluster: Annotated[list[str] | None, typer.Option(help="What is independent: question, demographic.")] = None,
    adjust: Annotated[str | None, typer.Option(help="As in compare.")] = None,
    weight: Weight = None,
    overlap: Overlap = None,
    cells: Cells = None,
) -> None:
    """Write a folder with one page to open first, tables, figures and tidy data.

    Example: `opinionframe report out calibrated.csv --codebook codebook.csv --seed 1`
    """
    import opinionframe as of

    with refusals(), notes():
        rows, book = read_frame(opinions, "opinions", Opinions), read_codebook(codebook)
        survey = of.Survey(name, name, rows.filter(source="human"), book, ())
        if groups is not None:
            survey = replace(survey, groups=of.groups(survey.groups, words=groups))
        options = given(
            {
                "title": title,
                "split": split,
                "folds": folds,
                "metric": metric,
                "cluster": cluster,
                "adjust": adjust,
                "weight": weight,
                "overlap": overlap,
                "cells": cells,
            }
        )
        written = of.report(folder, rows, survey, seed=seed, **options)
        print_lines(str(written.files[0]))


def _beside(codebook: str | None, groups: Path | None, opinions: Path | None) -> dict[str, pl.DataFrame | None]:
    """The frames that stand beside the one that is printed."""
    return {
        "opinions": None if opinions is None else read_frame(str(opinions), "opinions", Opinions),
        "codebook": None if codebook is None else read_codebook(codebook),
        "groups": None if groups is None else read_frame(str(groups), "groups", Groups),
    }


def _taken(what: str, make: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the `offered` options that were given: all have to be `make`'s own. Raises: OptionError."""
    options = given(offered)
    parameters = list(inspect.signature(make).parameters.values())[1:]
    own = [parameter.name for parameter in parameters if parameter.name in offered]
    if strange := [SINGULAR.get(name, name) for name in options if name not in own]:
        taken = ", ".join(f"--{SINGULAR.get(name, name)}" for name in own)
        raise OptionError(f"{what} takes no --{strange[0]}. It takes: {taken}.")
    needed = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    if lacking := [SINGULAR.get(name, name) for name in needed if name not in options]:
        raise OptionError(f"{what} needs --{' and --'.join(lacking)}.")
    return options


def _refuse_format(form: Format | None) -> None:
    if form is not None:
        raise OptionError("--format is of standard output; a file's ending says its own. Leave one of them out.")
