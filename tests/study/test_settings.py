from pathlib import Path

import pytest

from opinionframe.errors import StudyError
from opinionframe.study import demo_study, read_study


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[survey]\nnane = 'gss2018'", "survey.nane: no such key"),
        ("[calibrate]\nfolds = 1", "calibrate.folds: input should be greater than or equal to 2"),
        ("[elicit]\nprompt = ['bass']", "elicit.prompt[0]: input should be 'base' or 'sd'"),
        ("[[model]]\nkind = 'remote'", "model[0].kind: input should be"),
        ("model = []", "model: list should have at least 1 item"),
        ("[calibrate]\nmethod = []", "has 1 wrong key:"),
        ("seed = ", "is not TOML"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, text, says):
    with pytest.raises(StudyError) as refused:
        read_study(write(tmp_path, text))
    assert says in str(refused.value)


def test_every_wrong_key_is_named_at_once(tmp_path):
    with pytest.raises(StudyError, match="2 wrong keys") as refused:
        read_study(write(tmp_path, "sed = 1\n[calibrate]\nmethods = []"))
    assert "sed: no such key" in str(refused.value)
    assert "calibrate.methods: no such key" in str(refused.value)


def test_a_missing_file_is_an_error_of_ours(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        read_study(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_an_error_of_ours(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(StudyError, match="not text in UTF-8"):
        read_study(tmp_path / "study.toml")


def test_the_demo_is_a_valid_study():
    assert demo_study().survey.name == "gss2018"
