"""`over_draws`: Alignment with draws of examples goes in; the mean of each cell's scores over them comes out."""

import polars as pl

from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import SCORE
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import without_draw
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, KNOWN_SCORES

N_DRAWS = "n_draws"

AVERAGED = ("alignment", FIT_INFLUENCE, *KNOWN_SCORES)


@takes_frames
def over_draws(aligned: Frame) -> Frame:
    """Alignment with sources that differ by their draw alone averaged, cell by cell. Lazy in, lazy out.

    `…|paper-5 draw 1` to `…|paper-5 draw 10` become `…|paper-5`, and `few_shot-5 draw 1` likewise: the mean of the
    scores, as the paper takes it, and not the score of the mean answer, which would be higher. Other sources stay.

    Args:
        aligned: An Alignment frame, of answers of `calibrate_few` or of `elicit(…, examples=…)`.

    Returns: Alignment, with `n_draws`, over how many draws a cell's score is. Further columns are those of the first.
        What was averaged before is left as it is.

    Raises: FrameError for a broken frame.

    Reference: the paper's section 6.2.

    >>> import polars as pl
    >>> sources = [f"m|logprob|sd|standard|paper-5 draw {draw}" for draw in (1, 2)]
    >>> cells = {"question": "q", "demographic": "all", "source": sources, "alignment": [0.5, 0.75]}
    >>> over_draws(pl.DataFrame(cells)).select("source", "alignment", "n_draws").row(0)
    ('m|logprob|sd|standard|paper-5', 0.625, 2)
    """
    scores = alignment_border(aligned)
    given = scores.collect_schema().names()
    columns = [name for name in given if name != N_DRAWS]
    counted = pl.col(N_DRAWS).fill_null(1).sum() if N_DRAWS in given else pl.len()
    is_known = {FIT_INFLUENCE: pl.col(FIT_INFLUENCE).is_not_null().all()}
    means = [pl.when(is_known.get(name, True)).then(pl.col(name).mean()) for name in AVERAGED if name in columns]
    others = [pl.col(name).first() for name in columns if name not in (*AVERAGED, *SCORE)]
    named = scores.sort("source", maintain_order=True).with_columns(without_draw().alias("source"))
    averaged = named.group_by(SCORE).agg(*means, *others, counted.cast(pl.UInt32).alias(N_DRAWS)).sort(SCORE)
    return same_kind(averaged.select(*columns, N_DRAWS), aligned)
