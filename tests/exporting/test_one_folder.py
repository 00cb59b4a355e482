"""A folder that is exported into again: its books say what is there, and nothing of it is lost or stale."""

import json
from datetime import UTC, datetime

import fastexcel
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError
from opinionframe.exporting import export

FIRST = datetime(2026, 1, 2, tzinfo=UTC)
THEN = datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def gss() -> of.Survey:
    return of.load("gss2018")


def files_in(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def listed(folder) -> list[str]:
    return [file["file"] for file in json.loads((folder / "manifest.json").read_text())["files"]]


def test_a_second_export_goes_on_with_manifest_columns_and_card(tmp_path, gss) -> None:
    export(
        tmp_path,
        formats=["csv"],
        survey=gss,
        licence="cc0-1.0",
        manifest={"seeds": [1]},
        now=FIRST,
        codebook=gss.codebook,
    )
    export(tmp_path, formats=["csv"], manifest={"seeds": [2]}, now=THEN, opinions=gss.opinions)
    assert sorted(listed(tmp_path)) == ["README.md", "codebook.csv", "columns.csv", "opinions.csv"]
    assert files_in(tmp_path) == {*listed(tmp_path), "manifest.json"}
    assert set(pl.read_csv(tmp_path / "columns.csv")["frame"]) == {"codebook", "opinions"}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["seeds"] == [2]
    assert [facts["seeds"] for facts in manifest["earlier"]] == [[1]]
    created = {file["file"]: file.get("created") for file in manifest["files"]}
    assert created["codebook.csv"] == manifest["earlier"][0]["created"] == FIRST.isoformat()
    card = (tmp_path / "README.md").read_text()
    for said in (gss.citation, "license: cc0-1.0", "data_files: codebook.csv", "data_files: opinions.csv"):
        assert said in card


def test_the_card_names_the_file_that_is_there(tmp_path, gss) -> None:
    for formats, named in ((["csv", "arrow"], "data_files: human.csv"), (["arrow"], "data_files: human.arrow")):
        folder = tmp_path / "-".join(formats)
        export(folder, formats=formats, survey=gss, human=gss.opinions)
        assert named in (folder / "README.md").read_text()
    export(tmp_path / "excel", formats=["excel"], survey=gss, human=gss.opinions)
    assert "data_files" not in (tmp_path / "excel" / "README.md").read_text()


def test_a_frame_exported_anew_leaves_no_older_copy(tmp_path, gss) -> None:
    export(tmp_path, formats=["csv", "parquet"], human=gss.opinions)
    export(tmp_path, formats=["csv"], human=gss.opinions.head(3))
    assert files_in(tmp_path) == {"human.csv", "columns.csv", "manifest.json"}
    assert json.loads((tmp_path / "manifest.json").read_text())["files"][0]["rows"] == 3


def test_a_file_that_was_changed_or_removed_since_is_told_as_it_is(tmp_path, gss) -> None:
    export(tmp_path, formats=["csv"], human=gss.opinions, codebook=gss.codebook, groups=gss.groups)
    (tmp_path / "groups.csv").unlink()
    (tmp_path / "codebook.csv").write_text("mine")
    export(tmp_path, formats=["csv"], more=gss.opinions)
    entries = {file["file"]: file for file in json.loads((tmp_path / "manifest.json").read_text())["files"]}
    assert "groups.csv" not in entries
    assert entries["codebook.csv"]["bytes"] == 4
    export(tmp_path, formats=["csv"], earlier="remove", last=gss.opinions)
    assert files_in(tmp_path) == {"last.csv", "columns.csv", "manifest.json"}


def test_a_manifest_of_another_program_is_not_overwritten(tmp_path, gss) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    with pytest.raises(OptionError, match="no manifest of an export"):
        export(tmp_path, human=gss.opinions)
    assert files_in(tmp_path) == {"manifest.json"}


def test_what_was_exported_before_is_not_published_unseen(tmp_path, gss) -> None:
    export(tmp_path, survey=gss, respondents=pl.DataFrame({"respondent": [1]}))
    with pytest.raises(OptionError, match="also holds respondents of an earlier export"):
        export(tmp_path, survey=gss, repo="me/mine", human=gss.opinions)


def test_one_workbook_explains_its_columns(tmp_path, gss) -> None:
    human = gss.opinions.filter(question="natspac", demographic="sex=Female")
    export(tmp_path, formats=["excel"], survey=gss, human=human, codebook=gss.codebook, Human=human.head(1))
    book = fastexcel.read_excel(tmp_path / "frames.xlsx")
    assert book.sheet_names == ["columns", "human", "codebook", "Human 2"]
    about = book.load_sheet("columns").to_polars()
    assert about.columns == ["frame", "column", "type", "meaning"]
    assert about.filter(frame="human", column="prob")["meaning"].item().startswith("share of this choice")
    sheet = book.load_sheet("human").to_polars()
    assert sheet.columns[:4] == ["question", "demographic", "choice", "label"]
    assert sheet["label"].to_list() == ["Too little", "About right", "Too much"]
    assert sheet["prob"].to_list() == pytest.approx(human["prob"].to_list(), abs=1e-15)


def test_a_workbook_is_not_emptied_by_a_second_export(tmp_path, gss) -> None:
    export(tmp_path, formats=["excel"], human=gss.opinions, codebook=gss.codebook)
    before = (tmp_path / "frames.xlsx").read_bytes()
    for formats, frames, lost in (
        (["excel"], {"human": gss.opinions.head(1)}, "codebook"),
        (["csv"], {"human": gss.opinions.head(1)}, "codebook"),
        (["excel"], {"groups": gss.groups}, "codebook, human"),
    ):
        with pytest.raises(OptionError, match=rf"frames\.xlsx would lose {lost}\."):
            export(tmp_path, formats=formats, **frames)
    assert (tmp_path / "frames.xlsx").read_bytes() == before
    export(tmp_path, formats=["excel"], earlier="remove", groups=gss.groups)
    assert fastexcel.read_excel(tmp_path / "frames.xlsx").sheet_names == ["columns", "groups"]


def test_csv_has_labels_and_a_byte_order_mark_on_request(tmp_path, gss) -> None:
    human = gss.opinions.filter(question="natspac", demographic="sex=Female")
    export(tmp_path, formats=["csv", "parquet"], bom=True, codebook=gss.codebook, human=human)
    for file in ("human.csv", "codebook.csv", "columns.csv"):
        assert (tmp_path / file).read_bytes().startswith("\ufeffframe".encode()[:3])
    assert pl.read_csv(tmp_path / "human.csv")["label"].to_list() == ["Too little", "About right", "Too much"]
    assert pl.read_parquet(tmp_path / "human.parquet").equals(human)
    export(tmp_path / "plain", formats=["csv"], human=human)
    plain = (tmp_path / "plain" / "human.csv").read_bytes()
    assert plain.startswith(b"question,demographic,choice,source")
