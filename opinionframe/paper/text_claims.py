"""The claims of the paper's text, each with the recomputation from printed cells that checks it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from opinionframe.paper import recompute


@dataclass(frozen=True)
class Claim:
    """A claim of the text and its recomputation.

    Attributes:
        where: The section, figure or table of the paper.
        text: What is claimed.
        claimed: The value, in `unit`; None where the paper prints none.
        unit: The unit of both values.
        compute: Gives the recomputed value and the number of cells behind it; None where the paper prints no cells.
        note: What a reader should know beside the verdict.
        decimals: The decimals that the paper prints.
    """

    where: str
    text: str
    claimed: float | None
    unit: str
    compute: recompute.Recomputation | None
    note: str = ""
    decimals: int = 1


UNPRINTED = "Standard deviations within settings are not printed."
ROUNDED = "Tables 6 and 7, printed with one decimal: a point near 60 may be on either side of it."
FIVE = "Five models are printed; the text may mean fifteen."

CLAIMS = (
    Claim(
        "3.6",
        "settings (dataset, model, elicitation, prompt)",
        270,
        "settings",
        lambda: (recompute.settings(7).height,) * 2,
        "Four settings of Llama-3.2-1B could not be extracted.",
        0,
    ),
    Claim(
        "4.2",
        "settings that calibration improves",
        94.8,
        "% of settings",
        recompute.of_settings("settings that calibration improves"),
        "Table 7.",
    ),
    Claim(
        "4.2",
        "settings that calibration does not improve",
        5.2,
        "% of settings",
        lambda: recompute.share(recompute.settings(7), pl.col("gain") <= 0),
        "Table 7: 16 fall and 7 stay where they are.",
    ),
    Claim(
        "abstract, 4.2",
        "mean change of alignment",
        16.3,
        "points",
        recompute.of_settings("mean change of alignment"),
        "Table 7. Over the settings that improve it is 14.4.",
    ),
    Claim(
        "4.2",
        "mean loss in the settings that fall",
        4.1,
        "points",
        recompute.of_settings("mean loss in the settings that fall"),
        "Table 7.",
    ),
    Claim(
        "abstract, 4.2",
        "mean change in percent of each setting's raw alignment",
        16.3,
        "%",
        recompute.relative_gain,
        "Table 7. What 16.3% is of, the text does not say; it is no mean of points, nor this.",
    ),
    Claim(
        "abstract, 4.2",
        "change of the mean in percent of the raw mean",
        16.3,
        "%",
        recompute.gain_of_means,
        "Table 7. Nor this.",
    ),
    Claim(
        "4.2",
        "standard deviation over settings, raw",
        None,
        "points",
        recompute.of_settings("standard deviation over settings, raw"),
        "Table 7.",
    ),
    Claim(
        "4.2",
        "standard deviation over settings, calibrated",
        None,
        "points",
        recompute.of_settings("standard deviation over settings, calibrated"),
        "Table 7.",
    ),
    Claim(
        "4.2",
        "shrinkage of that standard deviation: at least",
        3.0,
        "times",
        recompute.of_settings("times by which it shrinks"),
        "Table 7.",
        1,
    ),
    Claim(
        "4.2",
        "shrinkage in the dataset where it is largest",
        5.0,
        "times",
        recompute.shrinkage_in_one_dataset,
        "Table 7, WVS.",
    ),
    Claim(
        "4.1, 8",
        "data sets, models and prompts where verbalized is the best elicitation, raw",
        None,
        "% of settings",
        recompute.best_elicitation("verbalized", "raw"),
        "Table 7, ties counted. The text: in the most settings.",
    ),
    Claim("4.2", "settings whose own standard deviation falls", 87.2, "% of settings", None, UNPRINTED),
    Claim("4.2", "times by which it falls on average", 1.62, "times", None, UNPRINTED, 2),
    Claim("Figure 2", "raw points below 60", 43, "of 290 points", recompute.low_points, ROUNDED, 0),
    *(
        Claim(
            "5.1",
            f"{name} groups that calibration improves",
            claimed,
            "% of groups",
            recompute.improved(3, table, dataset=name),
            FIVE,
            2,
        )
        for name, table, claimed in (("WGM", 8, 73.57), ("OQA", 9, 68.41), ("WVS", 10, 78.17))
    ),
    *(
        Claim(
            "A.4",
            f"unseen {name}: settings improved",
            claimed,
            "% of settings",
            recompute.improved(11, dataset=name),
            "Table 11.",
        )
        for name, claimed in (("WGM", 85.5), ("OQA", 92.8), ("WVS", 90.6))
    ),
    Claim(
        "A.4",
        "settings where alignment is lower on an unseen data set",
        None,
        "% of settings",
        recompute.unseen(pl.col("change") < 0),
        "Tables 7 and 11. The text: lower, as expected.",
    ),
    Claim(
        "A.4",
        "mean change of calibrated alignment where OQA is unseen",
        None,
        "points",
        recompute.mean_change_unseen("OQA"),
        "Tables 7 and 11. It rises, where the text says that it is lower.",
    ),
    Claim(
        "4.3",
        "settings by paraphrase and self-random where calibration is above CoT",
        24,
        "of 24 settings",
        recompute.calibrated_above(2, "cot", ("paraphrase", "self_random")),
        "Table 2: consistently, as the text says.",
        0,
    ),
    Claim(
        "6.2",
        "settings where calibration by five examples is above few-shot prompts",
        None,
        "of 90 settings",
        recompute.calibrated_above(4, "fewshot", ("paraphrase", "self_random", "verbalized")),
        "Table 4. The text: most settings.",
        0,
    ),
    Claim(
        "6.3",
        "mean degradation from all examples to five",
        0.0,
        "points",
        recompute.mean_degradation,
        "Tables 7 and 4. The text: close to zero.",
        1,
    ),
    Claim(
        "5.2",
        "ideologies that Claude is most aligned with, followed by Qwen",
        5,
        "of 5 ideologies",
        recompute.second_on_ideology,
        "Table 3, raw. Llama is second for liberals and the very liberal.",
        0,
    ),
    Claim(
        "5.2",
        "models least aligned with middle incomes",
        5,
        "of 5 models",
        recompute.lowest_middle_income,
        "Table 3, raw.",
        0,
    ),
    Claim(
        "7",
        "WGM and OQA settings where the OLMo base model gains least",
        4,
        "of 4 settings",
        recompute.least_gain_of_base,
        "Table 7, verbalized.",
        0,
    ),
    Claim(
        "4.3, 8",
        "place of Claude 3.5 v2 by mean raw alignment",
        1,
        "of 15 models",
        recompute.rank_of_claude,
        "Table 7, over all elicitations and prompts.",
        0,
    ),
    Claim(
        "10",
        "settings where calibrated log-probabilities are best",
        10,
        "of 24 settings",
        recompute.logprob_best,
        "Tables 6 and 7, ties counted.",
        0,
    ),
    Claim("3.6", "second share of the worked example", 0.59, "share", recompute.example, "0.7 / 1.2.", 2),
    Claim(
        "Table 5",
        "differences that the rounding of their terms cannot explain",
        0,
        "of 10 rows",
        recompute.differences_of_table_5,
        "",
        0,
    ),
    Claim(
        "Tables 1, 2, 4", "cells that differ from the same cell of Table 7", 0, "cells", recompute.printed_twice, "", 0
    ),
    Claim(
        "Tables 3, 10",
        "WVS groups where Claude, Llama and Mistral score the same after calibration",
        None,
        "groups",
        recompute.identical,
        "Independent calibrators agree to the decimal only if they ignore the model.",
        0,
    ),
    Claim(
        "3.4",
        "alignment of two equal distributions over four choices, by the printed formula",
        1.0,
        "share",
        recompute.printed_formula,
        "(1 - WD) / (N - 1) as printed; the figures fit 1 - WD / (N - 1).",
        2,
    ),
    Claim("Table 13", "classes of WVS", 51, "classes", recompute.wvs_classes, "Tables 3 and 10.", 0),
)
