"""The words that columns may hold, and the columns that may be there: each list written once."""

ELICITATIONS = ("verbalized", "self_random", "paraphrase", "logprob")
PROMPTS = ("base", "sd")
VARIANTS = ("standard", "few_shot", "cot")
DRAWN_FEW_SHOT = r"^few_shot-\d+( draw \d+)?$"
"""The variants of few-shot prompts that show drawn examples: `few_shot-5 draw 1`, and over all draws `few_shot-5`."""

STATUSES = ("answered", "refused", "cut off", "filtered", "unparsable", "failed")
LATER = ("finish", "metric")
"""Columns that frames of an earlier version lack; there they are not known."""
SCALES = ("ordinal", "nominal")
METRICS = (
    "wasserstein",
    "ranked_probability_score",
    "total_variation",
    "hellinger",
    "jensen_shannon",
    "kullback_leibler",
)
"""What `align` names its distances; scores of one's own may name another."""

NO_METRICS = ("", "by_scale")
"""What names none: nothing, and what chooses one for each question."""

HUMAN = "human"
"""The source of what people answered."""

UNIFORM = "uniform"
"""The source that gives every choice the same share."""

OPTIONAL = ("n_eff", "nonresponse")
"""Columns of Opinions that may be there, constant within a cell."""

FIT_INFLUENCE = "fit_influence"
"""What a question's part in the fits of a calibrated source adds to the error of its mean score, by cell."""

FIT_SPLIT = "fit_split"
"""What was held out together from the fits of a calibrated source, as `calibrate` was told by `split`."""

CLASS_PLACE = "class_place"
"""Where a class stands in its Enum, from 1: a column that `reference` adds, and that travels with the rows."""

KNOWN_SCORES = ("baseline", "ceiling")
"""Columns of Alignment that may be there, null where they are not known."""

SMALLEST_SAMPLE = 2
"""Respondents from which on a sample says how far a second one strays."""

EMBEDDING = "embedding"
"""The optional column of a codebook: numbers of one length that say what a question's text means."""
