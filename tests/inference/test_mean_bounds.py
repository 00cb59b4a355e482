"""What a mean could have been, had all been answered: by hand, in the table and in a study."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe import tables
from opinionframe.alignment.estimand import Estimand
from opinionframe.elicitation import Reply
from opinionframe.elicitation.models import registry
from opinionframe.errors import FrameError
from opinionframe.inference.mean_bounds import answered_in_part, mean_bounds
from opinionframe.study import run_study
from opinionframe.study.settings import parse_study

M, N = "m|logprob|base|standard", "n|logprob|base|standard"


@pytest.fixture
def two(opinions):
    """A second model that answered one of three cells, and four fifths of it."""
    key = {"question": "q2", "demographic": "sex=Female", "source": N, "nonresponse": 0.2}
    answered = pl.DataFrame({**key, "choice": [1, 2], "prob": [0.5, 0.5]}, schema_overrides={"choice": pl.UInt8})
    return pl.concat([opinions, answered], how="diagonal")


def test_bounds_of_a_mean_by_hand(two, codebook):
    """The cells that n lacks score from their worst, all on one end, to 1."""
    aligned, bounds = of.align(two, codebook), of.bounds(two, codebook)
    # q1: at worst women are all said to take the last choice, 1 - (0.5 + 0.8) / 2, men the first, 1 - (0.8 + 0.6) / 2.
    # q2: 0.4 of the answers are the first, as 0.9 of women's, and at best the fifth that is missing is too.
    worst = [0.35, 0.3, 0.5]
    best = [1.0, 1.0, 0.7]
    found = {estimand: mean_bounds(bounds, aligned, Estimand(estimand)) for estimand in ("cell", "question", "group")}
    assert found["cell"]["source"].to_list() == [M, N]
    assert found["cell"].row(0)[1:] == pytest.approx(((0.65 + 0.85 + 1) / 3,) * 2)
    assert found["cell"].row(1)[1:] == pytest.approx((sum(worst) / 3, sum(best) / 3))
    assert found["question"].row(1)[1:] == pytest.approx((((0.35 + 0.3) / 2 + 0.5) / 2, (1 + 0.7) / 2))
    assert found["group"].row(1)[1:] == pytest.approx((((0.35 + 0.5) / 2 + 0.3) / 2, ((1 + 0.7) / 2 + 1) / 2))
    assert answered_in_part(aligned)
    assert not answered_in_part(aligned.filter(source=M))


def test_a_mean_lies_between_its_bounds_whatever_was_missing(world):
    opinions = world.opinions.drop("nonresponse")
    aligned = of.align(opinions, world.codebook)
    whole = of.summarize(aligned, cells="own").select("source", "alignment", "n")
    cells = aligned.select("question", "demographic").unique().sort(pl.all()).sample(fraction=0.6, seed=1)
    some = opinions.join(cells, on=cells.columns).filter(pl.col("source") != "human")
    bounds = of.bounds(pl.concat([opinions.filter(source="human"), some]), world.codebook)
    table = mean_bounds(bounds, aligned, Estimand()).join(whole, on="source")
    table = table.filter(pl.col("n") == aligned.select("question", "demographic").n_unique())
    assert len(table) > 1
    assert (table["best"] - table["worst"] > 0.05).all()
    assert table.select((pl.col("alignment").is_between("worst", "best")).all()).item()


def test_tables_print_bounds_beside_and_refuse_what_is_none(two, codebook):
    aligned, bounds = of.align(two, codebook), of.bounds(two, codebook)
    with pytest.warns(of.CommonCellsWarning):
        table = tables.alignment(aligned, bounds=bounds)
    assert table.rows.select("model", "worst", "best").rows() == [("m", 83.3, 83.3), ("n", 38.3, 90.0)]
    assert any(note.startswith("Worst and best: between these the raw mean lies") for note in table.notes)
    with pytest.raises(FrameError, match="bounds lacks 2 of its columns: worst, best"):
        tables.alignment(aligned, bounds=aligned)


class Picky:
    """Picks the first option, but has nothing to say of some `topic`."""

    revision = "1"

    def __init__(self, *, name="picky", topic=""):
        self.name, self.parameters = name, {"topic": topic}

    def answer(self, requests):
        for request in requests:
            topic = self.parameters["topic"]
            yield Reply(request, "" if topic and topic in request.text else request.labels[0])


STUDY = """
survey.demographics = ["sex", "all"]
survey.questions = ["natspac", "nataid", "natroad", "natsoc"]
elicit.elicitation = ["self_random"]
elicit.prompt = ["base"]
calibrate.folds = 4
[[model]]
kind = "picky"
name = "answers-all"
[[model]]
kind = "picky"
topic = "foreign aid"
name = "answers-most"
"""


def test_a_study_prints_bounds_where_a_model_answered_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    monkeypatch.chdir(tmp_path)
    of.register_model("picky", Picky)
    with pytest.warns(of.ExtractionWarning, match="75.0% extracted"):
        part = run_study(parse_study(STUDY, "study.toml"))
    summary = part.summary.filter(pl.col("source").str.ends_with("standard"))
    assert summary.select("n", "left_out").rows() == [(6, 2), (6, 0)]
    page = (part.folder / "alignment.html").read_text()
    assert "Worst and best" in page
    assert "6 of 8 are common to all 4" in page
    bounds = pl.read_csv(part.folder / "data" / "bounds.csv")
    assert bounds.filter(pl.col("coverage") == 0).select("source", "question").unique().rows() == [
        ("answers-most|self_random|base|standard", "nataid")
    ]
    whole = run_study(parse_study(STUDY.replace("foreign aid", ""), "study.toml"))
    assert whole.folder == part.folder
    assert not (whole.folder / "data" / "bounds.csv").exists()
    assert "Worst" not in (whole.folder / "alignment.html").read_text()
