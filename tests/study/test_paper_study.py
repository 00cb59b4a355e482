"""The paper's study in miniature: every table and figure is made, numbered, and holds the numbers of the report."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import paper_study
import polars as pl
import pytest
from figure_words import words_of_svg
from paper_study import STUDY, register, write_surveys
from typeset import CLASSES, PDFLATEX, PDFTOTEXT, faults

import opinionframe as of
from opinionframe.reporting.paper import remove_paper
from opinionframe.reporting.paper.group_tables import _losses
from opinionframe.study import run_study
from opinionframe.study.settings import parse_study

TABLES = [f"table-{number}" for number in range(1, 18)]
FIGURES = [f"figure-{number}" for number in (2, 3, 4)]
THREE = ("paraphrase", "self_random", "verbalized")
DATASETS = ("wgm2018", "opinionqa", "wvs7")
LABELS = ("Large", "OLMo-Base", "OLMo-SFT", "OLMo-DPO", "OLMo-Instruct")
MODELS = {
    "large": THREE,
    "olmo-base": ("verbalized",),
    "olmo-sft": ("verbalized",),
    "olmo-dpo": ("verbalized",),
    "olmo-instruct": THREE,
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder of the miniature's report."""
    folder = tmp_path_factory.mktemp("paper")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        register()
        write_surveys(folder)
        run_study(parse_study(STUDY, "study.toml"))
    return folder / "out"


def test_every_table_and_figure_is_made_and_numbered(report):
    listed = pl.read_csv(report / "paper/paper.csv")
    assert listed.filter(~pl.col("made")).rows() == []
    for stem in TABLES:
        page = (report / f"paper/{stem}.html").read_text(encoding="utf-8")
        code = (report / f"paper/{stem}.tex").read_text(encoding="utf-8")
        heading = stem.replace("table-", "Table ") + ". "
        assert heading in page
        assert heading not in code
        assert f"\\label{{tab:{stem}}}" in code
    for stem in FIGURES:
        assert stem.replace("figure-", "Figure ") + ". " in (report / f"paper/{stem}.svg").read_text(encoding="utf-8")
        assert (report / f"paper/{stem}.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(path.stem for path in (report / "paper").glob("*.html")) == sorted(TABLES)


def test_tables_by_survey_stand_in_the_order_of_the_study(report):
    titles = pl.read_csv(report / "paper/paper.csv").filter(pl.col("item").is_in(["Table 8", "Table 9", "Table 10"]))
    assert [title.rsplit(", ", 1)[1] for title in titles["title"]] == ["wgm2018", "opinionqa", "wvs7"]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 11, 12, 17])
def test_datasets_and_models_stand_in_the_order_of_the_study(report, number):
    rows = rows_of(report, number)
    sections = [cells[0].split(": ")[0] for cells in rows if len(cells) == 1 and cells[0].startswith(DATASETS)]
    assert list(dict.fromkeys(sections)) == list(DATASETS)
    if number in (7, 17):
        labels = [cells[0] for cells in rows if cells and cells[0] in LABELS]
        assert labels == 3 * list(LABELS)


def test_the_family_of_a_table_s_tests_is_what_it_prints(report):
    """Two models: three groups of three datasets and their means in Table 3, two groups in Tables 8 to 10."""
    assert "groups of this table (18 comparisons)" in page_of(report, 3)
    assert "all groups (6 comparisons)" in page_of(report, 3)
    for number in (8, 9, 10):
        assert "groups of this table (4 comparisons)" in page_of(report, number)


def cell_mean(report, frame, dataset, source, demographic=None):
    """Mean alignment in percent with one decimal, by numpy alone: 1 less the area between distribution functions."""
    rows = pl.read_parquet(report / f"data/{frame}.parquet")
    human = pl.read_parquet(report / "data/opinions.parquet").filter(source="human")
    book = pl.read_parquet(report / "data/codebook.parquet").filter(dataset=dataset)
    mine = rows.filter(pl.col("source").str.contains(source), pl.col("question").is_in(book["question"].implode()))
    if demographic:
        mine = mine.filter(demographic=demographic)
    scores = []
    for (question, group, _), shares in mine.group_by("question", "demographic", "source"):
        truth = human.filter(question=question, demographic=group).sort("choice")["prob"].to_numpy()
        gap = np.abs(np.cumsum(shares.sort("choice")["prob"].to_numpy()) - np.cumsum(truth))[:-1].sum()
        scores.append(1 - gap / (len(truth) - 1))
    return f"{100 * np.mean(scores):.1f}"


def printed(report, number, section, label):
    """The cells of one row of a printed table, without marks."""
    inside = False
    for cells in rows_of(report, number):
        if len(cells) == 1:
            inside = cells[0] == section
        elif inside and cells[0] == label:
            return cells[1:]
    raise AssertionError((number, section, label))


def rows_of(report, number):
    """The rows of a printed table, each the text of its cells without marks."""
    rows = re.findall(r"<tr[ >].*?</tr>", page_of(report, number), flags=re.DOTALL)
    cells = [re.findall(r"<t[hd][ >].*?</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return [
        [re.sub(r"[↑↓⇑⇓△▽⊕⊖]", "", html.unescape(re.sub(r"<[^>]*>", "", cell))).strip() for cell in row]
        for row in cells
    ]


def printed_cells(report, number):
    """The rows of a printed table without sections, by their first cell."""
    return {cells[0]: cells[1:] for cells in rows_of(report, number) if cells}


def page_of(report, number):
    return (report / f"paper/table-{number}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [1, 7])
def test_scores_by_setting_are_means_over_cells(report, number):
    row = printed(report, number, "wgm2018", "OLMo-Instruct")
    raw = r"^olmo-instruct\|paraphrase\|base\|standard$"
    assert row[0] == cell_mean(report, "opinions", "wgm2018", raw)
    assert row[1] == cell_mean(report, "opinions", "wgm2018", raw.replace("$", r"\|linear$"))


def test_chain_of_thought_stands_between_raw_and_calibrated(report):
    row = printed(report, 2, "wvs7: base prompt", "OLMo-Instruct")
    assert row[1] == cell_mean(report, "opinions", "wvs7", r"^olmo-instruct\|paraphrase\|base\|cot$")


def test_few_shot_and_few_examples_are_means_over_draws(report):
    row = printed(report, 4, "opinionqa: base prompt", "Large")
    assert row[1] == cell_mean(report, "opinions", "opinionqa", r"^large\|paraphrase\|base\|few_shot-5 draw \d$")
    five = r"^large\|paraphrase\|base\|standard\|linear-5 draw \d$"
    assert row[2] == cell_mean(report, "few_examples", "opinionqa", five)


def test_logprobs_stand_apart(report):
    raw = r"^large\|logprob\|sd\|standard$"
    row = printed(report, 6, "wgm2018", "Large")
    assert row[2:] == [
        cell_mean(report, "opinions", "wgm2018", raw),
        cell_mean(report, "opinions", "wgm2018", raw.replace("$", r"\|linear$")),
    ]
    assert "Paraphrase" not in page_of(report, 6)
    assert "Log-prob." not in page_of(report, 7)


@pytest.mark.parametrize(("number", "elicitation", "place"), [(11, "verbalized", 5), (12, "logprob", 1)])
def test_other_datasets_calibrate_in_tables_11_and_12(report, number, elicitation, place):
    calibrated = rf"^large\|{elicitation}\|base\|standard\|linear$"
    row = printed(report, number, "wvs7", "Large")
    assert row[place] == cell_mean(report, "out_of_domain", "wvs7", calibrated)
    assert row[place] != cell_mean(report, "opinions", "wvs7", calibrated)


@pytest.mark.parametrize(
    ("number", "section", "label", "dataset", "demographic"),
    [
        (3, "wvs7: income", "High", "wvs7", "income=High"),
        (8, "sex", "Female", "wgm2018", "sex=Female"),
        (9, "sex", "Male", "opinionqa", "sex=Male"),
        (10, "sex", "Female", "wvs7", "sex=Female"),
    ],
)
def test_groups_have_rows_of_their_own(report, number, section, label, dataset, demographic):
    row = printed(report, number, section, label)
    raw = r"^large\|verbalized\|base\|standard$"
    assert row[0] == cell_mean(report, "opinions", dataset, raw, demographic)
    assert row[1] == cell_mean(report, "opinions", dataset, raw.replace("$", r"\|linear$"), demographic)
    of_featured = {8: "world region", 9: "ideology", 10: "income"}
    assert of_featured.get(number, "age") not in [cells[0] for cells in rows_of(report, number) if len(cells) == 1]


def test_the_groups_that_lose_most_are_those_of_the_two_calibrations(report):
    first = next(cells for cells in rows_of(report, 5) if ": " in cells[0] and len(cells) > 1)
    attribute, label, full, few, lost = first[:5]
    dataset, _, name = attribute.partition(": ")
    models = r"\|verbalized\|base\|standard"
    group = f"{name}={label}"
    assert full == cell_mean(report, "opinions", dataset, models + r"\|linear$", group)
    assert few == cell_mean(report, "few_examples", dataset, models + r"\|linear-5 draw \d$", group)
    assert abs(float(full) - float(few) - float(lost)) < 0.11
    assert re.search(r"lose significantly: \d+ of 30 by paired t, \d+ of 30 by cluster-robust t", page_of(report, 5))


def test_losses_of_groups_are_tested_over_all_of_them():
    """Twelve questions and two models: one group loses ten points, the other as often as it gains."""
    rng = np.random.default_rng(2)
    rows = [
        (f"q{number}", f"sex={sex}", f"{model}|verbalized|base|standard|{name}", "d", 0.8 - lost + rng.normal(0, 0.02))
        for number in range(12)
        for sex, loss in (("F", 0.1), ("M", 0.0))
        for model in ("a", "b")
        for name, lost in (("linear", 0.0), ("linear-5", loss))
    ]
    columns = ["question", "demographic", "source", "dataset", "alignment"]
    scores = pl.DataFrame(rows, columns, orient="row").with_columns(metric=pl.lit("wasserstein"))
    paper = SimpleNamespace(calibrator="linear", few_calibrator="linear-5", elicitation="verbalized")
    assert "lose significantly: 1 of 2 by paired t, 1 of 2 by cluster-robust t (p < 0.05" in _losses(scores, paper)
    gained = SimpleNamespace(calibrator="linear-5", few_calibrator="linear", elicitation="verbalized")
    assert "lose significantly: 0 of 2 by paired t, 0 of 2" in _losses(scores, gained)


def test_files_keep_the_laws_of_their_frames(report):
    frames = {path.stem: pl.read_parquet(path) for path in (report / "data").glob("*.parquet")}
    for name in ("opinions", "few_examples", "out_of_domain"):
        of.schemas.Opinions.validate(frames[name])
    of.schemas.Alignment.validate(frames["aligned"])
    of.schemas.Tests.validate(frames["tests"])
    for name, low, mid, high in (
        ("tests", "conf_low", "estimate", "conf_high"),
        ("learning", "mse_conf_low", "mse", "mse_conf_high"),
        ("diagnosis", "over_placebo_conf_low", "over_placebo", "over_placebo_conf_high"),
    ):
        known = frames[name].drop_nulls([low, mid, high])
        assert known.height > 10
        assert (known[low] <= known[mid]).all()
        assert (known[mid] <= known[high]).all()


def test_what_was_asked_is_described(report):
    classes = "sex (Male, Female); world region (Northern America, South America, Central Asia)"
    assert printed_cells(report, 13)["wgm2018"][-1] == classes
    assert "Would you respond with" in page_of(report, 14)
    assert "Imagine" not in page_of(report, 14)
    assert "Imagine you" in page_of(report, 15)
    assert "Explain your reasoning step-by-step" in page_of(report, 16)
    assert "Follow the examples given" in page_of(report, 16)
    extraction = pl.read_parquet(report / "data/extraction.parquet")
    assert printed(report, 17, "wgm2018", "OLMo-Base")[2] == "100.0"
    methods = ["Paraphrase", "Self-random", "Verbalized", "Log-prob."]
    assert [*methods, *methods] in rows_of(report, 17)
    assert list(dict.fromkeys(cells[0] for cells in rows_of(report, 14) if cells[0] in methods)) == methods
    assert extraction["extracted"].min() == 1
    renormalised, answered = extraction["renormalised"].sum(), extraction["answered"].sum()
    assert renormalised > 100
    assert f"{renormalised:,} of {answered:,} readable ones are lists" in page_of(report, 7)


def test_figures_hold_the_numbers_of_the_study(report):
    svg = {stem: (report / f"paper/{stem}.svg").read_text(encoding="utf-8") for stem in FIGURES}
    for stage in ("OLMo-Base", "OLMo-SFT", "OLMo-DPO", "OLMo-Instruct"):
        assert stage in svg["figure-4"]
    for dataset in ("wgm2018", "opinionqa", "wvs7"):
        assert all(dataset in text for text in svg.values())
    curves = pl.read_parquet(report / "data/learning.parquet").filter(method="linear")
    assert curves["n_train"].unique().sort().to_list() == [1, 5, 10]
    assert curves["source"].unique().sort().to_list() == [
        f"{name}|verbalized|sd|standard" for name in ("large", "olmo-instruct")
    ]
    assert "Verbalized, sociodemographic prompt; calibrator: linear" in words_of_svg(svg["figure-3"])
    assert "Verbalized; calibrator: linear" in words_of_svg(svg["figure-4"])


def test_claims_are_those_of_the_table_s_settings(report):
    claims = pl.read_csv(report / "paper/claims.csv").filter(claim="mean change of alignment", calibrator="linear")
    gains = []
    for model, elicitations in MODELS.items():
        for elicitation in elicitations:
            for prompt in ("base", "sd"):
                for dataset in ("wgm2018", "opinionqa", "wvs7"):
                    raw = rf"^{model}\|{elicitation}\|{prompt}\|standard$"
                    calibrated = raw.replace("$", r"\|linear$")
                    gains.append(
                        float(cell_mean(report, "opinions", dataset, calibrated))
                        - float(cell_mean(report, "opinions", dataset, raw))
                    )
    assert claims["n"].item() == len(gains)
    assert claims["estimate"].item() == pytest.approx(np.mean(gains), abs=0.05)


@pytest.mark.skipif(PDFLATEX is None or PDFTOTEXT is None, reason="no pdflatex or no pdftotext is installed")
@pytest.mark.parametrize("name", list(CLASSES))
def test_every_table_fits_each_class(report, name, tmp_path):
    """No box wider or taller than its place, and no word outside the page."""
    for stem in TABLES:
        shutil.copy(report / f"paper/{stem}.tex", tmp_path)
    assert faults(name, [f"{stem}.tex" for stem in TABLES], tmp_path) == []


def test_only_the_paper_s_own_files_go_with_it(report, tmp_path):
    folder = tmp_path / "paper"
    shutil.copytree(report / "paper", folder)
    own = {"table-7.pdf", "table-notes.csv", "figure-2.txt", "notes.html"}
    for name in own:
        (folder / name).write_text("mine", encoding="utf-8")
    remove_paper(folder)
    assert {path.name for path in folder.iterdir()} == own
    (folder / "table-7.html").write_text("mine: no list says that it was made", encoding="utf-8")
    (folder / "paper.csv").write_text("name,journal", encoding="utf-8")
    remove_paper(folder)
    assert {path.name for path in folder.iterdir()} == own | {"table-7.html", "paper.csv"}
    again = tmp_path / "again"
    shutil.copytree(report / "paper", again)
    remove_paper(again)
    assert not again.exists()


def test_datasets_stand_in_the_order_of_the_study(report):
    order = ["wgm2018", "opinionqa", "wvs7"]
    prompts = ["base prompt", "sociodemographic prompt"]
    for number in (2, 4):
        headings = [cells[0] for cells in rows_of(report, number) if len(cells) == 1 and ": " in cells[0]]
        assert [each for each in headings if each.endswith(" prompt")] == [
            f"{dataset}: {prompt}" for dataset in order for prompt in prompts
        ]
    for number in (1, 7, 11, 12, 17):
        headings = [cells[0] for cells in rows_of(report, number) if len(cells) == 1 and cells[0] in order]
        assert headings == order
    assert [name for name in printed_cells(report, 13) if name in order] == order


def test_a_study_that_was_killed_goes_on_to_the_same_files(report, tmp_path):
    """The same study, stopped by SIGKILL in the middle of asking and run again, byte for byte."""
    write_surveys(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    command = [sys.executable, paper_study.__file__, "study.toml"]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PAUSE": "0.005"}) as process:
        while n_answers(tmp_path / "journal") < 1_500:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "out/data").exists()
    assert 1_500 <= n_answers(tmp_path / "journal") < n_answers(report.parent / "journal")
    subprocess.run(command, cwd=tmp_path, check=True, timeout=280)
    assert n_answers(tmp_path / "journal") == n_answers(report.parent / "journal")
    files, again = (
        {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        for folder in (report, tmp_path / "out")
    )
    assert files.keys() == again.keys()
    assert len(files) > 60
    differing = [name for name in files if files[name].read_bytes() != again[name].read_bytes()]
    assert differing == ["data/manifest.json"]
    said, said_again = (json.loads(folder["data/manifest.json"].read_text()) for folder in (files, again))
    assert {**said, "created": ""} == {**said_again, "created": ""}


def n_answers(journal):
    """The whole lines of a journal."""
    return sum(path.read_bytes().count(b"\n") for path in journal.glob("answers-*.jsonl"))
