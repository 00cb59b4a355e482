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
        lambda: recompute.share(recompute.settings(7), pl.col("gain") > 0),
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
        lambda: recompute.mean(recompute.settings(7)["gain"]),
        "Table 7. Over the settings that improve it is 14.4.",
    ),
    Claim(
        "4.2",
        "mean loss in the settings that fall",
        4.1,
        "points",
        lambda: recompute.mean(-recompute.settings(7).filter(pl.col("gain") < 0)["gain"]),
        "Table 7.",
    ),
    Claim("4.2", "standard deviation over settings, raw", None, "points", recompute.spread("raw"), "Table 7."),
    Claim(
        "4.2",
        "standard deviation over settings, calibrated",
        None,
        "points",
        recompute.spread("calibrated"),
        "Table 7.",
    ),
    Claim(
        "4.2",
        "shrinkage of that standard deviation: at least",
        3.0,
        "times",
        recompute.shrinkage(largest=False),
        "Table 7.",
        1,
    ),
    Claim(
        "4.2",
        "shrinkage in the dataset where it is largest",
        5.0,
        "times",
        recompute.shrinkage(largest=True),
        "Table 7, WVS.",
    ),
    Claim("4.2", "settings whose own standard deviation falls", 87.2, "% of settings", None, UNPRINTED),
    Claim("4.2", "times by which it falls on average", 1.62, "times", None, UNPRINTED, 2),
    Claim("Figure 2", "raw points below 60", 43, "of 290 points", recompute.low_points, "Tables 6 and 7.", 0),
    Claim(
        "5.1",
        "WGM groups that calibration improves",
        73.57,
        "% of groups",
        recompute.improved(3, 8, dataset="WGM"),
        FIVE,
        2,
    ),
    Claim(
        "5.1",
        "OQA groups that calibration improves",
        68.41,
        "% of groups",
        recompute.improved(3, 9, dataset="OQA"),
        FIVE,
        2,
    ),
    Claim(
        "5.1",
        "WVS groups that calibration improves",
        78.17,
        "% of groups",
        recompute.improved(3, 10, dataset="WVS"),
        FIVE,
        2,
    ),
    Claim(
        "A.4",
        "unseen WGM: settings improved",
        85.5,
        "% of settings",
        recompute.improved(11, dataset="WGM"),
        "Table 11.",
    ),
    Claim(
        "A.4",
        "unseen OQA: settings improved",
        92.8,
        "% of settings",
        recompute.improved(11, dataset="OQA"),
        "Table 11.",
    ),
    Claim(
        "A.4",
        "unseen WVS: settings improved",
        90.6,
        "% of settings",
        recompute.improved(11, dataset="WVS"),
        "Table 11.",
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
