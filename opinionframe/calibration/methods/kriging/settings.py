"""The setting of a baseline: covariances of answered questions go in; the one whose predictions err least comes out."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging.surface import Bools, Ints, Surface

FLAT = 100.0
"""Prior variance of the mean of a layout: large against the unit variance of questions, so left unpenalised."""

WORDING = (0.25, 0.5, 0.75)
"""Share of the questions' variance that follows wording; the rest follows answer labels."""

NOISE = (0.1, 0.2, 0.4, 0.8)
"""Variance of a question that neither explains: the nugget, in the words of kriging."""

MEANING = (0.0, 0.5, 1.0)
"""Share of what follows wording that follows embeddings of it, where there are any, instead of its n-grams."""

Setting = tuple[float, float, float]
"""Share of wording, noise and share of meaning."""

SETTINGS: tuple[Setting, ...] = tuple(product(WORDING, NOISE, MEANING[:1]))
"""Every combination where there are no embeddings."""

WITH_MEANING: tuple[Setting, ...] = tuple(product(WORDING, NOISE, MEANING))
"""Every combination where there are."""


def covariance(surface: Surface, pairs: tuple[Ints, ...], setting: Setting) -> Floats:
    """The covariance of the answers to N questions of one layout, (N, N), from how alike their texts and labels are."""
    share, noise, share_of_meaning = setting
    wording, labels = surface.wording[pairs], surface.labels[pairs]
    if surface.meaning is not None:
        wording = (1 - share_of_meaning) * wording + share_of_meaning * surface.meaning[pairs]
    return share * wording + (1 - share) * labels + FLAT + noise * np.eye(len(wording))


class Settings:
    """The inverse covariances of all answered questions, for every setting: any of them can be left out at no cost.

    Leaving questions out of an inverse takes one of their size, not of all others', so that folds and pairs of folds
    share the inverses of the whole. Questions of other layouts have no weight: each layout is predicted by itself.

    Reference: Ginsbourger and Schärer (2021), Fast Calculation of Gaussian Process Multiple-Fold Cross-Validation
    Residuals.
    """

    def __init__(self, surface: Surface) -> None:
        has_humans = surface.trust.sum(axis=1) > 0
        self._gap = surface.gap
        self._settings = SETTINGS if surface.meaning is None else WITH_MEANING
        self._layouts = []
        for code in np.unique(surface.layout[has_humans]):
            questions = np.flatnonzero(has_humans & (surface.layout == code))
            pairs = np.ix_(questions, questions)
            kernels = [covariance(surface, pairs, setting) for setting in self._settings]
            self._layouts.append(_Layout(questions, np.linalg.inv(np.stack(kernels))))

    def of_least_error(self, mean: Floats, pooled: Floats, has_humans: Bools, block: Ints) -> Setting:
        """The setting of least Wasserstein distance of the `has_humans` (Q,) questions from what the others predict.

        `mean` are their distribution functions, (Q, T), those of the same `block` (Q,) are predicted without each
        other, and where there is no other block, `pooled` (Q, T) is the prediction.
        """
        errors = np.zeros(len(self._settings))
        for layout in self._layouts:
            kept = has_humans[layout.questions]
            own, gap = layout.questions[kept], self._gap[layout.questions[kept]]
            values = layout.predicted(mean, kept, block)
            functions = np.where(gap > 0, pooled[own] if values is None else values, 1.0)
            errors += (gap * np.abs(np.clip(functions, 0.0, 1.0) - mean[own])).sum(axis=(-1, -2))
        return self._settings[int(errors.argmin())]


@dataclass(frozen=True)
class _Layout:
    """The N answered `questions` of one layout, (N,), and their inverse covariances, (settings, N, N)."""

    questions: Ints
    inverse: Floats

    def predicted(self, mean: Floats, kept: Bools, block: Ints) -> Floats | None:
        """Distribution functions (settings, kept, T) of the `kept` (N,) by the kept ones outside their block.

        None where all are in one block.
        """
        own_block, function = block[self.questions[kept]], mean[self.questions[kept]]
        distinct, size = np.unique(own_block, return_counts=True)
        if len(distinct) < 2:
            return None
        inverse = self.inverse[:, kept]
        residual: Floats = inverse[:, :, kept] @ function
        diagonal: Floats = np.diagonal(self.inverse, axis1=1, axis2=2)[:, kept]
        away: Floats = np.empty((len(self.inverse), 0, len(own_block)))
        across = away
        if not kept.all():
            across = self.inverse[:, ~kept][:, :, kept]
            away = np.asarray(np.linalg.solve(self.inverse[:, ~kept][:, :, ~kept], across), dtype=np.float64)
            residual = np.asarray(residual - away.transpose(0, 2, 1) @ (across @ function), dtype=np.float64)
            diagonal = np.asarray(diagonal - (away * across).sum(axis=1), dtype=np.float64)
        errors = residual / diagonal[..., None]
        for code in distinct[size > 1]:
            own = np.flatnonzero(own_block == code)
            within = inverse[:, :, kept][:, own][:, :, own] - across[:, :, own].transpose(0, 2, 1) @ away[:, :, own]
            errors[:, own] = np.linalg.solve(within, residual[:, own])
        return np.asarray(function - errors, dtype=np.float64)
