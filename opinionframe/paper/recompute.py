"""The recomputations of the audit: printed cells go in; a value and the number of cells it rests on come out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from opinionframe.paper.published import published
from opinionframe.paper.setting_statistics import OF_SETTINGS, largest_shrinkage, share_best
from opinionframe.paper.suspects import identical_groups
from opinionframe.schemas.demographic import ALL

LLAMAS = ("Llama-3-70B", "Llama-3.1-70B", "Llama-3.2-1B", "Llama-3.2-11B")
SETTING = ("dataset", "model", "prompt", "elicitation", "attribute", "group")
"""What a raw figure and its calibrated one have in common."""

Recomputation = Callable[[], tuple[float, int]]


def settings(*tables: int) -> pl.DataFrame:
    """One row per printed setting: `raw`, `calibrated` and their difference `gain`, in percent."""
    cells = published().filter(
        pl.col("table").is_in(tables), pl.col("variant").is_in(["raw", "calibrated"]), ~pl.col("summary")
    )
    wide = cells.pivot("variant", index=SETTING, values="value").drop_nulls(["raw", "calibrated"])
    return wide.with_columns((pl.col("calibrated") - pl.col("raw")).round(1).alias("gain"))


def share(table: pl.DataFrame, condition: pl.Expr) -> tuple[float, int]:
    """Percent of rows where `condition` holds, and how many rows there are."""
    return 100 * float(table.select(condition.mean()).item()), table.height


def mean(values: pl.Series) -> tuple[float, int]:
    """The mean, and how many values it is over."""
    return float(values.mean()), values.len()  # type: ignore[arg-type]  # a column of numbers that is not empty


def improved(*tables: int, dataset: str) -> Recomputation:
    """Percent of settings, or groups, of `dataset` that calibration improves."""

    def compute() -> tuple[float, int]:
        rows = settings(*tables).filter(pl.col("attribute").is_null() | (pl.col("attribute") != ALL), dataset=dataset)
        return share(rows, pl.col("gain") > 0)

    return compute


def of_settings(claim: str) -> Recomputation:
    """One of the statistics of settings, over those of Table 7."""

    def compute() -> tuple[float, int]:
        rows = settings(7)
        raw, calibrated = (rows[name].to_numpy()[None, :] / 100 for name in ("raw", "calibrated"))
        return float(OF_SETTINGS[claim][1](raw, calibrated)[0]), rows.height

    return compute


def shrinkage_in_one_dataset() -> tuple[float, int]:
    """Raw over calibrated standard deviation in the dataset where it is largest."""
    rows = settings(7)
    datasets = rows["dataset"].rank("dense").to_numpy().astype(np.int64)
    raw, calibrated = (rows[name].to_numpy()[None, :] / 100 for name in ("raw", "calibrated"))
    return float(largest_shrinkage(datasets)(raw, calibrated)[0]), rows.height


def best_elicitation(elicitation: str, variant: str) -> Recomputation:
    """Percent of the data sets, models and prompts of Table 7 in which an elicitation is the best, ties counted."""

    def compute() -> tuple[float, int]:
        scene = ["dataset", "model", "prompt"]
        rows = settings(7).sort(*scene, "elicitation")
        units = rows.select(pl.struct(scene).rank("dense")).to_series().to_numpy().astype(np.int64)
        chosen = (rows["elicitation"] == elicitation).to_numpy()
        return float(share_best(rows[variant].to_numpy()[None, :] / 100, units, chosen)[0]), int(chosen.sum())

    return compute


def low_points() -> tuple[float, int]:
    """Raw settings of Tables 6 and 7 below 60."""
    raw = published().filter(pl.col("table").is_in([6, 7]), ~pl.col("summary"), variant="raw")
    return float((raw["value"] < 60).sum()), raw.height


def logprob_best() -> tuple[float, int]:
    """Settings of four Llama models whose best alignment is that of calibrated log-probabilities."""
    rows = settings(6, 7).filter(pl.col("model").is_in(LLAMAS))
    best = pl.max_horizontal("raw", "calibrated")
    scores = (
        rows.sort("calibrated")
        .group_by("dataset", "model", "prompt")
        .agg(
            pl.col("calibrated").filter(elicitation="logprob").max().alias("logprob"),
            best.filter(pl.col("elicitation") != "logprob").max().alias("others"),
            pl.col("raw").filter(elicitation="logprob").max().alias("raw"),
        )
    )
    wins = (pl.col("logprob") >= pl.col("others").fill_null(0)) & (pl.col("logprob") >= pl.col("raw"))
    return float(scores.select(wins.sum()).item()), scores.height


def identical() -> tuple[float, int]:
    """Groups of WVS where three model families score the same."""
    same, groups = identical_groups()
    return float(same), groups


def printed_twice() -> tuple[float, int]:
    """Cells of Tables 1, 2 and 4 that differ from Table 7."""
    keys = ("dataset", "model", "prompt", "elicitation", "variant")
    rows = published().filter(~pl.col("summary"), pl.col("variant").is_in(["raw", "calibrated"]))
    table_7 = rows.filter(table=7).select(*keys, pl.col("value").alias("main"))
    repeats = rows.filter(pl.col("table").is_in([1, 2, 4])).join(table_7, on=keys)
    return float((repeats["value"] != repeats["main"]).sum()), repeats.height


def differences_of_table_5() -> tuple[float, int]:
    """Differences in Table 5 that the rounding of their two terms cannot explain."""
    rows = published().filter(table=5).pivot("variant", index=["prompt", "attribute", "group"], values="value")
    unexplained = (pl.col("calibrated") - pl.col("calibrated_5") - pl.col("difference")).abs() > 0.15 + 1e-9
    return float(rows.select(unexplained.sum()).item()), rows.height


def example() -> tuple[float, int]:
    """The second share of the worked example, renormalised."""
    return 0.7 / (0.3 + 0.7 + 0.1 + 0.1), 1


def printed_formula() -> tuple[float, int]:
    """(1 - WD) / (N - 1) where WD is 0 and N is 4."""
    return (1 - 0) / (4 - 1), 1


def wvs_classes() -> tuple[float, int]:
    """Groups of WVS that Tables 3 and 10 print."""
    rows = published().filter(pl.col("table").is_in([3, 10]), pl.col("attribute") != ALL, dataset="WVS")
    count = rows.select("attribute", "group").n_unique()
    return float(count), count


def unseen(condition: pl.Expr, *, dataset: str | None = None) -> Recomputation:
    """Percent of settings where `condition` on `change` holds: calibrated on other data sets less on its own."""

    def compute() -> tuple[float, int]:
        return share(_changes_unseen(dataset), condition)

    return compute


def mean_change_unseen(dataset: str) -> Recomputation:
    """The mean change of a data set's calibrated alignment when others train."""
    return lambda: mean(_changes_unseen(dataset)["change"])


def relative_gain() -> tuple[float, int]:
    """The mean of each setting's gain in percent of its raw alignment."""
    rows = settings(7)
    return mean(100 * rows["gain"] / rows["raw"])


def gain_of_means() -> tuple[float, int]:
    """The gain of the mean alignment, in percent of the raw mean."""
    rows = settings(7)
    return 100 * (mean(rows["calibrated"])[0] / mean(rows["raw"])[0] - 1), rows.height


def second_on_ideology() -> tuple[float, int]:
    """Ideologies on which Claude comes first and Qwen second, raw."""
    order = pl.col("model").sort_by("value", descending=True)
    ranks = _raw_groups("OQA", "political ideology").group_by("group").agg(order.str.head(4).alias("order"))
    first, second = (pl.col("order").list.get(place) for place in (0, 1))
    return float(ranks.select(((first == "Clau") & (second == "Qwen")).sum()).item()), ranks.height


def rank_of_claude() -> tuple[float, int]:
    """The place of Claude 3.5 v2 among the models by mean raw alignment over all settings."""
    means = settings(7).group_by("model").agg(pl.col("raw").mean()).sort("raw", descending=True)
    return float(means["model"].to_list().index("Claude-3.5-v2") + 1), means.height


def calibrated_above(table: int, variant: str, elicitations: tuple[str, ...]) -> Recomputation:
    """Settings of a table whose calibrated alignment is above that of `variant`."""

    def compute() -> tuple[float, int]:
        rows = published().filter(~pl.col("summary"), pl.col("elicitation").is_in(elicitations), table=table)
        wide = rows.pivot("variant", index=SETTING[:4], values="value")
        calibrated = pl.coalesce(*(name for name in ("calibrated", "calibrated_5") if name in wide.columns))
        return float(wide.select((calibrated > pl.col(variant)).sum()).item()), wide.height

    return compute


def lowest_middle_income() -> tuple[float, int]:
    """Models that are least aligned with middle incomes, raw."""
    least = _raw_groups("WVS", "income").group_by("model").agg(pl.col("group").sort_by("value").first())
    return float((least["group"].str.to_lowercase() == "middle").sum()), least.height


def least_gain_of_base() -> tuple[float, int]:
    """Of two data sets and prompts, those in which the OLMo base model gains least, verbalized."""
    rows = settings(7).filter(
        pl.col("model").str.starts_with("OLMo"), pl.col("dataset").is_in(["WGM", "OQA"]), elicitation="verbalized"
    )
    least = rows.group_by("dataset", "prompt").agg(pl.col("model").sort_by("gain").first())
    return float(least["model"].str.ends_with("Base").sum()), least.height


def mean_degradation() -> tuple[float, int]:
    """Mean alignment lost with five examples: calibrated of Table 7 less that of Table 4."""
    keys = SETTING[:4]
    five = published().filter(~pl.col("summary"), table=4, variant="calibrated_5")
    losses = settings(7).join(five.select(*keys, "value"), on=keys).select(pl.col("calibrated") - pl.col("value"))
    return mean(losses.to_series())


def _changes_unseen(dataset: str | None) -> pl.DataFrame:
    """One row per setting: `change`, its calibrated alignment in Table 11 less that in Table 7."""
    keys = SETTING[:4]
    own = settings(7).select(*keys, pl.col("calibrated").alias("own"))
    rows = settings(11).join(own, on=keys).with_columns((pl.col("calibrated") - pl.col("own")).round(1).alias("change"))
    return rows if dataset is None else rows.filter(dataset=dataset)


def _raw_groups(dataset: str, attribute: str) -> pl.DataFrame:
    """The raw figures of Table 3 for the groups of one attribute."""
    return published().filter(~pl.col("summary"), table=3, variant="raw", dataset=dataset, attribute=attribute)
