"""What the paper's tables are called, and what has to be said below each: facts of the paper, in our own words."""

from __future__ import annotations

from typing import NamedTuple

BY_ALL = "Cal.: calibrated by regression on 80% of the rows of the same data set."
BY_FIVE = "five examples"
BY_OTHERS = "Cal.: calibrated by regression on the two other data sets."
FULL_NAMES = "Models stand under the full names of Table 7."
BOLD = "The paper prints significant differences in bold; its text does not carry which, so nothing is bold here."
BOLD_AND_COLOUR = (
    "The paper prints significant differences in bold and the best in colour; its text does not carry which, "
    "so nothing is bold here."
)
UNANSWERED = "Where Llama-3.2-1B has no figure, at most 0.4% of its answers could be read (Table 17)."


class Caption(NamedTuple):
    """A table of the paper: what it shows, and what is true of it alone."""

    title: str
    notes: tuple[str, ...]


CAPTIONS: dict[int, Caption] = {
    1: Caption("five models before and after calibration", (BY_ALL, FULL_NAMES, BOLD_AND_COLOUR)),
    2: Caption("original, chain-of-thought and calibrated answers", (BY_ALL, FULL_NAMES, BOLD_AND_COLOUR)),
    3: Caption(
        "one attribute of each data set, verbalized, base prompt",
        (BY_ALL, "All demographics: the mean over all groups of the data set.", FULL_NAMES, BOLD),
    ),
    4: Caption(
        "original, few-shot and calibrated answers",
        (
            f"Few-shot: asked with {BY_FIVE}. Cal. (5): calibrated by regression on {BY_FIVE}.",
            FULL_NAMES,
            BOLD_AND_COLOUR,
        ),
    ),
    5: Caption(
        "groups that lose most from all examples to five, verbalized",
        (
            "Alignment of answers calibrated by all examples and by five; differences in points.",
            "The paper says that no difference is significant, and names neither data set nor models.",
        ),
    ),
    6: Caption("log-probabilities before and after calibration", (BY_ALL, BOLD)),
    7: Caption("all models before and after calibration", (BY_ALL, UNANSWERED, BOLD)),
    8: Caption("groups of WGM, verbalized, base prompt", (BY_ALL, FULL_NAMES, BOLD)),
    9: Caption("groups of OQA, verbalized, base prompt", (BY_ALL, FULL_NAMES, BOLD)),
    10: Caption("groups of WVS, verbalized, base prompt", (BY_ALL, FULL_NAMES, BOLD)),
    11: Caption("all models, calibrated on the two other data sets", (BY_OTHERS, UNANSWERED, BOLD)),
    12: Caption("log-probabilities, calibrated on the two other data sets", (BY_OTHERS, BOLD)),
    17: Caption("percent of distributions extracted", (FULL_NAMES,)),
}
"""By the number of the table: those whose figures `published` has."""
