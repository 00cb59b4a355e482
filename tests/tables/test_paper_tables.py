"""The paper's tables, made from its own figures and from a study's: the same averages, in both targets."""

import re

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from printed_cells import unbold
from typeset import PDFLATEX, document_faults

from opinionframe import compare, tables
from opinionframe.errors import FrameError, OptionError
from opinionframe.paper import audit, audit_rows, published

FIVE = ["Claude-3.5-v2", "Llama-3.2-90B", "Mistral-large", "OLMo-2-7B-Instruct", "Qwen-2.5-72B"]
LOGPROB = "m|logprob|base|standard"


def of_table(*numbers: int) -> pl.DataFrame:
    return published().filter(pl.col("table").is_in(numbers))


@pytest.mark.parametrize(
    ("number", "models", "overall"),
    [(1, FIVE, True), (6, None, False), (7, None, False), (11, None, False), (12, None, False)],
)
def test_printed_averages_and_deviations_come_out_or_are_listed_as_rounding(number, models, overall) -> None:
    rows = tables.settings(of_table(number), models=models, overall=overall).cells
    printed = audit_rows().filter(table=number)
    checked = 0
    for row in printed.to_dicts():
        section = row["dataset"] if row["dataset"] != "Average" else "All datasets"
        calibrator = "" if row["variant"] == "raw" else ("paper-transfer" if number in {11, 12} else "paper")
        column = f"{row['prompt']}|{row['elicitation']}|standard|{calibrator}"
        shown = unbold(rows.filter(section=section, label=row["model"])[column].item())
        halfway = abs(row["recomputed"] - row["printed"]) > 0.05 - 1e-9  # such as 83.55, printed as 83.5
        assert shown == f"{row['printed']:.1f}" or halfway or row["verdict"] == "rounding", row
        checked += 1
    assert checked == printed.height > 0


def test_triples_print_the_paper_s_cells() -> None:
    rows = tables.triples(of_table(4), variant="few_shot").cells
    claude = rows.filter(section="WVS", label="Claude-3.5-v2")
    shown = [
        unbold(claude[f"base|verbalized|{part}"].item()) for part in ("standard|", "few_shot|", "standard|paper-5")
    ]
    assert shown == ["75.2", "82.1", "81.5"]
    assert unbold(rows.filter(section="OQA", label="Average")["base|paraphrase|few_shot|"].item()) == "77.2"
    with pytest.raises(FrameError, match="No source has the variant 'cot'"):
        tables.triples(of_table(4), variant="cot")


def test_demographics_and_their_average() -> None:
    rows = tables.demographics(of_table(9)).cells
    jewish = rows.filter(section="religion", label="Jewish").row(0)
    shown = " ".join(unbold(value) for value in jewish[2:-2])
    assert shown == "93.3 93.6 87.7 88.7 87.2 88.2 66.8 80.7 89.9 89.5 85.0 88.1"


def test_a_model_with_one_of_the_calibrators_moves_no_difference() -> None:
    """One falls from .9 to .8; two has been calibrated by all labels alone, at .2."""
    names = [
        "one|verbalized|sd|standard|paper",
        "one|verbalized|sd|standard|paper-5",
        "two|verbalized|sd|standard|paper",
    ]
    rows = pl.DataFrame({"source": names, "demographic": "sex=Female", "alignment": [0.9, 0.8, 0.2]})
    table = tables.degraded(rows, full="paper", few="paper-5")
    assert table.cells.select("full", "few", "difference").rows() == [("90.0", "80.0", "10.0")]
    assert "1 scores by paper or paper-5 alone are left out (a group, model and elicitation each)." in table.notes
    other = rows.with_columns(pl.col("source").str.replace("verbalized", "paraphrase"), pl.col("alignment") - 0.1)
    both = tables.degraded(pl.concat([rows, other]), full="paper", few="paper-5")
    assert both.cells.select("full", "few", "difference").rows() == [("85.0", "75.0", "10.0")]
    assert any("mean over models and elicitations" in note for note in both.notes)
    with pytest.raises(FrameError, match="No source has scores by both 'paper' and 'paper-5'"):
        tables.degraded(rows.filter(pl.int_range(pl.len()) > 0), full="paper", few="paper-5")


def test_degraded_and_extraction() -> None:
    base = tables.degraded(of_table(5), full="paper", few="paper-5").cells.row(0)
    assert base[1:6] == ("region", "Southeast Asia", "81.0", "79.4", "1.6")
    rows = tables.extraction(of_table(17)).cells
    assert rows.filter(section="OQA", label="Llama-3.1-70B")["sd|self_random|standard"].item() == "12.1"


def study() -> pl.DataFrame:
    scores = {LOGPROB: [0.6, 0.7], f"{LOGPROB}|ridge": [0.8, 0.9], "uniform": [0.75, 0.75], "question-mean": [0.7, 0.9]}
    rows = [
        {"question": f"q{i}", "demographic": "sex=F & age=18-29", "source": source, "alignment": value}
        for source, values in scores.items()
        for i, value in enumerate(values)
    ]
    return pl.DataFrame(rows).with_columns(baseline=pl.lit(0.75), ceiling=pl.lit(0.95))


def test_a_study_of_one_s_own_has_uniform_baselines_and_ceiling() -> None:
    rows = tables.settings(study()).cells
    assert rows["label"].to_list() == ["m", "Average", "Std Dev", "Uniform", "question-mean", "Ceiling"]
    shown = [unbold(value) for value in rows["base|logprob|standard|ridge"]]
    assert shown == ["85.0", "85.0", "\u2013", "75.0", "80.0", "95.0"]
    group = tables.demographics(study(), elicitation="logprob").cells.row(0, named=True)
    assert (group["section"], group["label"], group["baseline"]) == ("sex & age", "F & 18-29", "75.0")


def test_groups_without_calibrated_scores_have_no_column_and_no_word_of_them() -> None:
    raw = study().filter(pl.col("source") == LOGPROB, pl.col("question") == "q0")
    table = tables.demographics(raw, elicitation="logprob")
    assert list(table.labels.values()) == ["Demographic", "Raw", "Uniform", "Ceiling"]
    assert not re.search("alibrated|average|Cal", " ".join(table.notes))
    assert "1 question per group and model." in table.notes


def test_a_codebook_names_the_datasets() -> None:
    book = pl.DataFrame({"question": ["q0", "q0", "q1", "q1"], "choice": [1, 2, 1, 2], "dataset": ["A", "A", "B", "B"]})
    book = book.with_columns(
        pl.col("choice").cast(pl.Float64).alias("position"),
        label=pl.lit("a"),
        text=pl.lit("q"),
        scale=pl.lit("ordinal"),
        topic=pl.lit("t"),
    )
    rows = tables.settings(study(), codebook=book).cells.filter(label="m")
    assert rows["section"].to_list() == ["A", "B"]
    assert [unbold(value) for value in rows["base|logprob|standard|ridge"]] == ["80.0", "90.0"]
    overall = tables.settings(study(), codebook=book, overall=True).cells.filter(section="All datasets", label="m")
    assert unbold(overall["base|logprob|standard|ridge"].item()) == "85.0"


def test_significance_is_marked_within_its_dataset() -> None:
    tests = pl.DataFrame(
        {
            "dataset": ["A", "B"],
            "pair": "raw-calibrated",
            "source": f"{LOGPROB}|ridge",
            "versus": LOGPROB,
            "method": "paired t",
            "estimate": 0.2,
            "std_error": 0.1,
            "statistic": 2.0,
            "p_value": [0.01, 0.5],
            "p_adjusted": [0.02, 1.0],
            "conf_low": 0.0,
            "conf_high": 0.4,
            "n": 2,
            "n_clusters": None,
            "family": "raw-calibrated (2 comparisons)",
            "adjust": "bonferroni",
        }
    )
    named = study().with_columns(dataset=pl.col("question").replace({"q0": "A", "q1": "B"}))
    rows = tables.settings(named, tests, marks="paired t").cells.filter(label="m")
    assert [unbold(value) for value in rows["base|logprob|standard|ridge"]] == ["80.0↑", "90.0"]
    assert [unbold(value) for value in rows["base|logprob|standard|"]] == ["60.0", "70.0"]


def test_a_model_of_one_s_own_stands_beside_the_paper_s() -> None:
    mine = pl.DataFrame({"dataset": ["WVS"], "source": ["mine|verbalized|base|standard"], "alignment": [0.9]})
    both = pl.concat([of_table(7).filter(summary=False).select(mine.columns), mine])
    rows = tables.settings(both).cells.filter(section="WVS")
    assert unbold(rows.filter(label="mine")["base|verbalized|standard|"].item()) == "90.0"


def test_refusals() -> None:
    with pytest.raises(FrameError, match=r"90 settings are scored more than once.*Keep one table"):
        tables.settings(of_table(1, 7, 1).filter(variant="raw"))
    with pytest.raises(OptionError, match="model='nobody' is not known"):
        tables.settings(of_table(7), models=["nobody"])
    with pytest.raises(FrameError, match="lacks 2 of its columns: source, alignment"):
        tables.settings(pl.DataFrame({"x": [1]}))
    with pytest.raises(OptionError, match="elicitation='logprob' is not known"):
        tables.demographics(of_table(8), elicitation="logprob")
    both = pl.concat([prompted("sd"), prompted("third").filter(pl.col("source").str.contains("third", literal=True))])
    with pytest.raises(OptionError, match=r"2 values of prompt: 'sd', 'third'\. Choose one with prompt="):
        tables.demographics(both)


def prompted(name: str) -> pl.DataFrame:
    return study().with_columns(pl.col("source").str.replace("|base|", f"|{name}|", literal=True))


def test_of_one_elicitation_and_one_prompt_none_has_to_be_named() -> None:
    alone, named = (
        tables.demographics(prompted("sd")),
        tables.demographics(prompted("sd"), elicitation="logprob", prompt="sd"),
    )
    assert_frame_equal(alone.cells, named.cells)
    assert alone.title == named.title == "Alignment by demographic (logprob, sociodemographic prompt)"
    both = pl.concat([study(), prompted("sd").filter(pl.col("source").str.contains("sd", literal=True))])
    assert tables.demographics(both).title == "Alignment by demographic (logprob, base prompt)"


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex is installed")
def test_every_table_compiles_and_fits_its_page(tmp_path) -> None:
    made = {
        "settings": tables.settings(of_table(7)),
        "overall": tables.settings(of_table(1), models=FIVE, overall=True),
        "triples": tables.triples(of_table(4), variant="few_shot"),
        "demographics": tables.demographics(of_table(10)),
        "degraded": tables.degraded(of_table(5), full="paper", few="paper-5"),
        "extraction": tables.extraction(of_table(17)),
        "audit": tables.audit(audit()),
    }
    for name, table in made.items():
        assert document_faults(table.save(tmp_path / f"{name}.tex", standalone=True)) == []


def test_marks_reach_questions_without_a_dataset() -> None:
    rows = [
        {"question": f"q{i}", "demographic": f"g={j}", "source": source, "alignment": at + 0.01 * ((i + j) % 3)}
        for source, at in ((LOGPROB, 0.5), (f"{LOGPROB}|ridge", 0.9))
        for i in range(12)
        for j in range(2)
    ]
    aligned = pl.DataFrame(rows).with_columns(
        dataset=pl.when(pl.col("question").is_in([f"q{i}" for i in range(6)])).then(pl.lit("A")),
        alignment=pl.col("alignment")
        + pl.when(pl.col("source") == LOGPROB).then(pl.int_range(pl.len()) % 5 / 100).otherwise(0),
    )
    tests = compare(aligned, by="dataset", pair="raw-calibrated")
    assert (tests["p_adjusted"] < 1e-3).all()
    rows = tables.settings(aligned, tests, marks=["cluster-robust t", "paired t"]).cells.filter(label="m")
    shown = [unbold(value) for value in rows["base|logprob|standard|ridge"]]
    assert len(shown) == 2
    assert all(value.endswith("↑⇑") for value in shown)
