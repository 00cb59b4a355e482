import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.stats import wasserstein_distance
from world import CUBED, PARROT, SHARP, SQUARED, WISE

import opinionframe as of
from opinionframe.divergence import METRICS, wasserstein_similarity
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

KEY = ["question", "demographic", "source"]


def test_by_hand(opinions, codebook):
    aligned = of.align(opinions, codebook).sort(KEY)
    # q1 female: CDFs (1, 1) and (.5, .8), gaps .5, span 1: .5 * (.5 + .2) = .35
    # q1 male: CDFs (0, .5) and (.2, .4): .5 * (.2 + .1) = .15
    assert aligned["alignment"].to_list() == pytest.approx([0.65, 0.85, 1.0])
    # uniform: q1 female (1/3, 2/3) against (.5, .8): .5 * (1/6 + 2/15) = .15; q2: .4
    assert aligned["baseline"].to_list() == pytest.approx([0.85, 1 - 0.5 * (2 / 15 + 4 / 15), 0.6])


def test_the_ceiling_is_the_mean_score_of_the_truth(opinions, codebook):
    ceiling = of.align(opinions, codebook).filter(question="q1", demographic="sex=Female")["ceiling"].item()
    rng = np.random.default_rng(1)
    truth = np.array([0.5, 0.3, 0.2])
    samples = rng.multinomial(101, truth, size=200_000) / 101
    simulated = wasserstein_similarity(samples, truth, np.array([1, 1.5, 2]))
    assert ceiling == pytest.approx(simulated.mean(), abs=0.001)


def test_every_cell_agrees_with_scipy(world, world_aligned):
    """Scored one by one, by another's code, and averaged by source."""
    key = ["question", "demographic"]
    human = world.human.rename({"prob": "human"}).select(*key, "choice", "human")
    rows = world.llm.join(human, on=[*key, "choice"]).join(world.codebook, on=["question", "choice"]).sort("choice")
    cells = rows.group_by(KEY, maintain_order=True).agg("position", "prob", "human")
    distances = [
        wasserstein_distance(p, p, q, h) / np.ptp(p) for p, q, h in cells.select("position", "prob", "human").rows()
    ]
    scored = cells.with_columns(scipy=1 - pl.Series(distances)).join(world_aligned, on=KEY)
    assert len(scored) == len(cells) > 4000
    assert (scored["scipy"] - scored["alignment"]).abs().max() < 1e-12
    summary = of.summarize(world_aligned, cells="own").join(
        scored.group_by("source").agg(pl.col("scipy").mean()), on="source"
    )
    assert len(summary) == world.llm["source"].n_unique()
    assert (summary["scipy"] - summary["alignment"]).abs().max() < 1e-12


def test_the_baseline_beside_a_score_is_that_of_uniform_shares_in_its_cells(world, world_aligned):
    for source in (SHARP, WISE):
        mine = world_aligned.filter(source=source)
        cells = mine.select("question", "demographic")
        uniform = world_aligned.filter(source="uniform").join(cells, on=["question", "demographic"])
        assert uniform["alignment"].mean() == pytest.approx(mine["baseline"].mean(), abs=1e-12)


def test_a_sharper_answer_is_the_worse(world_aligned):
    """Of a source that knows the shares of every group, the cube scores below the square."""
    scores = dict(of.summarize(world_aligned, cells="own").select("source", "alignment").rows())
    assert scores[CUBED] < scores[SQUARED] - 0.02
    assert scores[PARROT] < scores["uniform"] - 0.03


shares = st.integers(2, 7).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k), min_size=2, max_size=2)
)


@settings(deadline=None)
@given(shares, st.sampled_from(sorted(METRICS)), st.randoms())
def test_range_identity_and_row_order(counts, metric, random):
    left, right = (np.array(c) + (np.arange(len(c)) == 0) for c in counts)
    k = len(left)
    book = pl.DataFrame(
        {"question": "q", "choice": range(1, k + 1), "label": "x", "position": np.cumsum(left + 1.0), "text": "t"}
    ).with_columns(scale=pl.lit("ordinal"), topic=pl.lit("t"), dataset=pl.lit("d"))
    rows = [
        {"question": "q", "demographic": "all", "choice": i + 1, "source": source, "prob": p[i] / p.sum()}
        for source, p in (("human", right), ("other", left), ("same", right))
        for i in range(k)
    ]
    shuffled = random.sample(rows, len(rows))
    aligned, again = (of.align(pl.DataFrame(r), book, metric=metric).sort("source") for r in (rows, shuffled))
    assert aligned["alignment"].is_between(-1e-9, 1 + 1e-9).all()
    assert aligned.filter(source="same")["alignment"].item() == pytest.approx(1, abs=1e-6)
    assert_frame_equal(aligned, again)


def test_a_cell_without_reference_is_named_or_dropped_and_counted(opinions, codebook):
    widowed = opinions.filter(~((pl.col("source") == "human") & (pl.col("question") == "q2")))
    with pytest.raises(FrameError, match="1 cells have no reference 'human', e.g. .'q2', 'sex=Female'"):
        of.align(widowed, codebook)
    with pytest.warns(OpinionFrameWarning, match="1 cells have no reference"):
        kept = of.align(widowed, codebook, missing="drop")
    assert len(kept) == 2


def test_an_unknown_metric_lists_the_known_ones(opinions, codebook):
    with pytest.raises(OptionError, match="wasserstein"):
        of.align(opinions, codebook, metric="euclid")


def test_lazy_in_lazy_out(opinions, codebook):
    lazy = of.align(opinions.lazy(), codebook)
    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect().sort(KEY), of.align(opinions, codebook).sort(KEY))


def test_rows_that_say_they_are_sorted_give_the_same_and_are_refused_where_they_lie(opinions, codebook, tmp_path):
    path, order = tmp_path / "opinions.parquet", ["question", "demographic", "source"]
    opinions.sort(*order, "choice").write_parquet(path)
    streamed = of.align(pl.scan_parquet(path).set_sorted(order), codebook).collect(engine="streaming")
    assert_frame_equal(streamed.sort(KEY), of.align(opinions, codebook).sort(KEY), check_exact=True)
    opinions.sort("choice").write_parquet(path)
    with pytest.raises(FrameError, match="a choice missing"):
        of.align(pl.scan_parquet(path).set_sorted(order), codebook).collect(engine="streaming")


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_a_single_thread_refuses_too(engine, opinions, codebook, tmp_path):
    """The guard collects within a collection, which must not wait for the thread that it has."""
    opinions.slice(1).write_parquet(tmp_path / "opinions.parquet")
    codebook.write_parquet(tmp_path / "codebook.parquet")
    code = (
        "import polars as pl, opinionframe as of\n"
        f"rows, book = (pl.scan_parquet(r'{tmp_path}/' + name) for name in ('opinions.parquet', 'codebook.parquet'))\n"
        f"of.align(rows, book).collect(engine='{engine}')"
    )
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=environment)
    assert "1 cells have a choice missing" in done.stderr


def test_extra_columns_may_have_any_name(opinions, codebook):
    names = ["rows", "k", "unfit", "total", "width1", "p1", "q1", "nominal"]
    aligned = of.align(opinions.with_columns(pl.lit("x").alias(name) for name in names), codebook)
    assert aligned.select(names).unique().row(0) == ("x",) * len(names)


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
@pytest.mark.parametrize("encode", [lambda _: pl.Categorical, lambda column: pl.Enum(column.unique().sort())])
def test_keys_may_be_encoded(world, encode, engine):
    rows = world.opinions.with_columns(world.opinions[name].cast(encode(world.opinions[name])) for name in KEY)
    encoded = of.align(rows.lazy(), world.codebook).collect(engine=engine)
    assert_frame_equal(encoded.sort(KEY), of.align(world.opinions, world.codebook).sort(KEY), check_exact=True)


def test_broken_rows_with_encoded_keys_are_refused_in_words(opinions, codebook):
    rows = opinions.with_columns(pl.col(name).cast(pl.Enum(opinions[name].unique())) for name in KEY)
    with pytest.raises(FrameError, match="cells have no reference 'nobody', e.g. "):
        of.align(rows, codebook, reference="nobody")
    with pytest.raises(FrameError, match="a question that is not in the codebook, e.g. "):
        of.align(rows, codebook.filter(question="q1"))
    with pytest.raises(FrameError, match="1 cells have a choice missing, e.g. "):
        of.align(rows.slice(1), codebook)


def test_engines_agree_to_the_last_bit(world):
    lazy = of.align(world.opinions.lazy(), world.codebook, missing="error")
    collected = [lazy.collect(engine=engine).sort(KEY) for engine in ("streaming", "in-memory")]
    assert_frame_equal(*collected, check_exact=True)


def test_other_distances_agree_with_scipy(opinions, codebook):
    from scipy.spatial.distance import jensenshannon
    from scipy.special import rel_entr

    p, q = np.array([1.0, 0, 0]), np.array([0.5, 0.3, 0.2])
    smooth = [(x + 1e-6) / (1 + 3e-6) for x in (p, q)]
    expected = {
        "jensen_shannon": 1 - jensenshannon(p, q, base=2),
        "total_variation": 0.5,
        "hellinger": 1 - np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2),
        "kullback_leibler": np.exp(-rel_entr(smooth[1], smooth[0]).sum()),
        "ranked_probability_score": 1 - 0.5 * (0.5**2 + 0.2**2),
    }
    for metric, value in expected.items():
        aligned = of.align(opinions, codebook, metric=metric).filter(question="q1", demographic="sex=Female")
        assert aligned["alignment"].item() == pytest.approx(value, abs=1e-12), metric


def test_a_column_that_align_makes_is_refused_and_any_other_travels_along(opinions, codebook):
    with pytest.raises(FrameError, match="1 columns that align makes anew: baseline"):
        of.align(opinions.with_columns(baseline=pl.lit(0.5)), codebook)
    names = ["p1", "q1", "u1", "width1", "bits0", "k", "rows", "reason", "cells", "others"]
    aligned = of.align(opinions.with_columns(**{name: pl.lit(7) for name in names}), codebook)
    assert aligned.select(names).unique().row(0) == (7,) * len(names)
    plain = of.align(opinions, codebook)
    assert_frame_equal(aligned.select(plain.columns).sort(KEY), plain.sort(KEY))


def test_ceilings_are_scores_or_unknown(opinions, codebook):
    for n, known in ((1.06, False), (2.0, True)):
        rows = opinions.with_columns(prob=pl.when(pl.col("choice") == 1).then(0.5).otherwise(0.0), n_eff=pl.lit(n))
        top = pl.col("choice") == pl.col("choice").max().over(KEY)
        ceiling = of.align(rows.with_columns(prob=pl.when(top).then(0.5).otherwise("prob")), codebook)["ceiling"]
        assert (ceiling.is_between(0, 1).all() and ceiling.null_count() == 0) if known else ceiling.is_null().all()
