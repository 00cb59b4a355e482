"""How far other training questions would have moved a calibrated score: against single fits, and in studies."""

import itertools

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration.folds import rounds
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.methods.simplex import columns_onto_simplex, onto_simplex
from opinionframe.calibration.scored_cells import scored_cells
from opinionframe.calibration.supervision import Plan, supervise, with_folds
from opinionframe.errors import FrameError

RAW = "m|logprob|base|standard"
CELL = ["question", "demographic", "source"]


def survey(seed, questions, groups, *, gap=0.0, noise=0.05):
    """Yes or no; the model says yes by `gap` less often than people do, and by more or less in each question."""
    rng = np.random.default_rng(seed)
    cells = [(f"q{q:02d}", f"g={g}") for q in range(questions) for g in range(groups)]
    human = np.repeat(rng.uniform(0.4, 0.6, questions), groups) + rng.normal(0, 0.02, len(cells))
    model = human - gap + np.repeat(rng.normal(0, noise, questions), groups)
    rows = [
        (question, group, choice, source, share if choice == 1 else 1 - share)
        for (question, group), pair in zip(cells, zip(human, model, strict=True), strict=True)
        for source, share in zip(("human", RAW), pair, strict=True)
        for choice in (1, 2)
    ]
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    opinions = pl.DataFrame(rows, schema=schema | {"prob": pl.Float64}, orient="row")
    book = of.codebook({f"q{q:02d}": {"text": f"Question {q}?", "labels": ["Yes", "No"]} for q in range(questions)})
    return opinions, book


class Follower(of.Calibrator):
    """Moves yes by how far people's mean yes to the training questions lies from a half, twice: by chance alone."""

    name, title = "follower", "twice the mean level"

    def fit(self, supervision, seed):
        yes = supervision.rows.drop_nulls("target").filter(choice=1)
        level = yes.group_by("group").agg(value=2 * (pl.col("target").mean() - 0.5))
        return level.select("group", name=pl.lit("level"), at=pl.lit(None, pl.Float64), value="value")

    def predict(self, rows, codebook, calibration):
        moved = rows.join(calibration.parameters.select("group", level="value"), on="group")
        sign = pl.when(pl.col("choice") == 1).then(1).otherwise(-1)
        return moved.with_columns(pl.col("prob") + sign * pl.col("level")).drop("level")


def variance(aligned):
    """What the fits add to the variance of the mean score."""
    by_question = aligned.drop_nulls("fit_influence").group_by("question").agg(pl.col("fit_influence").sum(), pl.len())
    return (by_question["fit_influence"] ** 2).sum() / by_question["len"].sum() ** 2


@pytest.mark.parametrize("folds", [4, 5, 10])
def test_every_two_folds_meet_once(folds):
    schedule = rounds(list(range(folds)))
    met = sorted(tuple(sorted(pair)) for pairs in schedule for pair in pairs)
    assert met == sorted(itertools.combinations(range(folds), 2))
    assert all(len(set(itertools.chain(*pairs))) == 2 * len(pairs) for pairs in schedule)


def test_it_is_the_jackknife_over_fits_made_one_by_one():
    """Folds of the user's own stay as they are where questions are taken out of the frame."""
    opinions, book = survey(1, 6, 2, gap=0.1)
    opinions = opinions.with_columns(mine=pl.col("question"))

    def scores(without):
        rows = opinions.filter(~pl.col("question").is_in(without))
        calibrated = of.calibrate(rows, book, method=Follower(), split="mine", refits=False, seed=1)
        aligned = of.align(calibrated, book).filter(source=f"{RAW}|follower")
        return dict(aligned.group_by("question").agg(pl.col("alignment").mean()).rows())

    names = sorted(opinions["question"].unique())
    full = scores([])
    change = {(h, q): scores([h])[q] - full[q] for h in names for q in names if h != q}
    centre = {q: np.mean([change[h, q] for h in names if h != q]) for q in names}
    jackknife = between = 0.0
    for h in names:
        values = np.array([change[h, q] - centre[q] for q in names if q != h])
        jackknife += 5 / 6 * values.mean() ** 2
        products = [a * b for (i, a), (j, b) in itertools.product(enumerate(values), repeat=2) if i != j]
        between += 5 / 6 * np.mean(products)
    calibrated = of.calibrate(opinions, book, method=Follower(), split="mine", seed=1)
    ours = variance(of.align(calibrated, book))
    assert ours == pytest.approx((jackknife + max(between, 0)) / 2, rel=1e-9)
    assert ours > 1e-6


def test_intervals_that_count_fits_cover_where_others_fall_short():
    estimates, counted, left_out = [], [], []
    for seed in range(60):
        opinions, book = survey(seed, 12, 2, gap=0.15)
        aligned = of.align(of.calibrate(opinions, book, method=Follower(), folds=6, seed=seed), book)
        tests = {
            name: of.compare(frame, method="cluster-robust t").row(0, named=True)
            for name, frame in (("with", aligned), ("without", aligned.drop("fit_influence")))
        }
        assert tests["with"]["covers"] == "new questions and new fits for these groups"
        assert tests["without"]["covers"] == "new questions for these groups"
        assert tests["with"]["estimate"] == pytest.approx(tests["without"]["estimate"])
        estimates.append(tests["with"]["estimate"])
        counted.append((tests["with"]["conf_low"], tests["with"]["conf_high"]))
        left_out.append((tests["without"]["conf_low"], tests["without"]["conf_high"]))
    truth = np.mean(estimates)
    covers, falls_short = (np.mean([low <= truth <= high for low, high in each]) for each in (counted, left_out))
    assert covers >= 0.9
    assert falls_short < 0.8


def test_sources_that_are_not_fitted_keep_their_intervals():
    opinions, book = survey(3, 12, 2)
    aligned = of.align(of.calibrate(opinions, book, method=["linear", "ridge"], seed=1), book)
    keep = {"pair": "baseline", "method": "cluster-robust t"}
    with_fits, without = of.compare(aligned, **keep), of.compare(aligned.drop("fit_influence"), **keep)
    raw = pl.col("source") == RAW
    assert_frame_equal(with_fits.filter(raw), without.filter(raw))
    assert (with_fits.filter(~raw)["std_error"] > without.filter(~raw)["std_error"]).all()
    twin = aligned.filter(source=f"{RAW}|linear").with_columns(source=pl.lit(f"{RAW}|twin"))
    pair = [(f"{RAW}|linear", f"{RAW}|twin")]
    both = of.compare(pl.concat([aligned, twin]), pair=pair, method="cluster-robust t")
    assert both["std_error"].to_list() == [0.0]  # a fit does not differ from an equal one
    means = of.intervals(aligned).filter(source=f"{RAW}|linear")
    assert means["covers"].to_list() == ["new questions and new fits for these groups"]


def test_unknown_influences_are_null_and_said():
    opinions, book = survey(4, 8, 3)
    for keywords in ({"split": "row"}, {"split": "demographic", "folds": 3}, {"folds": 3}):
        calibrated = of.calibrate(opinions, book, method="linear", seed=1, **keywords)
        assert calibrated["fit_influence"].null_count() == len(calibrated)
        tests = of.compare(of.align(calibrated, book))
        assert tests["covers"].to_list() == ["new cells", "new questions for these groups"]
    calibrated = of.calibrate(opinions, book, method="linear", seed=1, folds=8)
    assert "fit_influence" not in of.align(calibrated, book, metric="hellinger").columns
    nominal = of.align(calibrated, book.with_columns(scale=pl.lit("nominal"))).drop_nulls("fit_influence")
    assert nominal["fit_influence"].abs().max() > 0
    quick = of.calibrate(opinions, book, method="linear", seed=1, folds=8, refits=False)
    assert_frame_equal(calibrated.drop("fit_influence").sort(*CELL, "choice"), quick.sort(*CELL, "choice"))


def test_four_folds_are_enough_for_the_papers_selection_but_not_for_its_refits():
    """It trains, chooses and predicts on three folds; pairs of four leave two."""
    opinions, book = survey(4, 8, 3)
    calibrated = of.calibrate(opinions, book, method="paper", folds=4, seed=1)
    assert calibrated["fit_influence"].null_count() == len(calibrated)
    quick = of.calibrate(opinions, book, method="paper", folds=4, seed=1, refits=False)
    assert_frame_equal(calibrated.drop("fit_influence").sort(*CELL, "choice"), quick.sort(*CELL, "choice"))
    five = of.calibrate(opinions, book, method="paper", folds=5, seed=1)
    assert five.filter(source=f"{RAW}|paper")["fit_influence"].null_count() == 0


def test_a_comparison_counts_the_fits_of_all_its_cells_or_of_none():
    opinions, book = survey(5, 8, 3)
    aligned = of.align(of.calibrate(opinions, book, method="linear", folds=8, seed=1), book)
    partly = aligned.with_columns(pl.when(pl.col("question") != "q00").then("fit_influence").alias("fit_influence"))
    keep = {"method": "cluster-robust t"}
    assert_frame_equal(of.compare(partly, **keep), of.compare(aligned.drop("fit_influence"), **keep))
    assert of.compare(aligned, **keep)["std_error"][0] > of.compare(partly, **keep)["std_error"][0]


def test_a_fit_that_nothing_moves_is_covered():
    opinions, book = survey(6, 8, 2)
    constant = opinions.with_columns(pl.when(pl.col("source") == RAW).then(0.5).otherwise("prob").alias("prob"))
    aligned = of.align(of.calibrate(constant, book, method="cumulative", folds=8, seed=1), book)
    assert aligned["fit_influence"].abs().max() is not None
    means = of.intervals(aligned).select("source", "covers").rows()
    assert means == [
        (RAW, "new questions for these groups"),
        (f"{RAW}|cumulative", "new questions and new fits for these groups"),
    ]


@pytest.mark.parametrize("value", ["mine", float("nan"), float("inf")])
def test_a_column_of_that_name_that_is_none_is_refused(value):
    opinions, book = survey(7, 8, 2)
    with pytest.raises(FrameError, match="opinions has 64 rows whose fit_influence is no finite number"):
        of.calibrate(opinions.with_columns(fit_influence=pl.lit(value)), book, folds=8, seed=1)
    aligned = of.align(opinions, book).with_columns(fit_influence=pl.lit(value))
    for verb in (of.intervals, lambda frame: of.compare(frame, pair="baseline")):
        with pytest.raises(FrameError, match="rename one of your own"):
            verb(aligned)


def test_whole_numbers_and_a_frame_read_back_are_taken(tmp_path):
    opinions, book = survey(8, 8, 2)
    calibrated = of.calibrate(opinions.with_columns(fit_influence=1), book, method="linear", folds=8, seed=1)
    calibrated.write_csv(tmp_path / "calibrated.csv")
    back = pl.read_csv(tmp_path / "calibrated.csv", schema_overrides={"choice": pl.UInt8})
    assert_frame_equal(of.compare(of.align(back, book)), of.compare(of.align(calibrated, book)))


@pytest.mark.parametrize("weight", ["cell", "group"])
def test_fits_are_counted_question_by_question_too(weight):
    opinions, book = survey(9, 8, 3)
    aligned = of.align(of.calibrate(opinions, book, method="linear", folds=8, seed=1), book)
    keep = {"by": "question", "cluster": "demographic", "method": "cluster-robust t", "weight": weight}
    tests, without = of.compare(aligned, **keep), of.compare(aligned.drop("fit_influence"), **keep)
    influence = aligned.filter(question="q00", source=f"{RAW}|linear")["fit_influence"].sum() / 3
    more = tests["std_error"][0] ** 2 - without["std_error"][0] ** 2
    assert more == pytest.approx(influence**2)
    assert set(tests["covers"]) == {"new groups and new fits for these questions"}


@pytest.mark.parametrize("lacking", [[3, 5, 6], [10, 11]])
def test_a_source_without_cells_in_some_folds_has_the_influence_it_has_alone(lacking):
    opinions, book = survey(2, 12, 2)
    fewer = opinions.filter(pl.col("source") == RAW, ~pl.col("question").is_in([f"q{q:02d}" for q in lacking]))
    fewer = fewer.with_columns(source=pl.lit("n|logprob|base|standard"))
    options = {"codebook": book, "method": "linear", "split": "fold", "seed": 1}
    of_fewer = pl.col("source") == "n|logprob|base|standard|linear"
    alone = pl.concat([opinions.filter(source="human"), fewer]).with_columns(fold=pl.col("question"))
    both = pl.concat([opinions, fewer]).with_columns(fold=pl.col("question"))
    assert_frame_equal(
        of.calibrate(both, **options).filter(of_fewer).sort(CELL),
        of.calibrate(alone, **options).filter(of_fewer).sort(CELL),
        check_row_order=False,
    )


def folded_supervision(folds):
    """Two sources, the second without some questions, rows in no order, and cells that no human answered."""
    opinions, book = survey(11, 23, 3, noise=0.01)
    other = opinions.filter(pl.col("source") == RAW, pl.col("question") < "q17").with_columns(
        source=pl.lit("n|logprob|base|standard"), prob=1 - pl.col("prob")
    )
    unasked = (pl.col("source") == "human") & pl.col("question").is_in(["q03", "q20"])
    rows = pl.concat([opinions.filter(~unasked), other]).sample(fraction=1.0, shuffle=True, seed=1)
    return with_folds(supervise(rows, book, Plan()), Plan(folds=folds, seed=3))


@pytest.mark.parametrize("folds", [4, 7, 10])
@pytest.mark.parametrize("method", ["linear", "ridge", "lasso"])
def test_lines_of_all_rounds_at_once_are_those_of_one_round_after_the_other(method, folds):
    folded, calibrator = folded_supervision(folds), calibrator_of(method)
    schedule = rounds(range(folds))
    at_once = list(calibrator.crossfit_rounds(folded, schedule, 1))
    one_by_one = list(of.Calibrator.crossfit_rounds(calibrator, folded, schedule, 1))
    assert len(at_once) == len(one_by_one) == len(schedule)
    np.testing.assert_allclose(at_once, one_by_one, rtol=0, atol=1e-12)
    if method == "linear" or folds > 4:  # of two joined folds one trains, and nothing is left to tune on
        assert np.abs(np.diff(at_once, axis=0)).max() > 1e-4


def test_scores_of_arrays_are_those_of_align():
    """Ordinal scales with unequal steps, and nominal ones, of two to four choices; predictions off the simplex."""
    rng = np.random.default_rng(5)
    scales = {f"q{i}": (k, i % 2 == 0) for i, k in enumerate([2, 3, 4, 2, 3, 4])}
    book = pl.concat(
        of.codebook({name: {"text": name, "labels": list("abcd"[:k])}}).with_columns(
            position=pl.Series([0.0, 1.0, 1.5, 4.0][:k]), scale=pl.lit("nominal" if nominal else "ordinal")
        )
        for name, (k, nominal) in scales.items()
    )
    rows = [
        (name, group, choice, source)
        for name, (k, _) in scales.items()
        for group in ("all", "g=1")
        for source in ("human", RAW)
        for choice in range(1, k + 1)
    ]
    keys = pl.DataFrame(rows, [*CELL[:2], "choice", "source"], orient="row").with_columns(
        pl.col("choice").cast(pl.UInt8)
    )
    wild = keys.with_columns(prob=pl.Series(rng.uniform(-0.3, 1, len(keys)))).sample(fraction=1.0, shuffle=True, seed=1)
    opinions = onto_simplex(wild.lazy()).collect()
    folded = with_folds(supervise(opinions, book, Plan()), Plan(folds=5, seed=1))
    unsummed = folded.rows.join(wild, on=[*CELL, "choice"], how="left", suffix="_wild", maintain_order="left")
    scores = scored_cells(folded.rows, book).scores(unsummed["prob_wild"].to_numpy())
    aligned = of.align(opinions, book).filter(source=RAW).sort("source", "question", "demographic")
    np.testing.assert_allclose(scores, aligned["alignment"], atol=1e-14)
    assert aligned["alignment"].n_unique() == 12


def test_columns_come_onto_the_simplex_as_rows_do():
    rng = np.random.default_rng(1)
    values, k = rng.normal(0.2, 0.5, (5, 200)), rng.integers(2, 6, 200)
    inside = np.arange(5)[:, None] < k
    values = np.where(inside, values, 0.0)
    cell, choice = np.nonzero(inside.T)
    rows = pl.DataFrame({"question": cell, "choice": choice + 1, "prob": values[choice, cell]})
    keys = rows.with_columns(demographic=pl.lit("all"), source=pl.lit("a"))
    shares = onto_simplex(keys.lazy()).collect()["prob"]
    assert (np.clip(values, 0, 1).sum(axis=0) == 0).any()
    np.testing.assert_allclose(columns_onto_simplex(values, inside)[choice, cell], shares, atol=1e-15)


class AtOnce(Follower):
    """The follower with rounds of its own, each made `n` times."""

    def __init__(self, name, n=1, value=None):
        self.name, self.n, self.value = name, n, value

    def crossfit_rounds(self, supervision, rounds, seed):
        for values in super().crossfit_rounds(supervision, rounds, seed):
            yield from [values if self.value is None else self.value] * self.n


def test_rounds_of_a_calibrator_of_ones_own_are_used_and_checked():
    opinions, book = survey(12, 8, 2, gap=0.1)
    both = of.calibrate(opinions, book, method=[Follower(), AtOnce("once")], folds=5, seed=1)
    ours, theirs = (both.filter(pl.col("source") == f"{RAW}|{name}").sort(*CELL) for name in ("follower", "once"))
    assert_frame_equal(ours.drop("source"), theirs.drop("source"))
    assert ours["fit_influence"].abs().max() > 0
    for broken, reason in (
        (AtOnce("twice", 2), r"made 6 rounds of 5\. Make each once"),
        (AtOnce("never", 0), "made 0 rounds of 5"),
        (AtOnce("short", value=[0.5]), r"1 finite numbers of shape \(1,\) in round 1\. Give every one of 32 rows"),
        (AtOnce("lost", value=[np.nan] * 32), r"0 finite numbers of shape \(32,\)"),
    ):
        with pytest.raises(FrameError, match=reason):
            of.calibrate(opinions, book, method=broken, folds=5, seed=1)
