"""A mark stands beside the mean that its test is of, and no other."""

import numpy as np
import polars as pl
import pytest
from printed_cells import unbold

import opinionframe as of
from opinionframe import tables
from opinionframe.errors import FrameError

RAW = "m|logprob|base|standard"


def two_datasets() -> pl.DataFrame:
    """Calibration gains in dataset A among women, and nowhere else."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{dataset}{question}", f"sex={sex}", f"{RAW}{method}", rng.normal(0.6 + gain, 0.02), dataset, question % 2)
        for dataset in "AB"
        for question in range(12)
        for sex in "FM"
        for method, gain in (("", 0.0), ("|ridge", 0.2 if (dataset, sex) == ("A", "F") else 0.0))
    ]
    columns = ["question", "demographic", "source", "alignment", "dataset", "half"]
    return pl.DataFrame(rows, columns, orient="row").with_columns(baseline=0.5)


def compared_by(*by: str) -> pl.DataFrame:
    return of.compare(two_datasets(), by=by, method="cluster-robust t")


def seen(table: tables.Table, column: str) -> list[str]:
    return [unbold(cell) for cell in table.cells[column]]


def test_tests_of_a_part_mark_no_mean_of_the_whole() -> None:
    scores = two_datasets()
    for by in (["dataset"], ["demographic"], ["dataset", "demographic"], ["half"]):
        with pytest.raises(FrameError, match=r"several comparisons for 1 printed scores.*of\.compare\(…\)"):
            tables.alignment(scores, compared_by(*by))
    with pytest.raises(FrameError, match=r"several comparisons .* by='dataset'"):
        tables.settings(scores, compared_by("dataset", "demographic"))
    only_b = scores.filter(dataset="B")
    table = tables.alignment(only_b, compared_by("dataset").filter(dataset="B"))
    assert not seen(table, "ridge alignment")[0].endswith("↑")


def test_tests_of_the_whole_mark_no_part() -> None:
    scores = two_datasets()
    for by in ([], ["demographic"], ["half"]):
        with pytest.raises(FrameError, match=r"every dataset together.*by=\['dataset'\]"):
            tables.settings(scores, compared_by(*by))
    for by in ([], ["dataset"], ["demographic"]):
        with pytest.raises(FrameError, match=r"together.*by=\['dataset', 'demographic'\]"):
            tables.demographics(scores, compared_by(*by), elicitation="logprob")
    calibrated = seen(tables.settings(scores, compared_by("dataset")), "base|logprob|standard|ridge")
    assert [text.endswith("↑") for text in calibrated if text[0].isdigit()][0::3] == [True, False]
    groups = tables.demographics(scores, compared_by("dataset", "demographic"), elicitation="logprob")
    assert [text.endswith("↑") for text in seen(groups, "m cal")] == [True, False, False, False]


def test_a_table_says_where_tested_differences_are_not_those_printed() -> None:
    scores = two_datasets()
    few = scores.filter(~pl.col("question").is_in(["A0", "A1", "A2", "B0"]))
    uneven = pl.concat([scores, few.with_columns(source=pl.col("source").str.replace("m|", "n|", literal=True))])
    tables_of_both = [
        tables.alignment(uneven, of.compare(uneven)),
        tables.settings(uneven, of.compare(uneven, by="dataset")),
        tables.demographics(uneven, of.compare(uneven, by=["dataset", "demographic"]), elicitation="logprob"),
    ]
    for table in tables_of_both:
        (said,) = [note for note in table.notes if "not that of the scores printed" in note]
        assert "Of 1 source these are not the cells" in said
    for same in (
        tables.alignment(uneven, of.compare(uneven), cells="own"),
        tables.alignment(scores, of.compare(scores)),
    ):
        assert not any("not that of the scores printed" in note for note in same.notes)


def test_a_mark_names_its_estimand_where_the_printed_means_have_another() -> None:
    scores = two_datasets()
    by_cell = "mean over cells, without all and intersections beside their parts."
    for table, is_said in (
        (tables.alignment(scores, of.compare(scores), weight="question"), True),
        (tables.settings(scores, of.compare(scores, by="dataset"), weight="question"), True),
        (tables.alignment(scores, of.compare(scores)), False),
    ):
        (marked,) = [note for note in table.notes if "higher than raw by" in note]
        assert marked.endswith(by_cell) == is_said


def test_tests_of_other_scores_claim_nothing() -> None:
    scores, tests = two_datasets(), compared_by()
    others = tests.with_columns(pl.col("source", "versus").str.replace("m|", "other|", literal=True))
    notes = tables.alignment(scores, others).notes
    assert notes[-1].startswith("Tests were given of other scores than those printed, so nothing is marked: 'other|")
    assert not any("No score differs" in note for note in notes)


def test_scores_that_no_test_is_of_are_counted() -> None:
    first = two_datasets()
    scores = pl.concat([first, first.with_columns(pl.col("source").str.replace("m|", "n|", literal=True))])
    tests = of.compare(scores, by="dataset")
    assert "No test of" not in " ".join(tables.settings(scores, tests).notes)
    some = tests.filter(~((pl.col("dataset") == "B") & pl.col("source").str.starts_with("n|")))
    assert (
        "No test of 1 of 4 calibrated scores has a result, so it stands unmarked."
        in tables.settings(scores, some).notes
    )
    single = scores.filter(pl.col("question").is_in(["A0", "B0"]))
    notes = tables.settings(single, of.compare(single, by="dataset")).notes
    assert "No test of 4 of 4 calibrated scores has a result, so these stand unmarked." in notes


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["sex=F", "sex=M"])])
def test_groups_of_tests_may_be_categories(dtype: pl.DataType) -> None:
    scores, tests = two_datasets().filter(dataset="A"), compared_by("demographic")
    categories = tests.with_columns(pl.col("demographic").cast(dtype))
    expected = tables.demographics(scores, tests, elicitation="logprob").cells
    assert tables.demographics(scores, categories, elicitation="logprob").cells.equals(expected)
