"""`opinionframe diagnose`, `contrasts` and `regions`: opinions go in; what calibration gained, and knows, comes out."""

from typing import Annotated

import typer

from opinionframe.cli.codebooks import read_codebook
from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.frames import given, read_frame, write_frame
from opinionframe.cli.steps import Book, Form, Output, Overlap, Reference, Rows, Weight
from opinionframe.schemas.frames import Opinions

Conf = Annotated[float | None, typer.Option(help="Coverage of the intervals.")]


def diagnose(  # noqa: PLR0913  an option for each of the verb's
    opinions: Rows,
    *,
    codebook: Book,
    seed: Annotated[int, typer.Option(help="Deals the folds and draws the placebo.")],
    method: Annotated[str | None, typer.Option(help="The calibrator; default if not given.")] = None,
    split: Annotated[str | None, typer.Option(help="What is held out together, as in calibrate.")] = None,
    folds: Annotated[int | None, typer.Option(help="How many folds; 10 if not given.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="What shares a fit; may be given several times.")] = None,
    reference: Reference = None,
    metric: Annotated[str | None, typer.Option(help="As in align.")] = None,
    simultaneous: Annotated[bool, typer.Option("--simultaneous", help="Intervals that hold at once.")] = False,
    weight: Weight = None,
    overlap: Overlap = None,
    output: Output = "-",
    form: Form = None,
) -> None:
    """What calibration gains over a placebo and over human answers alone, with a verdict.

    Example: `opinionframe diagnose opinions.csv --codebook codebook.csv --method ridge --seed 1 -o diagnosis.csv`
    """
    import opinionframe as of

    with refusals(), notes():
        rows, book = read_frame(opinions, "opinions", Opinions), read_codebook(codebook)
        options = given(
            {
                "method": method,
                "split": split,
                "folds": folds,
                "by": by,
                "reference": reference,
                "metric": metric,
                "weight": weight,
                "overlap": overlap,
            }
        )
        diagnosis = of.diagnose(rows, book, simultaneous=simultaneous, seed=seed, **options)
        write_frame(diagnosis, output, form, "What calibration gained")


def contrasts(  # noqa: PLR0913  an option for each of the verb's
    opinions: Rows,
    *,
    codebook: Book,
    by: Annotated[list[str] | None, typer.Option(help="attribute, dataset or topic; several times.")] = None,
    cluster: Annotated[str | None, typer.Option(help="What is independent: question, or topic.")] = None,
    reference: Reference = None,
    conf: Conf = None,
    overlap: Overlap = None,
    cells: Annotated[str | None, typer.Option(help="Cells common to all sources, or each source's own.")] = None,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Whether sources know how groups differ: direction and size, beside a bar.

    Example: `opinionframe contrasts calibrated.csv --codebook codebook.csv --by attribute -o contrasts.csv`
    """
    import opinionframe as of

    with refusals(), notes():
        rows, book = read_frame(opinions, "opinions", Opinions), read_codebook(codebook)
        options = given(
            {
                "by": by,
                "cluster": cluster,
                "reference": reference,
                "conf": conf,
                "overlap": overlap,
                "cells": cells,
            }
        )
        write_frame(of.contrasts(rows, book, **options), output, form, "Contrasts between groups")


def regions(
    opinions: Rows,
    *,
    codebook: Book,
    source: Annotated[str | None, typer.Option(help="What predicts; every calibrated source if not given.")] = None,
    conf: Annotated[float | None, typer.Option(help="Share of cells whose truth is inside; 0.9.")] = None,
    split: Annotated[str | None, typer.Option(help="The units: topic, question, battery or dataset.")] = None,
    guaranteed: Annotated[bool, typer.Option("--guaranteed", help="Coverage that holds in finite samples.")] = False,
    reference: Reference = None,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Where the truth lies around predictions of questions that nobody was asked.

    Example: `opinionframe regions calibrated.csv --codebook codebook.csv --split question -o regions.csv`
    """
    import opinionframe as of

    with refusals(), notes():
        rows, book = read_frame(opinions, "opinions", Opinions), read_codebook(codebook)
        options = given({"source": source, "conf": conf, "split": split, "reference": reference})
        write_frame(
            of.prediction_regions(rows, book, guaranteed=guaranteed, **options), output, form, "Prediction regions"
        )
