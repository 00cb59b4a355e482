"""Further formats, the card and the terms: every format gives the frame back, and no terms are broken."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest

import opinionframe as of
from opinionframe.errors import FetchError, FrameError, OptionError
from opinionframe.exporting import export
from opinionframe.surveys import Survey

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FRAME = pl.DataFrame(
    {"source": ["=1+1", "http://x.y", "عربي <b>"], "prob": [0.1, 1 / 3, None], "probs": [[0.5, 0.5], None, []]}
)
HUMAN = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2], "source": "human", "prob": [0.4, 0.6]})


@pytest.fixture(scope="module")
def gss() -> Survey:
    return of.load("gss2018")


def test_every_format_gives_the_frame_back(tmp_path) -> None:
    export(tmp_path, formats=["parquet", "csv", "arrow", "excel"], manifest={"seeds": [3]}, now=NOW, rows=FRAME)
    assert pl.read_parquet(tmp_path / "rows.parquet").equals(FRAME)
    assert pl.read_ipc(tmp_path / "rows.arrow").equals(FRAME)
    with pa.ipc.open_file(tmp_path / "rows.arrow") as file:
        assert b'"seeds": [3]' in file.schema.metadata[b"opinionframe"]
    workbook = (tmp_path / "frames.xlsx").read_bytes()
    assert workbook[:2] == b"PK"
    about = pl.read_csv(tmp_path / "columns.csv")
    assert about["meaning"].str.len_chars().min() > 0


def test_the_manifest_holds_the_paper_and_a_hash_of_the_prompts(tmp_path) -> None:
    asked = pl.DataFrame({"prompt_id": ["b", "a"], "text": ["Why?", "How?"]})
    said = [
        json.loads(export(tmp_path / name, now=NOW, prompts=rows).read_text())
        for name, rows in (("a", asked), ("b", asked.reverse()), ("c", asked.with_columns(text=pl.lit("What?"))))
    ]
    assert "Kambhatla" in said[0]["paper"]
    assert said[0]["prompts"]["prompts"]["rows"] == 2
    assert said[0]["prompts"] == said[1]["prompts"] != said[2]["prompts"]


def test_a_workbook_holds_text_as_text_and_is_made_again(tmp_path) -> None:
    for folder in ("a", "b"):
        export(tmp_path / folder, formats=["excel"], now=NOW, rows=FRAME)
    assert (tmp_path / "a/frames.xlsx").read_bytes() == (tmp_path / "b/frames.xlsx").read_bytes()
    import zipfile

    with zipfile.ZipFile(tmp_path / "a/frames.xlsx") as book:
        sheet, words = book.read("xl/worksheets/sheet2.xml"), book.read("xl/sharedStrings.xml").decode()
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    assert "=1+1" in words
    assert "عربي" in words


def test_the_card_cites_the_survey_and_says_the_limits(tmp_path, gss) -> None:
    export(tmp_path, survey=gss, now=NOW, opinions=gss.opinions.head(6))
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("---\npretty_name:")
    for said in (gss.citation, "do not replace respondents", "data_files: opinions.parquet", "| `prob` | Float64 |"):
        assert said in text


def other(gss: Survey, name: str) -> Survey:
    about = of.available().filter(name=name).row(0, named=True)
    return dataclasses.replace(gss, name=name, title=about["title"], redistribution=about["redistribution"])


def test_terms_that_forbid_are_kept(tmp_path, gss) -> None:
    pew = other(gss, "opinionqa")
    with pytest.raises(OptionError, match=r"OpinionQA.*may not be passed on.*human rows are in opinions"):
        export(tmp_path / "a", survey=pew, repo="me/pew", opinions=HUMAN)
    with pytest.raises(OptionError, match="name it"):
        export(tmp_path / "b", repo="me/pew", opinions=HUMAN)
    mine = dataclasses.replace(gss, name="mine")
    with pytest.raises(OptionError, match="State its licence"):
        export(tmp_path / "c", survey=mine, repo="me/mine", opinions=HUMAN)
    with pytest.raises(OptionError, match="Frames of respondents"):
        export(tmp_path / "d", survey=gss, repo="me/gss", people=pl.DataFrame({"respondent_id": [1]}))
    assert not list(tmp_path.iterdir())


def test_a_hub_that_cannot_be_reached_is_said_and_the_files_stay(tmp_path, gss, monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(FetchError, match="could not be published"):
        export(tmp_path, survey=gss, repo="me/gss", now=NOW, opinions=HUMAN)
    assert (tmp_path / "manifest.json").exists()


def test_what_a_worksheet_would_lose_is_refused_before_anything_is_written(tmp_path) -> None:
    alike = pl.DataFrame({"Age": [1], "age": [2]})
    with pytest.raises(OptionError, match=r"people has 2 columns .* capitals alone.*'Age', 'age'.*Rename"):
        export(tmp_path / "new", formats=["csv", "excel"], people=alike)
    long = pl.DataFrame({"text": ["a" * 32_768, "b"]})
    with pytest.raises(OptionError, match="answers has 1 texts of more than 32,767 letters.*'text'"):
        export(tmp_path / "new", formats=["csv", "excel"], answers=long)
    assert not (tmp_path / "new").exists()
    export(tmp_path / "new", formats=["csv"], answers=long, people=alike)
    assert pl.read_csv(tmp_path / "new" / "answers.csv").equals(long)


def test_numbers_and_times_that_excel_does_not_hold_are_text(tmp_path) -> None:
    zoned = pl.Series([datetime(2026, 1, 2, tzinfo=UTC)])
    export(tmp_path, formats=["excel"], rows=pl.DataFrame({"id": [2**60 + 1], "year": [2026], "at": zoned}))
    sheet = pl.read_excel(tmp_path / "frames.xlsx", sheet_name="rows")
    assert sheet["id"].to_list() == ["1152921504606846977"]
    assert sheet["year"].to_list() == [2026]
    assert sheet["at"][0].startswith("2026-01-02T00:00:00")


def test_columns_of_python_objects_are_refused(tmp_path) -> None:
    with pytest.raises(FrameError, match="rows has 1 columns of Python objects.*'thing'"):
        export(tmp_path, rows=pl.DataFrame({"thing": [object()]}, {"thing": pl.Object}))


def test_durations_and_bytes_are_text_in_csv(tmp_path) -> None:
    export(tmp_path, formats=["csv"], rows=pl.DataFrame({"took": [timedelta(seconds=90)], "key": [b"\xff"]}))
    assert (tmp_path / "rows.csv").read_text() == "took,key\nPT1M30S,ff\n"
