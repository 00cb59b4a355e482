"""The crosswalk of a recoding: microdata and a codebook go in; what each code of each question becomes comes out."""

import polars as pl

from opinionframe.microdata.codes import CodesOf, choice_of, codes_as_text
from opinionframe.microdata.recode import CODED, code_maps
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.lazy import Frame, same_kind

BECOMES = ("choice", "nonresponse", "not_asked", "unknown")


@takes_frames
def crosswalk(microdata: Frame, codebook: AnyFrame, *, nonresponse: CodesOf = (), not_asked: CodesOf = ()) -> Frame:
    """What `recode` makes of each code that occurs, and of how many respondents; a null is not listed.

    A code that neither codebook nor options explain is `unknown` here, where `recode` refuses it.

    Args:
        microdata: As for `recode`: before it, not after.
        codebook: As for `recode`.
        nonresponse: As for `recode`.
        not_asked: As for `recode`.

    Returns: question, code, becomes (`choice`, `nonresponse`, `not_asked` or `unknown`), choice, label, respondents.
    Raises: as `recode`, but for codes that nothing explains.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None, "code": ["2", "1"]})
    >>> codes = crosswalk(pl.DataFrame({"q": [1, 2, 2, 9]}), codebook, nonresponse=[9])
    >>> codes.select("code", "becomes", "choice", "label", "respondents").rows()
    [('2', 'choice', 1, 'Yes', 2), ('1', 'choice', 2, 'No', 1), ('9', 'nonresponse', None, None, 1)]
    """
    book = codebook_border(codebook)
    maps, bins = code_maps(microdata, book, nonresponse=nonresponse, not_asked=not_asked)
    becomes = pl.Enum(BECOMES)
    rows = []
    for question, codes in maps.items():
        code = codes_as_text(question)
        unasked = [name for name, choice in codes.items() if choice is None]
        kind = (
            pl.when(pl.col("number") == NO_ANSWER)
            .then(pl.lit("nonresponse", becomes))
            .when(pl.col("number").is_not_null())
            .then(pl.lit("choice", becomes))
            .when(pl.col("code").is_in(unasked))
            .then(pl.lit("not_asked", becomes))
            .otherwise(pl.lit("unknown", becomes))
        )
        rows.append(
            microdata.lazy()
            .select(question=pl.lit(question), code=code, number=choice_of(question, codes, bins[question], CODED))
            .drop_nulls("code")
            .group_by("question", "code", "number")
            .agg(pl.len().alias("respondents"))
            .with_columns(becomes=kind, choice=pl.when(pl.col("number") > NO_ANSWER).then("number"))
        )
    labels = book.lazy().select("question", "choice", "label")
    listed = pl.concat(rows).join(labels, on=["question", "choice"], how="left")
    columns = ("question", "code", "becomes", "choice", "label", "respondents")
    return same_kind(listed.sort("question", "becomes", "choice", "code").select(columns), microdata)
