"""The quick test of a cell and the long list of reasons never disagree."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import COLUMNS as ROWS

import opinionframe as of
from opinionframe.errors import FrameError
from opinionframe.schemas.broken_cells import broken_cells
from opinionframe.schemas.soundness import WORD, unsound_cells


def book(k):
    return pl.DataFrame({"question": "q", "choice": list(range(1, k + 1))}, schema_overrides={"choice": pl.UInt8})


def cell(choices, probs, n_eff=5.0, nonresponse=0.1, question="q", demographic="all", source="human"):
    return pl.DataFrame(
        {
            "question": question,
            "demographic": demographic,
            "choice": choices,
            "source": source,
            "prob": probs,
            "n_eff": n_eff,
            "nonresponse": nonresponse,
        },
        schema=ROWS,
        strict=False,
    )


def verdicts(rows, k):
    lazy = rows.lazy()
    return tuple(len(found(lazy, book(k)).collect()) for found in (unsound_cells, broken_cells))


odd_prob = st.sampled_from([None, float("nan"), float("inf"), -0.1, 0.0, 0.5, 1.0])
odd_share = st.sampled_from([None, float("nan"), -1.0, 0.0, 0.5, 1.0, 2.0, float("inf")])


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_cell_is_unsound_where_there_is_a_reason(data):
    k = data.draw(st.sampled_from([2, 3, WORD, WORD + 1, 2 * WORD + 3, 255]), label="k")
    choices, probs = list(range(1, k + 1)), [1 / k] * k
    n_eff, nonresponse = [5.0] * k, [0.1] * k
    for _ in range(data.draw(st.integers(0, 3), label="changes")):
        at = data.draw(st.integers(0, len(choices) - 1))
        what = data.draw(st.sampled_from(["choice", "prob", "n_eff", "nonresponse", "drop", "double"]))
        if what == "choice":
            choices[at] = data.draw(st.one_of(st.none(), st.integers(0, 255)))
        elif what == "prob":
            probs[at] = data.draw(odd_prob)
        elif what == "n_eff":
            n_eff[at] = data.draw(odd_share)
        elif what == "nonresponse":
            nonresponse[at] = data.draw(odd_share)
        elif what == "drop" and len(choices) > 1:
            for column in (choices, probs, n_eff, nonresponse):
                column.pop(at)
        elif what == "double":
            for column in (choices, probs, n_eff, nonresponse):
                column.append(column[at])
    quick, reasoned = verdicts(cell(choices, probs, n_eff, nonresponse), k)
    assert quick == reasoned


@pytest.mark.parametrize(
    "choices",
    [[1, 1, 3, 4], [2, 2, 2, 2], [1, 2, 3, 3], [1, 2, 3], [1, 2, 3, 4, 4], [0, 1, 2, 3], [1, 2, 3, 28], [1, 2, 3, 255]],
)
def test_no_other_choices_pass_for_one_to_k(choices):
    rows = cell(choices, [1 / len(choices)] * len(choices))
    assert verdicts(rows, 4) == (1, 1)
    assert verdicts(cell([4, 2, 1, 3], [0.25] * 4), 4) == (0, 0)


@pytest.mark.parametrize(
    "key", [{"question": "r"}, {"question": None}, {"demographic": None}, {"demographic": "women"}]
)
def test_keys_are_part_of_soundness(key):
    assert verdicts(cell([1, 2], [0.5, 0.5], **key), 2) == (1, 1)


def test_whole_columns_may_be_unknown():
    assert verdicts(cell([1, 2], [0.5, 0.5], n_eff=None, nonresponse=None), 2) == (0, 0)


def test_questions_of_more_choices_than_a_word_has_bits_score():
    k = 3 * WORD + 1
    scale = pl.DataFrame({"question": "q", "choice": range(1, k + 1), "label": "x", "text": "t"}).with_columns(
        position=pl.col("choice").cast(pl.Float64), scale=pl.lit("ordinal"), topic=pl.lit("t"), dataset=pl.lit("d")
    )
    first = [1.0] + [0.0] * (k - 1)
    rows = pl.concat([cell(range(1, k + 1), first), cell(range(1, k + 1), first[::-1], source="model")])
    assert of.align(rows, scale)["alignment"].item() == pytest.approx(0, abs=1e-12)
    with pytest.raises(FrameError, match="a choice missing"):
        of.align(rows.slice(1), scale)
