"""Comparisons: Alignment and a pair go in; the differences of their cells come out; results go in, Tests come out."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from opinionframe.alignment.estimand import ESTIMAND, KEEP, Estimand
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.errors import FrameError, OptionError, as_names, check_option, examples
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.inference.differences import COMPARISON, differences, lost_cells
from opinionframe.inference.pairs import LISTED, Pair, paired_sources
from opinionframe.schemas import Tests
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

VALUES = ("source", "alignment", "baseline", "ceiling", FIT_INFLUENCE)
"""Columns that can neither group comparisons nor cluster cells."""


@dataclass(frozen=True)
class Comparisons:
    """The cells of all declared comparisons.

    Attributes:
        cells: One row per comparison and cell, with `difference`, in [-1, 1].
        pairs: One row per comparison: the groups, `pair`, `source`, `versus`.
        lost: `n_lost` of each comparison: cells of either source's own mean that the other lacks.
        groups: The columns within whose values sources are compared.
        label: The pair's name, or `listed`.
        metric: The metric of the scores; None where they do not name it, or `groups` do.
    """

    cells: pl.DataFrame
    pairs: pl.DataFrame
    lost: pl.DataFrame
    groups: tuple[str, ...]
    label: str
    metric: str | None

    @property
    def keys(self) -> list[str]:
        """The columns that name a comparison: the groups, `pair`, `source`, `versus`."""
        return [*self.groups, *COMPARISON]


def comparisons(
    scores: pl.DataFrame, pair: Pair, by: str | Sequence[str], columns: Sequence[str], overlap: str = KEEP
) -> Comparisons:
    """The cells of checked `scores` that `pair` compares within the groups `by`; a test will need `columns`.

    With `overlap` left out, these are cells that both sources have, without `all` and intersections beside their parts.

    Raises: FrameError, also for scores of several metrics that `by` does not keep apart; OptionError.
    """
    groups = as_names("by", by)
    check_columns(scores, groups, columns)
    refuse_mixed(scores, groups)
    scores = with_influences(scores, "aligned")
    optional = [name for name in ("alignment", "baseline", FIT_INFLUENCE) if name in scores.columns]
    metric = metric_in(scores)
    scores = scores.select(list(dict.fromkeys([*groups, *columns, *CELL, *optional])))
    pairs = paired_sources(scores.select(*groups, "source").unique(maintain_order=True), pair)
    within = Estimand(overlap=overlap).within(groups).overlap
    paired_cells = differences(scores, pairs, groups).lazy()
    cells = without_overlap(paired_cells, within, [*groups, *COMPARISON]).collect()
    refuse_unclustered(cells, columns)
    own = without_overlap(scores.lazy(), within, [*groups, "source"]).collect()
    label = pair if isinstance(pair, str) else LISTED
    return Comparisons(cells, pairs, lost_cells(own, pairs, cells, groups), groups, label, metric)


def as_tests(tests: pl.DataFrame, compared: Comparisons, family: str | None, adjust: str) -> pl.DataFrame:
    """`tests` sorted and in the columns of Tests, with `groups` before, `covers`, `level` and `n_lost` behind."""
    size = len(compared.pairs)
    columns = [name for name in Tests.column_names() if name not in compared.groups]
    metric = [] if METRIC in compared.groups else [pl.lit(compared.metric, pl.String).alias(METRIC)]
    label = f"{family or compared.label} ({size} comparison{'s' if size > 1 else ''})"
    return (
        tests.with_columns(pl.lit(label).alias("family"), pl.lit(adjust).alias("adjust"), *metric)
        .join(compared.lost, on=compared.keys, how="left", nulls_equal=True)
        .sort(compared.keys, maintain_order=True)
        .select(*compared.groups, *columns, COVERS, LEVEL, "n_lost")
    )


def check_columns(scores: pl.DataFrame, by: Sequence[str], cluster: Sequence[str]) -> None:
    """Raises an OptionError for columns that cannot group comparisons or cluster cells, or would do both."""
    allowed = _allowed_columns(scores)
    for name in by:
        check_option("by", name, allowed)
    for name in cluster:
        check_option("cluster", name, allowed)
    if both := [name for name in by if name in cluster]:
        other = "question" if both[0] == "demographic" else "demographic"
        raise OptionError(
            f"by and cluster both name {both[0]!r}, which leaves one cluster to each group and nothing to tell its "
            f"spread by. Cluster by another column, such as {other}."
        )


def refuse_unclustered(cells: pl.DataFrame, cluster: Sequence[str]) -> None:
    """Raises a FrameError for cells that are in no cluster: together they would count as one."""
    for name in cluster:
        without = cells.filter(pl.col(name).is_null())
        if len(without):
            keys = examples(without.select(GROUP).unique().sort(GROUP).rows())
            raise FrameError(
                f"{len(without)} of {len(cells)} cells have no {name!r} to be clustered by, e.g. {keys}. Fill the "
                "column, or leave these cells out with .filter(…)."
            )


def _allowed_columns(scores: pl.DataFrame) -> list[str]:
    """The columns that can group comparisons or cluster cells."""
    made = [
        name
        for name in (*VALUES, *Tests.column_names(), COVERS, LEVEL, ESTIMAND, "n_lost", "left_out")
        if name != METRIC
    ]
    return [name for name in scores.columns if name not in made]
