"""`opinionframe reference` and `rectify`: respondents go in; shares of groups, or estimates with a model, come out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from opinionframe.cli.column_values import assigned, weight_of
from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.frames import given, read_frame, write_frame
from opinionframe.cli.overwriting import STREAM
from opinionframe.cli.steps import Form, Output
from opinionframe.errors import OptionError
from opinionframe.schemas.demographic import ALL, attribute_of
from opinionframe.schemas.estimates import Margins
from opinionframe.schemas.frames import Opinions

if TYPE_CHECKING:
    from opinionframe.microdata import Design

People = Annotated[
    str, typer.Argument(metavar="RESPONDENTS", help=".sav, .zsav, .dta, .csv, .parquet, .arrow, .xlsx; - is a pipe.")
]
Questions = Annotated[
    list[str] | None,
    typer.Option("--question", help="A column of answers, or column='its wording'; may be given several times."),
]
By = Annotated[list[str] | None, typer.Option(help="A column of classes, or 'sex & age'; several times.")]
MaybeBook = Annotated[
    str | None, typer.Option("--codebook", help="Codebook; SPSS and Stata files have labels instead.")
]
Weights = Annotated[list[str] | None, typer.Option("--weight", help="Column of weights, or question=column of each.")]
NoAnswer = Annotated[
    list[str] | None, typer.Option("--nonresponse", help="Code or label of refused and don't know, or column=code.")
]
NotAsked = Annotated[list[str] | None, typer.Option(help="Code or label of a question not put, or column=code.")]
Substantive = Annotated[list[str] | None, typer.Option(help="SPSS, Stata: a code that is an answer off the scale.")]
Bins = Annotated[list[str] | None, typer.Option(help="SPSS, Stata: warmth=0,50,100 puts numbers in bins.")]
Nominal = Annotated[list[str] | None, typer.Option(help="SPSS, Stata: a question whose choices have no order.")]
Encoding = Annotated[str | None, typer.Option(help="SPSS, Stata: that of the text, such as latin1.")]
Blank = Annotated[str | None, typer.Option(help="What an empty answer is: not asked, or nonresponse.")]
Words = Annotated[Path | None, typer.Option("--groups", help="CSV of what classes are called, and their order.")]
Strata = Annotated[str | None, typer.Option(help="Column of strata, for standard errors.")]
Psu = Annotated[str | None, typer.Option(help="Column of primary sampling units.")]
Lonely = Annotated[str | None, typer.Option(help="Stratum of one unit: refuse, or certainty.")]
BookOut = Annotated[str | None, typer.Option("--codebook-out", help="File for the codebook, for later steps.")]
GroupsOut = Annotated[str | None, typer.Option("--groups-out", help="File for the groups, for tables and prompts.")]


def reference(  # noqa: PLR0913  an option for each of the verb's
    people: People,
    *,
    question: Questions = None,
    by: By = None,
    codebook: MaybeBook = None,
    weight: Weights = None,
    nonresponse: NoAnswer = None,
    not_asked: NotAsked = None,
    substantive: Substantive = None,
    nominal: Nominal = None,
    bins: Bins = None,
    blank: Blank = None,
    groups: Words = None,
    strata: Strata = None,
    psu: Psu = None,
    lonely: Lonely = None,
    encoding: Encoding = None,
    min_n: Annotated[int, typer.Option(help="The fewest answers that make a cell.")] = 1,
    output: Output = "-",
    form: Form = None,
    codebook_out: BookOut = None,
    groups_out: GroupsOut = None,
) -> None:
    """Weighted shares of each answer in each group, from a file of respondents.

    What a file declares missing is nonresponse, and no class. Who is in no group, and what is
    no answer, is counted on standard error.

    Example: `opinionframe reference panel.sav --question tax --by sex --weight w --codebook-out book.csv -o human.csv`
    """
    import opinionframe as of
    from opinionframe.cli.lost import note_lost, note_suppressed
    from opinionframe.cli.people import Described, read_people

    with refusals(), notes():
        entries, design, weights = by or [], _design(strata, psu, lonely), weight_of(weight or [])
        described = Described(
            questions=question or [],
            by=entries,
            codebook=codebook,
            groups=groups,
            nonresponse=nonresponse or [],
            not_asked=not_asked or [],
            substantive=substantive or [],
            nominal=nominal or [],
            bins=bins or [],
            encoding=encoding,
            weight=weights,
            design=design,
        )
        read = read_people(people, described)
        chosen = blank or "not asked"
        rows = of.reference(
            read.microdata, read.codebook, entries, weight=weights, blank=chosen, min_n=min_n, design=design
        )
        note_lost(read, entries, weights, chosen)
        note_suppressed(read, entries, weights, chosen, min_n)
        for frame, place, what in ((read.codebook, codebook_out, "Codebook"), (read.groups, groups_out, "Groups")):
            if place is not None:
                if place == STREAM:
                    raise OptionError(f"--{what.lower()}-out: standard output is for the rows. Name a file.")
                write_frame(frame, place, None, what)
        write_frame(rows, output, form, "Human opinions")


def rectify(  # noqa: PLR0913  an option for each of the verb's
    opinions: Annotated[
        str | None, typer.Argument(metavar="OPINIONS", help="Predictions; without, the sample's estimates alone.")
    ] = None,
    *,
    sample: Annotated[str, typer.Option(help="Respondents: a file as in reference.")],
    by: By = None,
    question: Questions = None,
    codebook: MaybeBook = None,
    weight: Weights = None,
    nonresponse: NoAnswer = None,
    not_asked: NotAsked = None,
    substantive: Substantive = None,
    nominal: Nominal = None,
    bins: Bins = None,
    blank: Blank = None,
    strata: Strata = None,
    psu: Psu = None,
    lonely: Lonely = None,
    encoding: Encoding = None,
    population: Annotated[Path | None, typer.Option(help="Known shares: demographic, share, and n if any.")] = None,
    method: Annotated[str | None, typer.Option(help="composite, survey, difference, tuned or regression.")] = None,
    calibrator: Annotated[str | None, typer.Option(help="Learns from this sample first; OPINIONS are raw.")] = None,
    folds: Annotated[int | None, typer.Option(help="Of people, for the calibrator; 5 if not given.")] = None,
    seed: Annotated[int | None, typer.Option(help="Deals them.")] = None,
    conf: Annotated[float | None, typer.Option(help="Coverage of the intervals; 0.95 if not given.")] = None,
    simultaneous: Annotated[str | None, typer.Option(help="none, cell or source.")] = None,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Estimates of groups from a few respondents and a model's predictions, with intervals.

    Example: `opinionframe rectify calibrated.csv --sample panel.sav --codebook book.csv --weight w -o estimates.csv`
    """
    import opinionframe as of
    from opinionframe.cli.lost import note_lost
    from opinionframe.cli.people import Described, read_people

    with refusals(), notes():
        rows = None if opinions is None else _predictions(opinions, question)
        design, weights = _design(strata, psu, lonely), weight_of(weight or [])
        entries = by or _attributes(rows)
        described = Described(
            questions=question or _questions(rows),
            by=entries,
            codebook=codebook,
            groups=None,
            nonresponse=nonresponse or [],
            not_asked=not_asked or [],
            substantive=substantive or [],
            nominal=nominal or [],
            bins=bins or [],
            encoding=encoding,
            weight=weights,
            design=design,
        )
        if sample == STREAM and opinions == STREAM:
            raise OptionError("--sample: standard input is for the opinions. Name a file.")
        people = read_people(sample, described)
        options = given(
            {
                "population": None if population is None else read_frame(str(population), "population", Margins),
                "method": method,
                "calibrator": calibrator,
                "folds": folds,
                "seed": seed,
                "conf": conf,
                "simultaneous": simultaneous,
                "blank": blank,
            }
        )
        estimates = of.rectify(
            rows, people.microdata, people.codebook, by=entries, weight=weights, design=design, **options
        )
        note_lost(people, entries, weights, blank or "not asked")
        write_frame(estimates, output, form, "Estimates")


def _design(strata: str | None, psu: str | None, lonely: str | None) -> "Design | None":
    """The design that the options name, if any."""
    import opinionframe as of

    named = given({"strata": strata, "psu": psu, "lonely": lonely})
    if lonely is not None and len(named) == 1:
        raise OptionError("--lonely says what becomes of strata: name them by --strata.")
    return of.Design(**named) if named else None


def _predictions(place: str, questions: list[str] | None) -> pl.DataFrame:
    """The opinions in a file, of the `questions` where some are named."""
    rows = read_frame(place, "opinions", Opinions)
    names = [assigned(text)[0] for text in questions or ()]
    return rows.filter(pl.col("question").is_in(names)) if names else rows


def _questions(rows: pl.DataFrame | None) -> list[str]:
    return [] if rows is None else rows["question"].unique().sort().to_list()


def _attributes(rows: pl.DataFrame | None) -> list[str]:
    """The attributes and intersections that predictions are of."""
    return [] if rows is None else sorted({attribute_of(name) for name in rows["demographic"].unique()} - {ALL})
