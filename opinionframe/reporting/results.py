"""What a study found, and what it wrote: frames, and the folder of their report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, Estimand
from opinionframe.schemas.card import card, counted


@dataclass(frozen=True)
class Design:
    """How a study asked, calibrated and tested, as far as that is on record; None where it is not.

    Attributes:
        seed: Fixes folds, forests and draws.
        split: What calibration held out together, as in `calibrate`.
        folds: How many folds the units were dealt into.
        cluster: The columns whose values intervals take as independent.
        adjust: How p-values were adjusted.
        models: The revision of each model, by its name.
        draws: How often an answer was drawn, by elicitation.
        orders: In which orders the options were listed.
        wording: The name of the prompts' wording.
    """

    seed: int
    split: str | None = None
    folds: int | None = None
    cluster: tuple[str, ...] = ("question",)
    adjust: str | None = None
    models: Mapping[str, str | None] = field(default_factory=dict)
    draws: Mapping[str, int] = field(default_factory=dict)
    orders: str | None = None
    wording: str | None = None


@dataclass(frozen=True)
class Results:
    """What a study found, as checked frames: Opinions, Alignment, Tests, the diagnosis, and the Summary by source.

    `estimand` is what its means are over, `bounds` what cells could have scored where a model answered in part,
    `given` the questions whose human shares came as such, not as respondents, `extraction` how much of each source was
    answered, and `examples` has a prompt of every kind with one raw answer of each model.
    """

    opinions: pl.DataFrame
    aligned: pl.DataFrame
    tests: pl.DataFrame | None
    diagnosis: pl.DataFrame | None
    summary: pl.DataFrame
    estimand: Estimand = BY_CELL
    bounds: pl.DataFrame | None = None
    given: frozenset[str] = frozenset()
    extraction: pl.DataFrame | None = None
    examples: pl.DataFrame | None = None


@dataclass(frozen=True)
class Report:
    """What a study wrote: `summary`, `intervals`, `diagnosis` and the `files` in `folder`, the page to open first.

    `summary` (Summary) has a row per source, `intervals` its mean with the clustered 95% interval, and `diagnosis` one
    per calibrated source, none where nothing was diagnosed; with several datasets, each is named in `dataset`.
    """

    folder: Path
    summary: pl.DataFrame
    intervals: pl.DataFrame
    diagnosis: pl.DataFrame
    files: tuple[Path, ...]

    def __repr__(self) -> str:
        files = counted(len(self.files), "file")
        return f"Report({str(self.folder)!r}: {counted(self.summary.height, 'source')}, {files}; open {self._page})"

    def _repr_html_(self) -> str:
        facts = {"Open first": self._page, "Files": len(self.files)}
        return card("Report", str(self.folder), facts, {"summary": self.summary, "diagnosis": self.diagnosis})

    @property
    def _page(self) -> Path:
        """The page to open first."""
        return self.folder / "index.html"
