"""Changes of kriging for tried.py: each, while it lasts, has other functions in the place of the package's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

import opinionframe as of
from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging import (
    correction,
    kriging,
    settings,
    smoother,
    surface,
)
from opinionframe.calibration.methods.kriging.text_cosines import text_cosines
from opinionframe.calibration.supervision import groups

IN_ORDER = ("age", "degree", "ideology", "income")
"""Attributes of the GSS whose classes have an order, all of them."""

PARTIES = ("Democrat", "Independent", "Republican")
"""Those of the Pew questions, in order."""

SLIGHT = 0.1
"""Ridge of a projection on factors, so that groups which a source was not asked of count for none."""


def replaced(module: Any, **names: Any) -> AbstractContextManager[object]:
    """`module` with other values of some of its names."""
    return patch.multiple(module, **names)


def wider_nugget() -> AbstractContextManager[object]:
    """Noise of up to 3.2 is tried as well."""
    wider = product(settings.WORDING, (*settings.NOISE, 1.6, 3.2), settings.MEANING[:1])
    return replaced(settings, SETTINGS=tuple(wider))


def like_labels() -> AbstractContextManager[object]:
    """Labels count as alike by the n-grams of all of a question's labels."""

    def made(human: pl.DataFrame, rows: pl.DataFrame, book: pl.DataFrame) -> surface.Surface:
        arrays = surface.surface(human, rows, book)
        labels = book.sort("question", "choice").group_by("question", maintain_order=True).agg("label")
        texts = labels.select(pl.col("label").list.join("|").str.to_lowercase()).to_series().to_list()
        return replace(arrays, labels=text_cosines(texts, sublinear=True))

    return replaced(kriging, surface=made)


def pooled() -> AbstractContextManager[object]:
    """The correction of a source may shrink to that of all sources together, as it may to none or to the raw answer."""
    shares: list[Floats] = []
    now: list[Any] = []
    fits: dict[int, tuple[smoother.Prior, correction.Correction]] = {}
    own_baselines, own_without = kriging._baselines, kriging._Baselines.without
    own_fit, own_targets = correction.fit_correction, correction._targets

    def baselines(supervision: Any) -> Any:
        made = own_baselines(supervision)
        parts = [rows.partition_by("source", maintain_order=True) for rows in groups(supervision.rows)]
        shares[:] = [made.arrays.shares(own) for part in parts for own in part]
        fits.clear()
        return made

    def without(made: Any, out: Any) -> Any:
        training, prior = own_without(made, out)
        now[:] = [made.arrays, prior, training]
        return training, prior

    def fitted(
        arrays: Any,
        prior: Any,
        sources: Any,
        training: Any,
        *,
        seed: int,
        human_only: bool,
    ) -> Any:
        if human_only:
            return own_fit(arrays, prior, sources, training, seed=seed, human_only=True)
        whole, full, everywhere = now
        if id(full) not in fits:
            fits[id(full)] = full, own_fit(whole, full, shares, everywhere, seed=seed)
        common = fits[id(full)][1].coefficients

        def targets(names: list[str]) -> dict[str, Floats]:
            return own_targets(names) | {"pooled": np.array([common[name] for name in names])}

        with replaced(correction, _targets=targets):
            return own_fit(arrays, prior, sources, training, seed=seed)

    stack = ExitStack()
    stack.enter_context(replaced(kriging._Baselines, without=without))
    stack.enter_context(replaced(kriging, _baselines=baselines, fit_correction=fitted))
    return stack


@dataclass(frozen=True)
class Directions(smoother.Prior):
    """A prior with directions in which groups differ, shape (G, R)."""

    groups: Floats

    def part(self, questions: Any) -> Directions:
        """Some of the questions, by number."""
        return Directions(self.baseline[questions], self.deviation[questions], self.groups)


def factors(number: int) -> Callable[[], AbstractContextManager[object]]:
    """The model's deviations on the main factors of how groups' mean positions differ in the training questions."""

    def directions(arrays: surface.Surface, training: Any) -> Floats:
        trust = arrays.trust * training
        away = arrays.human - smoother.group_mean(arrays.human, trust)[:, None]
        shift = (away * arrays.gap[:, None]).sum(axis=-1) * np.sqrt(trust)
        return np.linalg.svd(shift, full_matrices=False)[2][:number].T

    return lambda: _along(directions)


def trends() -> AbstractContextManager[object]:
    """The model's deviations on a straight line over the classes of each ordered attribute."""
    gss = of.load("gss2018").groups.sort("place").with_columns(group=pl.format("{}={}", "attribute", "class"))
    own = [gss.filter(attribute=name)["group"].to_list() for name in IN_ORDER]
    ordered = [[f"party={each}" for each in PARTIES], *own]

    def directions(arrays: surface.Surface, _training: Any) -> Floats:
        lines = np.array([[_middled(group, classes) for group in arrays.groups] for classes in ordered])
        some = lines[np.abs(lines).sum(axis=1) > 0]
        return (some / np.linalg.norm(some, axis=1, keepdims=True)).T

    return _along(directions)


def _middled(group: str, classes: list[str]) -> float:
    """The place of a group among the ordered classes, from their middle; 0 where it is none of them."""
    return classes.index(group) - (len(classes) - 1) / 2 if group in classes else 0.0


def _along(
    directions: Callable[[surface.Surface, Any], Floats],
) -> AbstractContextManager[object]:
    """A feature more for each direction: the part of the model's deviations that lies along it."""
    own_prior, own_features = smoother.fit_prior, correction._features

    def prior(arrays: surface.Surface, training: Any, *others: Any) -> Directions:
        made = own_prior(arrays, training, *others)
        return Directions(made.baseline, made.deviation, directions(arrays, training))

    def features(arrays: surface.Surface, made: Directions, shares: Floats, middle: float) -> dict[str, Floats]:
        found = own_features(arrays, made, shares, middle)
        has_answer = (shares.sum(axis=2) > 0).astype(np.float64)
        inside = np.einsum("gr,qg,gs->qrs", made.groups, has_answer, made.groups)
        inside += SLIGHT * np.eye(made.groups.shape[1])
        onto = np.einsum("gr,qg,qgt->qrt", made.groups, has_answer, found["deviation"])
        along = np.einsum("gr,qrt->rqgt", made.groups, np.linalg.solve(inside, onto))
        return found | {f"along {number}": each for number, each in enumerate(along)}

    stack = ExitStack()
    stack.enter_context(replaced(kriging, fit_prior=prior))
    stack.enter_context(replaced(correction, _features=features))
    return stack
