"""The published results and their audit, against the numbers that the paper's own cells give."""

import polars as pl
import pytest

from opinionframe.paper import audit, audit_rows, published
from opinionframe.paper.suspects import suspects


def test_every_figure_is_there_once() -> None:
    rows = published()
    assert rows.filter(pl.col("table") != 5).height == 4106
    assert rows.filter(table=5).height == 30
    key = ["table", "dataset", "model", "prompt", "elicitation", "variant", "attribute", "group"]
    assert not rows.select(key).is_duplicated().any()
    assert rows["value"].is_between(0, 100).all()


def test_figures_read_off_the_page() -> None:
    rows = published()
    cell = rows.filter(table=7, dataset="WVS", model="OLMo-2-7B-DPO", prompt="base", elicitation="verbalized")
    assert cell["value"].to_list() == [89.1, 83.9]
    assert cell["source"].to_list()[1] == "OLMo-2-7B-DPO|verbalized|base|standard|paper"
    group = rows.filter(table=9, group="Black", model="Claude-3.5-v2", variant="raw")
    assert group.select("value", "demographic").row(0) == (93.4, "race=Black")


def claim(text: str) -> tuple[float | None, float | None, int, str]:
    return audit().filter(claim=text).select("claimed", "recomputed", "n", "verdict").row(0)


@pytest.mark.parametrize(
    ("text", "claimed", "recomputed", "verdict"),
    [
        ("settings (dataset, model, elicitation, prompt)", 270, 266, "differs"),
        ("settings that calibration improves", 94.8, 91.4, "differs"),
        ("mean change of alignment", 16.3, 13.1, "differs"),
        ("mean loss in the settings that fall", 4.1, 1.1, "differs"),
        ("standard deviation over settings, raw", None, 11.1, "finding"),
        ("standard deviation over settings, calibrated", None, 3.6, "finding"),
        ("shrinkage of that standard deviation: at least", 3.0, 3.0, "holds"),
        ("cells that differ from the same cell of Table 7", 0, 0, "holds"),
        ("WVS groups where Claude, Llama and Mistral score the same after calibration", None, 53, "finding"),
        ("second share of the worked example", 0.59, 0.6, "differs"),
        ("classes of WVS", 51, 53, "differs"),
        ("alignment of two equal distributions over four choices, by the printed formula", 1.0, 0.3, "differs"),
        ("times by which it falls on average", 1.62, None, "not printed"),
        ("mean change in percent of each setting's raw alignment", 16.3, 21.1, "differs"),
        ("change of the mean in percent of the raw mean", 16.3, 18.3, "differs"),
        ("settings where alignment is lower on an unseen data set", None, 66.9, "finding"),
        ("mean change of calibrated alignment where OQA is unseen", None, 0.4, "finding"),
        ("settings by paraphrase and self-random where calibration is above CoT", 24, 24, "holds"),
        ("settings where calibration by five examples is above few-shot prompts", None, 81, "finding"),
        ("mean degradation from all examples to five", 0.0, 0.0, "holds"),
        ("ideologies that Claude is most aligned with, followed by Qwen", 5, 3, "differs"),
        ("models least aligned with middle incomes", 5, 5, "holds"),
        ("WGM and OQA settings where the OLMo base model gains least", 4, 4, "holds"),
        ("place of Claude 3.5 v2 by mean raw alignment", 1, 9, "differs"),
    ],
)
def test_audit(text, claimed, recomputed, verdict) -> None:
    said, found, _, judged = claim(text)
    assert (said, judged) == (claimed, verdict)
    assert (None if found is None else round(found + 1e-9, 1)) == recomputed


def test_cells_equal_to_the_suspected_uniform() -> None:
    counted = {(row["table"], row["dataset"]): (row["cells"], row["models"]) for row in suspects().to_dicts()}
    assert counted[7, "WVS"] == (28, 12)
    assert counted[11, "OQA"] == (34, 15)
    assert counted[7, "WGM"][0] == 7


def test_every_printed_summary_row_follows_from_its_cells_or_is_listed() -> None:
    rows = audit_rows()
    assert rows.height == published()["summary"].sum()
    assert "differs" not in rows["verdict"]
    listed = rows.filter(table=7, verdict="rounding").select(
        "dataset", "model", "printed", pl.col("recomputed").round(2)
    )
    assert sorted(listed.rows()) == [
        ("OQA", "Average", 88.6, 88.55),
        ("WVS", "Std Dev", 0.7, 0.75),
        ("WVS", "Std Dev", 7.8, 7.74),
    ]
