# ruff: noqa: E501 - tables of texts
"""Names that are markup, formulas or keys: shown as they are, quoted where that is asked, and refused."""

import json
from dataclasses import replace

import polars as pl
import pytest
import yaml

import opinionframe as of
from opinionframe.errors import OptionError
from opinionframe.exporting import export
from opinionframe.schemas.secret_shapes import secret_place

HOSTILE = "<script>alert(1)</script> | `x` [a](javascript:alert(1))\n# Heading\n---\n```"


def test_a_card_shows_foreign_text_and_does_nothing_else(tmp_path) -> None:
    survey = replace(
        of.load("gss2018"),
        title=HOSTILE,
        citation=HOSTILE,
        licence=HOSTILE,
        url="javascript:alert(1)",
        notes=(HOSTILE,),
    )
    frame = pl.DataFrame({"a`b|c\n<b>": ["x"], "kind": pl.Series(["<i>|"], dtype=pl.Enum(["<i>|"]))})
    export(tmp_path, survey=survey, licence="mit\nx: y", manifest={"source": HOSTILE}, mine=frame)
    card = (tmp_path / "README.md").read_text()
    header, _, body = card.removeprefix("---\n").partition("\n---\n")
    assert yaml.safe_load(header)["license"] == "mit\nx: y"
    assert yaml.safe_load(header)["pretty_name"].endswith(HOSTILE)
    prose = body[: body.index("````json")]
    assert "<script>" not in prose
    assert "\n# Heading" not in body
    assert "](javascript" not in prose.replace("\\]", "")
    assert "<javascript" not in prose
    rows = [line for line in prose.splitlines() if line.startswith("| ``a`b")]
    assert rows == ["| ``a`b\\|c <b>`` | String |  |"]
    facts = card.split("````json\n")[1].split("\n````")[0]
    assert json.loads(facts)["source"] == HOSTILE


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'already", "''=", "Yes", "", None]


def test_cells_that_are_formulas_are_counted_or_quoted_and_come_back(tmp_path) -> None:
    frame = pl.DataFrame({"=label": FORMULAS, "prob": [-0.5 * i for i in range(len(FORMULAS))]})
    frame = frame.with_columns(pl.col("=label").cast(pl.Categorical).alias("class"))
    kept, quoted = (
        json.loads(export(tmp_path / how, formulas=how, formats=["csv"], mine=frame).read_text())["files"][0]
        for how in ("keep", "quote")
    )
    assert (kept["formula_cells"], "formulas" in kept) == (13, False)
    assert (quoted["formula_cells"], "remove one '" in quoted["formulas"]) == (13, True)
    assert pl.read_csv(tmp_path / "keep" / "mine.csv")["=label"].to_list() == FORMULAS
    written = pl.read_csv(tmp_path / "quote" / "mine.csv")
    assert written.columns == ["'=label", "prob", "class"]
    begins = {text[0] for text in written["class"].drop_nulls() if text}
    assert begins == {"'", "Y"}
    back = written.rename(lambda name: name.removeprefix("'")).with_columns(pl.col(pl.String).str.strip_prefix("'"))
    assert back["=label"].to_list() == back["class"].to_list() == FORMULAS
    assert back["prob"].to_list() == frame["prob"].to_list()
    with pytest.raises(OptionError, match="keep, quote"):
        export(tmp_path, formulas="drop", mine=frame)


TAIL = "a1B2c3D4e5F6g7H8i9J0"


@pytest.mark.parametrize(
    "secret",
    [
        f"sk-proj-{TAIL}", f"sk-ant-api03-{TAIL}", f"sk-or-v1-{'0a' * 32}", f"AIza{TAIL}{TAIL[:15]}", f"hf_{TAIL}", f"gsk_{TAIL}", f"xai-{TAIL}", f"fw_{TAIL}", f"tgp_v1_{TAIL}",
        "AKIAIOSFODNN7EXAMPLE", f"eyJhbGciOiJIUzI1NiJ9.eyJ{TAIL}.{TAIL}", f"Bearer {TAIL}", "https://me:word@host/v1", "https://:word@host", "https://host/v1?api_key=abcd1234", "Kf83hGs9Lq2Wm5Zx7Cv1Bn4Rt6Yu0Pa8",
        f"ghp_{TAIL}", f"github_pat_{TAIL}", "-----BEGIN RSA PRIVATE KEY-----", "api_key = 'anything-at-all'", f"xoxb-{TAIL}",
    ],
)  # fmt: skip
def test_a_key_of_any_vendor_is_found_wherever_it_stands(secret: str) -> None:
    for value in (secret, f"It said: {secret}, then stopped.", [{"a": (1, f"({secret})")}], {secret: 1}):
        assert secret_place({"note": value}) is not None
        with pytest.raises(OptionError, match="looks like a key or token") as refused:
            export("never", manifest={"note": value}, mine=pl.DataFrame({"a": [1]}))
        assert secret not in str(refused.value)


@pytest.mark.parametrize("name", ["apiKey", "x-api-key", "OPENAI_API_KEY", "HF_TOKEN", "password", "aws_secret_access_key", "Authorization", "Cookie", "private_key"])  # fmt: skip
def test_what_stands_under_the_name_of_a_key_is_one(name: str) -> None:
    assert secret_place({"model": [{name: "x"}]}) == f"model.0.{name}"
    assert secret_place({name: None}) is None


@pytest.mark.parametrize(
    "harmless",
    [
        "0a" * 32, "0A1B" * 8, "d41d8cd98f00b204e9800998ecf8427e", "550e8400-e29b-41d4-a716-446655440000", "sk-learn-based-classifier", "risk-averse-respondents-2018", "task-oriented-dialogue-1", "hf_hub_offline_variable", "bearer of bad news",
        "https://github.com/owner/name?key=1", "https://host:8000/v1", "me@host.org", "basic understanding", "gpt-3.5-turbo-0125", "2026-01-02T03:04:05+00:00", "Kambhatla, G., Gautam, S.", "natspac|sex=Female|logprob|sd|standard|paper/logprob",
        "Qwen/Qwen2.5-72B-Instruct-GPTQ-Int4", {"max_tokens": 5, "tokens": 7, "key_env": "MY_KEY", "keys": ["a"]},
    ],
)  # fmt: skip
def test_hashes_models_and_addresses_are_no_keys(harmless: object) -> None:
    assert secret_place({"note": harmless}) is None
