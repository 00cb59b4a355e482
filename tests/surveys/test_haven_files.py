"""Files that R's haven wrote (reference/make_labelled.R): labelled_spss, tagged_na, factors, dates; shares by hand."""

from pathlib import Path

import polars as pl
import pytest

from opinionframe.surveys import read_labelled

pytest.importorskip("pyreadstat")

HERE = Path(__file__).parent / "reference"
BY = ["sex", "day", "degree", "party"]
MISSING = {
    "haven.sav": {
        "trust": ["77", "88", "99"],
        "tax": ["-1", "8", "9"],
        "party": ["zz"],
    },
    "haven.dta": {"trust": [".a", ".b", ".z"], "tax": [".d", ".e", ".f"]},
}


@pytest.mark.parametrize("name", MISSING)
def test_a_file_written_by_haven(name):
    survey = read_labelled(HERE / name, ["trust", "tax"], BY, weight="weight")
    trust = survey.opinions.filter(question="trust", demographic="all").sort("choice")
    # Weights 1, 2, 1, 1, 1, 1 stand behind 0, 3, 10, 10, 5 and 0; three respondents of weight 1 gave no answer.
    assert trust["prob"].to_list() == [2 / 7, 0, 0, 2 / 7, 0, 1 / 7, 0, 0, 0, 0, 2 / 7]
    assert set(trust["nonresponse"]) == {3 / 10}
    assert set(trust["n_eff"]) == {49 / 9}
    tax = survey.opinions.filter(question="tax", demographic="all").sort("choice")
    assert tax["prob"].to_list() == [3 / 7, 4 / 7]
    assert set(tax["nonresponse"]) == {3 / 10}
    assert survey.codebook.filter(question="tax")["label"].to_list() == ["Too low", "Too high"]
    assert survey.codebook.filter(question="trust")["text"].unique().to_list() == ["Trust in parliament"]
    declared = survey.missing.group_by("column", maintain_order=True).agg("code").rows()
    assert dict(declared) == MISSING[name]
    classes = survey.groups.filter(pl.col("attribute") != "party").select("attribute", "class").rows()
    assert classes == [
        ("day", "2026-05-01"),
        ("day", "2026-05-02"),
        ("degree", "None"),
        ("degree", "BA"),
        ("degree", "MA"),
        ("sex", "Männer"),
        ("sex", "Frauen"),
    ]
    women = survey.opinions.filter(question="tax", demographic="sex=Frauen").sort("choice")
    assert women["prob"].to_list() == [1 / 4, 3 / 4]
