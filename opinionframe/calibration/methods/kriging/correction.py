"""The correction: a baseline and a model's answers go in, the baseline moved by what the model says comes out.

It works on distribution functions at the K - 1 thresholds of a scale, and is linear in a dozen features of the
baseline that human answers to other questions give (`smoother`) and of the source's answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from opinionframe.calibration.methods.cells import Floats, distribution_function
from opinionframe.calibration.methods.kriging.robust_ridge import Problem, robust_ridge
from opinionframe.calibration.methods.kriging.smoother import Prior, group_mean
from opinionframe.calibration.methods.kriging.surface import Bools, Surface

HUMAN = ("hump", "hump x K", "tilt", "prior deviation")
"""The features that no model enters: alone they are the calibrator `no-model`, which a model has to beat."""

MIDDLE = "middle"
"""The name under which a correction's `middle` is kept beside its coefficients."""


@dataclass(frozen=True)
class Correction:
    """A fitted correction of one source, or of several that share a fit.

    Attributes:
        coefficients: The coefficient of each feature, by name.
        middle: The number of choices at which the features `… x K` are zero: the mean over the fit's questions.
    """

    coefficients: dict[str, float]
    middle: float


@dataclass(frozen=True, eq=False)
class Answers:
    """What a source says, whatever the baseline, so that all fits share it.

    Attributes:
        shares: Shape (Q, G, K); zero where the source has no answer.
    """

    shares: Floats

    @cached_property
    def given(self) -> Bools:
        """Which cells are answered, shape (Q, G)."""
        given: Bools = self.shares.sum(axis=2) > 0
        return given

    @cached_property
    def mean(self) -> Floats:
        """The mean distribution function over groups, shape (Q, 1, T)."""
        return group_mean(distribution_function(self.shares), self.given.astype(np.float64))[:, None]

    @cached_property
    def deviation(self) -> Floats:
        """By how much each group departs from that, shape (Q, G, T)."""
        return distribution_function(self.shares) - self.mean


def fit_correction(
    surface: Surface, prior: Prior, sources: Sequence[Answers], training: Bools, *, seed: int, human_only: bool = False
) -> Correction:
    """The correction that sources share, fitted to their cells in `training` (Q, G), from the answers of each.

    With `human_only` no feature of the sources takes part.
    """
    cells = [source.given & training & (surface.trust > 0) for source in sources]
    middle = float(surface.size[np.any(cells, axis=(0, 2))].mean())
    if human_only:
        features = [_human_features(surface, prior, middle)] * len(sources)
    else:
        features = [_features(surface, prior, source, middle) for source in sources]
    names = list(features[0])
    rows = [own[..., None] & (surface.gap > 0)[:, None] for own in cells]
    response = surface.human - prior.baseline[:, None]
    weight = surface.gap[:, None] * surface.trust[..., None]
    problem = Problem(
        x=np.concatenate(
            [
                np.stack([np.broadcast_to(own[name], inside.shape)[inside] for name in names]).T
                for own, inside in zip(features, rows, strict=True)
            ]
        ),
        y=np.concatenate([response[inside] for inside in rows]),
        w=np.concatenate([weight[inside] for inside in rows]),
        question=np.concatenate([np.nonzero(inside)[0] for inside in rows]),
        human=np.isin(names, HUMAN),
        targets=_targets(names),
    )
    coefficients = robust_ridge(problem, seed)
    return Correction(dict(zip(names, coefficients.tolist(), strict=True)), middle)


def predict_correction(surface: Surface, prior: Prior, correction: Correction, shares: Floats) -> Floats:
    """Calibrated shares (Q, G, K), in [0, 1], of every cell that the source answers; zeros elsewhere."""
    if set(correction.coefficients) <= set(HUMAN):
        features = _human_features(surface, prior, correction.middle)
    else:
        features = _features(surface, prior, Answers(shares), correction.middle)
    below = np.broadcast_to(prior.baseline[:, None], surface.human.shape).copy()
    for name, coefficient in correction.coefficients.items():
        below += coefficient * features.get(name, 0.0)
    has_answer = shares.sum(axis=2, keepdims=True) > 0
    return np.where(has_answer, to_shares(below, surface.gap[:, None] > 0), 0.0)


def to_shares(values: Floats, inside: Bools) -> Floats:
    """Shares (..., K) of the rising function midway between the running maximum and minimum of `values` (..., T)."""
    clipped = np.clip(np.where(inside, values, 1.0), 0.0, 1.0)
    rising = np.maximum.accumulate(clipped, axis=-1)
    falling = np.minimum.accumulate(clipped[..., ::-1], axis=-1)[..., ::-1]
    shares: Floats = np.diff((rising + falling) / 2, axis=-1, prepend=0.0, append=1.0)
    return shares


def _features(surface: Surface, prior: Prior, source: Answers, middle: float) -> dict[str, Floats]:
    """Features of the correction, each broadcastable to (Q, G, T): the only place where the model enters."""
    base, gap, mean = prior.baseline[:, None], surface.gap[:, None], source.mean
    human = _human_features(surface, prior, middle)
    shift = (gap * (base - mean)).sum(axis=-1, keepdims=True)  # mean position, the model's less the baseline's
    size = (surface.size - middle)[:, None, None]
    return {
        "mean": mean - base,
        "mean x K": (mean - base) * size,
        "shift": shift * human["hump"],
        "shift x K": shift * human["hump"] * size,
        **human,
        "deviation": source.deviation,
        **_by_attribute(surface.attributes, source.deviation),
    }


def _human_features(surface: Surface, prior: Prior, middle: float) -> dict[str, Floats]:
    """Those of HUMAN."""
    base, gap = prior.baseline[:, None], surface.gap[:, None]
    hump = 4 * base * (1 - base)  # a shift along the scale moves a distribution function where its density is
    return {
        "hump": hump,
        "hump x K": hump * (surface.size - middle)[:, None, None],
        "tilt": (np.cumsum(gap, axis=-1) - gap / 2 - 0.5) * (gap > 0),
        "prior deviation": prior.deviation,
    }


def _by_attribute(attributes: tuple[str, ...], deviation: Floats) -> dict[str, Floats]:
    """The source's group deviations, zero outside one attribute, for each attribute; none for a single attribute."""
    return {f"deviation of {name}": deviation * groups for name, groups in _members(attributes)}


@lru_cache(maxsize=8)
def _members(attributes: tuple[str, ...]) -> list[tuple[str, Bools]]:
    """Each attribute with which of the groups are its own, shape (1, G, 1); none for a single attribute."""
    distinct = sorted(set(attributes))
    if len(distinct) < 2:
        return []
    return [(name, np.array([attribute == name for attribute in attributes])[None, :, None]) for name in distinct]


def _targets(names: list[str]) -> dict[str, Floats]:
    """The coefficients that the ridge may shrink to: of no correction, or of the raw answer itself."""
    raw = np.isin(names, ("mean", "deviation")).astype(np.float64)
    return {"baseline": np.zeros(len(names))} | ({"raw": raw} if raw.any() else {})
