"""What a survey is to the rest of the package: human rows, a codebook, and where they come from."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Survey:
    """A survey's human Opinions and Codebook; `microdata` where there are respondents.

    `demographics` names the attributes, `weights` the weight columns of `microdata`; both are what
    `of.reference(survey.microdata, survey.codebook, by=…, weight=…)` takes.
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

    def __repr__(self) -> str:
        cells = self.opinions.select("question", "demographic").n_unique()
        questions = self.codebook["question"].n_unique()
        respondents = "no respondents" if self.microdata is None else f"{len(self.microdata):,} respondents"
        return f"Survey({self.name!r}: {questions} questions, {cells:,} human cells, {respondents})"
