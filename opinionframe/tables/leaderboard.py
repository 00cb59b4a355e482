"""`tables.leaderboard`: scores of one's own go in; their places among the paper's fifteen models come out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from opinionframe.alignment.estimand import Estimand
from opinionframe.paper.published import published
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import UNIFORM
from opinionframe.schemas.one_metric import metric_in
from opinionframe.tables import comparable, marks, score_intervals
from opinionframe.tables.cell_values import plain
from opinionframe.tables.document import Table
from opinionframe.tables.grid import ELICITATION_NAMES, PROMPT_NAMES
from opinionframe.tables.scores import scores

SETTING = ["dataset", "elicitation", "prompt"]
"""Within which models are ranked."""

OWN = "this study"
OWN_SIGN = "• "
_ENDS = ("rank_low", "rank_high")


@takes_frames
def leaderboard(
    frame: AnyFrame,
    codebook: AnyFrame | None = None,
    *,
    calibrated: bool = False,
    same: Mapping[str, str] | None = None,
    intervals: bool = True,
    conf: float = 0.95,
    title: str | None = None,
    note: str = "",
) -> Table:
    """One's own models ranked among the paper's, by data set, elicitation and prompt. Collects.

    Models are ranked by alignment as it is printed, in percent with one decimal; equal ones share a rank. Below an own
    rank stand the ranks that the ends of its interval would have. Baselines stand at their value, without a rank.

    Args:
        frame: Alignment, a Summary or what `of.intervals` returns.
        codebook: Names the dataset of each question of an Alignment frame.
        calibrated: Ranks calibrated answers instead of raw ones.
        same: Which of the paper's data sets (`WGM`, `OQA`, `WVS`) each own one is, beside the surveys that this package
            reads: `wgm2018`, `opinionqa` and `wvs7`.
        intervals: Whether own means have intervals below them, as in `of.intervals`.
        conf: Coverage of each interval, in (0, 1).
        title: Printed above.
        note: Printed below.

    Raises: FrameError where no data set is one of the paper's, scores are by another metric or of everybody alone, or
        none is of a setting that the paper prints; OptionError.

    Reference: Kambhatla et al., Tables 6 and 7, which print neither intervals nor baselines.

    >>> mine = pl.DataFrame({"dataset": "WVS", "source": ["mine|verbalized|base|standard"], "alignment": [0.75]})
    >>> table = leaderboard(mine.with_columns(metric=pl.lit("wasserstein")))
    >>> table.rows.filter(origin="this study").select("section", "model", "alignment", "rank").row(0)
    ('WVS: verbalized, base prompt', 'mine', 75.0, 9)
    """
    asked = score_intervals.level_asked(conf, intervals=intervals)
    means = scores(frame, codebook, estimand=Estimand(), conf=asked)
    metric = metric_in(means)
    comparable.refuse_other_metric(metric)
    named = comparable.with_paper_names(means, same)
    own = _own(named, calibrated=calibrated)
    theirs = _theirs(calibrated=calibrated).join(own, on=SETTING, how="semi")
    known = own.join(theirs, on=SETTING, how="semi")
    comparable.refuse_unprinted(own, known, calibrated=calibrated)
    counts = comparable.own_groups(frame, codebook, known)
    comparable.refuse_everybody(counts)
    ranked = _ranked(known, theirs)
    floors = _baselines(named, known)
    places = score_intervals.decimals(known) if asked and score_intervals.has_intervals(known) else None
    labels = {"model": "Model", "calibrator": "Calibrator", "rank": "Rank", "alignment": "Alignment", "origin": "From"}
    return Table(
        cells=_cells(pl.concat([ranked, floors], how="diagonal"), places),
        labels=labels if calibrated else {name: label for name, label in labels.items() if name != "calibrator"},
        title=title or f"{'Calibrated' if calibrated else 'Raw'} answers of this study among the paper's models",
        notes=(
            *comparable.notes(
                known, theirs, means, counts, metric, calibrated=calibrated, has_baselines=not floors.is_empty()
            ),
            *score_intervals.notes(known, asked),
            *([_OF_RANKS] if places is not None else []),
            *([note] if note else []),
        ),
        group="section",
        text=frozenset({"calibrator", "origin"}),
    )


_OF_RANKS = (
    "Below a rank: those of the ends of the interval, all other figures taken as exact; the paper prints no intervals."
)


def _own(named: pl.DataFrame, *, calibrated: bool) -> pl.DataFrame:
    """The own scores to rank: those of standard answers, raw or `calibrated`."""
    kind = pl.col("calibrator").is_not_null() if calibrated else pl.col("calibrator").is_null()
    return named.filter("elicited", kind, pl.col("dataset").is_not_null(), variant="standard")


def _theirs(*, calibrated: bool) -> pl.DataFrame:
    """The paper's scores of its models, with the table that prints each."""
    rows = published().filter(pl.col("table").is_in([6, 7]), ~pl.col("summary"))
    of_kind = rows.filter(variant="calibrated" if calibrated else "raw")
    origin = pl.format("Table {}", "table").alias("origin")
    return of_kind.with_columns(origin, calibrator=pl.lit("paper") if calibrated else pl.lit(None, pl.String))


def _ranked(own: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """All scores with their `rank` within their setting, and own ones with those of the ends of their interval."""
    columns = [*SETTING, "model", "calibrator", "alignment", "origin"]
    mine = own.with_columns(origin=pl.lit(OWN)).select(*columns, *score_intervals.LIMITS)
    both = pl.concat([mine, theirs.select(columns)], how="diagonal")
    ranks = _as_printed("alignment").rank("min", descending=True).over(SETTING)
    key = [*SETTING, "model", "calibrator", "origin"]
    return both.with_columns(ranks.cast(pl.Int64).alias("rank")).join(
        _ends(both, key), on=key, how="left", nulls_equal=True, validate="1:1"
    )


def _ends(both: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The ranks that own scores would have among all others at the upper and lower end of their intervals."""
    others = both.select(*SETTING, *(pl.col(name).alias(f"other {name}") for name in [*key[3:], "alignment"]))
    is_itself = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"other {name}")) for name in key[3:])
    pairs = both.drop_nulls(score_intervals.LIMITS[0]).join(others, on=SETTING).filter(~is_itself)
    above = [_as_printed("other alignment") > _as_printed(end) for end in reversed(score_intervals.LIMITS)]
    return pairs.group_by(key).agg(
        (1 + is_above.sum()).cast(pl.Int64).alias(name) for name, is_above in zip(_ENDS, above, strict=True)
    )


def _baselines(named: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """What one scores without a model, where this study knows it, in each setting of `own`; unranked."""
    settings = own.group_by(SETTING).agg(pl.col("baseline").mean())
    known = named.filter(~pl.col("elicited")).select("dataset", "alignment", model="source")
    with_rows = settings.drop("baseline").join(known, on="dataset")
    uniform = settings.drop_nulls("baseline").join(with_rows.filter(model=UNIFORM), on=SETTING, how="anti")
    from_cells = uniform.rename({"baseline": "alignment"}).with_columns(model=pl.lit(UNIFORM))
    return pl.concat([with_rows, from_cells], how="diagonal_relaxed").with_columns(origin=pl.lit(f"{OWN}, no model"))


def _cells(rows: pl.DataFrame, places: int | None) -> pl.DataFrame:
    """The rows as text, the highest first; limits of intervals have so many `places`, None leaves them out."""
    names = PROMPT_NAMES | ELICITATION_NAMES
    elicitation, prompt = (pl.col(name).replace(names).str.to_lowercase() for name in ("elicitation", "prompt"))
    is_own = pl.col("origin") == OWN
    alignment = marks.number(pl.col("alignment") * 100)
    rank = marks.number(pl.col("rank"), 0)
    model = marks.cleaned(pl.col("model"))
    between = pl.format("[{}, {}]", *(marks.number(pl.col(end), 0) for end in _ENDS))
    if places is not None:
        limits = score_intervals.limits("", places)
        alignment = marks.with_below(alignment, limits, is_own)
        rank = marks.with_below(rank, between, is_own & pl.col(_ENDS[0]).is_not_null())
    return rows.sort(
        *SETTING, _as_printed("alignment"), "origin", "model", descending=[False] * 3 + [True] + [False] * 2
    ).select(
        pl.format("{}: {}, {}", "dataset", elicitation, prompt).alias("section"),
        pl.when(is_own).then(OWN_SIGN + model).otherwise(model).alias("model"),
        plain(model).alias("model exact"),
        marks.cleaned(pl.col("calibrator")).fill_null(marks.ABSENT).alias("calibrator"),
        rank.alias("rank"),
        alignment.alias("alignment"),
        "origin",
    )


def _as_printed(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round(1, mode="half_away_from_zero")
