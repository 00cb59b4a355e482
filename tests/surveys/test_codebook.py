"""`codebook` from files and frames as people keep them."""

import polars as pl
import pytest

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.microdata import recode
from opinionframe.surveys import codebook
from opinionframe.surveys.raw_file import read_raw

ROWS = "question,label,text,position\nq,yes,Q?,1\nq,perhaps,Q?,1.5\nq,no,Q?,2\n"
SPELLINGS = {
    "as it is": ROWS.encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + ROWS.encode(),
    "semicolons and decimal commas": ROWS.replace(",", ";").replace("1.5", "1,5").encode(),
    "tabs": ROWS.replace(",", "\t").encode(),
    "quoted decimal commas": ROWS.replace("1.5", '"1,5"').encode(),
    "spaces": ROWS.replace(",", " , ").encode(),
    "Windows line ends and empty rows": ROWS.replace("\n", "\r\n").encode() + b",,,\r\n,,,\r\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_csv_in_any_spelling(tmp_path, spelling):
    path = tmp_path / "codebook.csv"
    path.write_bytes(SPELLINGS[spelling])
    rows = codebook(path).select("question", "choice", "label", "position").rows()
    assert rows == [("q", 1, "yes", 1.0), ("q", 2, "perhaps", 1.5), ("q", 3, "no", 2.0)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (ROWS.replace("yes", "très").encode("cp1252"), "cannot be read as CSV.*UTF-8"),
        (ROWS.encode("utf-16"), "cannot be read as CSV.*UTF-8"),
        (ROWS.replace("position", "label").encode(), "has 1 names of columns twice, e.g. 'label'"),
        (ROWS.replace("1.5", "middle").encode(), r"1 positions are no numbers, e.g. \('q', 'middle'\)"),
        (ROWS.replace("perhaps", "yes ").encode(), r"1 labels stand for two choices .* \('q', 'yes'\)"),
        (ROWS.replace("label", "lable").encode(), "lacks the columns label. It has: question, lable, text, position"),
    ],
)
def test_a_csv_that_is_no_codebook(tmp_path, content, says):
    path = tmp_path / "codebook.csv"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=says):
        codebook(path)


def test_a_frame_and_labels_by_code():
    frame = pl.DataFrame({"question": "q", "label": [10, 20], "text": "Q?", "code": [2, 1]})
    for rows in (frame, frame.lazy()):
        assert codebook(rows).select("label", "code").rows() == [("10", "2"), ("20", "1")]
    book = codebook({"q": {"text": "Q?", "labels": {3: "a lot", 2: "some", 1: "none"}}}, dataset="town")
    assert book.select("choice", "label", "code").rows() == [(1, "a lot", "3"), (2, "some", "2"), (3, "none", "1")]
    assert recode(pl.DataFrame({"q": [3, 1]}), book)["q"].to_list() == [1, 3]
    assert codebook({"q": {"text": "Q?", "labels": [0, 0.5, 1]}})["label"].to_list() == ["0", "0.5", "1"]
    with pytest.raises(FrameError, match="'q' has codes, and labels by code"):
        codebook({"q": {"text": "Q?", "labels": {1: "a", 2: "b"}, "codes": [1, 2]}})


def test_choices_that_no_cell_can_hold():
    most = codebook({"q": {"text": "Q?", "labels": list(range(255))}})
    assert most["choice"].max() == 255
    with pytest.raises(FrameError, match=r"1 questions have more than 255 choices, e.g. \('q', 256\).*bins"):
        codebook({"q": {"text": "Q?", "labels": list(range(256))}})
    with pytest.raises(FrameError, match=r"2 labels stand for two choices of a question, e.g. \('q', 'a'\)"):
        codebook({"q": {"text": "Q?", "labels": ["a", "a ", "b", "b", "c"]}})
    with pytest.raises(OptionError, match=r"1 codes are neither text nor a number, e.g. \[1, 2\]"):
        codebook({"q": {"text": "Q?", "labels": ["a", "b"], "codes": [[1, 2], 3]}})


def test_text_that_is_not_utf8_is_said(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes("town;q\nTromsø;1\nOslo;2\n".encode("cp1252"))
    with pytest.warns(
        OpinionFrameWarning, match=r"1 cells of 1 columns hold text that is not UTF-8, e.g. \('town', 'Troms"
    ):
        assert read_raw(path)["q"].to_list() == ["1", "2"]
    assert read_raw(path, columns=["q"])["q"].to_list() == ["1", "2"]
    path.write_text("town;q;q\nOslo;1;2\n")
    with pytest.raises(FrameError, match="has 1 names of columns twice, e.g. 'q'"):
        read_raw(path)


def test_a_csv_keeps_codes_and_late_texts(tmp_path):
    path = tmp_path / "codebook.csv"
    path.write_text("question, label, text, code\nq,Yes,Do you?,01\nq,No,Do you?,02\n")
    assert codebook(path)["code"].to_list() == ["01", "02"]
    lines = [f"q{number // 2},{'No' if number % 2 else 'Yes'},Do you?,{number // 2}" for number in range(240)]
    path.write_text("\n".join(["question,label,text,topic", *lines, "z,Yes,Do you?,econ", "z,No,Do you?,econ", ""]))
    assert codebook(path).filter(question="z")["topic"].unique().to_list() == ["econ"]


def test_questions_that_map_to_bare_text_are_refused():
    with pytest.raises(FrameError, match=r"1 questions map to no text and labels, e.g. \('q', 'Yes or no\?'\)\. Write"):
        codebook({"q": "Yes or no?"})
