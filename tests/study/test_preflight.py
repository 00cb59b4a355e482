"""A study that cannot end is refused before anything is asked."""

from pathlib import Path

import pytest

from opinionframe.errors import StudyError
from opinionframe.study import run_study
from opinionframe.study.settings import parse_study

FAKE = "[[model]]\nkind = 'fake'\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FAKE + "[calibrate]\nmethod = ['ridge', 'rigde']", "calibrate.method: 'rigde' is not known. Allowed: "),
        (FAKE + "[calibrate]\nmethod = ['ridge', 'ridge']", "calibrate.method: 'ridge' stands there more than once"),
        (FAKE + "[calibrate]\nmethod = ['no-model']", "calibrate.method: 'no-model' is what others are measured"),
        (FAKE + "[calibrate]\nsplit = 'questions'", "split='questions' is neither a column"),
        (FAKE + "[calibrate]\nfolds = 30", "calibrate.folds: split='question' has 18 units"),
        (FAKE + "[calibrate]\nsplit = 'topic'", "calibrate.folds: split='topic' has 1 units"),
        (FAKE + "[compare]\nadjust = 'holmes'", "compare.adjust: 'holmes' is not known"),
        (FAKE + "[compare]\ncluster = 'quesiton'", "compare.cluster: 'quesiton' is not known"),
        (FAKE + "[compare]\npair = ['raw']", "compare.pair: 'raw' is not known"),
        (FAKE + "[compare]\npair = ['standard-cot']", "compare.pair: 'standard-cot' needs 'cot' in elicit.variant"),
        (FAKE + FAKE, "model: 1 names stand for several models, e.g. 'fake'"),
    ],
)
def test_the_key_is_named_and_nothing_written(text: str, says: str, tmp_path: Path) -> None:
    study = parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"})
    with pytest.raises(StudyError) as refused:
        run_study(study)
    assert says in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_no_model_stands_beside_what_it_is_measured_against(tmp_path: Path) -> None:
    text = "survey.demographics = ['sex']\n" + FAKE + "[calibrate]\nmethod = ['ridge', 'no-model']\nfolds = 3\n"
    report = run_study(parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"}))
    endings = report.summary["source"].str.split("|").list.last()
    assert {"ridge", "no-model"} <= set(endings)
    assert set(report.diagnosis["source"].str.split("|").list.last()) == {"ridge"}
