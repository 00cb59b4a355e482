"""`opinionframe table`, `figure` and `report`: files of frames go in; what is for print, or a folder, comes out."""

import inspect
from collections.abc import Callable
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
from opinionframe.schemas.frames import Alignment, Groups, Opinions, Schema
from opinionframe.schemas.results import Tests

TABLES: dict[str, type[Schema] | None] = {
    "alignment": Alignment,
    "settings": Alignment,
    "demographics": Alignment,
    "triples": Alignment,
    "tests": Tests,
}
FIGURES: dict[str, type[Schema] | None] = {
    "ranked": Alignment,
    "spread": Alignment,
    "forest": Tests,
    "cell": Opinions,
}
Kind = Annotated[str, typer.Argument(metavar="KIND", help="Which one, by its name in Python.")]
Frame = Annotated[str, typer.Argument(metavar="FRAME", help="CSV, Parquet or Arrow; - is standard input.")]
Title = Annotated[str | None, typer.Option(help="Printed above.")]
MaybeBook = Annotated[str | None, typer.Option("--codebook", help="Codebook file, or a packaged survey.")]
GroupsFile = Annotated[Path | None, typer.Option("--groups", help="Groups: what classes are called, and their order.")]
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
    elicitation: Annotated[str | None, typer.Option(help="verbalized, logprob, …")] = None,
    prompt: Annotated[str | None, typer.Option(help="base or sd.")] = None,
    variant: Annotated[str | None, typer.Option(help="Of triples: few_shot or cot.")] = None,
    calibrator: Annotated[str | None, typer.Option(help="Of demographics: which calibrated rows.")] = None,
    by: Annotated[str | None, typer.Option(help="Of tests: the column of sections.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Level of the marks.")] = None,
    conf: Annotated[float | None, typer.Option(help="Coverage of the intervals.")] = None,
    weight: Weight = None,
    overlap: Overlap = None,
    cells: Cells = None,
    title: Title = None,
    note: Annotated[str | None, typer.Option(help="Printed below.")] = None,
    form: Form = None,
) -> None:
    """Print a table: alignment, settings, demographics, triples (of aligned) or tests.

    Example: `opinionframe table alignment aligned.csv --tests tests.csv -o alignment.tex`
    """
    import opinionframe as of

    with refusals(), notes():
        check_option("KIND", kind, TABLES)
        make = getattr(of.tables, kind)
        options = {
            "tests": None if tests is None else read_frame(str(tests), "tests", Tests),
            **_words(codebook, groups),
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
        made = make(read_frame(frame, "frame", TABLES[kind]), **_taken(f"table {kind}", make, options))
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
    question: Annotated[str | None, typer.Option(help="Of cell: the question.")] = None,
    demographic: Annotated[str | None, typer.Option(help="Of cell: the group; all if not given.")] = None,
    source: Annotated[str | None, typer.Option(help="Of cell and forest: the source.")] = None,
    pair: Annotated[str | None, typer.Option(help="Of forest: the comparison.")] = None,
    method: Annotated[str | None, typer.Option(help="Of forest: the test.")] = None,
    shape: Annotated[str | None, typer.Option(help="Of spread: what gives points their shape.")] = None,
    width: Annotated[str | None, typer.Option(help="column or page.")] = None,
    weight: Weight = None,
    overlap: Overlap = None,
    cells: Cells = None,
    title: Title = None,
) -> None:
    """Draw a figure: ranked or spread (of aligned), forest (of tests) or cell (of opinions).

    Example: `opinionframe figure ranked aligned.csv -o ranked.svg`
    """
    import opinionframe as of

    with refusals(), notes():
        check_option("KIND", kind, FIGURES)
        make = getattr(of.figures, kind)
        options = {
            **_words(codebook, groups),
            "question": question,
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
        made = make(read_frame(frame, "frame", FIGURES[kind]), **_taken(f"figure {kind}", make, options))
        made.save(output)


def report(  # noqa: PLR0913  an option for each of the verb's
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Made if it is not there.")],
    opinions: Rows,
    *,
    codebook: Book,
    seed: Annotated[int, typer.Option(help="The study's own; draws intervals that hold at once.")],
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


def _words(codebook: str | None, groups: Path | None) -> dict[str, pl.DataFrame | None]:
    return {
        "codebook": None if codebook is None else read_codebook(codebook),
        "groups": None if groups is None else read_frame(str(groups), "groups", Groups),
    }


def _taken(what: str, make: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Those of the `offered` options that were given: all have to be `make`'s own. Raises: OptionError."""
    options = given(offered)
    parameters = list(inspect.signature(make).parameters.values())[1:]
    own = [parameter.name for parameter in parameters if parameter.name in offered]
    if strange := [name for name in options if name not in own]:
        raise OptionError(f"{what} takes no --{strange[0]}. It takes: {', '.join(f'--{name}' for name in own)}.")
    needed = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    if lacking := [name for name in needed if name not in options]:
        raise OptionError(f"{what} needs --{' and --'.join(lacking)}.")
    return options


def _refuse_format(form: Format | None) -> None:
    if form is not None:
        raise OptionError("--format is of standard output; a file's ending says its own. Leave one of them out.")
