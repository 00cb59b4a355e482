"""`claims`: Alignment goes in; what the paper says of its own figures, recomputed for any study, comes out.

Intervals redraw questions, which cells share: percentile bootstrap, the same questions for every setting of a data set.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from opinionframe.errors import FrameError
from opinionframe.paper.redrawn_means import redrawn_means
from opinionframe.paper.setting_statistics import (
    LARGEST_SHRINKAGE,
    OF_OWN_SPREADS,
    OF_SETTINGS,
    Floats,
    Statistic,
    largest_shrinkage,
    share_best,
)
from opinionframe.schemas.borders import AnyFrame, alignment_border, codebook_border
from opinionframe.schemas.demographic import HOLDS_OTHERS
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.one_metric import refuse_mixed
from opinionframe.schemas.source import is_answer, split_source

SETTING = ("dataset", "model", "elicitation", "prompt")
SCENE = ("dataset", "model", "prompt")
"""Where elicitations stand side by side."""

REDRAWS = 999
CONF = (0.025, 0.975)

OF_GROUPS: dict[str, tuple[str, Statistic]] = {
    "groups that calibration improves": ("% of groups", OF_SETTINGS["settings that calibration improves"][1]),
}


@takes_frames
def claims(aligned: AnyFrame, codebook: AnyFrame | None = None, *, seed: int) -> pl.DataFrame:
    """What the paper claims of its settings, for those of any study, with intervals clustered by question. Collects.

    A setting is a data set, model, elicitation and prompt; each is scored on the cells that both its raw and its
    calibrated (or few-shot, or CoT) answers have. Everybody and intersections are left out where the groups of single
    attributes that their people are part of are scored too, and are no groups.

    Args:
        aligned: Alignment with raw sources and their calibrated ones; few-shot and CoT ones where there are some.
            Draws of examples are settings' means once `over_draws` has averaged them.
        codebook: Names the dataset of each question, where `aligned` has no such column.
        seed: Fixes which questions are redrawn.

    Returns: one row per claim: `calibrator` (null for claims on raw answers), `claim`, `estimate`, `conf_low`,
        `conf_high` (95%), `unit`, `n` (settings or groups) and `n_clusters` (questions). Null where it is not defined,
        such as a spread of one setting. Of elicitations: the share of data sets, models and prompts in which one is the
        best of all that were asked there, on the cells that all have, ties counted.
    Raises: FrameError for a broken frame, scores of several metrics, or no calibrated source beside its raw one.

    Reference: Kambhatla et al., sections 4.2, 4.3, 5.1, 6.2 and 8, whose own figures `audit` recomputes.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    >>> aligned = of.align(of.calibrate(asked, survey.codebook, method="linear", seed=1), survey.codebook)
    >>> claims(aligned, survey.codebook, seed=1).select("claim", "estimate", "n").row(0)
    ('settings that calibration improves', 100.0, 1)
    """
    scores = _scores(aligned, codebook)
    uncalibrated = scores.filter(pl.col("calibrator").is_null())
    raw = uncalibrated.filter(variant="standard")
    rows = []
    for calibrator in scores["calibrator"].drop_nulls().unique().sort():
        calibrated = scores.filter(calibrator=calibrator, variant="standard")
        rows += _claims_of(raw, calibrated, [*SETTING], OF_SETTINGS, calibrator, seed, spreads=True)
        of_groups = calibrated.filter(~HOLDS_OTHERS)
        rows += _claims_of(raw, of_groups, [*SETTING, "demographic"], OF_GROUPS, calibrator, seed)
        for variant in uncalibrated["variant"].unique().sort():
            if variant != "standard":
                rival = uncalibrated.filter(variant=variant)
                rows += _claims_of(rival, calibrated, [*SETTING], _over(variant), calibrator, seed)
        rows += _best_elicitations(calibrated, calibrator, seed)
    if not rows:
        raise FrameError(
            "No calibrated source has its raw one beside it. Calibrate with of.calibrate(…) and keep both."
        )
    rows += _best_elicitations(raw, None, seed)
    types = {"calibrator": pl.String, "n": pl.UInt32, "n_clusters": pl.UInt32}
    return pl.DataFrame(rows, schema_overrides=types).with_columns(
        pl.col("estimate", "conf_low", "conf_high").fill_nan(None)
    )


def _over(variant: str) -> dict[str, tuple[str, Statistic]]:
    """The claims on calibrated against few-shot or CoT answers."""
    return {
        f"settings where calibration is above {variant}": OF_SETTINGS["settings that calibration improves"],
        f"mean of calibration over {variant}": OF_SETTINGS["mean change of alignment"],
    }


def _scores(aligned: AnyFrame, codebook: AnyFrame | None) -> pl.DataFrame:
    """Elicited and calibrated cells with the parts of their source, and their `dataset`, empty where none is known."""
    cells = alignment_border(aligned).collect().filter(is_answer())
    refuse_mixed(cells)
    if "dataset" not in cells.columns and codebook is not None:
        datasets = codebook_border(codebook).select("question", "dataset").unique("question")
        cells = cells.join(datasets, on="question", how="left")
    dataset = pl.col("dataset") if "dataset" in cells.columns else pl.lit(None, pl.String)
    named = cells.with_columns(dataset=dataset.cast(pl.String).fill_null("")).lazy().pipe(split_source).collect()
    return named.filter(~HOLDS_OTHERS | HOLDS_OTHERS.all().over("source", "question"))


def _claims_of(
    one: pl.DataFrame,
    other: pl.DataFrame,
    keys: list[str],
    statistics: dict[str, tuple[str, Statistic]],
    calibrator: str,
    seed: int,
    *,
    spreads: bool = False,
) -> list[dict[str, object]]:
    """The rows of `statistics`, from the cells that `one` and `other` share; none where they share none.

    With `spreads`, those of standard deviations too: of the settings of each dataset, and of a setting's own cells.
    """
    cell = list(dict.fromkeys([*keys, *GROUP]))
    pairs = one.select(*cell, one="alignment").join(other.select(*cell, other="alignment"), on=cell)
    if pairs.is_empty():
        return []
    squares = [(pl.col(name) ** 2).alias(f"{name} squared") for name in ("one", "other")] if spreads else []
    columns = ["one", "other", *(f"{name} squared" for name in ("one", "other") if spreads)]
    means = redrawn_means(pairs.with_columns(squares), keys, columns, REDRAWS, seed)
    both = (means["one"], means["other"])
    drawn = {claim: (unit, statistic(*both)) for claim, (unit, statistic) in statistics.items()}
    if spreads:
        datasets = pairs.select(keys).unique().sort(keys)["dataset"].rank("dense").to_numpy().astype(np.int64)
        drawn[LARGEST_SHRINKAGE] = ("times", largest_shrinkage(datasets)(*both))
        own = [_deviation(means[f"{name} squared"], means[name]) for name in ("one", "other")]
        drawn |= {claim: (unit, statistic(*own)) for claim, (unit, statistic) in OF_OWN_SPREADS.items()}
    n, n_clusters = means["one"].shape[1], pairs["question"].n_unique()
    return [_row(calibrator, claim, unit, values, n, n_clusters) for claim, (unit, values) in drawn.items()]


def _best_elicitations(cells: pl.DataFrame, calibrator: str | None, seed: int) -> list[dict[str, object]]:
    """A row per elicitation: the share of data sets, models and prompts in which it is the best of several."""
    asked = pl.col("elicitation").n_unique()
    common = cells.filter(asked.over(*SCENE) > 1, asked.over(*SCENE, *GROUP) == asked.over(*SCENE))
    if common.is_empty():
        return []
    keys = [*SCENE, "elicitation"]
    means = redrawn_means(common, keys, ["alignment"], REDRAWS, seed)["alignment"]
    settings = common.select(keys).unique().sort(keys)
    units = settings.select(pl.struct(SCENE).rank("dense")).to_series().to_numpy().astype(np.int64)
    rows = []
    for elicitation in settings["elicitation"].unique().sort():
        chosen = (settings["elicitation"] == elicitation).to_numpy()
        claim = f"settings where {elicitation} is the best elicitation"
        values = share_best(means, units, chosen)
        rows.append(_row(calibrator, claim, "% of settings", values, int(chosen.sum()), common["question"].n_unique()))
    return rows


def _deviation(mean_of_squares: Floats, mean: Floats) -> Floats:
    """The standard deviation over cells, but for a factor that raw and calibrated ones share."""
    return np.asarray(np.sqrt(np.clip(mean_of_squares - mean**2, 0.0, None)))


def _row(calibrator: str | None, claim: str, unit: str, values: Floats, n: int, n_clusters: int) -> dict[str, object]:
    """One claim: its value, the first, and the interval of those that are redrawn."""
    drawn = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(drawn, CONF) if len(drawn) else (np.nan, np.nan)
    return {
        "calibrator": calibrator,
        "claim": claim,
        "estimate": float(values[0]),
        "conf_low": float(low),
        "conf_high": float(high),
        "unit": unit,
        "n": n,
        "n_clusters": n_clusters,
    }
