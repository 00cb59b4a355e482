"""`compare`: Alignment goes in; tests of differences between paired sources come out."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, CELL_WEIGHT, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.errors import as_names, check_option
from opinionframe.inference.adjustment import ADJUSTMENTS, adjusted
from opinionframe.inference.choices import Choices, checked_choices, checked_methods
from opinionframe.inference.comparisons import Comparisons, as_tests, comparisons
from opinionframe.inference.covers import LEVEL, level_of
from opinionframe.inference.methods import DEFAULT, METHODS, at_once, tested
from opinionframe.inference.pairs import Pair
from opinionframe.inference.possible import of_differences
from opinionframe.inference.weighted import weighted, with_cells
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.lazy import Frame, same_kind


@takes_frames
def compare(  # noqa: PLR0913  each keyword is a choice that a test has to declare
    aligned: Frame,
    *,
    pair: Pair = "raw-calibrated",
    method: str | Sequence[str] = DEFAULT,
    by: str | Sequence[str] = (),
    cluster: str | Sequence[str] = "question",
    adjust: str = "bonferroni",
    family: str | None = None,
    conf: float = 0.95,
    draws: int = 9_999,
    seed: int | None = None,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    simultaneous: bool = False,
) -> Frame:
    """Mean difference in alignment, in [-1, 1], between paired sources, with tests and intervals.

    Two rows per comparison unless `method` says otherwise: the paper's paired t-test, which takes all
    cells as independent, and the t-test whose clusters are the questions. Only cells that both sources
    have count: `n` of them, and `n_lost` that one of the two lacks. Collects.

    The cluster-robust t keeps its level by simulation (reports/inference/simulation.md and coverage.md). With 20
    questions whose effects are far from symmetric, prefer `cluster bootstrap`, but not beside a question that has much
    of the cells, where it falls short.

    Clustered by question, as they are by default, tests claim something of new questions asked of these groups: "the
    gain holds for these eight groups". A claim about groups that nobody asked, "calibration helps any group", takes
    groups as drawn too: `cluster=["question", "demographic"]`, which needs a dozen groups or more to say much. The
    column `covers` says which of the two an interval is good for.

    Args:
        aligned: An Alignment frame.
        pair: `raw-calibrated`, `base-sd`, `standard-few_shot`, `standard-cot` (the second minus the first,
            all else equal), `baseline` (every source minus uniform), the name of a plain source such as
            `question-mean` (every source minus it), or a list of (source, versus).
        method: `paired t`, `cluster-robust t` (CR2 with Satterthwaite's degrees of freedom),
            `cluster-robust t (CR1)`, `cluster bootstrap`, `sign-flip`, or several.
        by: Columns of `aligned` within whose values to compare, such as a dataset; `metric` where there are several.
        cluster: The column whose values are independent of each other, or two of them.
        adjust: `bonferroni`, `holm`, `bh`, `max-t` (joint sign flips) or `none`, over all comparisons of
            the call, per method.
        family: A name for that family, to be printed with a table.
        conf: Coverage of the intervals: of each, or of all at once.
        draws: Number of random draws, where a method draws.
        seed: Fixes the draws; required by `cluster bootstrap`, `sign-flip`, `max-t` and `simultaneous`.
        weight: What counts alike in a mean difference: every `cell`, `question` or `group`, as in `summarize`. With
            `question`, the paired t takes questions as independent; with `group`, errors are linearised.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        simultaneous: Whether the intervals of all comparisons of the call, per method, are to hold at once: wider than
            one by one, by the joint distribution of their errors. P-values stay those of `adjust`.

    Returns:
        Tests, after the columns `by`, with `n_lost`, `estimand` (what means are over), `level` (`95%, each`, or
        `95%, all 12 at once`) and `covers`: `new questions for these groups`, with `and new fits` where the
        cluster-robust t adds the variance of the fits of a calibrated source, which rows of `calibrate` carry in
        `fit_influence` (scores by scale alone); `new questions and new groups` with both as clusters; `new cells` of
        the paired t. No spread or one cluster leaves no test: statistic, p-values and interval are null.

    Raises: FrameError where no sources pair up or a pair has no cell in common; OptionError for an unknown option.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> raw, calibrated = "m|logprob|base|standard", "m|logprob|base|standard|ridge"
    >>> cells |= {"source": [raw] * 3 + [calibrated] * 3, "ceiling": [1.0] * 6}
    >>> aligned = pl.DataFrame(cells | {"alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]})
    >>> compare(aligned, seed=1).select("method", pl.col("estimate", "p_value").round(3)).rows()
    [('paired t', 0.2, 0.074), ('cluster-robust t', 0.2, 0.074)]
    """
    choices = checked_choices(cluster, conf, draws, seed)
    check_option("adjust", adjust, ADJUSTMENTS)
    methods = checked_methods(method, METHODS)
    estimand = Estimand(weight, overlap).within(as_names("by", by))
    compared = comparisons(alignment_border(aligned).collect(), pair, by, choices.cluster, overlap)
    tests = compared_by(compared, methods, choices, adjust, family, estimand, simultaneous=simultaneous)
    return same_kind(tests.lazy(), aligned)


def compared_by(
    compared: Comparisons,
    methods: Sequence[str],
    choices: Choices,
    adjust: str,
    family: str | None = None,
    estimand: Estimand = BY_CELL,
    *,
    simultaneous: bool = False,
) -> pl.DataFrame:
    """Tests of all comparisons by each of `methods`, their p-values adjusted and intervals widened per method."""
    cells = weighted(compared.cells, compared.keys, estimand.weight, choices.cluster)
    alike = replace(compared, cells=cells)
    tests = []
    for name in methods:
        widened = at_once(cells, alike.keys, name, choices) if simultaneous else choices
        tests.append(tested(cells, alike.keys, name, widened).pipe(adjusted, alike, adjust, choices))
    level = level_of(choices.conf, len(compared.pairs) if simultaneous else None)
    counted = with_cells(pl.concat(tests), compared.cells, compared.keys, estimand.weight).with_columns(
        pl.lit(level).alias(LEVEL)
    )
    over = pl.lit(estimand.of_pairs()).alias(ESTIMAND)
    return as_tests(of_differences(counted), compared, family, adjust).with_columns(over)
