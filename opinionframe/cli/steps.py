"""`opinionframe align`, `calibrate` and `compare`: files go in; scores, calibrated rows and tests come out."""

from typing import Annotated

import typer

from opinionframe.cli.codebooks import read_codebook
from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.frames import given, read_frame, write_frame
from opinionframe.cli.printing import Format
from opinionframe.schemas.frames import Alignment, Opinions
from opinionframe.schemas.keys import SCORE

Output = Annotated[
    str, typer.Option("--output", "-o", help="A .csv, .parquet, .arrow or .json file, or - for standard output.")
]
Form = Annotated[
    Format | None,
    typer.Option("--format", help="Of standard output: table on a terminal, csv in a pipe, unless it is given."),
]
Rows = Annotated[str, typer.Argument(metavar="OPINIONS", help="CSV, Parquet or Arrow; - is standard input.")]
Book = Annotated[str, typer.Option("--codebook", help="Codebook file, or a packaged survey such as gss2018.")]
Reference = Annotated[str | None, typer.Option(help="The source that others are held beside; human if not given.")]
Seed = Annotated[int | None, typer.Option(help="Fixes what is drawn.")]
Weight = Annotated[str | None, typer.Option(help="What counts alike in a mean: cell, question or group.")]
Overlap = Annotated[str | None, typer.Option(help="leave out or keep cells of all and intersections.")]


def align(
    opinions: Rows,
    *,
    codebook: Book,
    reference: Reference = None,
    metric: Annotated[str | None, typer.Option(help="by scale, wasserstein, total_variation and others.")] = None,
    missing: Annotated[str | None, typer.Option(help="Cells without reference: error, or drop.")] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Append uniform, question-mean and label-mean first.")
    ] = False,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Score each cell of each source against people: 1 is the same distribution.

    Example: `opinionframe align opinions.csv --codebook codebook.csv -o aligned.csv`
    """
    import opinionframe as of

    with refusals(), notes():
        # The step before a pipe writes the codebook first, and its rows last.
        rows = read_frame(opinions, "opinions", Opinions)
        book = read_codebook(codebook)
        if baselines:
            rows = of.baselines(rows, book)
        options = given({"reference": reference, "metric": metric, "missing": missing})
        # A plan streams, and its cells come in any order: a file of the same rows is to be the same file.
        aligned = of.align(rows, book, **options).sort(SCORE)
        write_frame(aligned, output, form, "Alignment of each cell")


def calibrate(  # noqa: PLR0913  an option for each of the verb's
    opinions: Rows,
    *,
    codebook: Book,
    seed: Annotated[int, typer.Option(help="Deals the folds.")],
    method: Annotated[list[str] | None, typer.Option(help="A calibrator; may be given several times.")] = None,
    split: Annotated[str | None, typer.Option(help="What is held out together: question, topic, row, …")] = None,
    folds: Annotated[int | None, typer.Option(help="How many folds; 10 if not given.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="What shares a fit; may be given several times.")] = None,
    reference: Reference = None,
    together: Annotated[str | None, typer.Option(help="One source of this name, mixed of all.")] = None,
    refits: Annotated[bool, typer.Option(help="Fit anew for intervals, which takes longer.")] = True,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Append calibrated rows, each predicted from questions that were held out.

    Example: `opinionframe calibrate opinions.csv --codebook codebook.csv --method ridge --seed 1 -o calibrated.csv`
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
                "together": together,
            }
        )
        calibrated = of.calibrate(rows, book, refits=refits, seed=seed, **options)
        write_frame(calibrated, output, form, "Opinions, calibrated rows last")


def compare(  # noqa: PLR0913  an option for each of the verb's
    aligned: Annotated[str, typer.Argument(metavar="ALIGNED", help="What align writes; - is standard input.")],
    *,
    pair: Annotated[str | None, typer.Option(help="raw-calibrated, base-sd, baseline, or a plain source.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="A test; may be given several times.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="A column to test within; may be given several times.")] = None,
    cluster: Annotated[list[str] | None, typer.Option(help="What is independent: question, demographic.")] = None,
    adjust: Annotated[str | None, typer.Option(help="bonferroni, holm, none and others.")] = None,
    family: Annotated[str | None, typer.Option(help="The name of the tests that are adjusted together.")] = None,
    conf: Annotated[float | None, typer.Option(help="Coverage of the intervals; 0.95 if not given.")] = None,
    draws: Annotated[int | None, typer.Option(help="Of bootstraps and sign flips.")] = None,
    seed: Seed = None,
    weight: Weight = None,
    overlap: Overlap = None,
    simultaneous: Annotated[bool, typer.Option("--simultaneous", help="Intervals that hold at once.")] = False,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Test the mean difference in alignment between paired sources.

    Example: `opinionframe compare aligned.csv --pair raw-calibrated --seed 1 -o tests.csv`
    """
    import opinionframe as of

    with refusals(), notes():
        options = given(
            {
                "pair": pair,
                "method": method,
                "by": by,
                "cluster": cluster,
                "adjust": adjust,
                "family": family,
                "conf": conf,
                "draws": draws,
                "seed": seed,
                "weight": weight,
                "overlap": overlap,
            }
        )
        rows = of.compare(read_frame(aligned, "aligned", Alignment), simultaneous=simultaneous, **options)
        write_frame(rows, output, form, "Tests")
