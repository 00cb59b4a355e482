"""The pages on calibration are made of the tables beside them, and say in words what these hold."""

import importlib
import shutil
from pathlib import Path

import polars as pl
import pytest
from script import importable

FOLDER = Path(__file__).parents[2] / "reports" / "calibration"
PAGES = {"evidence": "render", "few_labels": "render", "noise": "render", "together": "render", "aims": "main"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_made_of_its_tables(name, monkeypatch, tmp_path) -> None:
    importable(FOLDER, monkeypatch)
    script = importlib.import_module(name)
    for table in FOLDER.glob("*.csv"):
        shutil.copy(table, tmp_path)
    monkeypatch.setattr(script, "HERE", tmp_path)
    getattr(script, PAGES[name])()
    made, kept = ((folder / f"{name}.md").read_text(encoding="utf-8") for folder in (tmp_path, FOLDER))
    assert made == kept


@pytest.fixture
def few_labels() -> pl.DataFrame:
    """Points of alignment by unit, source and number of labels, a column per method."""
    rows = pl.read_csv(FOLDER / "few_labels.csv").with_columns(pl.col("alignment") * 100)
    return rows.pivot("method", index=["unit", "source", "n_train"], values="alignment")


def test_the_default_leads_from_the_first_labels_on(few_labels) -> None:
    methods = ("linear", "power", "dirichlet", "kriging")
    everywhere = few_labels.filter(pl.col("n_train") < 500)
    assert (everywhere.group_by("unit", "n_train").len()["len"] == 4).all()
    means = everywhere.group_by("unit", "n_train").agg(pl.col("default", *methods).mean())
    behind = means.unpivot(methods, index=["unit", "n_train", "default"]).filter(pl.col("value") > pl.col("default"))
    found = {
        row[:3]: round(row[3], 1)
        for row in behind.select("unit", "n_train", "variable", pl.col("value") - pl.col("default")).rows()
    }
    assert found == {
        ("distribution", 5, "dirichlet"): 0.1,
        ("distribution", 200, "kriging"): 0.2,
        ("question", 50, "kriging"): 0.0,
    }


def test_what_few_labels_cost_verbalized_answers(few_labels) -> None:
    verbalized = few_labels.filter(pl.col("source").str.contains("|verbalized|", literal=True))
    losses = {"default": 0.3, "dirichlet": 1.6, "kriging": 2.1, "power": 2.8, "linear": 4.8}
    over_raw = verbalized.select("unit", "n_train", *(pl.col(name) - pl.col("raw") for name in losses))
    assert {name: -round(over_raw[name].min(), 1) for name in losses} == losses
    least = over_raw.filter(unit="distribution").group_by("n_train").agg(pl.col(losses).min())
    gained = least.unpivot(losses, index="n_train").filter(pl.col("value") >= 1)
    assert dict(gained.group_by("variable").agg(pl.col("n_train").min()).rows()) == {"default": 200, "kriging": 100}
    others = few_labels.filter(~pl.col("source").is_in(verbalized["source"].implode()), unit="distribution", n_train=1)
    assert [round(each) for each in sorted(others["default"] - others["raw"])] == [2, 10]


@pytest.fixture
def together() -> dict[tuple[str, str, str], dict[str, float]]:
    """Rows by mixture, split and half."""
    rows = pl.read_csv(FOLDER / "together.csv").rows(named=True)
    return {(row["mixture"], row["split"], row["topics"]): row for row in rows}


def test_what_many_sources_together_do_not_do(together) -> None:
    gpt, llama, seven = "oqa100, gpt-3.5-turbo-0125", "oqa100, llama3-70b", "synthbench-subpop, all 7"
    over_best = {(gpt, "topic"): -0.1, (llama, "topic"): 1.0, (seven, "question"): -0.5}
    assert {key: round(together[*key, "all"]["together - best"], 1) for key in over_best} == over_best
    halves = {"all": ("question", -0.2), "confirmed on": ("topic", -0.3)}
    for topics, (split, over) in halves.items():
        assert round(together[llama, split, topics]["together - equal"], 1) == over
    assert round(together[llama, "question", "confirmed on"]["together - equal"], 1) == -0.8
    even = [row for (name, _, topics), row in together.items() if "opinionsqa" in name and topics == "all"]
    assert len(even) == 4
    assert all(abs(row["together - equal"]) <= 0.05 for row in even)


def test_kriging_is_better_on_mixtures_but_for_one(together) -> None:
    whole = {key: row["together - kriging"] for key, row in together.items() if key[2] == "all"}
    by_topic = {name: over for (name, split, _), over in whole.items() if split == "topic"}
    assert by_topic.pop("synthbench-subpop, all 7") == 0.11
    assert (min(by_topic.values()), max(by_topic.values())) == (-0.15, -0.09)
    by_question = [over for (_, split, _), over in whole.items() if split == "question"]
    assert (min(by_question), max(by_question)) == (-0.16, -0.02)


@pytest.mark.parametrize("split", ["topic", "question"])
def test_the_default_is_level_with_kriging_and_above_what_is_published(split) -> None:
    scores = pl.read_csv(FOLDER / "scores.csv").filter(split=split)
    mean = scores.row(by_predicate=pl.col("source") == "mean", named=True)
    assert abs(mean["over_kriging"]) < mean["std_error_kriging"]
    for rival in ("paper", "no-model"):
        assert mean[f"over_{rival}"] > 3 * mean[f"std_error_{rival}"]
        assert mean[f"over_{rival}"] == pytest.approx(mean["default"] - mean[rival], abs=1e-4)
    sources = scores.filter(pl.col("source") != "mean")
    assert len(sources) == 18
    assert sources["default"].mean() == pytest.approx(mean["default"], abs=1e-4)
    assert (sources["default"] - sources["raw"]).min() > 0


def test_the_readme_states_both_figures() -> None:
    gains = dict(pl.read_csv(FOLDER / "scores.csv").filter(source="mean").select("split", "over_paper").rows())
    readme = " ".join((FOLDER.parents[1] / "README.md").read_text(encoding="utf-8").split())
    assert f"{gains['topic']:.1f} points over the paper's method with whole waves held out" in readme
    assert f"and {gains['question']:.1f} with questions held out" in readme


def test_topics_held_out_make_other_human_answers_worthless() -> None:
    means = pl.read_csv(FOLDER / "scores.csv").filter(source="mean")
    lost = dict(means.select("split", pl.col("default") - pl.col("default, asked questions only")).rows())
    assert abs(lost["topic"]) < 0.05
    assert lost["question"] > 1


def test_two_reports_agree_on_what_was_held_out() -> None:
    seeds = pl.read_csv(FOLDER / "seeds.csv").filter(seed=0)
    held_out = pl.read_csv(FOLDER / "held_out.csv")
    names = ["split", "no-model", "linear", "paper", "default"]
    for row in seeds.select(names).rows(named=True):
        other = held_out.select(names).row(by_predicate=pl.col("split") == row["split"], named=True)
        assert {name: row[name] for name in names[1:]} == pytest.approx(
            {name: other[name] for name in names[1:]}, abs=1e-4
        )


def test_what_calibrators_make_of_noise() -> None:
    rows = pl.read_csv(FOLDER / "noise.csv").filter(draw=1)
    ends = {
        name: (low, high) for name, low, high in rows.select("method", "uniform_conf_low", "uniform_conf_high").rows()
    }
    assert {name for name, (low, _) in ends.items() if low and low > 0} == {"dirichlet", "kriging", "default"}
    assert {name for name, (_, high) in ends.items() if high and high < 0} == {"forest", "cumulative"}
    assert (rows["over_placebo_conf_low"] <= 0).all()
    assert set(pl.read_csv(FOLDER / "noise.csv")["verdict"]) == {"collapsed", "placebo not exceeded"}


def test_the_aims_that_are_missed() -> None:
    lines = (FOLDER / "aims.md").read_text(encoding="utf-8").splitlines()
    missed = [line.split(" | ")[0].strip("| ") for line in lines if line.endswith("| no |")]
    assert sum("together - best" in what for what in missed) == 2
    assert "`default` - paper, topics held out" in missed
    assert {"gss2018", "popfidelity-ces"} <= set(missed)
    worlds = pl.read_csv(FOLDER / "regions.csv").filter(conf=0.9)
    assert worlds["limits"].min() >= 88
    sources = pl.read_csv(FOLDER / "elsewhere_sources.csv").filter(pl.col("set").is_in(["gss2018", "popfidelity-ces"]))
    assert (sources["default - free"].abs() <= sources["std_error free"]).all()


def test_the_guide_says_what_few_labels_cost(few_labels) -> None:
    methods = ("linear", "power", "dirichlet", "kriging", "default")
    means = few_labels.filter(pl.col("n_train") < 500).group_by("unit", "n_train").agg(pl.col(methods).mean())
    behind = means.select(pl.max_horizontal(methods) - pl.col("default"))["linear"].max()
    least = few_labels.select((pl.col("default") - pl.col("raw")).min()).item()
    caught = means.filter(pl.col("kriging") > pl.col("default")).group_by("unit").agg(pl.col("n_train").min())
    first = dict(caught.rows())
    guide = (FOLDER.parents[1] / "docs" / "guides" / "calibration.md").read_text(encoding="utf-8")
    said = (
        f"is the best or within {behind:.1f} points of it from the first on, and at worst {-least:.1f} below raw "
        f"answers that are good as they are; `kriging` alone catches up at {first['distribution']} distributions or "
        f"{first['question']} questions"
    )
    assert said in " ".join(guide.split())
