"""The table of Tests: differences in points with intervals and p, by whatever they were made by."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

RAW, CALIBRATED = "m|logprob|sd|standard", "m|logprob|sd|standard|ridge"
SURVEY = of.load("gss2018")
SCORES = {
    "question": ["q1", "q2", "q3"] * 2,
    "source": [RAW] * 3 + [CALIBRATED] * 3,
    "alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9],
}


def scores(*groups: str) -> pl.DataFrame:
    """Alignment of three questions in each of `groups`: differences 0.2, 0.3 and 0.1."""
    return pl.concat(pl.DataFrame(SCORES).with_columns(demographic=pl.lit(group)) for group in groups)


def one(**facts: object) -> pl.DataFrame:
    """One row of Tests."""
    row = {"pair": "listed", "source": "a", "versus": "b", "method": "cluster-robust t", "estimate": 0.01}
    row |= {"std_error": 0.004, "statistic": 2.5, "p_value": 0.0, "p_adjusted": 0.0004, "n": 1200, "n_clusters": 18}
    row |= {"conf_low": 0.002, "conf_high": 0.018, "family": "listed (2)", "adjust": "bonferroni", "metric": None}
    return pl.DataFrame([row | facts], schema_overrides={"metric": pl.String, "p_adjusted": pl.Float64})


def test_a_table_by_hand() -> None:
    # By hand: mean 0.2, spread 0.1, error 0.1 / sqrt(3) = 0.0577; t(2) at 97.5% is 4.303.
    table = of.tables.tests(of.compare(scores("all")))
    assert table.cells["method"].to_list() == ["paired t", "cluster-robust t"]
    assert table.cells["estimate"].to_list() == ["20.0 [\u22124.8, 44.8]"] * 2
    assert table.cells["p"].to_list() == ["0.074"] * 2
    assert table.cells["n_clusters"].to_list() == ["\u2013", "3"]
    values = table.rows.row(1, named=True)
    assert (values["estimate_low"], values["std_error"]) == pytest.approx((-4.841, 5.774), abs=1e-3)
    assert values["p"] == pytest.approx(0.07418, abs=1e-5)
    assert "Prompt = sd, Variant = standard, Calibration = ridge, Against = raw, Cells = 3." in " ".join(table.notes)
    assert "new cells, each taken as independent of all others (paired t)" in " ".join(table.notes)


def test_small_p_values_keep_their_digits_in_rows() -> None:
    both = of.tables.tests(pl.concat([one(), one(source="c", adjust="none", p_value=0.2, p_adjusted=None)]))
    assert both.cells["p"].to_list() == ["< 0.001", "0.200"]
    assert both.rows["p"].to_list() == [0.0004, 0.2]
    assert "p: corrected by bonferroni for listed (2); not corrected." in both.notes


def test_what_is_not_known_is_a_dash_and_said() -> None:
    bare = one(**dict.fromkeys(("p_value", "p_adjusted", "conf_low", "conf_high", "std_error")))
    table = of.tables.tests(pl.concat([one(), bare.with_columns(source=pl.lit("c"))]))
    assert table.cells.select("estimate", "p").row(1) == ("1.0", "\u2013")
    assert any(text.startswith("1 of 2 tests have no p-value (a dash)") for text in table.notes)
    assert not any("no p-value" in text for text in of.tables.tests(one()).notes)
    assert table.rows.select("p", "estimate_low", "std_error").row(1) == (None, None, None)


def test_groups_are_rows_in_their_order_where_each_has_one_comparison() -> None:
    classes = ("degree=Graduate", "degree=High school", "sex=Male", "all")
    tests = of.compare(scores(*classes), by="demographic", method="cluster-robust t")
    table = of.tables.tests(tests, groups=SURVEY.groups)
    assert table.cells.select("section", "label").rows() == [
        ("degree", "High school"),
        ("degree", "Graduate"),
        ("sex", "Male"),
        ("All groups", "All"),
    ]
    assert table.labels["label"] == "Group"
    assert "Test = cluster-robust t" in " ".join(table.notes)


def test_groups_are_sections_where_they_have_several() -> None:
    table = of.tables.tests(of.compare(scores("sex=Male", "sex=Female"), by="demographic"), groups=SURVEY.groups)
    assert table.cells["section"].to_list() == ["sex: Female"] * 2 + ["sex: Male"] * 2
    assert table.group == "section"


def test_topics_and_questions_are_named() -> None:
    named = one().with_columns(question=pl.lit("natspac")).select("question", pl.exclude("question"))
    text = SURVEY.codebook.filter(question="natspac")["text"][0]
    both = pl.concat([named, named.with_columns(question=pl.lit("natenvir"))])
    assert of.tables.tests(both, codebook=SURVEY.codebook).rows["label"][1] == f"natspac: {text}"
    topics = pl.concat([named.rename({"question": "topic"}), named.select(topic=None).hstack(one())])
    assert of.tables.tests(topics).rows["label"].to_list() == ["natspac", "No topic"]


def test_a_source_stands_against_what_differs_in_the_other() -> None:
    pairs = {
        (CALIBRATED, RAW): "raw",
        (RAW, "m|logprob|base|standard"): "base",
        (CALIBRATED, "m|logprob|sd|few_shot"): "few_shot",
        (CALIBRATED, "m|logprob|sd|standard|lasso"): "lasso",
        (RAW, "other|logprob|sd|standard"): "other",
        (CALIBRATED, "label-mean"): "label-mean",
    }
    rows = pl.concat([one(source=source, versus=versus) for source, versus in pairs])
    table = of.tables.tests(rows.with_columns(pair=pl.int_range(pl.len()).cast(pl.String)))
    assert sorted(table.rows["versus"]) == sorted(pairs.values())


def test_rows_have_a_name_where_all_words_are_the_same() -> None:
    table = of.tables.tests(pl.concat([one(), one(pair="baseline", n=900)]))
    assert list(table.labels) == ["model", "estimate", "p", "n"]


def test_equivalence_and_triples_say_how_they_are_read() -> None:
    equal = of.tables.tests(of.equivalence(scores("all"), margin=0.02))
    assert any("a small p says that the sources differ by less than" in text for text in equal.notes)
    assert equal.rows["margin"].to_list() == [2.0]
    shown = scores("all").filter(source=RAW).with_columns(pl.col("alignment") + pl.Series([0.1, 0.05, 0.02]))
    few = shown.with_columns(source=pl.lit("m|logprob|sd|few_shot"))
    triples = of.tables.tests(of.anova(pl.concat([scores("all"), few])))
    assert triples.cells["section"].unique().to_list() == ["m, logprob, sd, ridge"]
    assert any("the best and the worst of them" in text for text in triples.notes)


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(FrameError, match=r"1 results several times, e\.g\. .*by=…"):
        of.tables.tests(pl.concat([one(), one()]))
    with pytest.raises(OptionError, match="by='topic' is not known"):
        of.tables.tests(one(), by="topic")
    with pytest.raises(FrameError, match="2 metrics"):
        of.tables.tests(pl.concat([one(metric="wasserstein"), one(metric="total_variation")]))
    with pytest.raises(FrameError, match="1 rows break the rule 'p_value: nan'"):
        of.tables.tests(one(p_value=float("nan")))
    with pytest.raises(FrameError, match="no rows"):
        of.tables.tests(one().clear())


@pytest.mark.parametrize("column", ["p_value", "p_adjusted"])
def test_a_p_value_that_is_no_probability_is_refused_with_its_row(column) -> None:
    both = pl.concat([one(), one(source="c", **{column: 4.2})])
    with pytest.raises(FrameError, match=r"tests: 1 rows break .*p_value and p_adjusted.*'c'"):
        of.tables.tests(both)
    assert of.schemas.Tests.filter(both)[0].height == 1
    with pytest.raises(FrameError, match="std_error is null or not negative"):
        of.tables.tests(one(std_error=-0.1))
