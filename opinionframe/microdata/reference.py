"""Human rows of Opinions: microdata and a codebook go in; shares of every group, or the counts behind them, come out.

Microdata hold one row per respondent. The column of a question holds choice numbers 1..K as the
codebook numbers them, 0 (`NO_ANSWER`) for asked but no substantive answer (refused, don't know),
and null. What a null means is the keyword `blank`: "not asked" (default), or "nonresponse".
"""

from collections.abc import Callable, Sequence

import polars as pl

from opinionframe.errors import OpinionFrameWarning, OptionError, check_option, examples, warn_user
from opinionframe.microdata.broken_values import refuse_respondents
from opinionframe.microdata.class_places import with_class_places
from opinionframe.microdata.design import Design
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.microdata_border import microdata_border, refuse_uncoded
from opinionframe.microdata.replication import replicate_errors, warned_of_empty
from opinionframe.microdata.shares import cells, human_rows, shares, with_errors
from opinionframe.microdata.tally import LongAnswers, long_answers, tally
from opinionframe.microdata.taylor import taylor_errors
from opinionframe.microdata.weighting import Designs, Weight, Weighted, weighted_parts
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import Frame, guarded, same_kind

BLANKS = ("not asked", "nonresponse")


@takes_frames
def reference(
    microdata: Frame,
    codebook: AnyFrame,
    by: str | Sequence[str] = (),
    *,
    weight: Weight = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
    design: Designs = None,
) -> Frame:
    """Opinions with source `human`: the share of each choice in each group, in [0, 1].

    Args:
        microdata: One row per respondent; a question's column holds choice numbers 1..K, 0 for no substantive
            answer, and null.
        codebook: Codebook of the questions.
        by: Columns of classes, or intersections of them (`"sex & age"`); a respondent without a class belongs to
            none of that column's groups.
        weight: The column of weights, zero or more; everybody counts 1 without. Or the column of each question,
            `{"trust": "w_spring", "fear": "w_autumn"}`, where waves or parts of a sample have weights of their own: a
            respondent whose weight is null was not asked, and is no unit of that sample.
        blank: What a null in a question's column is: `not asked`, or `nonresponse`.
        everyone: Whether there is also the group `all`.
        min_n: A group with fewer substantive answers of positive weight to a question has no cell: `respondents`
            lists them.
        design: Strata, units or replicate weights, where you have them, of all questions or of each, like `weight`. A
            replicate that is all zero within a cell is left out of it, with an OpinionFrameWarning.

    Returns:
        question, demographic, choice, source, prob, n_eff (Kish: (sum w)^2 / sum w^2 over substantive
        answers), nonresponse (weighted share of those asked who gave none). With a `design` also
        std_error of prob, and n_eff by the design: (1 - sum p^2) / sum of squared standard errors (Kish's where
        nothing varies, or no replicate has weight, which leaves std_error null). As in R's survey, std_error is 0 for
        a choice that nobody or everybody of a group gave: it measures how the sample varies, and a share of 0 in the
        sample may be some percent of the population. The interval of such a share is that of `rectify(None, …)`, which
        goes by n_eff. Where a column of `by` is an Enum, class_place has where each class stands in it, from 1, for
        tables to keep that order. A question without any cell brings an OpinionFrameWarning.

    Raises:
        FrameError: a column missing or of the wrong type, a code that is no choice, a weight
            negative, infinite, NaN or null; at once for a DataFrame, on collect for a LazyFrame. A question whose
            codes in the file are other numbers than its choices, by the codebook, and whose column is not UInt8,
            as `recode` makes it.
        OptionError: an unknown option, `by` misspelled, or a question without weight or design where others have one.

    Reference: Korn and Graubard (1998), Confidence Intervals for Proportions with Small Expected Number of Positive
        Counts Estimated from Survey Data, for shares of 0 and 1.

    >>> microdata = pl.DataFrame({"q": [1, 2, 2, 0], "sex": ["F", "F", "M", "M"], "w": [1.0, 3.0, 2.0, 2.0]})
    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = reference(microdata, codebook, "sex", weight="w", everyone=False)
    >>> human.select("demographic", "choice", "prob", "nonresponse").rows()
    [('sex=F', 1, 0.25, 0.0), ('sex=F', 2, 0.75, 0.0), ('sex=M', 1, 0.0, 0.5), ('sex=M', 2, 1.0, 0.5)]
    """
    book = codebook_border(codebook)
    opinions = human_opinions(
        microdata, book, by, weight=weight, blank=blank, everyone=everyone, min_n=min_n, design=design
    )
    placed = with_class_places(opinions.lazy(), microdata.collect_schema(), by)
    return warned_of_absent(same_kind(placed, microdata), book)


@takes_frames
def respondents(
    microdata: Frame,
    codebook: AnyFrame,
    by: str | Sequence[str] = (),
    *,
    weight: Weight = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
) -> Frame:
    """Every (question, demographic) that `reference` considers, kept or suppressed, with its counts.

    Args:
        microdata: One row per respondent; a question's column holds choice numbers 1..K, 0 for no substantive
            answer, and null.
        codebook: Codebook of the questions.
        by: Columns of classes, or intersections of them (`"sex & age"`); a respondent without a class belongs to
            none of that column's groups.
        weight: The column of weights, zero or more; everybody counts 1 without. Or the column of each question,
            `{"trust": "w_spring", "fear": "w_autumn"}`, where waves or parts of a sample have weights of their own: a
            respondent whose weight is null was not asked, and is no unit of that sample.
        blank: What a null in a question's column is: `not asked`, or `nonresponse`.
        everyone: Whether there is also the group `all`.
        min_n: The fewest substantive answers of positive weight that make a cell.

    Returns:
        question, demographic, n_asked and n (respondents asked, and with a substantive answer), n_eff,
        nonresponse, suppressed (whether `reference` with the same options leaves the cell out).

    Raises: as `reference`.

    >>> microdata = pl.DataFrame({"q": [1, 2, 0], "sex": ["F", "F", "M"]})
    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> respondents(microdata, codebook, "sex").select("demographic", "n_asked", "n", "suppressed").rows()
    [('all', 3, 2, False), ('sex=F', 2, 2, False), ('sex=M', 1, 0, True)]
    """
    book = codebook_border(codebook)
    counts = []
    for part in weighted_parts(microdata, book, weight, None):
        answers, guard = _answers(part, by, blank, everyone=everyone)
        counts.append(guard(cells(tally(answers), _smallest(min_n))))
    rows = pl.concat(counts).select(*GROUP, "n_asked", "n", "n_eff", "nonresponse", "suppressed")
    return same_kind(rows.sort(GROUP), microdata)


def human_opinions(
    microdata: Frame,
    codebook: pl.DataFrame,
    by: str | Sequence[str] = (),
    *,
    weight: Weight = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
    design: Designs = None,
) -> Frame:
    """`reference` for a codebook that is checked already. Raises: as `reference`."""
    refuse_no_frame(microdata, "microdata")
    opinions = [
        _part_opinions(part, by, blank, everyone=everyone, min_n=_smallest(min_n))
        for part in weighted_parts(microdata, codebook, weight, design)
    ]
    return same_kind(opinions[0] if len(opinions) == 1 else pl.concat(opinions).sort(CHOICE), microdata)


def _part_opinions(
    part: Weighted[Frame], by: str | Sequence[str], blank: str, *, everyone: bool, min_n: int
) -> pl.LazyFrame:
    answers, guard = _answers(part, by, blank, everyone=everyone)
    group_shares = shares(tally(answers), part.codebook, min_n)
    if part.design is None:
        return guard(human_rows(group_shares))
    errors = _errors(answers, part.microdata.lazy(), group_shares, part.design)
    opinions = guard(human_rows(with_errors(group_shares, errors)))
    return warned_of_empty(opinions, errors, part.design) if part.design.replicates else opinions


def _answers(
    part: Weighted[Frame], by: str | Sequence[str], blank: str, *, everyone: bool
) -> tuple[LongAnswers, Callable[[pl.LazyFrame], pl.LazyFrame]]:
    """The answers in long form, and the guard that refuses broken values when a lazy plan is collected."""
    check_option("blank", blank, BLANKS)
    attributes, labels = group_labels(by, everyone=everyone)
    sizes = part.codebook.group_by("question").len().sort("question").rows()
    n_choices = {str(question): int(size) for question, size in sizes}
    broken = microdata_border(part.microdata, n_choices, attributes, part.weight, part.design)
    refuse_uncoded(part.microdata.collect_schema(), part.codebook)
    answers = long_answers(
        part.microdata.lazy(),
        list(n_choices),
        labels,
        part.weight,
        blank_is_nonresponse=blank == "nonresponse",
        design_columns=part.design.answer_columns() if part.design else {},
    )
    eager = isinstance(part.microdata, pl.DataFrame)  # what is eager has been checked by the border
    return answers, lambda rows: rows if eager else guarded(rows, broken, refuse_respondents)


def _errors(answers: LongAnswers, microdata: pl.LazyFrame, group_shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    if design.replicates:
        return replicate_errors(answers, group_shares, design)
    return taylor_errors(answers, microdata, group_shares, design)


def warned_of_absent(opinions: Frame, codebook: pl.DataFrame) -> Frame:
    """`opinions`, with a warning of questions of which they have no cell: at once, or when a plan is collected."""
    asked = codebook["question"].unique(maintain_order=True)

    def warned(rows: pl.DataFrame) -> pl.DataFrame:
        if absent := [(name,) for name in asked.filter(~asked.is_in(rows["question"].implode()))]:
            warn_user(
                f"{len(absent)} questions of the codebook have no cell, e.g. {examples(absent)}: nobody, or fewer than "
                "min_n, gave a choice. respondents(…) counts answers; take these questions out of the codebook with "
                ".filter(…) if that is right.",
                OpinionFrameWarning,
            )
        return rows

    if isinstance(opinions, pl.DataFrame):
        return warned(opinions)
    # Whole rows, all of them: a filter that moved in front would make questions absent.
    apart = {"predicate_pushdown": False, "projection_pushdown": False, "slice_pushdown": False}
    return opinions.map_batches(warned, schema=opinions.collect_schema(), **apart)


def _smallest(min_n: int) -> int:
    if not isinstance(min_n, int) or min_n < 1:
        raise OptionError(f"min_n={min_n} is no whole number of 1 or more. A cell needs a substantive answer.")
    return min_n
