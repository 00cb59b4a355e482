"""A printed number is traced to the answers it came from, through a real run of a model."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError
from opinionframe.exporting import explain


@pytest.fixture(scope="module")
def study() -> dict[str, pl.DataFrame]:
    survey = of.load("gss2018")
    groups = ["all", "sex=Female", "sex=Male"]
    human = survey.opinions.filter(pl.col("demographic").is_in(groups))
    asked = of.prompts(human, survey.codebook, elicitation="self_random")
    answers = of.ask(asked, of.FakeModel(seed=1), seed=1)
    scored = of.to_opinions(answers, asked, survey.codebook, cells=human)
    opinions = pl.concat([human, scored], how="diagonal")
    opinions = of.calibrate(opinions, survey.codebook, method="ridge", seed=1)
    return {"asked": asked, "answers": answers, "opinions": opinions, "aligned": of.align(opinions, survey.codebook)}


def test_a_cell_is_traced_to_its_answers(study) -> None:
    model = study["answers"]["model"][0]
    source = f"{model}|self_random|sd|standard|ridge"
    found = explain(
        study["aligned"],
        study["opinions"],
        source,
        question="natspac",
        demographic="sex=Female",
        prompts=study["asked"],
        answers=study["answers"],
    )
    assert found.cells.height == 1
    assert found.value == found.cells["alignment"].item()
    raw = source.removesuffix("|ridge")
    assert found.distributions.columns == ["question", "demographic", "choice", "human", raw, source]
    assert found.prompts["text"].str.contains("Female|female|woman", literal=False).all()
    counted = found.answers.filter(status="answered")["raw"].str.strip_chars().value_counts()
    shares = {int(row["raw"]): row["count"] / found.answers.height for row in counted.to_dicts()}
    printed = dict(found.distributions.select("choice", raw).rows())
    assert {choice: printed[choice] for choice in shares} == pytest.approx(shares)


def test_a_mean_is_traced_to_all_its_cells(study) -> None:
    source = f"{study['answers']['model'][0]}|self_random|base|standard"
    found = explain(study["aligned"], study["opinions"], source, prompts=study["asked"], answers=study["answers"])
    printed = of.summarize(study["aligned"]).filter(source=source)["alignment"].item()
    assert found.value == pytest.approx(printed)
    assert found.prompts["demographic"].null_count() == found.prompts.height == 18
    assert str(found) == (
        f"The alignment of {source} is {100 * printed:.1f} percent: the mean over 36 cells of 18 questions and "
        "2 groups. Each score is 1 - Wasserstein distance over the span of the scale. 108 shares of choices are "
        f"compared with people's. The model gave them in 18 prompts and {found.answers.height:,} raw answers."
    )
    without = explain(study["aligned"], study["opinions"], source, question="natspac", demographic="sex=Male")
    assert " cells" not in str(without)
    assert "the score of question natspac in group sex=Male" in str(without)
    assert "prompt" not in str(without)


def test_a_cell_that_is_not_there(study) -> None:
    with pytest.raises(FrameError, match="No cell of 'nobody' matches"):
        explain(study["aligned"], study["opinions"], "nobody")


def test_opinions_that_were_not_aligned(study) -> None:
    source = f"{study['answers']['model'][0]}|self_random|base|standard"
    rows = study["opinions"]
    with pytest.raises(FrameError, match="1 choices of a cell are there more than once"):
        explain(study["aligned"], pl.concat([rows, rows.filter(source=source).head(1)]), source, overlap="keep")
    with pytest.raises(FrameError, match="lacks 36 of the 36 cells"):
        explain(study["aligned"], rows.filter(pl.col("source") != source), source)
