"""`compare_respondents`: Opinions go in; tests of differences that count people as a sample come out."""

import numpy as np
import polars as pl

from opinionframe.alignment.estimand import ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.inference.adjustment import CLOSED, corrected
from opinionframe.inference.blocks import Floats
from opinionframe.inference.choices import checked_choices
from opinionframe.inference.pairs import LISTED, Pair, paired_sources
from opinionframe.inference.people import people
from opinionframe.inference.possible import of_differences
from opinionframe.inference.redraw import Redraw, Sides, distances, joint_spreads, spreads, unique_cells
from opinionframe.inference.steps import Steps, beside, steps
from opinionframe.inference.student import student
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.demographic import ATTRIBUTE
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.lazy import Frame, same_kind

METHODS = {"fixed": "respondent bootstrap", "drawn": "nested bootstrap"}


def compare_respondents(  # noqa: PLR0913  each keyword is a choice that a test has to declare
    opinions: Frame,
    codebook: AnyFrame,
    *,
    seed: int,
    pair: Pair = "raw-calibrated",
    questions: str = "fixed",
    reference: str = HUMAN,
    adjust: str = "bonferroni",
    conf: float = 0.95,
    draws: int = 1_000,
    metric: str = BY_SCALE,
    microdata: AnyFrame | None = None,
    weight: str | None = None,
    overlap: str = LEAVE_OUT,
) -> Frame:
    """Mean difference in alignment, in [-1, 1], with the reference's respondents drawn anew in every cell. Collects.

    A cell is redrawn as a Dirichlet distribution worth its `n_eff` respondents, which replicate
    weights fix where the reference was made with them. Classes of one attribute have people of their own; those of
    several attributes, `all` and intersections are made of the same people, so that errors of attributes are added up
    as if fully dependent: the most that they can come to. Answers of a person to several questions count as
    independent. With `microdata` each person is drawn once, for all groups and questions, and nothing is assumed but
    that people were drawn independently of each other.

    Args:
        opinions: Opinions with rows of `reference`, with `n_eff`, and of the sources to compare.
        codebook: Codebook of its questions.
        seed: Fixes the draws.
        pair: As in `compare`.
        questions: `fixed`, where the claim is about these questions alone; or `drawn`, where they stand
            for others and are drawn too. The spread between questions already contains the people's
            noise, so `drawn` counts it twice and errs on the wide side.
        reference: The source whose respondents are drawn.
        adjust: `bonferroni`, `holm`, `bh` or `none`.
        conf: Coverage of the intervals.
        draws: Number of draws.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.
        microdata: The respondents that `reference` made the human rows of.
        weight: Their column of weights, if it took one. Means are over cells, in which a question of more groups counts
            more: people were drawn for these cells, not for questions or groups that count alike.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.

    Returns: Tests with `estimand`, a row for each metric. `std_error` is the spread of the draws, that of each
        attribute added up.
    Raises: FrameError for cells without `n_eff`, nominal questions under `wasserstein` or a pair without common cells;
        OptionError.
    Reference: Rubin (1981), The Bayesian Bootstrap; Davison and Hinkley (1997), section 3.8.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2] * 3,
    ...     "source": ["human", "human", "a", "a", "b", "b"], "prob": [0.5, 0.5, 0.6, 0.4, 0.8, 0.2], "n_eff": 400.0})
    >>> test = compare_respondents(opinions, codebook, pair=[("a", "b")], seed=1)
    >>> test.select(pl.col("estimate", "std_error").round(2)).row(0)
    (0.2, 0.0)
    """
    check_option("questions", questions, METHODS)
    check_option("adjust", adjust, CLOSED)
    estimand = Estimand(overlap=overlap)
    checked_choices("question", conf, draws, seed)
    source, human = beside(steps(opinions, codebook, metric), reference)
    _refuse_unsized(human)
    parts = []
    for name in sorted(source.cells["metric"].unique()):
        rows = np.flatnonzero((source.cells["metric"] == name).to_numpy())
        redraw = None
        if microdata is not None:
            here = human.take(rows)
            redraw = people(here.take(unique_cells(here)[1]), microdata, weight).redrawn
        differences = _differences(
            source.take(rows), human.take(rows), pair, overlap, redraw, draws, seed, drawn=questions == "drawn"
        )
        parts.append(differences.with_columns(pl.lit(name).alias("metric")))
    compared = pl.concat(parts)
    size = f"({len(compared)} comparison{'s' if len(compared) > 1 else ''})"
    label = f"{pair if isinstance(pair, str) else LISTED} {size}"
    tests = (
        compared.with_columns(pl.lit(METHODS[questions]).alias("method"), pl.lit(label).alias("family"))
        .with_columns(pl.lit(adjust).alias("adjust"))
        .pipe(student, conf)
        .pipe(of_differences)
        .with_columns(corrected(adjust))
        .select(*Tests.column_names(), pl.lit(estimand.of_pairs()).alias(ESTIMAND))
    )
    return same_kind(tests.lazy(), opinions)


def _differences(
    source: Steps,
    human: Steps,
    pair: Pair,
    overlap: str,
    redraw: Redraw | None,
    draws: int,
    seed: int,
    *,
    drawn: bool,
) -> pl.DataFrame:
    """One row per pair of sources, scored by one metric: its mean difference and the spread of the draws."""
    pairs = paired_sources(source.cells.select("source").unique(), pair)
    sides = _sides(source, pairs, overlap)
    if redraw is None:
        errors = spreads(source, human, sides, draws, seed, questions=drawn)
    else:
        errors = joint_spreads(source, human, sides, redraw, draws, seed, questions=drawn)
    return pairs.hstack(_moments(distances(source, human), sides, errors, drawn=drawn))


def _moments(distance: Floats, sides: list[Sides], errors: Floats, *, drawn: bool) -> pl.DataFrame:
    """Estimate, spread of the draws, and size of every pair; no limit to the degrees of freedom of fixed questions."""
    n_questions = [len(side.starts) for side in sides]
    return pl.DataFrame(
        {
            "estimate": [side.difference(distance).mean() for side in sides],
            "std_error": errors,
            "df": [float(size - 1) if drawn else np.inf for size in n_questions],
            "n": pl.Series([len(side.one) for side in sides], dtype=pl.UInt32),
            "n_clusters": pl.Series(n_questions, dtype=pl.UInt32),
        }
    )


def _refuse_unsized(human: Steps) -> None:
    """Raises a FrameError where a cell of the reference has no `n_eff`."""
    unsized = human.cells.filter(pl.col("n_eff").is_null()).select(GROUP).unique()
    if not unsized.is_empty():
        keys = examples(unsized.sort(GROUP).rows())
        raise FrameError(
            f"{len(unsized)} cells of the reference have no n_eff, e.g. {keys}: how many people stand behind them "
            "decides how far they may stray. Add the column, or drop these cells."
        )


def _sides(source: Steps, pairs: pl.DataFrame, overlap: str) -> list[Sides]:
    """The common cells of every pair that its mean is over. Raises: FrameError where a pair has none."""
    cells = source.cells.select(CELL).with_row_index("one")
    versus = cells.rename({"source": "versus", "one": "other"})
    numbered = pairs.with_row_index("pair_number")
    common_cells = (
        numbered.join(cells, on="source", how="inner")
        .join(versus, on=[*GROUP, "versus"], how="inner")
        .lazy()
        .pipe(without_overlap, overlap, ["pair_number"])
        .sort("pair_number", *GROUP)
        .collect()
    )
    disjoint = numbered.join(common_cells, on="pair_number", how="anti").select("source", "versus")
    if not disjoint.is_empty():
        raise FrameError(
            f"{len(disjoint)} comparisons have no cell in common, e.g. {examples(disjoint.rows())}. Score both sources "
            "on the same questions and demographics; rows of `uniform` come from baselines(…)."
        )
    return [
        Sides(
            part["one"].to_numpy().astype(np.int64),
            part["other"].to_numpy().astype(np.int64),
            np.flatnonzero((part["question"] != part["question"].shift()).fill_null(value=True).to_numpy()),
            part.select(ATTRIBUTE.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy(),
        )
        for part in common_cells.partition_by("pair_number", maintain_order=True)
    ]
