"""Standard errors against R's survey package, to 1e-10: errors.R beside the values that it made from people.csv."""

from pathlib import Path

import polars as pl
import pytest

from opinionframe.errors import FrameError, OptionError
from opinionframe.microdata import Design, reference, respondents
from opinionframe.surveys import codebook

HERE = Path(__file__).parent / "reference"
PRECISE = 1e-10
BOOK = codebook(
    {
        "trust": {"text": "Trust?", "labels": ["none", "some", "much"]},
        "fear": {"text": "Afraid?", "labels": ["yes", "no"]},
    }
)
TRUST = BOOK.filter(question="trust")


def replicates(kind, scale, many=8):
    return Design(replicates=[f"{kind}{number}" for number in range(1, many + 1)], scale=scale)


DESIGNS = {
    "weights": Design(),
    "strata": Design(strata="stratum"),
    "units": Design(psu="unit"),
    "both": Design(strata="stratum", psu="unit"),
    "brr": replicates("brr", 1 / 8),
    "fay": replicates("fay", 1 / (8 * (1 - 0.3) ** 2)),
    "jk1": replicates("jk1_", 7 / 8),
    "jkn": replicates("jkn", [1 / 2] * 2 + [5 / 6] * 6),
    "boot": replicates("boot", 1 / 5, 6),
}


@pytest.fixture(scope="module")
def people():
    return pl.read_csv(HERE / "people.csv")


@pytest.fixture(scope="module")
def r():
    group = pl.col("group")
    named = pl.when(group == "all").then(group).otherwise("sex=" + group)
    return pl.read_csv(HERE / "errors.csv").with_columns(named.alias("demographic"))


def assert_as_in_r(rows, r, design):
    theirs = r.filter(pl.col("design") == design)
    both = rows.join(theirs, on=["question", "demographic", "choice"], suffix="_r")
    assert both.height == theirs.height == rows.height
    for value in ("prob", "std_error"):
        assert both[value].to_list() == pytest.approx(both[f"{value}_r"].to_list(), rel=PRECISE)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("lazy", [False, True])
def test_taylor_and_replicate_errors(people, r, name, lazy):
    frame = people.lazy() if lazy else people
    rows = reference(frame, TRUST, "sex", weight="w", design=DESIGNS[name])
    assert_as_in_r(rows.lazy().collect(), r, name)


@pytest.mark.parametrize("lazy", [False, True])
def test_weights_and_designs_by_question(people, r, lazy):
    # Who has no weight of the second wave is no part of its sample: R's design is that of the others alone.
    frame = people.lazy() if lazy else people
    weights = {"trust": "w", "fear": "w_b"}
    rows = reference(frame, BOOK, "sex", weight=weights, design=DESIGNS["both"]).lazy().collect()
    assert_as_in_r(rows.filter(question="trust"), r, "both")
    assert_as_in_r(rows.filter(question="fear"), r, "wave")
    assert rows["question"].to_list() == sorted(rows["question"])
    designs = {"trust": DESIGNS["jkn"], "fear": DESIGNS["both"]}
    rows = reference(frame, BOOK, "sex", weight=weights, design=designs).lazy().collect()
    assert_as_in_r(rows.filter(question="trust"), r, "jkn")
    assert_as_in_r(rows.filter(question="fear"), r, "wave")


def test_weights_by_question_by_hand():
    people = pl.DataFrame({"trust": [1, 2, 1], "fear": [None, 1, 2], "a": [1.0, 1.0, 2.0], "b": [None, 3.0, 1.0]})
    rows = reference(people, BOOK, weight={"trust": "a", "fear": "b", "hope": "c"})
    assert rows.select("question", "prob").rows() == [
        ("fear", 0.75),
        ("fear", 0.25),
        ("trust", 0.75),
        ("trust", 0.25),
        ("trust", 0.0),
    ]
    assert rows["n_eff"].to_list() == pytest.approx([16 / 10] * 2 + [16 / 6] * 3)
    alike = reference(people, BOOK, weight={"trust": None, "fear": "b"}).filter(question="trust")
    assert alike.equals(reference(people, TRUST))
    counts = respondents(people, BOOK, weight={"trust": "a", "fear": "b"})
    assert counts.select("question", "n_asked", "n").rows() == [("fear", 2, 2), ("trust", 3, 3)]
    # A null answer is nonresponse of those alone who were in the wave.
    blank = people.with_columns(fear=pl.Series([None, None, 2]))
    rows = reference(blank, BOOK, weight={"trust": "a", "fear": "b"}, blank="nonresponse").filter(question="fear")
    assert rows["nonresponse"].to_list() == [0.75, 0.75]


@pytest.mark.parametrize("lazy", [False, True])
def test_slips_in_weights_by_question(people, lazy):
    frame = people.lazy() if lazy else people
    with pytest.raises(
        OptionError, match="weight names 1 questions, but 1 others of the codebook have none, e.g. 'fear'"
    ):
        reference(frame, BOOK, weight={"trust": "w"})
    with pytest.raises(OptionError, match="design names 1 questions, but 1 others"):
        reference(frame, BOOK, weight="w", design={"trust": Design()})
    with pytest.raises(FrameError, match="lacks 1 columns, e.g. 'w_c'"):
        reference(frame, BOOK, weight={"trust": "w", "fear": "w_c"})
    with pytest.raises(FrameError, match=r"24 answers to 1 questions .* 'w_b' is null, e.g. \('trust', 24\)"):
        reference(frame, BOOK, weight={"trust": "w_b", "fear": "w_b"}).lazy().collect()
    with pytest.raises(OptionError, match="One set of replicates stands beside 2 weights, e.g. 'w', 'w_b'"):
        reference(frame, BOOK, weight={"trust": "w", "fear": "w_b"}, design=DESIGNS["jk1"])


def test_designs_that_are_none(people):
    for scale in (0, [1 / 2], [-1.0, 1.0], [0.0, 0.0]):
        with pytest.raises(OptionError, match="replicates need scale > 0.*one for each of the 2 replicates"):
            Design(replicates=["jkn1", "jkn2"], scale=scale)
    with pytest.raises(OptionError, match="1 replicates are named twice, e.g. 'jkn1'"):
        Design(replicates=["jkn1", "jkn1"], scale=1.0)
    assert Design(replicates="jkn1", scale=1.0).replicates == ("jkn1",)
    for unit in (pl.lit(" "), pl.lit(float("nan")), pl.lit(None)):
        with pytest.raises(FrameError, match="48 respondents lack a stratum or unit, in 'unit'"):
            reference(people.with_columns(unit=unit), TRUST, weight="w", design=Design(psu="unit"))
    with pytest.raises(FrameError, match=r"1 columns of the design hold no single units: unit is List"):
        reference(people.with_columns(unit=pl.concat_list("unit")), TRUST, design=Design(psu="unit"))
    alone = Design(strata="unit", psu="unit")
    with pytest.raises(FrameError, match="48 respondents are in strata of a single unit"):
        reference(people, TRUST, design=alone)
