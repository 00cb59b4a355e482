"""Surveys shipped inside the package, and the list of all that it can read."""

from importlib.resources import files

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.microdata.shares import human_rows, shares
from opinionframe.schemas.keys import CHOICE
from opinionframe.surveys.codebook import entry_codebook
from opinionframe.surveys.entry import entry, names
from opinionframe.surveys.entry_survey import source_facts
from opinionframe.surveys.groups import entry_groups
from opinionframe.surveys.survey import Survey

LISTED = ("title", "access", "url", "licence", "redistribution", "citation")


def available() -> pl.DataFrame:
    """The surveys the package knows, one row each: how to get at it, its terms and its citation.

    Returns: name, title, access, url, licence, redistribution, citation.

    >>> available().filter(access="shipped")["name"].to_list()
    ['gss2018']
    """
    rows = [{"name": name} | {key: entry(name)[key] for key in LISTED} for name in names()]
    return pl.DataFrame(rows)


def load(name: str) -> Survey:
    """A survey shipped inside the package, as group counts; no file is fetched.

    Args:
        name: One that `available` lists with the access `shipped`.

    Raises: OptionError, for a survey that is not shipped.

    >>> load("gss2018")
    Survey('gss2018': 18 questions, 846 human cells, no respondents)
    """
    about = entry(name)
    if about["access"] != "shipped":
        shipped = available().filter(access="shipped")["name"].to_list()
        raise OptionError(
            f"name={name!r} is not shipped with the package. Shipped: {', '.join(shipped)}. Read its file instead: "
            f"of.available() says where it is to be had, and of.fetch, of.read_wgm, of.read_wvs and of.read_opinionqa "
            "read it."
        )
    codebook = entry_codebook(name, about)
    return Survey(
        name=name,
        opinions=_opinions(name, codebook),
        codebook=codebook,
        demographics=tuple(about["demographics"]),
        notes=tuple(about["notes"]),
        groups=entry_groups(about),
        **source_facts(about),
    )


def _opinions(name: str, codebook: pl.DataFrame) -> pl.DataFrame:
    """Human rows from counts: without weights, a count is its sum of weights and of their squares."""
    count = pl.col("count")
    with (files("opinionframe.surveys") / name / "counts.parquet").open("rb") as file:
        counts = pl.read_parquet(file)
    tallies = counts.lazy().select(
        *CHOICE,
        count.cast(pl.Float64).alias("weight"),
        count.cast(pl.Float64).alias("square"),
        count.cast(pl.UInt32).alias("n"),
        count.cast(pl.UInt32).alias("n_weighted"),
    )
    return human_rows(shares(tallies, codebook)).collect()
