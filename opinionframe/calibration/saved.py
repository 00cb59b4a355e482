"""A fitted calibration: parameters and what they rest on, as frames, saved and read without pickle."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.card import card, counted

FORMAT = 1
PARAMETERS = {"group": pl.String, "name": pl.String, "at": pl.Float64, "value": pl.Float64}


@dataclass(frozen=True)
class Calibration:
    """What `fit` learnt and `apply` uses.

    Attributes:
        method: What was fitted, as in `fit`.
        by: What makes a group of rows that share a fit: columns, or parts of the source.
        parameters: One row per parameter: `group`, `name`, `at` (the knot it belongs to, null for a scalar), `value`.
        human: The human rows that `default`, `kriging` and `no-model` look up; empty for the others.
        codebook: The codebook of their questions; empty for the others.
        split: What was held out together where penalties and weights were tuned, as in `fit`.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    >>> learnt = of.fit(asked, survey.codebook, method="linear", seed=1)
    >>> learnt.by, learnt.parameters.select("group", "name").row(0)
    (('source',), ('fake|logprob|base|standard', 'intercept'))
    """

    method: str
    by: tuple[str, ...]
    parameters: pl.DataFrame
    human: pl.DataFrame
    codebook: pl.DataFrame
    split: str = "question"

    def __repr__(self) -> str:
        fits = counted(self.parameters["group"].n_unique(), "fit")
        return f"Calibration({self.method!r}: {counted(self.parameters.height, 'parameter')} of {fits})"

    def _repr_html_(self) -> str:
        facts = {
            "Fits": f"{self.parameters['group'].n_unique():,}, one for each {' and '.join(self.by) or 'study'}",
            "Parameters": f"{self.parameters.height:,}",
            "Looks up": counted(self.human.height, "human row") if self.human.height else None,
        }
        return card("Calibration", self.method, facts, {"parameters": self.parameters})

    def save(self, folder: str | Path) -> Path:
        """Writes the frames as Parquet and the rest as JSON into `folder`, which it returns."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for name in ("parameters", "human", "codebook"):
            getattr(self, name).write_parquet(place / f"{name}.parquet")
        head = {"format": FORMAT, "method": self.method, "by": list(self.by), "split": self.split}
        (place / "calibration.json").write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        return place


def read_calibration(folder: str | Path) -> Calibration:
    """A calibration that `Calibration.save` wrote.

    Args:
        folder: The folder that it was saved to.

    Raises: FrameError where a file is missing or not what it should be.

    >>> import tempfile
    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    >>> learnt = of.fit(asked, survey.codebook, method="linear", seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_calibration(learnt.save(folder))
    >>> again.parameters.equals(learnt.parameters)
    True
    """
    place = Path(folder)
    try:
        head = json.loads((place / "calibration.json").read_text(encoding="utf-8"))
        frames = {name: pl.read_parquet(place / f"{name}.parquet") for name in ("parameters", "human", "codebook")}
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise FrameError(
            f"{place} does not hold a saved calibration: {error}. Write one with fit(…).save(…)."
        ) from error
    if head.get("format") != FORMAT or frames["parameters"].schema != pl.Schema(PARAMETERS):
        raise FrameError(f"{place} was written by another version (format {head.get('format')}, read here: {FORMAT}).")
    return Calibration(head["method"], tuple(head["by"]), **frames, split=head.get("split", "question"))


def scalars(group: str, values: dict[str, float]) -> pl.DataFrame:
    """Parameter rows of one group without knots."""
    return pl.DataFrame(
        {"group": group, "name": list(values), "at": None, "value": list(values.values())}, schema=PARAMETERS
    )


def read_scalars(parameters: pl.DataFrame, group: str) -> dict[str, float]:
    """The scalar parameters of one group, by name."""
    return dict(parameters.filter(pl.col("group") == group, pl.col("at").is_null()).select("name", "value").rows())


def refuse_strangers(rows: pl.DataFrame, calibration: Calibration) -> None:
    """Refuse rows whose `group` the calibration was not fitted to."""
    strange = rows.select("group").unique().join(calibration.parameters, on="group", how="anti").sort("group")
    if len(strange):
        known = examples(calibration.parameters.select("group").unique().sort("group").rows())
        raise FrameError(
            f"{len(strange)} groups of rows were not part of the fit, e.g. {examples(strange.rows())}; "
            f"it knows {known}. Filter them out, or fit with by= what the two have in common, such as "
            "by='source' for other datasets."
        )
