"""A folder of files: what was written can be read back, checked, made again, and holds no secret."""

import hashlib
import json
from datetime import UTC, datetime

import polars as pl
import pyarrow.parquet as pq
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.exporting import export

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FRAME = pl.DataFrame({"source": ['a,b\n"c"', "عربي"], "prob": [0.1, 1 / 3], "probs": [[0.5, 0.5], None]})
FACTS = {
    "seeds": [1, 2],
    "model": {"name": "m", "sha256": "0" * 64},
    "survey": {"citation": "Smith (2019)"},
    "max_tokens": 5,
}


def test_frames_come_back_and_checksums_hold(tmp_path) -> None:
    path = export(tmp_path / "new" / "out", manifest=FACTS, now=NOW, opinions=FRAME, lazy=FRAME.lazy())
    folder = path.parent
    assert pl.read_parquet(folder / "opinions.parquet").equals(FRAME)
    back = pl.read_csv(folder / "lazy.csv")
    assert back["source"].to_list() == FRAME["source"].to_list()
    assert back["prob"].to_list() == FRAME["prob"].to_list()
    assert back["probs"].to_list() == ["[0.5,0.5]", None]
    said = json.loads(path.read_text())
    assert said["created"] == "2026-01-02T03:04:05+00:00"
    assert said["survey"] == FACTS["survey"]
    assert said["packages"]["polars"] == pl.__version__
    for file in said["files"]:
        assert hashlib.sha256((folder / file["file"]).read_bytes()).hexdigest() == file["sha256"]
        if "frame" not in file:
            continue
        assert file["columns"] == {"source": "String", "prob": "Float64", "probs": "List(Float64)"}
    assert not list(folder.glob(".*"))


def test_metadata_is_in_the_arrow_schema(tmp_path) -> None:
    export(tmp_path, manifest=FACTS, now=NOW, opinions=FRAME)
    about = json.loads(pq.read_schema(tmp_path / "opinions.parquet").metadata[b"opinionframe"])
    assert (about["frame"], about["seeds"], about["model"]["name"]) == ("opinions", [1, 2], "m")


def test_the_same_study_gives_the_same_bytes(tmp_path) -> None:
    for folder in ("a", "b"):
        export(tmp_path / folder, manifest=FACTS, now=NOW, opinions=FRAME)
    for file in ("manifest.json", "opinions.parquet", "opinions.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    "manifest",
    [
        {"api_key": "x"},
        {"model": [{"OPENAI_API_KEY": "x"}]},
        {"hf_token": "x"},
        {"server": "https://user:word@host/v1"},
        {"note": "used sk-abcdefghijkl1234"},
        {"headers": {"Authorization": "Bearer abcdefghijklmnop"}},
    ],
)
def test_secrets_never_reach_a_file(tmp_path, manifest) -> None:
    with pytest.raises(OptionError, match="looks like a key or token"):
        export(tmp_path / "out", manifest=manifest, opinions=FRAME)
    assert not (tmp_path / "out").exists()


def test_a_failed_write_leaves_what_was_there(tmp_path) -> None:
    export(tmp_path, now=NOW, opinions=FRAME)
    before = (tmp_path / "opinions.parquet").read_bytes()
    broken = FRAME.lazy().with_columns(pl.col("prob").map_batches(lambda _: 1 / 0, return_dtype=pl.Float64))
    with pytest.raises(Exception, match="division by zero"):
        export(tmp_path, now=NOW, opinions=broken)
    assert (tmp_path / "opinions.parquet").read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_refusals(tmp_path) -> None:
    with pytest.raises(OptionError, match="no frame"):
        export(tmp_path)
    with pytest.raises(OptionError, match="cannot name a file"):
        export(tmp_path, **{"../evil": FRAME})
    with pytest.raises(FrameError, match="not dict"):
        export(tmp_path, opinions={})
    with pytest.raises(OptionError, match="may not set created"):
        export(tmp_path, manifest={"created": "1970"}, opinions=FRAME)
    with pytest.raises(OptionError, match="cannot be written as JSON"):
        export(tmp_path, manifest={"x": float("nan")}, opinions=FRAME)


def test_the_metric_stands_in_manifest_card_columns_and_explanation(tmp_path) -> None:
    survey = of.load("gss2018")
    opinions = survey.opinions.pipe(of.baselines, survey.codebook)
    aligned = of.align(opinions, survey.codebook, metric="total_variation")
    manifest = of.export(tmp_path, aligned=aligned, survey=survey)
    assert json.loads(manifest.read_text())["metrics"] == {"total_variation": "1 - total variation distance"}
    assert "under `total_variation` 1 - total variation distance" in (tmp_path / "README.md").read_text()
    meanings = pl.read_csv(tmp_path / "columns.csv")
    assert meanings.filter(column="metric")["meaning"].item().startswith("the distance that alignment is 1 less")
    explanation = of.explain(aligned, opinions, "uniform", question="natspac")
    assert explanation.metric == "total_variation"
    assert "Each score is 1 - total variation distance." in str(explanation)
    both = pl.concat([aligned, of.align(opinions, survey.codebook)])
    with pytest.raises(FrameError, match="2 metrics"):
        of.explain(both, opinions, "uniform", question="natspac")
