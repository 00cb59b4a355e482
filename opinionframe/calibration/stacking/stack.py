"""Stacking: Opinions go in; Opinions with mixtures of several sources, weighted out of fold, come out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT, withheld_groups, without_groups
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.stacking.anchors import ANCHORS, anchors_of
from opinionframe.calibration.stacking.members import Stack, apart_by_dataset, gather, patterns_of
from opinionframe.calibration.stacking.weights import fit_weights
from opinionframe.calibration.supervision import Plan, Supervision, fit_keys, with_n_eff
from opinionframe.errors import OpinionFrameWarning, OptionError, examples, warn_user
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import carry_own, lean, own_name
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

STANDS_IN = 1e-6
"""The least weight in a cell that some members lack, so that one that only members without weight have gets their mean.
"""

WEIGHTS = {"stack": pl.String, "source": pl.String, "fold": pl.UInt32, "weight": pl.Float64}


@takes_frames
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
    variation distance) to the human answers of the other folds, each cell weighing by the trust in its label, in
    cells that every member has. In other cells a member is taken to differ from the others as it does in the
    question's other groups; where it was not asked the question, the others share its weight.

    The new source is `stack|elicitation|prompt|variant`: what all members share keeps its value, what differs
    is `mixed`; a shared model (and calibrator) stands in brackets, as in `stack(gpt-4o)|mixed|sd|standard`. It has
    four parts, so it is calibrated, scored and tabulated like any elicited source.

    Calibrated members were predicted out of fold, but their fits on other questions may have seen this fold's
    answers; that reaches a stack through its few weights alone, and the same holds where a stack is calibrated.

    Args:
        opinions: Opinions with rows of `reference` and of the members.
        codebook: Codebook of its questions.
        sources: The members, by name or by patterns with `*` for any text, as in `["gpt-4o|*", "no-model"]`; all
            sources `model|elicitation|prompt|variant` where it is not given. Calibrated ones go by their name, or by a
            pattern that fits no raw one, such as `*|ridge`.
            Anchors may stand among them, which use no model: `uniform`, and `label-mean` and `no-model`, fitted out
            of fold; they take part in cells that every member has.
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
        Opinions: `opinions` and the stacked rows, of every cell that some member has. Cells that another one lacks are
        counted in a warning.

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
    stacks = stacks_with_folds(rows, book, sources, name, by, Plan((), reference, split, folds, seed))
    _warn_of_partial_cells(stacks)
    mixtures = pl.concat(_with_own(mixture_of(mix, fitted(mix, book, split)), mix, rows) for mix in stacks)
    return same_kind(pl.concat([rows.lazy(), mixtures.lazy()], how="diagonal"), opinions)


@takes_frames
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
    stacks = stacks_with_folds(rows, book, sources, name, by, Plan((), reference, split, folds, seed))
    _warn_of_partial_cells(stacks)
    fits = [fitted(mix, book, split) for mix in stacks]
    key = ["stack", "source", "fold"]
    weights = pl.concat(fits).lazy()
    if DATASET in _keys(by, book, split, rows):
        return same_kind(weights.select(DATASET, *WEIGHTS).sort(DATASET, *key, nulls_last=True), opinions)
    return same_kind(weights.select(*WEIGHTS).sort(key, nulls_last=True), opinions)


def stacks_with_folds(
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
    patterns = ("*",) if sources is None else patterns_of(sources, f"sources={sources!r}")
    anchors = [pattern for pattern in patterns if pattern in ANCHORS]
    named = None if sources is None else [pattern for pattern in patterns if pattern not in ANCHORS] or ["*"]
    stacks = gather(rows, named, name, [key for key in keys if key != DATASET], plan.reference)
    split = own_name(plan.split, rows)
    people = with_n_eff(rows.filter(pl.col("source") == plan.reference))
    partial = rows.join(pl.concat(mix.lost for mix in stacks).unique(), on=GROUP, how="semi")
    others = pl.concat([people, partial], how="diagonal")
    fold_of = deal_folds(
        pl.concat(mix.rows for mix in stacks), codebook, split, plan.folds, plan.seed, others=others
    ).unique(GROUP)
    folded = [
        replace(mix, rows=_with_fold(mix.rows, fold_of), partial=_with_fold(mix.partial, fold_of)) for mix in stacks
    ]
    apart = [part for mix in folded for part in apart_by_dataset(mix, codebook)] if DATASET in keys else folded
    if not anchors:
        return apart
    human = _with_fold(people, fold_of)
    return [replace(mix, anchored=_anchored(mix, human, codebook, split, anchors, plan.seed)) for mix in apart]


def _with_fold(rows: pl.DataFrame, fold_of: pl.DataFrame) -> pl.DataFrame:
    """`rows` with their `fold`, null where nothing of theirs is held out."""
    return rows.drop("fold", strict=False).join(fold_of, on=GROUP, how="left", maintain_order="left")


def _anchored(
    mix: Stack, human: pl.DataFrame, codebook: pl.DataFrame, split: str, names: list[str], seed: int
) -> dict[int | None, pl.DataFrame]:
    """Rows of the anchors in the cells that every member has, by the fold that is held out beside a cell's own."""
    labels = ["target", "n_eff", "fold"]
    cells = mix.rows.select(*CHOICE, *labels).unique(CHOICE).sort(CHOICE)
    mixture = pl.lit(mix.name)
    rows = cells.with_columns(source=mixture, group=mixture, prob=1 / pl.len().over(GROUP))
    supervision = Supervision(rows.select(*ROW, "prob", "target", "n_eff", "group", "fold"), human, codebook, split)
    folds = supervision.predicted_folds
    if split == GROUPS_HELD_OUT:
        shares: dict[int | None, pl.DataFrame] = _without_people(supervision, cells, names, seed)
        shares[None] = pl.concat(shares[fold].filter(fold=fold) for fold in folds)
    else:
        anchors = anchors_of(supervision, names, seed)
        shares = {fold: anchors.beside(cells, fold) for fold in (None, *folds)}
    return {
        fold: table.unpivot(index=[*CHOICE, *labels], variable_name="source", value_name="prob").with_columns(
            pl.col("source").str.strip_prefix(SHARE)
        )
        for fold, table in shares.items()
    }


def _without_people(
    supervision: Supervision, cells: pl.DataFrame, names: list[str], seed: int
) -> dict[int | None, pl.DataFrame]:
    """For each fold the `cells` with shares of the anchors, but for those of groups that hold its people."""
    shares: dict[int | None, pl.DataFrame] = {}
    for fold, groups in sorted(withheld_groups(supervision.rows, supervision.human).items()):
        part = without_groups(supervision, groups)
        own = cells.filter(~pl.col("demographic").is_in(groups))
        shares[fold] = anchors_of(part, names, seed).beside(own, fold)
    return shares


def _keys(by: str | Sequence[str] | None, codebook: pl.DataFrame, split: str, rows: pl.DataFrame) -> tuple[str, ...]:
    """What keeps stacks and their weights apart; folds that are whole datasets pool them, as in `calibrate`."""
    if by is None:
        return (DATASET,) if DATASET in fit_keys(None, codebook, split, rows) else ()
    if isinstance(by, str):
        return (by,)
    if not isinstance(by, Iterable):
        raise OptionError(f"by={by!r} has to be a name, or several in a list, as text.")
    return tuple(by)


def fitted(mix: Stack, book: pl.DataFrame, split: str) -> pl.DataFrame:
    """The weights of one stack for each fold, fitted to the others but for groups that hold its people, and to all."""
    withheld = withheld_groups(mix.rows, mix.rows) if split == GROUPS_HELD_OUT else {}
    fits = []
    for fold in [*mix.rows["fold"].unique().sort(), None]:
        rows = mix.with_anchors(fold).filter(pl.col("fold").ne_missing(fold))
        teaches = ~pl.col("demographic").is_in(withheld.get(fold, []))
        fit = fit_weights(rows.with_columns(pl.when(teaches).then("target").alias("target")), book)
        fits.append(_weight_rows(mix, fit, fold))
    return pl.concat(fits)


def _weight_rows(mix: Stack, fit: dict[str, float], fold: int | None) -> pl.DataFrame:
    """One row per member in the columns WEIGHTS, with its `dataset`."""
    values = {DATASET: mix.dataset, "stack": mix.name, "source": list(fit), "fold": fold, "weight": list(fit.values())}
    return pl.DataFrame(values, schema={DATASET: pl.String, **WEIGHTS})


def mixture_of(mix: Stack, weights: pl.DataFrame) -> pl.DataFrame:
    """The mixture's rows, sorted by key: weighted means that sum to 1 over each cell."""
    columns = [*CHOICE, "source", "fold", "prob"]
    folds = mix.rows["fold"].unique().sort()
    whole = pl.concat(mix.with_anchors(fold).filter(fold=fold).select(columns) for fold in folds)
    own = weights.select("source", "fold", "weight")
    some = pl.col("weight").clip(STANDS_IN, None)  # whoever is there has to weigh something
    partial = mix.partial.select(columns).join(own, on=["source", "fold"], nulls_equal=True).with_columns(some)
    return (
        pl.concat([whole.join(own, on=["source", "fold"]), partial])
        .sort(*CHOICE, "source")
        .group_by(CHOICE, maintain_order=True)
        .agg(pl.lit(mix.name).alias("source"), (pl.col("weight") * pl.col("prob")).sum().alias("prob"))
        .with_columns(pl.col("prob") / pl.col("prob").sum().over(GROUP))
    )


def _with_own(mixture: pl.DataFrame, mix: Stack, opinions: pl.DataFrame) -> pl.DataFrame:
    """`mixture` with the columns of the user's own that are the same in all its members' rows of a cell."""
    names = mix.rows["source"].unique().implode()
    answers = opinions.lazy().filter(pl.col("source").is_in(names)).drop(FIT_INFLUENCE, strict=False)
    return carry_own(mixture.lazy(), answers).collect()


def _warn_of_partial_cells(stacks: list[Stack]) -> None:
    """Warns of each stack with cells that some members lack, with their number and examples."""
    for mix in stacks:
        if len(mix.lost):
            warn_user(
                f"{len(mix.lost)} cells are not answered by every member of {mix.name!r}, e.g. "
                f"{examples(mix.lost.rows())}. They are mixed from those that did, and teach the weights nothing.",
                OpinionFrameWarning,
            )
