"""A source with too few answers to learn from is left as it is, with a warning, and does not stop the study."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.study import run_study
from opinionframe.study.calibrating import UncalibratedWarning
from opinionframe.study.settings import parse_study

STUDY = """
output = "{folder}/out"
survey.demographics = ["sex"]
[[model]]
kind = "shy"
[[model]]
kind = "fake"
[elicit]
elicitation = ["verbalized"]
prompt = ["base"]
[calibrate]
method = ["{method}"]
folds = 6
"""
SHY, FAKE = (f"{name}|verbalized|base|standard" for name in ("shy", "fake"))


class Shy(of.FakeModel):
    """A FakeModel that answers questions about space and the environment alone, as many as are `topics`."""

    topics = ("space",)

    def __init__(self, *, name="shy", seed):
        super().__init__(seed=seed, name=name)

    def _raw(self, request, shares):
        is_mine = any(topic in request.text.lower() for topic in self.topics)
        return super()._raw(request, shares) if is_mine else "I would rather not say."


def study_of(folder, method="linear"):
    of.register_model("shy", Shy)
    return parse_study(STUDY.format(folder=folder, method=method), "study.toml")


@pytest.mark.filterwarnings("ignore::opinionframe.elicitation.ExtractionWarning")
@pytest.mark.filterwarnings("ignore::opinionframe.alignment.mean_cells.CommonCellsWarning")
@pytest.mark.parametrize(("method", "reason"), [("linear", "in a single fold"), ("paper", "in fewer than 3 folds")])
def test_a_source_with_too_few_answers_is_left_as_it_is(tmp_path, method, reason, monkeypatch):
    if method == "paper":
        monkeypatch.setattr(Shy, "topics", ("space", "environment"))
    questions = len(Shy.topics)
    says = rf"1 of 2 sources are left as they were answered.*'{SHY} \({2 * questions} cells of {questions} questions\)'"
    with pytest.warns(UncalibratedWarning, match=says.replace("|", r"\|")) as caught:
        run_study(study_of(tmp_path, method))
    assert reason in str(caught.list[-1].message) or any(reason in str(each.message) for each in caught)
    opinions = pl.read_parquet(tmp_path / "out/data/opinions.parquet")
    sources = set(opinions["source"])
    assert {SHY, FAKE, f"{FAKE}|{method}"} <= sources
    assert f"{SHY}|{method}" not in sources
    assert opinions.filter(source=SHY)["question"].n_unique() == questions
    diagnosis = pl.read_parquet(tmp_path / "out/data/diagnosis.parquet")
    assert diagnosis["source"].to_list() == [f"{FAKE}|{method}"]
    raw = opinions.filter(pl.col("source").is_in(["human", SHY, FAKE]))
    with pytest.raises(FrameError, match=reason):
        of.calibrate(raw, of.load("gss2018").codebook, method=method, folds=6, seed=1)


@pytest.mark.filterwarnings("ignore::opinionframe.elicitation.ExtractionWarning")
def test_where_no_source_can_be_calibrated_the_study_is_refused(tmp_path):
    study = study_of(tmp_path)
    alone = study.model_copy(update={"model": study.model[:1]})
    with pytest.raises(OptionError, match="1 units to deal into 6 folds"):
        run_study(alone)
