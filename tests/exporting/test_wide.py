"""Wide frames by label and by place: in, out and back, and the shares that would get lost."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.exporting import from_wide, to_wide

GSS = of.load("gss2018")
KEY = ["question", "demographic", "choice", "source"]
# The middle of the scale comes last in the list, as Pew prints it.
DIRECTION = of.codebook(
    {"q": {"text": "Better or worse?", "labels": ["Better", "Worse", "The same"], "positions": [1, 2, 1.5]}}
)
CELL = {"question": ["q"], "demographic": ["all"], "source": ["human"]}


def shares(opinions, codebook):
    """The share of each label."""
    return dict(opinions.join(codebook, on=["question", "choice"]).select("label", "prob").rows())


@pytest.mark.parametrize(("columns", "places"), [("label", None), ("place", None), ("place", "choice")])
def test_out_and_back(columns, places):
    wide = to_wide(GSS.opinions, GSS.codebook, columns=columns)
    assert wide.height == 846
    back = from_wide(wide, GSS.codebook, places=places)
    assert back.sort(KEY).equals(GSS.opinions.select(back.columns).sort(KEY))


def test_a_pivot_by_place_comes_in_and_a_broken_one_does_not():
    wide = GSS.opinions.pivot("choice", index=["question", "demographic", "source", "n_eff"], values="prob")
    named = wide.rename({str(choice): f"p{choice}" for choice in (1, 2, 3)})
    back = from_wide(named, GSS.codebook)
    assert back.sort(KEY).equals(GSS.opinions.select(back.columns).sort(KEY))
    with pytest.raises(FrameError, match="846 cells have a choice missing"):
        from_wide(named.drop("p3"), GSS.codebook)
    with pytest.raises(FrameError, match="no share column .* it has 7 columns"):
        from_wide(wide, GSS.codebook)


def test_labels_in_another_order_than_the_scale():
    by_label = pl.DataFrame(CELL | {"Better": [0.1], "Worse": [0.7], "The same": [0.2]})
    by_place = pl.DataFrame(CELL | {"p1": [0.1], "p2": [0.7], "p3": [0.2]})
    right = {"Better": 0.1, "The same": 0.2, "Worse": 0.7}
    assert shares(from_wide(by_label, DIRECTION), DIRECTION) == right
    assert shares(from_wide(by_place, DIRECTION, places="listed"), DIRECTION) == right
    assert shares(from_wide(by_place, DIRECTION, places="choice"), DIRECTION)["The same"] == 0.7
    with pytest.raises(FrameError, match=r"1 questions list their labels in another order .* places='listed'"):
        from_wide(by_place, DIRECTION)
    with pytest.raises(OptionError, match="Allowed: choice, listed"):
        from_wide(by_place, DIRECTION, places="mine")
    assert to_wide(from_wide(by_label, DIRECTION), DIRECTION).columns[3:] == ["Better", "The same", "Worse"]
    numbered = to_wide(from_wide(by_label, DIRECTION), DIRECTION, columns="place")
    assert numbered.select("p1", "p2", "p3").row(0) == (0.1, 0.2, 0.7)


def test_questions_with_other_labels_and_fewer_choices():
    book = of.codebook(
        {
            "q": {"text": "Q?", "labels": ["Yes", "No"]},
            "r": {"text": "R?", "labels": ["No", "Perhaps", "Yes"]},
        }
    )
    people = pl.DataFrame({"q": ["Yes", "No"], "r": ["Yes", "Perhaps"]}).pipe(of.recode, book)
    human = of.reference(people, book)
    wide = to_wide(human, book)
    assert wide.select("question", "Yes", "No", "Perhaps").rows() == [("q", 0.5, 0.5, None), ("r", 0.5, 0.0, 0.5)]
    assert from_wide(wide, book).sort(KEY).equals(human.select(from_wide(wide, book).columns).sort(KEY))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Better": [0.1], "Worse": [0.7], "p3": [0.2]}, "columns by label, e.g. 'Better', 'Worse', and by place"),
        ({"p1": [0.1], "p2": [0.7], "p3": [0.1], "p4": [0.1]}, r"1 shares are of choices .* \('q', 'p4'\)"),
        ({"best": [0.1], "worst": [0.9]}, "no share column p1, p2, …, and none named by a label"),
    ],
)
def test_columns_that_are_unclear_or_lost(columns, message):
    with pytest.raises(FrameError, match=message):
        from_wide(pl.DataFrame(CELL | columns), DIRECTION, places="choice")


def test_labels_that_cannot_name_a_column():
    twice = DIRECTION.with_columns(label=pl.lit("Same"))
    human = from_wide(pl.DataFrame(CELL | {"p1": [0.1], "p2": [0.7], "p3": [0.2]}), DIRECTION, places="choice")
    with pytest.raises(FrameError, match=r"1 labels stand for two choices of a question, e.g. \('q', 'Same'\)"):
        to_wide(human, twice)
    taken = DIRECTION.with_columns(label=pl.col("label").replace("Worse", "source"))
    with pytest.raises(FrameError, match="1 labels are the names of other columns, e.g. 'source'"):
        to_wide(human, taken)
    with pytest.raises(OptionError, match="columns='labels' is not known"):
        to_wide(human, DIRECTION, columns="labels")


@pytest.mark.parametrize("labels", [["prob", "choice"], ["column", "value"], ["a & b", "c = d"], ["10", "9"]])
def test_labels_may_be_called_as_columns_are(labels):
    book = of.codebook({"q": {"text": "Q?", "labels": labels}})
    shares = {"question": "q", "demographic": "all", "choice": [1, 2], "source": "human", "prob": [0.25, 0.75]}
    opinions = pl.DataFrame(shares)
    wide = to_wide(opinions, book)
    assert wide.columns[-2:] == labels
    assert from_wide(wide, book)["prob"].to_list() == [0.25, 0.75]


def test_labels_that_could_be_places():
    book = of.codebook({"q": {"text": "Q?", "labels": ["p2", "p1"]}})
    wide = pl.DataFrame({"question": "q", "demographic": "all", "source": "human", "p2": [0.25], "p1": [0.75]})
    with pytest.raises(FrameError, match="2 columns are named as a label is and as a place is, e.g. 'p2', 'p1'"):
        from_wide(wide, book)
    assert from_wide(wide, book, prefix="place")["prob"].to_list() == [0.25, 0.75]
    with pytest.raises(FrameError, match="1 columns of its own bear the names of what is made, e.g. 'choice'"):
        from_wide(wide.with_columns(choice=pl.lit(1)), book, prefix="place")
