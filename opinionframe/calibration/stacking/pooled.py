"""Sources that are calibrated as one: rows go in; the cells and shares of each mixture's members come out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.stacking.anchors import ANCHORS
from opinionframe.calibration.stacking.filled import filled
from opinionframe.calibration.stacking.members import (
    member_parts,
    patterns_of,
    refuse_names,
    refuse_unfit_name,
    stack_names,
    wide_shares,
)
from opinionframe.calibration.supervision import Plan
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError, examples, warn_user
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.own_columns import CORE, carry_own
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, UNIFORM

Mixtures = str | Mapping[str, str | Sequence[str]]
"""The name of one mixture of all elicited sources, or of several with their members: sources, patterns and anchors."""


@dataclass(frozen=True)
class Pool:
    """Sources that are calibrated as one.

    Attributes:
        name: What the one source is called.
        rows: Its rows in all cells that some member answered, `prob` the plain mean of those that did, with the columns
            of the user's own that are the same in all rows of a question and demographic.
        shares: The same rows with a column of shares for each member, with what it would have said as others did where
            it has no answer for a group, null where it was not asked the question.
        members: The names of the members, sorted.
        anchors: What else is mixed in, of ANCHORS: uniform always, others where they are named.
        partial: The (question, demographic) that only some members answered, sorted.
    """

    name: str
    rows: pl.DataFrame
    shares: pl.DataFrame
    members: tuple[str, ...]
    anchors: tuple[str, ...]
    partial: pl.DataFrame


def pools(opinions: pl.DataFrame, together: Mixtures, reference: str) -> list[Pool]:
    """The mixtures of elicited sources of checked `opinions` that a user named, in their order.

    Raises: FrameError for fewer than two members, a pattern that names none, or a name that is taken. OptionError for
        an unfit name, or none.
    """
    named = {together: ("*",)} if isinstance(together, str) else members_by_name(together)
    mixtures = [_pool(opinions, name, patterns, reference) for name, patterns in named.items()]
    names = [mixture.name for mixture in mixtures]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(f"together names {len(repeated)} mixtures twice, e.g. {repeated[0]!r}. Give each its own.")
    return mixtures


def with_mixtures(opinions: pl.DataFrame, mixtures: Iterable[Pool], plan: Plan) -> pl.DataFrame:
    """The rows of the reference and of the mixtures.

    Raises: FrameError where members differ in a column that deals folds or says what shares a fit.
    """
    people = opinions.filter(pl.col("source") == plan.reference)
    own = [name for name in (plan.split, *plan.by) if name in opinions.columns and name not in CORE]
    for mixture in mixtures:
        answers = opinions.filter(pl.col("source").is_in(mixture.members))
        for name in own:
            several = answers.group_by(GROUP).agg(pl.col(name).n_unique()).filter(pl.col(name) > 1).sort(GROUP)
            if several.height:
                raise FrameError(
                    f"{several.height} questions and demographics have several values of {name!r} in the rows of "
                    f"{mixture.name!r}, e.g. {examples(several.select(GROUP).rows())}, so that their mixture has none. "
                    "Give the rows of all its members the same."
                )
    return pl.concat([people, *(mixture.rows for mixture in mixtures)], how="diagonal")


def warn_of_partial_cells(mixtures: Iterable[Pool]) -> None:
    """Warns of each mixture with cells that some of its members did not answer, with their number and examples."""
    for mixture in mixtures:
        if mixture.partial.height:
            warn_user(
                f"{mixture.partial.height} of {mixture.rows.select(GROUP).n_unique()} cells of {mixture.name!r} are "
                f"not answered by all {len(mixture.members)} members, e.g. {examples(mixture.partial.rows())}. They "
                "are predicted from those that did; `member_weights` counts the cells of each.",
                OpinionFrameWarning,
            )


def members_by_name(together: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The patterns of each mixture."""
    if not isinstance(together, Mapping) or not together:
        raise OptionError(
            f"together={together!r} has to be a name, or a mapping of names to their members, as "
            "{'all': ['gpt-4o|*', 'llama3-70b|*', 'no-model']}."
        )
    return {name: patterns_of(own, f"together={{{name!r}: {own!r}}}") for name, own in together.items()}


def _pool(opinions: pl.DataFrame, name: str, patterns: Sequence[str], reference: str) -> Pool:
    refuse_unfit_name("together", name)
    anchors = tuple(anchor for anchor in ANCHORS if anchor in patterns or anchor == UNIFORM)
    sources = [pattern for pattern in patterns if pattern not in ANCHORS] or ["*"]
    parts = stack_names(member_parts(opinions, sources, reference), name, [])
    refuse_names(parts, opinions, "Name more in together=.", "Choose another name in together=.")
    members = tuple(parts["source"].sort())
    mixture = parts["stack"][0]
    own = opinions.filter(pl.col("source").is_in(members))
    wide, columns = wide_shares(own), [SHARE + each for each in members]
    keys = [*map(pl.col, CHOICE), pl.lit(mixture).alias("source")]
    means = wide.select(*keys, pl.mean_horizontal(columns).alias("prob")).select(*ROW, "prob")
    rows = carry_own(means.lazy(), own.drop(FIT_INFLUENCE, strict=False).lazy()).collect()
    shares = filled(wide, columns).select(*keys, *columns)
    partial = wide.filter(pl.any_horizontal(pl.col(columns).is_null())).select(GROUP).unique().sort(GROUP)
    return Pool(mixture, rows, shares, members, anchors, partial)
