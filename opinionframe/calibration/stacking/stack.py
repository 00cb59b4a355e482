"""Stacking: Opinions go in; Opinions with mixtures of several sources, weighted out of fold, come out."""

import warnings
from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT, withheld_groups
from opinionframe.calibration.stacking.members import Stack, apart_by_dataset, gather
from opinionframe.calibration.stacking.weights import fit_weights
from opinionframe.calibration.supervision import Plan, fit_keys
from opinionframe.errors import OpinionFrameWarning, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import lean, own_name

WEIGHTS = {"stack": pl.String, "source": pl.String, "fold": pl.UInt32, "weight": pl.Float64}


def stack(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    sources: Sequence[str] | None = None,
    name: str = "stack",
    by: str | Sequence[str] | None = None,
    split: str = "question",
    folds: int = 10,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """Opinions with rows appended that mix several sources of a cell, weighted out of fold. Collects.

    The weights are not negative, sum to one, and minimise the Wasserstein distance (of nominal questions the total
    variation distance) to the human answers of the other folds, each cell weighing by the trust in its label. Only
    cells that every member has are stacked.

    The new source is `stack|elicitation|prompt|variant`: what all members share keeps its value, what differs
    is `mixed`; a shared model (and calibrator) stands in brackets, as in `stack(gpt-4o)|mixed|sd|standard`. It has
    four parts, so it is calibrated, scored and tabulated like any elicited source.

    Calibrated members were predicted out of fold, but their fits on other questions may have seen this fold's
    answers; that reaches a stack through its few weights alone, and the same holds where a stack is calibrated.

    Args:
        opinions: Opinions with rows of `reference` and of the members.
        codebook: Codebook of its questions.
        sources: The members; all sources `model|elicitation|prompt|variant` where it is not given. Calibrated ones
            have to be named.
        name: What the first part of the new source starts with.
        by: Parts of the source (`model`, `elicitation`, `prompt`, `variant`, `calibrator`), each combination of which
            is a stack of its own, and `dataset`, each of which has weights of its own. Where it is not given, one stack
            of all members, with weights for each dataset where the codebook has several; `by=()` lets these share them,
            and so does `split="dataset"`.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        reference: The source that supervises.
        seed: Deals the folds.

    Returns:
        Opinions: `opinions` and the stacked rows. Cells that some member lacks are counted in a warning.

    Raises:
        FrameError: A broken frame, a member that is not there, fewer than two members, or no cell that all of them
            and the reference have. OptionError: an unknown part or split.

    Reference: Breiman (1996), Stacked regressions, with weights on the simplex.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    >>> stack(opinions, survey.codebook, seed=1)["source"].unique().sort().to_list()[-1]
    'stack(fake)|logprob|mixed|standard'
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    stacks = _stacks_with_folds(rows, book, sources, name, by, Plan((), reference, split, folds, seed))
    _warn_of_lost_cells(stacks)
    mixtures = pl.concat(_mixture(mix, _weights_out_of_fold(mix, book, split)) for mix in stacks)
    return same_kind(pl.concat([rows.lazy(), mixtures.lazy()], how="diagonal"), opinions)


def stack_weights(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    sources: Sequence[str] | None = None,
    name: str = "stack",
    by: str | Sequence[str] | None = None,
    split: str = "question",
    folds: int = 10,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """The weights in [0, 1] that `stack` mixes its members with; they sum to one over a stack and fold. Collects.

    Args:
        opinions: Opinions with rows of `reference` and of the members.
        codebook: Codebook of its questions.
        sources: The members, as in `stack`.
        name: What the first part of the stacks' names starts with.
        by: Parts of the source, each combination of which is a stack of its own, and `dataset`, as in `stack`.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        reference: The source that supervises.
        seed: Deals the folds.

    Returns:
        One row per stack, member and fold: `stack`, `source`, `fold`, `weight`, and `dataset` in front where each has
        weights of its own. `fold` names the part that was held
        out; where it is null the weights were fitted to all labelled cells, for use on other questions.

    Raises: as `stack`.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    >>> weights = stack_weights(opinions, survey.codebook, seed=1)
    >>> weights.group_by("stack", "fold").agg(pl.col("weight").sum().round(9))["weight"].unique().to_list()
    [1.0]
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    stacks = _stacks_with_folds(rows, book, sources, name, by, Plan((), reference, split, folds, seed))
    _warn_of_lost_cells(stacks)
    fits = [_weights_out_of_fold(mix, book, split) for mix in stacks] + [_weights_of_all(mix, book) for mix in stacks]
    key = ["stack", "source", "fold"]
    weights = pl.concat(fits).lazy()
    if DATASET in _keys(by, book, split, rows):
        return same_kind(weights.select(DATASET, *WEIGHTS).sort(DATASET, *key, nulls_last=True), opinions)
    return same_kind(weights.select(*WEIGHTS).sort(key, nulls_last=True), opinions)


def _stacks_with_folds(
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    sources: Sequence[str] | None,
    name: str,
    by: str | Sequence[str] | None,
    plan: Plan,
) -> list[Stack]:
    """The stacks, their rows with `fold`: dealt once, so that all stacks hold out the same questions."""
    rows = lean(opinions, [plan.split])
    keys = _keys(by, codebook, plan.split, opinions)
    stacks = gather(rows, sources, name, [key for key in keys if key != DATASET], plan.reference)
    all_rows = pl.concat([mix.rows for mix in stacks])
    fold_of = deal_folds(all_rows, codebook, own_name(plan.split, rows), plan.folds, plan.seed)
    folded = [Stack(mix.name, mix.rows.drop("fold", strict=False).join(fold_of, on=GROUP), mix.lost) for mix in stacks]
    return [part for mix in folded for part in apart_by_dataset(mix, codebook)] if DATASET in keys else folded


def _keys(by: str | Sequence[str] | None, codebook: pl.DataFrame, split: str, rows: pl.DataFrame) -> tuple[str, ...]:
    """What keeps stacks and their weights apart; folds that are whole datasets pool them, as in `calibrate`."""
    if by is None:
        return (DATASET,) if DATASET in fit_keys(None, codebook, split, rows) else ()
    return (by,) if isinstance(by, str) else tuple(by)


def _weights_out_of_fold(mix: Stack, book: pl.DataFrame, split: str) -> pl.DataFrame:
    """The weights of one stack for each fold, fitted to the other folds, but for groups that hold its people."""
    held_out = mix.rows["fold"].unique().sort()
    withheld = withheld_groups(mix.rows, mix.rows) if split == GROUPS_HELD_OUT else {}
    teaches = {fold: ~pl.col("demographic").is_in(withheld.get(fold, [])) for fold in held_out}
    fits = (
        fit_weights(
            mix.rows.filter(pl.col("fold") != fold).with_columns(pl.when(teaches[fold]).then("target").alias("target")),
            book,
        )
        for fold in held_out
    )
    return pl.concat(_weight_rows(mix, fit, fold) for fold, fit in zip(held_out, fits, strict=True))


def _weights_of_all(mix: Stack, book: pl.DataFrame) -> pl.DataFrame:
    """The weights of one stack fitted to all its labelled cells, `fold` null."""
    return _weight_rows(mix, fit_weights(mix.rows, book), None)


def _weight_rows(mix: Stack, fit: dict[str, float], fold: int | None) -> pl.DataFrame:
    """One row per member in the columns WEIGHTS, with its `dataset`."""
    values = {DATASET: mix.dataset, "stack": mix.name, "source": list(fit), "fold": fold, "weight": list(fit.values())}
    return pl.DataFrame(values, schema={DATASET: pl.String, **WEIGHTS})


def _mixture(mix: Stack, weights: pl.DataFrame) -> pl.DataFrame:
    """The mixture's rows, sorted by key: weighted means that sum to 1 over each cell."""
    return (
        mix.rows.join(weights.select("source", "fold", "weight"), on=["source", "fold"])
        .group_by(CHOICE)
        .agg(pl.lit(mix.name).alias("source"), (pl.col("weight") * pl.col("prob")).sum().alias("prob"))
        .with_columns(pl.col("prob") / pl.col("prob").sum().over(GROUP))
        .sort(CHOICE)
    )


def _warn_of_lost_cells(stacks: list[Stack]) -> None:
    """Warns of each stack that leaves out cells, with their number and examples."""
    for mix in stacks:
        if len(mix.lost):
            warnings.warn(
                f"{len(mix.lost)} cells are not answered by every member of {mix.name!r}, e.g. "
                f"{examples(mix.lost.rows())}. They were not stacked; leave out a member, or stack by fewer at a time.",
                OpinionFrameWarning,
                stacklevel=3,
            )
