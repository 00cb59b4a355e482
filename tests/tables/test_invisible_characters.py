"""Names as they went in: what carries bold is in no text, number or file, also where a name has such characters."""

import re

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError
from opinionframe.tables import marks

LONG = "meta-llama/Llama-3.1-70B-Instruct-of-a-very-long-name"
PRIVATE = "\ue000brand\ue001 7B \uf8ff"
BEARER = f"{marks.BEST_ON}bold{marks.BEST_OFF}{marks.BELOW_ON}b{marks.BELOW_OFF}{marks.GHOST_ON}g{marks.BREAK}"


def aligned(*names: str, dataset: str | None = None) -> pl.DataFrame:
    rows = [
        (question, "g=a", f"{name}|logprob|base|standard{ending}", score + shift)
        for name in names
        for ending, score in (("", 0.6), ("|ridge", 0.8))
        for question, shift in (("q1", -0.05), ("q2", 0.05))
    ]
    frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(baseline=0.5, dataset=pl.lit(dataset, pl.String))


def printed(scores: pl.DataFrame) -> dict[str, of.tables.Table]:
    return {
        "alignment": of.tables.alignment(scores),
        "settings": of.tables.settings(scores),
        "demographics": of.tables.demographics(scores, elicitation="logprob"),
    }


@pytest.mark.parametrize("name", [LONG, PRIVATE])
def test_a_name_is_whole_in_rows_and_in_html(name) -> None:
    tables = printed(aligned(name))
    assert tables["alignment"].rows["model"].to_list() == [name]
    assert tables["settings"].rows["label"][0] == name
    assert f"{name} raw" in tables["demographics"].rows.columns
    assert all(name in table.as_html() for table in tables.values())
    assert tables["alignment"].rows["ridge alignment"][0] + 1.0 == 81.0


@pytest.mark.parametrize("kind", ["alignment", "settings", "demographics"])
@pytest.mark.parametrize("name", [LONG, PRIVATE, BEARER])
def test_no_mark_leaks(kind, name, tmp_path) -> None:
    table = printed(aligned(name, dataset=name))[kind]
    page, code = (table.save(tmp_path / f"t{ending}").read_text(encoding="utf-8") for ending in (".html", ".tex"))
    for text in (page, code, table.rows.write_csv(include_header=False)):
        assert not re.search(marks.OWN, text)
    scores = table.rows.select(pl.selectors.numeric()).width
    assert scores >= 2
    emphasised = re.findall("<strong>(.*?)</strong>", page)
    assert emphasised
    assert all(re.fullmatch(r"\d\d\.\d", text) for text in emphasised)
    if name == BEARER:
        assert "\ufffdbold\ufffd" in page


def test_names_that_differ_in_what_nobody_sees_are_refused() -> None:
    for twin in (f"{LONG}\u200b", f"\ufeff{LONG}", LONG.replace("meta", "me\u00adta")):
        for kind in ("settings", "demographics"):
            with pytest.raises(FrameError, match="2 models are printed alike"):
                getattr(of.tables, kind)(aligned(LONG, twin))
