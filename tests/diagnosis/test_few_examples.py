"""Calibration by a few drawn examples, and prompts that show the very same: by hand and against scikit-learn."""

import re

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.linear_model import LinearRegression

import opinionframe as of
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

SOURCE = "m|verbalized|sd|standard"
CELL = ["question", "demographic"]


@pytest.fixture(scope="module")
def study() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Nine questions of three groups in dataset A, and six in B, where the model errs otherwise."""
    rng = np.random.default_rng(5)
    rows, books = [], []
    for dataset, count, slope in (("A", 9, 0.3), ("B", 6, -0.4)):
        keys = [f"{dataset}{number}" for number in range(count)]
        books.append(
            of.codebook({key: {"text": f"{key}?", "labels": ["no", "so", "yes"]} for key in keys}, dataset=dataset)
        )
        for key in keys:
            for group in ("sex=women", "sex=men", "age=old"):
                model = rng.dirichlet([1, 1, 1])
                human = 1 / 3 + slope * (model - 1 / 3) + rng.normal(0, 0.02) * np.array([1, 0, -1])
                for source, shares in ((SOURCE, model), ("human", human)):
                    rows += [(key, group, choice + 1, source, share) for choice, share in enumerate(shares)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    return opinions, pl.concat(books)


def shares(opinions: pl.DataFrame, source: str, cells: list[tuple[str, str]]) -> np.ndarray:
    keyed = {(q, d, c): p for q, d, c, s, p in opinions.select(*CELL, "choice", "source", "prob").rows() if s == source}
    return np.array([[keyed[(*cell, choice)] for choice in (1, 2, 3)] for cell in cells])


def same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert_frame_equal(one, other, check_row_order=False, abs_tol=1e-12, rel_tol=0)


def teachers(drawn: pl.DataFrame, draw: int, cell: tuple[str, str], split: str) -> list[tuple[str, str]]:
    """The first five cells of the draw that are not held out with `cell`, by a loop."""
    order = drawn.filter(pl.col("draw") == draw, dataset=cell[0][0]).sort("rank").select(CELL).rows()
    return [other for other in order if (other[0] != cell[0] if split == "question" else other != cell)][:5]


@pytest.mark.parametrize("split", ["question", "row"])
def test_every_cell_is_predicted_by_the_line_through_its_five_examples(study, split):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=3, split=split, seed=2)
    calibrated = of.calibrate_few(opinions, book, drawn, method="linear", seed=1)
    for draw in (1, 2, 3):
        for cell in opinions.select(CELL).unique().rows():
            taught_by = teachers(drawn, draw, cell, split)
            x, y = (shares(opinions, source, taught_by).reshape(-1) for source in (SOURCE, "human"))
            line = LinearRegression().fit(x[:, None], y)
            predicted = np.clip(line.predict(shares(opinions, SOURCE, [cell]).T), 0, 1)
            got = shares(calibrated, f"{SOURCE}|linear-5 draw {draw}", [cell])[0]
            assert got == pytest.approx(predicted / predicted.sum(), abs=1e-9)


def test_a_forest_of_one_fit_each_predicts_what_a_fit_to_its_examples_does(study):
    """The paper's method has no fit of many groups at once: each list of examples is one fit."""
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=1, seed=2)
    calibrated = of.calibrate_few(opinions, book, drawn, method="paper", seed=1)
    cell = ("B3", "sex=men")
    examples = pl.DataFrame(teachers(drawn, 1, cell, "question"), CELL, orient="row")
    labelled = opinions.join(examples, on=CELL, how="semi")
    fit = of.fit(labelled, book.join(examples, on="question", how="semi"), method="paper", seed=1)
    others = opinions.filter(pl.col("question") == "B3")
    want = of.apply(others, book, of.Calibration(fit.method, ("source",), fit.parameters, fit.human, fit.codebook))
    got = shares(calibrated, f"{SOURCE}|paper-5 draw 1", [cell])
    assert got == pytest.approx(shares(want, f"{SOURCE}|paper", [cell]), abs=1e-12)


def test_scores_are_means_over_draws_and_degradation_is_printed(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=4, split="row", seed=2)
    rows = of.calibrate(opinions, book, method="linear", split="row", folds=5, seed=1)
    rows = of.calibrate_few(rows, book, drawn, method="linear", seed=1)
    each = of.align(rows, book)
    aligned = of.over_draws(each)
    few = f"{SOURCE}|linear-5"
    by_hand = (
        each.filter(pl.col("source").str.starts_with(f"{few} draw")).group_by(CELL).agg(pl.col("alignment").mean())
    )
    assert len(by_hand) == 45
    got = aligned.filter(source=few).join(by_hand, on=CELL, suffix="_by_hand")
    assert got["alignment"].to_numpy() == pytest.approx(got["alignment_by_hand"].to_numpy())
    assert aligned.filter(source=few)["n_draws"].unique().to_list() == [4]
    assert of.over_draws(aligned).equals(aligned)
    for top in (0, -1, "3"):
        with pytest.raises(OptionError, match=f"top={top!r} (is no whole number|must be 1 or more)"):
            of.tables.degraded(aligned, full="linear", few="linear-5", top=top)
    raw = each.filter(source=SOURCE).select(aligned.columns[:-1]).sort(CELL)
    assert aligned.filter(source=SOURCE).drop("n_draws").equals(raw)
    table = of.tables.degraded(aligned, full="linear", few="linear-5", top=6)
    of_women = aligned.filter(pl.col("question").str.starts_with("A"), demographic="sex=women")
    loss = (
        of_women.filter(source=f"{SOURCE}|linear")["alignment"].mean() - of_women.filter(source=few)["alignment"].mean()
    )
    assert any("over models, verbalized" in note for note in table.notes)
    assert round(100 * loss, 1) in table.rows.filter(pl.col("class") == "women")["difference"].to_list()


def test_results_depend_on_neither_order_nor_the_other_dataset(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, draws=2, seed=2)
    whole = of.calibrate_few(opinions, book, drawn, method="ridge", seed=1).filter(
        pl.col("source").str.contains("draw")
    )
    shuffled = opinions.sample(fraction=1, shuffle=True, seed=3)
    mixed = drawn.sample(fraction=1, shuffle=True, seed=4)
    again = of.calibrate_few(shuffled.lazy(), book, mixed, method="ridge", seed=1).collect()
    same(again.filter(pl.col("source").str.contains("draw")), whole)
    only = opinions.filter(pl.col("question").str.starts_with("B"))
    alone = of.calibrate_few(only, book.filter(dataset="B"), drawn.filter(dataset="B"), method="ridge", seed=1)
    apart = alone.filter(pl.col("source").str.contains("draw"))
    same(apart, whole.filter(pl.col("question").str.starts_with("B")))


def test_what_cannot_be_drawn_or_learnt_from_is_refused(study):
    opinions, book = study
    with pytest.raises(FrameError, match=r"1 datasets have fewer than n=16 cells.*\('B', 15\)"):
        of.draw_examples(opinions, book, n=16, draws=1, seed=1)
    for wrong in ({"n": 0}, {"n": 2.5}, {"n": "3"}, {"n": True}, {"draws": 1.5}, {"seed": None}, {"seed": -1}):
        [(name, value)] = wrong.items()
        with pytest.raises(OptionError, match=rf"{name}={value!r} (is no whole number|must be \d or more)"):
            of.draw_examples(opinions, book, **{"seed": 1, **wrong})
    with pytest.raises(OptionError, match=r"split=\['topic'\] is not known"):
        of.draw_examples(opinions, book, split=["topic"], seed=1)
    with pytest.raises(OptionError, match=r"reference=\['human'\] is no source"):
        of.draw_examples(opinions, book, reference=["human"], seed=1)
    drawn = of.draw_examples(opinions, book, draws=1, split="row", seed=2)
    with pytest.raises(OptionError, match="kriging need other questions"):
        of.calibrate_few(opinions, book, drawn, method="kriging", seed=1)
    with pytest.raises(OptionError, match="method is an empty list"):
        of.calibrate_few(opinions, book, drawn, method=[], seed=1)
    swapped = drawn.with_columns(pl.col("dataset").replace({"A": "B", "B": "A"}))
    with pytest.raises(FrameError, match=r"15 questions of another dataset.*\('A0', 'B', 'A'\).*Draw them with this"):
        of.calibrate_few(opinions, book, swapped, method="linear", seed=1)
    unnamed = drawn.with_columns(dataset=pl.lit(None, pl.String))
    with pytest.raises(FrameError, match="15 questions of another dataset"):
        of.calibrate_few(opinions, book, unnamed, method="linear", seed=1)
    with pytest.raises(FrameError, match="27 rows that stand there more than once"):
        of.calibrate_few(opinions, book, pl.concat([drawn, drawn.filter(dataset="A")]), seed=1)
    with pytest.raises(FrameError, match=r"not one n and split"):
        of.calibrate_few(opinions, book, drawn.with_columns(n=pl.col("rank")), seed=1)
    once = of.calibrate_few(opinions, book, drawn, method="linear", seed=1)
    with pytest.raises(FrameError, match="already has 1 of these calibrated sources"):
        of.calibrate_few(once, book, drawn, method="linear", seed=1)


def test_a_source_that_lacks_an_example_learns_from_the_next(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, draws=1, seed=2)
    lost = drawn.filter(dataset="A", rank=2).select(CELL)
    some = pl.concat([opinions.filter(source="human"), opinions.filter(source=SOURCE).join(lost, on=CELL, how="anti")])
    with pytest.warns(OpinionFrameWarning, match=r"1 of 2 sources .* \('m\|verbalized\|sd\|standard', 1\)"):
        calibrated = of.calibrate_few(some, book, drawn, method="linear", seed=1)
    shortened = drawn.join(lost, on=CELL, how="anti")
    want = of.calibrate_few(some, book, shortened, method="linear", seed=1)
    same(calibrated, want)
    few = pl.concat([opinions.filter(source="human"), opinions.filter(source=SOURCE).head(12)])
    with pytest.raises(FrameError, match="answered fewer than n=5 of the examples"):
        of.calibrate_few(few, book, drawn, method="linear", seed=1)


def shown_in(text: str) -> list[tuple[str, str]]:
    """The cells of the examples in an sd prompt of percentages, the asked one last."""
    return [(key, f"{name}={group}") for name, group, key in re.findall(r"whose (\w+) is (\w+) .*?([AB]\d)\?", text)]


@pytest.mark.parametrize("split", ["question", "row"])
def test_prompts_show_the_very_examples_that_a_calibration_learns_from(study, split):
    """Every cell's line is the one through the examples that its own prompt shows, with people's answers."""
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=2, split=split, seed=2)
    texts = of.prompts(
        opinions, book, elicitation="verbalized", prompt="sd", variant="few_shot", examples=drawn, seed=1
    )
    assert texts.group_by("variant").len().sort("variant").rows() == [
        ("few_shot-5 draw 1", 45),
        ("few_shot-5 draw 2", 45),
    ]
    calibrated = of.calibrate_few(opinions, book, drawn, method="linear", seed=1)
    for question, group, variant, text in texts.select(*CELL, "variant", "text").rows():
        *examples, asked = shown_in(text)
        assert asked == (question, group)
        x, y = (shares(opinions, source, examples).reshape(-1) for source in (SOURCE, "human"))
        predicted = np.clip(LinearRegression().fit(x[:, None], y).predict(shares(opinions, SOURCE, [asked]).T), 0, 1)
        got = shares(calibrated, f"{SOURCE}|linear-5 {variant[-6:]}", [asked])[0]
        assert got == pytest.approx(predicted / predicted.sum(), abs=1e-9)
        people = [
            f"[{', '.join(str(round(100 * share, 1)) for share in row)}]" for row in shares(opinions, "human", examples)
        ]
        assert all(answer in text for answer in people)


def test_base_prompts_show_a_groups_answers_and_none_of_their_own_question(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=3, split="row", seed=2)
    texts = of.prompts(
        opinions, book, elicitation="self_random", prompt="base", variant="few_shot", examples=drawn, seed=1
    )
    assert len(texts) == 45
    for question, variant, text in texts.select("question", "variant", "text").rows():
        *names, asked = re.findall(r"([AB]\d)\?", text)
        want = teachers(drawn, int(variant[-1]), (question, ""), "question")
        assert (names, asked) == ([key for key, _ in want], question)


def test_answers_over_draws_stand_beside_calibration_in_the_papers_table_4(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, n=5, draws=2, seed=2)
    asked = opinions.filter(source="human").pipe(
        of.elicit, book, of.FakeModel(seed=1), elicitation="verbalized", prompt="base", seed=1
    )
    few = of.calibrate_few(asked, book, drawn, method="linear", seed=1)
    both = of.elicit(
        few,
        book,
        of.FakeModel(seed=1),
        elicitation="verbalized",
        prompt="base",
        variant="few_shot",
        examples=drawn,
        seed=1,
    )
    aligned = of.over_draws(of.align(both, book))
    stem = "fake|verbalized|base"
    assert aligned["source"].unique().sort().to_list() == [
        f"{stem}|few_shot-5",
        f"{stem}|standard",
        f"{stem}|standard|linear-5",
    ]
    tests = of.anova(aligned, variant="few_shot-5", by="dataset")
    assert tests["pair"].unique().to_list() == ["triple few_shot-5"]
    table = of.tables.triples(aligned, tests, variant="few_shot-5")
    assert "5 drawn examples" in table.as_html()
    with pytest.raises(OptionError, match="variant='few_shot-x' is not known"):
        of.anova(aligned, variant="few_shot-x")


def test_examples_that_nobody_shows_or_answers_are_refused(study):
    opinions, book = study
    drawn = of.draw_examples(opinions, book, draws=1, seed=2)
    with pytest.raises(OptionError, match="shown by few-shot prompts alone"):
        of.prompts(opinions, book, examples=drawn, seed=1)
    folds = opinions.select("question", fold="question").unique()
    with pytest.raises(OptionError, match="Leave out folds"):
        of.prompts(opinions, book, variant="few_shot", examples=drawn, folds=folds, seed=1)
    without_women = opinions.filter(pl.col("demographic") != "sex=women")
    with pytest.raises(FrameError, match="15 drawn examples have no human answer"):
        of.prompts(without_women, book, prompt="base", variant="few_shot", examples=drawn, seed=1)
    with pytest.raises(FrameError, match="6 few-shot prompts have no other question to show"):
        of.prompts(opinions, book, prompt="base", variant="few_shot", examples=drawn.filter(dataset="A"), seed=1)


def test_nothing_of_a_cells_topic_teaches_it_or_is_shown(study):
    opinions, book = study
    topics = book.with_columns(
        topic=pl.format("{} of {}", pl.col("question").str.slice(1).cast(pl.Int64) // 3, "dataset")
    )
    topic_of = dict(topics.select("question", "topic").unique().iter_rows())
    drawn = of.draw_examples(opinions, topics, n=5, draws=2, split="topic", seed=2)
    same_order = of.draw_examples(opinions, book, n=5, draws=2, seed=2)
    assert_frame_equal(drawn.drop("topic", "split"), same_order.drop("split"))
    calibrated = of.calibrate_few(opinions, topics, drawn, method="linear", seed=1)
    for kind in ("sd", "base"):
        texts = of.prompts(
            opinions, topics, elicitation="verbalized", prompt=kind, variant="few_shot", examples=drawn, seed=1
        )
        for question, text in texts.select("question", "text").rows():
            *shown, asked = re.findall(r"([AB]\d)\?", text)
            assert asked == question
            assert len(shown) == 5
            assert topic_of[question] not in {topic_of[key] for key in shown}
    for cell in [("A0", "sex=women"), ("A8", "age=old"), ("B2", "sex=men")]:
        order = drawn.filter(draw=1, dataset=cell[0][0]).sort("rank").select(CELL).rows()
        examples = [other for other in order if topic_of[other[0]] != topic_of[cell[0]]][:5]
        x, y = (shares(opinions, source, examples).reshape(-1) for source in (SOURCE, "human"))
        predicted = np.clip(LinearRegression().fit(x[:, None], y).predict(shares(opinions, SOURCE, [cell]).T), 0, 1)
        got = shares(calibrated, f"{SOURCE}|linear-5 draw 1", [cell])[0]
        assert got == pytest.approx(predicted / predicted.sum(), abs=1e-9)
    with pytest.raises(FrameError, match=r"15 questions have no topic in the codebook, e.g. 'A0'"):
        of.draw_examples(opinions, book, split="topic", seed=1)
    with pytest.raises(FrameError, match="examples has 1 questions of no topic, or several, e.g. 'A0'"):
        of.calibrate_few(
            opinions, topics, drawn.with_columns(topic=pl.when(pl.col("question") != "A0").then("topic")), seed=1
        )
    with pytest.raises(FrameError, match="lacks 1 of its columns: topic"):
        of.calibrate_few(opinions, topics, drawn.drop("topic"), seed=1)
    with pytest.raises(FrameError, match="3 questions are not in examples, e.g. 'A0', 'A1', 'A2', so that their topic"):
        of.calibrate_few(opinions, topics, drawn.filter(pl.col("topic") != "0 of A"), method="linear", seed=1)


def test_batteries_are_held_out_by_their_wording(study):
    opinions, book = study
    stems = ["How much do you like the colour of", "Should there be more money for", "Who is to be asked about"]
    stem = (pl.col("question").str.slice(1).cast(pl.Int64) // 3).replace_strict(dict(enumerate(stems)))
    worded = book.with_columns(text=pl.format("{} {}?", stem, "question"))
    drawn = of.draw_examples(opinions, worded, n=5, draws=1, split="battery", seed=2)
    assert drawn.select("battery").unique().sort("battery")["battery"].to_list() == ["A0", "A3", "A6", "B0", "B3"]
