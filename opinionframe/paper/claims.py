"""`claims`: Alignment goes in; what the paper says of its own figures, recomputed for any study, comes out.

Intervals redraw questions, which cells share: percentile bootstrap, the same questions for every setting of a data set.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from opinionframe.errors import FrameError
from opinionframe.paper.redrawn_means import redrawn_means
from opinionframe.paper.setting_statistics import OF_SETTINGS, Statistic
from opinionframe.schemas.borders import AnyFrame, alignment_border, codebook_border
from opinionframe.schemas.one_metric import refuse_mixed
from opinionframe.schemas.source import is_calibrated, is_elicited, split_source

SETTING = ("dataset", "model", "elicitation", "prompt")
RIVALS = ("few_shot", "cot")
REDRAWS = 999
CONF = (0.025, 0.975)

OF_GROUPS: dict[str, tuple[str, Statistic]] = {
    "groups that calibration improves": ("% of groups", OF_SETTINGS["settings that calibration improves"][1]),
}


def claims(aligned: AnyFrame, codebook: AnyFrame | None = None, *, seed: int) -> pl.DataFrame:
    """What the paper claims of its settings, for those of any study, with intervals clustered by question. Collects.

    A setting is a data set, model, elicitation and prompt; each is scored on the cells that both its raw and its
    calibrated (or few-shot, or CoT) answers have.

    Args:
        aligned: Alignment with raw sources and their calibrated ones; few-shot and CoT ones where there are some.
        codebook: Names the dataset of each question, where `aligned` has no such column.
        seed: Fixes which questions are redrawn.

    Returns: one row per claim: `calibrator`, `claim`, `estimate`, `conf_low`, `conf_high` (95%), `unit`, `n` (settings
        or groups) and `n_clusters` (questions). Null where it is not defined, such as a spread of one setting.
    Raises: FrameError for a broken frame, scores of several metrics, or no calibrated source beside its raw one.

    Reference: Kambhatla et al., sections 4.2, 4.3, 5.1 and 6.2, whose own figures `audit` recomputes.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    >>> aligned = of.align(of.calibrate(asked, survey.codebook, method="linear", seed=1), survey.codebook)
    >>> claims(aligned, survey.codebook, seed=1).select("claim", "estimate", "n").row(0)
    ('settings that calibration improves', 100.0, 1)
    """
    scores = _scores(aligned, codebook)
    uncalibrated = scores.filter(pl.col("calibrator").is_null())
    rows = []
    for calibrator in scores["calibrator"].drop_nulls().unique().sort():
        calibrated = scores.filter(calibrator=calibrator, variant="standard")
        raw = uncalibrated.filter(variant="standard")
        rows += _claims_of(raw, calibrated, [*SETTING], OF_SETTINGS, calibrator, seed)
        rows += _claims_of(raw, calibrated, [*SETTING, "demographic"], OF_GROUPS, calibrator, seed)
        for variant in RIVALS:
            rival = uncalibrated.filter(variant=variant)
            rows += _claims_of(rival, calibrated, [*SETTING], _over(variant), calibrator, seed)
    if not rows:
        raise FrameError(
            "No calibrated source has its raw one beside it. Calibrate with of.calibrate(…) and keep both."
        )
    return pl.DataFrame(rows, schema_overrides={"n": pl.UInt32, "n_clusters": pl.UInt32}).with_columns(
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
    cells = alignment_border(aligned).collect().filter(is_elicited() | is_calibrated())
    refuse_mixed(cells)
    if "dataset" not in cells.columns and codebook is not None:
        datasets = codebook_border(codebook).select("question", "dataset").unique("question")
        cells = cells.join(datasets, on="question", how="left")
    dataset = pl.col("dataset") if "dataset" in cells.columns else pl.lit(None, pl.String)
    return cells.with_columns(dataset=dataset.cast(pl.String).fill_null("")).lazy().pipe(split_source).collect()


def _claims_of(
    one: pl.DataFrame,
    other: pl.DataFrame,
    keys: list[str],
    statistics: dict[str, tuple[str, Statistic]],
    calibrator: str,
    seed: int,
) -> list[dict[str, object]]:
    """The rows of `statistics`, from the cells that `one` and `other` share; none where they share none."""
    cell = list(dict.fromkeys([*keys, "question", "demographic"]))
    pairs = one.select(*cell, one="alignment").join(other.select(*cell, other="alignment"), on=cell)
    if pairs.is_empty():
        return []
    means = redrawn_means(pairs, keys, ["one", "other"], REDRAWS, seed)
    rows = []
    for claim, (unit, statistic) in statistics.items():
        values = statistic(means["one"], means["other"])
        drawn = values[1:][np.isfinite(values[1:])]
        low, high = np.quantile(drawn, CONF) if len(drawn) else (np.nan, np.nan)
        rows.append(
            {
                "calibrator": calibrator,
                "claim": claim,
                "estimate": float(values[0]),
                "conf_low": float(low),
                "conf_high": float(high),
                "unit": unit,
                "n": means["one"].shape[1],
                "n_clusters": pairs["question"].n_unique(),
            }
        )
    return rows
