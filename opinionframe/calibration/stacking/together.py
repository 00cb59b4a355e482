"""Many sources calibrated as one: rows of members go in; one source, by weights that no test cell enters, comes out.

`of.stack` mixes once and leaves its cells to others; here the mixture is made anew for every fold that is predicted, so
that neither its weights nor what calibrates it have seen that fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.blend.weights import WEIGHT, group_weights
from opinionframe.calibration.stacking.members import member_parts, refuse_names, stack_names
from opinionframe.calibration.supervision import Plan, Supervision, fit_keys, groups, supervise, with_folds
from opinionframe.errors import OptionError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.keys import CELL, CHOICE, GROUP, ROW
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN, UNIFORM

PULL = 20.0
"""How many questions speak for weights by the members' errors alone: chosen on half of the topics."""


STEEP = 4
"""The power of a member's mean absolute error that the weight to which it is pulled falls with."""

EXACT = 1e-3
"""The least error that counts, so that a member that is right everywhere has a finite weight."""

STANDS_IN = 1e-6
"""Added to every weight, so that a cell that only members without weight answered gets their mean."""


@dataclass(frozen=True)
class Pool:
    """Sources that are calibrated as one.

    Attributes:
        name: What the one source is called.
        rows: Its rows in all cells that some member answered, `prob` the plain mean of those that did.
        shares: The same rows with a column of shares for each member, null where it has none, and for uniform.
        members: The names of the members, sorted.
    """

    name: str
    rows: pl.DataFrame
    shares: pl.DataFrame
    members: tuple[str, ...]


def pool(opinions: pl.DataFrame, name: str, reference: str) -> Pool:
    """All elicited sources of checked `opinions` as one.

    Raises: FrameError for fewer than two, or a name that is taken. OptionError for an unfit name.
    """
    if SEPARATOR in name or not name.strip():
        raise OptionError(f"together={name!r} has to be a name without '|', which separates the parts of a source.")
    parts = stack_names(member_parts(opinions, None, reference), name, [])
    refuse_names(parts, opinions)
    members = tuple(parts["source"].sort())
    own = opinions.filter(pl.col("source").is_in(members))
    wide = own.sort(ROW).pivot("source", index=list(CHOICE), values="prob").sort(CHOICE)
    mean = pl.mean_horizontal(members)
    rows = wide.select(*CHOICE, pl.lit(parts["stack"][0]).alias("source"), mean.alias("prob"))
    shares = wide.with_columns(pl.lit(parts["stack"][0]).alias("source")).select(
        *ROW,
        *(pl.col(member).alias(SHARE + member) for member in members),
        (1 / pl.len().over(CELL)).alias(SHARE + UNIFORM),
    )
    return Pool(parts["stack"][0], rows.select(*ROW, "prob"), shares, members)


class Together(Calibrator):
    """A calibrator of one source that is mixed of several, by weights fitted to all folds but the predicted one."""

    def __init__(self, calibrator: Calibrator, pooled: Pool) -> None:
        self.name, self.title = calibrator.name, f"{calibrator.title}, of several sources together"
        self.needs_people, self.needs_order = calibrator.needs_people, calibrator.needs_order
        self._calibrator, self._pool = calibrator, pooled

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted, each fold from mixtures and fits that saw none of it."""
        shares = supervision.rows.join(self._pool.shares, on=list(ROW), how="left", maintain_order="left")
        quiet = replace(supervision, told=None)
        parts = []
        for fold in sorted(shares["fold"].unique()):
            weights = fold_weights(shares, fold, supervision.codebook, self._pool)
            rows = mixed(shares, weights).select(supervision.rows.columns)
            refitted = self._calibrator.crossfit(replace(quiet, rows=rows), seed).lazy()
            parts.append(refitted.filter(fold=fold).collect())
        return pl.concat(supervision.watched(groups(pl.concat(parts))))


def member_weights(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    together: str = "together",
    split: str = "question",
    folds: int = 10,
    by: str | Sequence[str] | None = None,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """The weights in [0, 1] that `calibrate(…, together=…)` mixes its members with, for each fold. Collects.

    Args:
        opinions: Opinions with rows of `reference` and of the members, sources `model|elicitation|prompt|variant`.
        codebook: Codebook of its questions.
        together: The name of the one source.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        by: What shares weights, as in `calibrate`.
        reference: The source that supervises.
        seed: Deals the folds.

    Returns:
        One row per group, member and fold: `group` (what shares weights), `source` (`uniform` is a member too), `fold`
        (the part that was held out; null where weights were fitted to all labelled cells), `weight`, and `cells`, how
        many the member answered. In cells that a member did not answer, the others stand in for it.

    Raises: FrameError for fewer than two sources. OptionError for an unfit name.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    >>> weights = member_weights(opinions, survey.codebook, seed=1)
    >>> weights.group_by("fold").agg(pl.col("weight").sum().round(9))["weight"].unique().to_list()
    [1.0]
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    plan = Plan(fit_keys(by, book, split, rows), reference, split, folds, seed)
    pooled = pool(rows, together, reference)
    people = rows.filter(pl.col("source") == reference)
    one: Supervision = with_folds(supervise(pl.concat([people, pooled.rows], how="diagonal"), book, plan), plan)
    rows_of_members = one.rows.join(pooled.shares, on=list(ROW), how="left", maintain_order="left")
    held_out: list[int | None] = [*sorted(one.rows["fold"].unique()), None]
    fits = pl.concat(
        fold_weights(rows_of_members, fold, book, pooled).with_columns(pl.lit(fold, pl.UInt32).alias("fold"))
        for fold in held_out
    )
    answered = rows.group_by("source").agg(pl.struct(GROUP).n_unique().alias("cells"))
    table = (
        fits.unpivot(index=["group", "fold"], variable_name="source", value_name="weight")
        .with_columns(pl.col("source").str.strip_prefix(WEIGHT))
        .join(answered, on="source", how="left")
        .select("group", "source", "fold", "weight", pl.col("cells").fill_null(pooled.rows.select(GROUP).n_unique()))
        .sort("group", "source", "fold", nulls_last=True)
    )
    return same_kind(table.lazy(), opinions)


def fold_weights(shares: pl.DataFrame, fold: int | None, codebook: pl.DataFrame, pooled: Pool) -> pl.DataFrame:
    """One row per group with the weight of every member, fitted to the labelled cells outside the fold.

    A member without an answer is stood in for by the others, first by the weights that it is pulled to.
    """
    training = shares.filter(pl.col("fold").ne_missing(fold)).drop_nulls("target")
    parts = training.sort("group", maintain_order=True).partition_by("group", maintain_order=True)
    return pl.concat(_weights_of_group(part, codebook, pooled.members) for part in parts)


def _weights_of_group(training: pl.DataFrame, codebook: pl.DataFrame, members: Sequence[str]) -> pl.DataFrame:
    """One row: the `group` and the weights of its members, pulled to those of their errors."""
    errors = training.select((pl.col(SHARE + name) - pl.col("target")).abs().mean().alias(name) for name in members)
    worth = {
        name: 0.0 if error is None else max(error, EXACT) ** -STEEP for name, error in errors.row(0, named=True).items()
    }
    total = sum(worth.values())
    pulled_to = {name: value / total for name, value in worth.items()} | {UNIFORM: 0.0}
    start = {WEIGHT + name: value for name, value in pulled_to.items()}
    weights = pl.DataFrame([{"group": training["group"][0]} | start])
    return group_weights(_filled(training, weights), codebook, pulled_to, ["group"], PULL)


def mixed(shares: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """`shares` with `prob` their mixture by the weights of their group, which those who answered share."""
    names = [name.removeprefix(WEIGHT) for name in weights.columns if name.startswith(WEIGHT)]
    own = {name: pl.col(WEIGHT + name) + STANDS_IN for name in names}
    present = (pl.when(pl.col(SHARE + name).is_not_null()).then(own[name]) for name in names)
    total = pl.sum_horizontal(own[name] * pl.col(SHARE + name) for name in names)
    return shares.join(weights, on="group", how="left", maintain_order="left").with_columns(
        prob=total / pl.sum_horizontal(present)
    )


def _filled(shares: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """`shares` with the mixture of the others where a member has none."""
    columns = [name for name in shares.columns if name.startswith(SHARE)]
    filled = mixed(shares, weights).with_columns(pl.coalesce(name, "prob").alias(name) for name in columns)
    return filled.select(shares.columns)
