"""The survey's own estimates: a sample and a codebook go in; the moments of every cell come out, corrected or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.arrays import Flags, Floats, by_cell
from opinionframe.estimation.cross_fitting import FOLD
from opinionframe.estimation.known_shares import Corrected, KnownMean, corrected
from opinionframe.estimation.population import Population
from opinionframe.estimation.sampled import Moments, People
from opinionframe.schemas.keys import GROUP


@dataclass(frozen=True)
class SurveyCells:
    """What the sample says of each cell, without a model or with one and known shares.

    Attributes:
        estimate: Shape (cells, choices); 0 where nobody answered.
        covariance: Shape (cells, choices, choices); NaN where the sample tells nothing.
        tuning: The weight of the predictions, shape (cells, choices); NaN where there are none.
        n: Respondents, shape (cells,).
        kish: Kish's effective size, shape (cells,).
        degrees: Of freedom of the covariance, shape (cells,).
    """

    estimate: Floats
    covariance: Floats
    tuning: Floats
    n: Floats
    kish: Floats
    degrees: Floats


def survey_cells(
    parts: Sequence[tuple[People, list[str]]], cells: pl.DataFrame, choices: Mapping[str, int]
) -> SurveyCells:
    """The survey estimates of `cells`."""
    return _cells(parts, cells, choices, None, "", pl.DataFrame())


def corrected_cells(
    parts: Sequence[tuple[People, list[str]]],
    cells: pl.DataFrame,
    choices: Mapping[str, int],
    known: Population,
    method: str,
    predictions: pl.DataFrame,
) -> SurveyCells:
    """The estimates of `cells`, corrected by `method` where the shares of the groups within them are `known`.

    Raises: FrameError for questions of which some of these groups have no prediction.
    """
    return _cells(parts, cells, choices, known, method, predictions)


def _cells(
    parts: Sequence[tuple[People, list[str]]],
    cells: pl.DataFrame,
    choices: Mapping[str, int],
    known: Population | None,
    method: str,
    predictions: pl.DataFrame,
) -> SurveyCells:
    size, most = len(cells), max(choices.values())
    result = SurveyCells(
        np.zeros((size, most)), np.full((size, most, most), np.nan), np.full((size, most), np.nan), np.zeros(size),
        np.zeros(size), np.ones(size),
    )  # fmt: skip
    numbered = cells.with_row_index("cell")
    names = cells["demographic"].unique().to_list()
    for people, questions in parts:
        members = {name: people.belongs(name) for name in names}
        group_of = known.group_of(people) if known else None
        for question in questions:
            k = choices[question]
            answers = people.answers(question)
            of_groups = _of_groups(known, predictions, question, k) if known else None
            of_people = np.zeros((len(answers), k)) if of_groups is None else of_groups[people.fold, group_of]
            for row in numbered.filter(question=question).iter_rows(named=True):
                member = members[row["demographic"]]
                if not (member & (answers > 0) & (people.weight > 0)).any():
                    continue
                moments = people.moments(member, answers, of_people)
                mean = _known_mean(known, of_groups, row["demographic"])
                _fill(result, row["cell"], moments, None if mean is None else corrected(moments, mean, method))
    return result


def _fill(result: SurveyCells, cell: int, moments: Moments, correction: Corrected | None) -> None:
    """Writes one cell."""
    k = len(moments.y)
    result.n[cell], result.kish[cell], result.degrees[cell] = moments.n, moments.n_eff, moments.degrees
    result.estimate[cell, :k] = moments.y if correction is None else correction.estimate
    covariance = moments.covariance[:k, :k] if correction is None else correction.covariance
    result.covariance[cell] = 0.0 if np.isfinite(covariance).all() else np.nan
    result.covariance[cell, :k, :k] = covariance
    if correction is not None:
        result.tuning[cell, :k] = correction.tuning


def _known_mean(known: Population | None, of_groups: Floats | None, demographic: str) -> KnownMean | None:
    """What is known of the predictions among a demographic's people; of those of several folds, of their mean."""
    return None if known is None or of_groups is None else known.known_mean(of_groups.mean(axis=0), demographic)


def _of_groups(known: Population, predictions: pl.DataFrame, question: str, k: int) -> Floats | None:
    """The predictions of the population's groups, shape (folds, groups, choices); None where the question has none."""
    cells = pl.DataFrame({"question": question, "demographic": known.groups})
    rows = predictions.filter(pl.col("question") == question)
    if not len(rows):
        return None
    by_fold = rows.sort(FOLD).partition_by(FOLD, maintain_order=True) if FOLD in rows.columns else [rows]
    values = np.stack([by_cell(part, cells, k) for part in by_fold])
    lacking: Flags = np.asarray(np.isnan(values).any(axis=(0, 2)))
    if lacking.any():
        raise FrameError(
            f"opinions: {lacking.sum()} of {len(lacking)} groups of population have no prediction of {question!r}, "
            f"e.g. {examples(cells.filter(pl.Series(lacking)).select(GROUP).rows())}. Predict them all, or give the "
            "shares of groups that are predicted."
        )
    return values
