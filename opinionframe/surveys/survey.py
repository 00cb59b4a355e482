"""A Survey: human rows, a codebook, microdata where there are any, and the terms they come with."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from opinionframe.schemas.card import card, listed
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.schemas.frames import Groups
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.to_polars import is_foreign, to_polars
from opinionframe.surveys.groups import classes_of_demographics, groups

SOURCE = ("title", "citation", "licence", "redistribution", "url")
"""The fields of a Survey that say where it comes from and under what terms."""

FRAMES = ("opinions", "codebook", "microdata", "missing", "groups")
"""The fields of a Survey that are frames, of whatever library."""

LEFT_OUT = ("microdata", "missing")
"""Those that a Survey need not have."""

JOINED = " + "
"""What stands between the names of surveys that were combined into one."""


@dataclass(frozen=True)
class Survey:
    """A survey's human Opinions and Codebook; `microdata` where there are respondents.

    Attributes:
        name: A short name, such as `gss2018`.
        title: The survey's own name.
        opinions: Opinions of source `human`, with `n_eff` and `nonresponse`.
        codebook: Codebook of its questions.
        demographics: The attributes: what `of.reference(survey.microdata, survey.codebook, by=…)` takes.
        citation: How to cite it.
        licence: Under what terms the data may be used.
        redistribution: Whether and how they may be passed on.
        url: Where they come from.
        weights: The weight columns of `microdata`, for `of.reference(…, weight=…)`.
        notes: What to know before use.
        microdata: One row per respondent: choice numbers 1..K, 0 for no substantive answer, null for not asked.
        missing: Where a reader reports them, the codes that are no answer or no class: column, code, label, taken_as
            ("nonresponse", "not_asked", "no class"; "substantive" for answers that stand off the scale), respondents.
        groups: Groups: label, order and phrase of every class. Where none are given, those of the microdata's
            `demographics` or of `opinions`, as `of.groups` makes them.

    >>> import opinionframe as of
    >>> gss = of.load("gss2018")
    >>> gss.demographics[:3], gss.codebook.height, gss.opinions["source"].unique().to_list()
    (('sex', 'age', 'race'), 54, ['human'])
    >>> Survey("mine", "My survey", gss.opinions.filter(question="natspac"), gss.codebook, ("sex",))
    Survey('mine': 18 questions, 47 human cells, no respondents)
    """

    name: str
    title: str
    opinions: pl.DataFrame
    codebook: pl.DataFrame
    demographics: tuple[str, ...]
    citation: str = ""
    licence: str = ""
    redistribution: str = ""
    url: str = ""
    weights: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    microdata: pl.DataFrame | None = None
    missing: pl.DataFrame | None = None
    groups: pl.DataFrame = field(default_factory=Groups.create_empty)

    def __post_init__(self) -> None:
        for name in FRAMES:
            if (frame := getattr(self, name)) is not None or name not in LEFT_OUT:
                object.__setattr__(self, name, _eager(frame, name))
        for name in ("demographics", "weights"):
            if isinstance(only := getattr(self, name), str):
                object.__setattr__(self, name, (only,))
        if self.groups.is_empty():
            object.__setattr__(self, "groups", self._groups_as_they_are())

    def _groups_as_they_are(self) -> pl.DataFrame:
        if self.microdata is not None and set(self.demographics) <= set(self.microdata.columns):
            return groups(self.microdata, self.demographics)
        return classes_of_demographics(self.opinions["demographic"].unique())

    def __repr__(self) -> str:
        cells = self.opinions.select(GROUP).n_unique()
        questions = self.codebook["question"].n_unique()
        respondents = "no respondents" if self.microdata is None else f"{len(self.microdata):,} respondents"
        return f"Survey({self.name!r}: {questions} questions, {cells:,} human cells, {respondents})"

    def _repr_html_(self) -> str:
        facts = {
            "Title": self.title,
            "Questions": self.codebook["question"].n_unique(),
            "Groups by": listed(self.demographics),
            "Human cells": f"{self.opinions.select(GROUP).n_unique():,}",
            "Respondents": None if self.microdata is None else f"{self.microdata.height:,}",
            "Weights": listed(self.weights),
            "Notes": " ".join(self.notes),
            "Citation": self.citation,
            "Licence": self.licence,
            "Source": self.url,
        }
        frames = {"opinions": self.opinions, "codebook": self.codebook, "groups": self.groups}
        return card("Survey", self.name, facts, frames)


def _eager(frame: object, name: str) -> pl.DataFrame:
    """A frame of any library, lazy or not, as a DataFrame. Raises: FrameError for what is no frame."""
    rows: Any = to_polars(frame, name) if is_foreign(frame) else frame
    refuse_no_frame(rows, name)
    return pl.DataFrame(rows.lazy().collect())
