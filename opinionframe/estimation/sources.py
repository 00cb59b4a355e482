"""Sources rectified: predictions and a sample go in; the estimates of every source, as arrays, come out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.arrays import Flags, Floats, Ints, by_cell, diversity, one_hot, onto_simplex
from opinionframe.estimation.composed_cells import TOTAL, composed_cells
from opinionframe.estimation.composite import Composite
from opinionframe.estimation.known_shares import TUNED
from opinionframe.estimation.population import Population
from opinionframe.estimation.sampled import People
from opinionframe.estimation.survey_cells import SurveyCells, corrected_cells, survey_cells
from opinionframe.schemas.demographic import ALL, ATTRIBUTE
from opinionframe.schemas.keys import GROUP, ROW
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN, SMALLEST_SAMPLE

COMPOSITE, SURVEY, PREDICTION = "composite", "survey", "prediction"
RECTIFIED = "rectified"
ALIKE = 1e-9
"""A distance between shares below which they are the same numbers."""

FEWEST_ALIKE = 4
"""Cells from which on predictions are no longer equal to people's shares by chance."""

NO_VARIANCE = 1e-15
"""A sum of variances at or below this is rounding of shares, whose own errors are near 1e-16."""


@dataclass(frozen=True)
class Sample:
    """The respondents by part, the cells that they have answers to, and how many choices each question has."""

    parts: Sequence[tuple[People, list[str]]]
    cells: pl.DataFrame
    choices: Mapping[str, int]


@dataclass(frozen=True)
class Estimated:
    """The estimates of one source.

    Attributes:
        source: Its name.
        cells: question, demographic.
        survey: The survey's own estimates of them, without a model.
        estimate: Shape (cells, choices).
        covariance: Shape (cells, choices, choices).
        size: Of a simple random sample that is as precise, shape (cells,); NaN where nothing tells.
        tuning: Shape (cells, choices), NaN where there is none.
        own_weight: Shape (cells,), NaN where there is none.
        method: What each is, shape (cells,).
    """

    source: str
    cells: pl.DataFrame
    survey: SurveyCells
    estimate: Floats
    covariance: Floats
    size: Floats
    tuning: Floats
    own_weight: Floats
    method: list[str]


def rectified(
    predictions: pl.DataFrame | None, sample: Sample, known: Population | None, method: str
) -> Iterator[Estimated]:
    """The estimates of each source of `predictions`; the survey's alone where there are none."""
    if predictions is None:
        yield _survey(HUMAN, sample.cells, survey_cells(sample.parts, sample.cells, sample.choices))
        return
    for (source,), rows in predictions.sort("source").group_by("source", maintain_order=True):
        name = f"{source}{SEPARATOR}{RECTIFIED}"
        predicted = rows.select(GROUP).unique()
        cells = pl.concat([sample.cells, predicted.join(sample.cells, on=GROUP, how="anti")]).sort(GROUP)
        survey = survey_cells(sample.parts, cells, sample.choices)
        if method == SURVEY:
            yield _survey(name, cells, survey)
            continue
        people = survey
        if known is not None:
            unbiased = TUNED if method == COMPOSITE else method
            people = corrected_cells(sample.parts, cells, sample.choices, known, unbiased, rows)
        estimated = _unbiased(name, cells, survey, people, method)
        mean = rows.group_by(ROW).agg(pl.col("prob").mean())  # of the folds, where there are several
        yield estimated if method != COMPOSITE else _composed(estimated, people, mean, sample.choices)


def precision(survey: SurveyCells) -> Floats:
    """The size of a simple random sample that is as precise, by cell: Kish's where nothing varies, 0 for no people."""
    variance = np.trace(survey.covariance, axis1=1, axis2=2)
    spread = diversity(onto_simplex_or_zero(survey.estimate))
    size = np.divide(spread, variance, out=np.array(survey.kish), where=(variance > NO_VARIANCE) & (spread > 0))
    return np.where(survey.n > 0, size, 0.0)


def onto_simplex_or_zero(estimate: Floats) -> Floats:
    """`estimate` on the simplex; rows without people stay 0."""
    filled = (np.clip(estimate, 0, 1).sum(axis=-1) > 0)[..., None]
    return np.where(filled, onto_simplex(np.where(filled, estimate, 1.0)), 0.0)


def _survey(source: str, cells: pl.DataFrame, survey: SurveyCells) -> Estimated:
    kept = np.flatnonzero(survey.n > 0)
    here = replace(survey, **{field.name: getattr(survey, field.name)[kept] for field in fields(survey)})
    return _unbiased(source, cells[kept], here, here, SURVEY)


def _unbiased(source: str, cells: pl.DataFrame, survey: SurveyCells, people: SurveyCells, method: str) -> Estimated:
    """The estimates by known shares, and the survey's where no share is known."""
    is_corrected: Flags = np.asarray(np.isfinite(people.tuning).any(axis=1))
    return Estimated(
        source, cells, survey, people.estimate, people.covariance, precision(people), people.tuning,
        np.full(len(cells), np.nan), [method if each else SURVEY for each in is_corrected],
    )  # fmt: skip


def _composed(estimated: Estimated, people: SurveyCells, rows: pl.DataFrame, choices: Mapping[str, int]) -> Estimated:
    """The composites of cells that have a prediction; the others stay as they are."""
    predictions = by_cell(rows, estimated.cells, people.estimate.shape[1])
    is_predicted: Flags = np.asarray(np.isfinite(predictions).all(axis=1))
    numbers = {name: number for number, name in enumerate(choices)}
    question = one_hot(
        estimated.cells["question"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy(), len(numbers)
    )
    shares = onto_simplex_or_zero(people.estimate)
    _refuse_own_shares(estimated, onto_simplex_or_zero(estimated.survey.estimate), predictions)
    composed = composed_cells(shares, estimated.size, predictions, question, *_kinds(estimated.cells))
    return _with_composites(estimated, composed, is_predicted)


def _refuse_own_shares(estimated: Estimated, shares: Floats, predictions: Floats) -> None:
    """Raises: FrameError where predictions are what the sample says itself, which no chance brings about."""
    told = (estimated.survey.n >= SMALLEST_SAMPLE) & np.isfinite(predictions).all(axis=1)
    distance = np.abs(predictions - shares)[told]
    if told.sum() >= FEWEST_ALIKE and (distance < ALIKE).all():
        raise FrameError(
            f"opinions of {estimated.source.removesuffix(SEPARATOR + RECTIFIED)!r} are the sample's own shares in all "
            f"{told.sum()} cells, e.g. {examples(estimated.cells.filter(pl.Series(told)).rows())}: people would count "
            "twice, as themselves and as their prediction. Give predictions that have not seen their answers; for a "
            "calibrator that learns from the sample, pass the raw rows and calibrator=…."
        )


def _kinds(cells: pl.DataFrame) -> tuple[Ints, Ints]:
    """The number of each cell's attribute, and of its demographic."""
    attribute, group = (each.rank("dense").cast(pl.Int64) for each in (ATTRIBUTE, pl.col("demographic")))
    kind = pl.when(pl.col("demographic") == ALL).then(TOTAL).otherwise(attribute)
    numbers = cells.select(kind.alias("kind"), group.alias("group"))
    return numbers["kind"].to_numpy(), numbers["group"].to_numpy()


def _with_composites(estimated: Estimated, composed: Composite, is_predicted: Flags) -> Estimated:
    """`estimated` with the composites in place of the predicted cells; their covariance is that of typical choices."""
    spread = diversity(composed.typical)
    typical = composed.typical
    shape = typical[:, :, None] * np.eye(typical.shape[1]) - typical[:, :, None] * typical[:, None, :]
    by_spread = np.divide(composed.error, spread, out=np.full_like(spread, np.nan), where=spread > 0)
    covariance = by_spread[:, None, None] * shape
    size = np.divide(spread, composed.error, out=np.full_like(spread, np.nan), where=composed.error > 0)
    nobody = estimated.survey.n == 0
    methods = [
        (PREDICTION if empty else COMPOSITE) if predicted else method
        for method, predicted, empty in zip(estimated.method, is_predicted, nobody, strict=True)
    ]
    where = is_predicted[:, None]
    return replace(
        estimated,
        estimate=np.where(where, composed.estimate, estimated.estimate),
        covariance=np.where(where[:, :, None], covariance, estimated.covariance),
        size=np.where(is_predicted, size, estimated.size),
        own_weight=composed.own_weight,
        method=methods,
    )
