import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError


def test_by_hand(opinions, codebook):
    """A third question with two choices, so that q2 and it are each other's mean."""
    third = codebook.filter(question="q2").with_columns(question=pl.lit("q3"), text=pl.lit("Again?"))
    more = opinions.filter(question="q2").with_columns(
        question=pl.lit("q3"), prob=pl.when(pl.col("choice") == 1).then(0.3).otherwise(0.7)
    )
    rows = of.baselines(pl.concat([opinions, more]), pl.concat([codebook, third]))
    first = rows.filter(choice=1, source="question-mean").sort("question")
    # q1 is alone with three choices: uniform.
    assert dict(first.select("question", "prob").unique("question").rows()) == pytest.approx(
        {"q1": 1 / 3, "q2": 0.3, "q3": 0.9}
    )
    assert rows.filter(source="uniform", question="q2")["prob"].to_list() == [0.5, 0.5]


def test_every_cell_of_the_reference_has_them(world, world_aligned):
    uniform = world_aligned.filter(source="uniform")
    assert len(uniform) == len(world.human.unique(["question", "demographic"]))
    assert (uniform["alignment"] - uniform["baseline"]).abs().max() == pytest.approx(0, abs=1e-12)


def test_label_mean_by_hand(opinions, codebook):
    """q3 shares q2's labels and q4 its number of choices alone."""
    book, rows = [codebook], [opinions]
    for question, labels, prob in (("q3", ["no", "yes"], 0.3), ("q4", ["bad", "good"], 0.6)):
        book.append(
            codebook.filter(question="q2").with_columns(
                question=pl.lit(question), text=pl.lit(question), label=pl.Series(labels)
            )
        )
        rows.append(
            opinions.filter(question="q2").with_columns(
                question=pl.lit(question), prob=pl.when(pl.col("choice") == 1).then(prob).otherwise(1 - prob)
            )
        )
    filled = of.baselines(pl.concat(rows), pl.concat(book), which=["label-mean"])
    first = filled.filter(choice=1, source="label-mean").unique("question")
    # q2: others with its labels .3; of its K (.3 + .6) / 2 = .45; shrunk (.3 + .45) / 2
    assert dict(first.select("question", "prob").rows()) == pytest.approx(
        {"q1": 1 / 3, "q2": 0.375, "q3": (0.9 + 0.75) / 2, "q4": 0.6}
    )


def test_other_groups_by_hand(opinions, codebook):
    filled = of.baselines(opinions, codebook, which=["other-groups"]).filter(source="other-groups")
    female = filled.filter(question="q1", demographic="sex=Female").sort("choice")["prob"]
    assert female.to_list() == pytest.approx([0.2, 0.2, 0.6])
    assert filled.filter(question="q2")["prob"].to_list() == [0.5, 0.5]


def test_what_is_shared_is_worth_what_the_world_is_made_of(world):
    """Labels lean alike, and groups differ less than questions do: so the nearer the rows, the better their mean."""
    rows = of.baselines(
        world.opinions, world.codebook, which=["uniform", "question-mean", "label-mean", "other-groups"]
    )
    scores = dict(of.summarize(of.align(rows, world.codebook)).select("source", "alignment").rows())
    assert scores["other-groups"] > scores["label-mean"] + 0.03
    assert scores["label-mean"] > scores["question-mean"] + 0.01
    assert scores["question-mean"] > scores["uniform"] + 0.03
    # A source that knows what everybody thinks, and says it without a flaw, would score as the other groups do.
    base = {source: score for source, score in scores.items() if "|base|" in source}
    assert scores["other-groups"] > max(base.values())


def test_label_means_are_those_of_a_loop(world):
    """The mean of other questions with the same labels, shrunk by one to that of all with as many choices."""
    filled = of.baselines(world.opinions, world.codebook, which="label-mean").filter(source="label-mean")
    labels = dict(world.codebook.group_by("question").agg(pl.col("label").sort_by("choice").str.join("; ")).rows())
    by_choice = world.human.group_by("question", "choice").agg(pl.col("prob").mean()).sort("choice")
    means = {question: np.array(shares) for question, shares in by_choice.group_by("question").agg("prob").rows()}
    cells = filled.sort("choice").group_by("question", "demographic").agg("prob").rows()
    assert len(cells) == len(world.human.unique(["question", "demographic"]))
    for question, group, shares in cells:
        sized = [means[q] for q in means if q != question and len(means[q]) == len(means[question])]
        alike = [means[q] for q in means if q != question and labels[q] == labels[question]]
        expected = (np.sum(alike, axis=0) + np.mean(sized, axis=0)) / (len(alike) + 1)
        assert shares == pytest.approx(list(expected), abs=1e-12), (question, group)


@pytest.mark.parametrize("seed", [1, 2])
def test_permuted_groups_by_hand(seed, opinions, codebook):
    """Female gets Male's answers and Male Female's, whatever the order of rows; q2 has one group."""
    shuffled = opinions.sample(fraction=1, shuffle=True, seed=seed)
    filled = of.baselines(shuffled, codebook, which=["permuted-groups"]).filter(source="permuted-groups")
    answers = filled.sort("choice").group_by("question", "demographic").agg("prob")
    assert {row[:2]: row[2] for row in answers.rows()} == {
        ("q1", "sex=Female"): [0.2, 0.2, 0.6],
        ("q1", "sex=Male"): [0.5, 0.3, 0.2],
        ("q2", "sex=Female"): [0.5, 0.5],
    }


@pytest.mark.parametrize("lazy", [False, True])
def test_what_is_there_already_and_what_is_not(opinions, codebook, lazy):
    once = of.baselines(opinions, codebook)
    once = once.lazy() if lazy else once
    with pytest.raises(FrameError, match="already has 1 of these baselines, e.g. 'uniform'"):
        of.baselines(once, codebook, which=["uniform", "other-groups"]).lazy().collect()
    with pytest.raises(FrameError, match="No row has the source 'people'"):
        of.baselines(once, codebook, which="other-groups", reference="people").lazy().collect()


def test_own_columns_are_carried_where_they_are_known(opinions, codebook):
    own = opinions.with_columns(wave=pl.col("question") + "!", row=pl.int_range(pl.len()))
    made = of.baselines(own, codebook, which="uniform").filter(source="uniform")
    assert (made["wave"] == made["question"] + "!").all()
    assert made["row"].is_null().all()


def test_population_by_hand(opinions, codebook):
    """Everybody is `all` where it is there, else groups by n_eff, alike where one is not known; alone is uniform."""
    people = opinions.filter(source="human").drop("n_eff", strict=False)
    two = people.filter(question="q1")
    groups = two["demographic"].unique().sort().to_list()
    known = two.with_columns(n_eff=pl.when(demographic=groups[0]).then(30.0).otherwise(10.0))

    def filled(frame):
        rows = of.baselines(frame, codebook, which="population").filter(source="population")
        assert rows.group_by("choice").agg(pl.col("prob").n_unique())["prob"].max() == 1
        return rows.filter(demographic=groups[0]).sort("choice")["prob"].to_numpy()

    first, other = (two.filter(demographic=group).sort("choice")["prob"].to_numpy() for group in groups)
    assert filled(known) == pytest.approx((3 * first + other) / 4)
    assert filled(two) == pytest.approx((first + other) / 2)
    partly = known.with_columns(n_eff=pl.when(demographic=groups[0]).then("n_eff"))
    assert filled(partly) == pytest.approx((first + other) / 2)
    everybody = known.filter(demographic=groups[0]).with_columns(
        demographic=pl.lit("all"), prob=1 / pl.len(), n_eff=pl.lit(40.0)
    )
    assert filled(pl.concat([known, everybody])) == pytest.approx([1 / 3] * 3)
    joint = known.with_columns(demographic="race=Black & " + pl.col("demographic"), n_eff=pl.lit(500.0))
    assert filled(pl.concat([known, joint])) == pytest.approx((3 * first + other) / 4)
    alone = of.baselines(known.filter(demographic=groups[0]), codebook, which="population")
    assert alone.filter(source="population")["prob"].to_list() == pytest.approx([1 / 3] * 3)


def test_a_plan_reads_its_rows_a_few_times_alone(world):
    """Guards read the rows that they guard: the baselines of a plan are made from rows that need none."""
    reads = []

    def counted(rows):
        reads.append(len(rows))
        return rows

    lazy = world.opinions.lazy().map_batches(counted, schema=world.opinions.schema)
    rows = of.baselines(lazy, world.codebook)
    keys = ["source", "question", "demographic", "choice"]
    assert_frame_equal(rows.collect().sort(keys), of.baselines(world.opinions, world.codebook).sort(keys))
    assert len(reads) <= 4
    reads.clear()
    rows.pipe(of.align, world.codebook).collect()
    assert len(reads) <= 16


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (pl.col("prob") * 2, "3 cells have probabilities that do not sum to 1"),
        (pl.when(pl.int_range(pl.len()) > 0).then("prob"), "1 cells have a probability that is null or NaN"),
        (pl.col("prob") - 1, "3 cells have a negative or infinite probability"),
    ],
)
@pytest.mark.parametrize("then_aligned", [False, True])
def test_broken_people_in_a_plan_are_refused_for_what_they_are(opinions, codebook, broken, said, then_aligned):
    people = pl.when(pl.col("source") == "human").then(broken).otherwise("prob")
    plan = opinions.lazy().with_columns(prob=people).pipe(of.baselines, codebook)
    with pytest.raises(FrameError, match=said):
        (plan.pipe(of.align, codebook) if then_aligned else plan).collect()
