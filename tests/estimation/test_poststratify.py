"""`poststratify` by hand and against R's survey package: postStratify and rake."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError

HERE = Path(__file__).parent
BOOK = of.codebook({"trust": {"text": "Trust?", "labels": ["none", "some", "much"]}})
CELLS = pl.DataFrame(
    {
        "demographic": ["sex=F & zone=N", "sex=F & zone=S", "sex=M & zone=N", "sex=M & zone=S"],
        "share": [0.2, 0.3, 0.35, 0.15],
    }
)
MARGINS = pl.DataFrame({"demographic": ["sex=F", "sex=M", "zone=N", "zone=S"], "share": [0.55, 0.45, 0.4, 0.6]})


@pytest.fixture(scope="module")
def people():
    rows = pl.read_csv(HERE.parent / "microdata" / "reference" / "people.csv").filter(
        pl.col("trust") > 0, pl.col("w") > 0
    )
    return rows.with_columns(zone=pl.when(pl.col("stratum") <= 2).then(pl.lit("N")).otherwise(pl.lit("S")))


def observed(people, weight):
    total = pl.col(weight).sum()
    cells = (
        people.group_by("sex", "zone").agg(total.alias("share")).with_columns(pl.col("share") / pl.col("share").sum())
    )
    return cells.select(pl.format("sex={} & zone={}", "sex", "zone").alias("demographic"), "share")


@pytest.mark.parametrize("weight", ["w", "same"])
@pytest.mark.parametrize("kind", ["cells", "raked"])
def test_as_in_r(kind, weight, people):
    people = people.with_columns(same=pl.lit(1.0))
    theirs = pl.read_csv(HERE / "reference" / "poststratify.csv").filter(kind=kind, weight=weight)
    human = of.reference(people, BOOK, ["sex & zone"], weight=weight, design=of.Design())
    if kind == "raked":  # n_eff by the design is another number than Kish's, which says how many people a cell has
        human = human.drop("n_eff").join(
            of.reference(people, BOOK, ["sex & zone"], weight=weight).select(
                "question", "demographic", "choice", "n_eff"
            ),
            on=["question", "demographic", "choice"],
        )
    total = of.poststratify(human, CELLS if kind == "cells" else MARGINS, BOOK, observed=observed(people, weight))
    assert total["prob"].to_list() == pytest.approx(theirs["prob"].to_list(), rel=1e-10)
    # Cells do not say how weights and answers go together within them, which raked errors depend on a little.
    rel = 1e-10 if kind == "cells" else {"same": 1e-3, "w": 0.05}[weight]
    assert total["std_error"].to_list() == pytest.approx(theirs["std_error"].to_list(), rel=rel)


def test_by_hand_and_from_rectified_groups(people):
    human = of.reference(people, BOOK, ["sex"], everyone=True)
    shares = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "share": [0.25, 0.75]})
    total = of.poststratify(human, shares, BOOK)
    of.schemas.Opinions.validate(total, codebook=BOOK)
    women, men = (human.filter(demographic=name) for name in ("sex=F", "sex=M"))
    assert total["prob"].to_list() == pytest.approx((0.25 * women["prob"] + 0.75 * men["prob"]).to_list())
    variance = (
        0.25**2 * women["prob"] * (1 - women["prob"]) / women["n_eff"]
        + 0.75**2 * men["prob"] * (1 - men["prob"]) / men["n_eff"]
    )
    assert (total["std_error"] ** 2).to_list() == pytest.approx(variance.to_list())
    assert total["source"].unique().to_list() == ["human|poststratified"]
    estimates = of.rectify(None, people, BOOK, by="sex")
    again = of.poststratify(estimates, shares, BOOK)
    assert again["prob"].to_list() == pytest.approx(total["prob"].to_list())
    assert again["std_error"].to_list() == pytest.approx(total["std_error"].to_list())


def test_errors_that_are_not_known_are_null():
    opinions = pl.DataFrame(
        {"question": "trust", "demographic": ["sex=F"] * 3 + ["sex=M"] * 3, "choice": [1, 2, 3] * 2, "source": "m",
         "prob": [0.2, 0.3, 0.5, 0.6, 0.3, 0.1]}
    )  # fmt: skip
    shares = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "share": [0.5, 0.5]})
    total = of.poststratify(opinions, shares, BOOK)
    assert total["prob"].to_list() == pytest.approx([0.4, 0.3, 0.3])
    assert total["std_error"].null_count() == total["n_eff"].null_count() == 3
    assert of.poststratify(opinions.lazy(), shares, BOOK).collect().equals(total)


def test_what_cannot_be_is_refused_in_words(people):
    human = of.reference(people, BOOK, ["sex & zone"])
    with pytest.raises(FrameError, match="lack 1 of 4 cells that make up the population"):
        of.poststratify(human.filter(pl.col("demographic") != "sex=F & zone=N"), CELLS, BOOK)
    with pytest.raises(FrameError, match="have no row of the 2 groups"):
        of.poststratify(human, pl.DataFrame({"demographic": ["town=1", "town=2"], "share": [0.5, 0.5]}), BOOK)
    with pytest.raises(FrameError, match="sum to 1"):
        of.poststratify(human, CELLS.with_columns(share=pl.lit(0.5)), BOOK)
    with pytest.raises(FrameError, match="have no n_eff"):
        of.poststratify(human.drop("n_eff"), MARGINS, BOOK)
    empty = CELLS.with_columns(share=pl.Series([0.0, 0.0, 0.5, 0.5]))  # no women, though margins know of some
    with pytest.raises(FrameError, match="from its known share"):
        of.poststratify(human, MARGINS, BOOK, observed=empty)


def test_margins_that_come_from_a_sample_add_its_error(people):
    """Var of sum_g W_g p_g where W is multinomial of n people, by cells; by classes of each attribute where raked."""
    human = of.reference(people, BOOK, ["sex & zone"])
    known = of.poststratify(human, CELLS, BOOK)
    estimated = of.poststratify(human, CELLS.with_columns(n=50), BOOK)
    weights = np.random.default_rng(1).multinomial(50, CELLS["share"], 200_000) / 50
    shares = human.filter(pl.col("demographic") != "all", choice=1).sort("demographic")["prob"].to_numpy()
    added = estimated["std_error"][0] ** 2 - known["std_error"][0] ** 2
    assert added == pytest.approx((weights @ shares).var(), rel=0.01)
    assert estimated["n_eff"][0] < known["n_eff"][0]
    assert estimated["prob"].to_list() == known["prob"].to_list()
    one = MARGINS.with_columns(n=pl.when(pl.col("demographic").str.starts_with("sex")).then(80))
    raked = [of.poststratify(human, margins, BOOK)["std_error"][0] for margins in (MARGINS, one)]
    moved = [
        of.poststratify(human, MARGINS.with_columns(share=pl.Series([0.55 + d, 0.45 - d, 0.4, 0.6])), BOOK)["prob"][0]
        for d in (-1e-4, 1e-4)
    ]
    slope = (moved[1] - moved[0]) / 2e-4
    assert raked[1] ** 2 - raked[0] ** 2 == pytest.approx(slope**2 * 0.55 * 0.45 / 80, rel=0.1)
    with pytest.raises(FrameError, match="margins of 'sex & zone': n is 1, 2, 3"):
        of.poststratify(human, CELLS.with_columns(n=pl.Series([1, 2, 3, 4])), BOOK)
    with pytest.raises(FrameError, match="n is 'many'"):
        of.poststratify(human, CELLS.with_columns(n=pl.lit("many")), BOOK)


def test_errors_of_composites_do_not_cancel(people):
    """Groups that all lean on one total err alike: their errors add up, and are not averaged out."""
    estimates = of.rectify(None, people, BOOK, by="sex & zone")
    both = estimates.with_columns(method=pl.lit("composite"), own_weight=pl.lit(0.25))
    composites = both.filter(pl.col("demographic") != "all")
    total = of.poststratify(composites, CELLS, BOOK)
    errors = estimates.filter(choice=1).join(CELLS, on="demographic")
    assert total["std_error"][0] == pytest.approx((errors["std_error"] * errors["share"]).sum())
    # With the total, on which each leans by three quarters: its error in common, and the rest of theirs.
    common = 0.75**2 * estimates.filter(demographic="all", choice=1)["std_error"].item() ** 2
    rest = (errors["share"] ** 2 * (errors["std_error"] ** 2 - common)).sum()
    with_total = of.poststratify(both, CELLS, BOOK)
    assert with_total["std_error"][0] ** 2 == pytest.approx(common + rest)
    assert with_total["prob"].to_list() == total["prob"].to_list()
    assert total["prob"].to_list() == of.poststratify(estimates, CELLS, BOOK)["prob"].to_list()
    with pytest.raises(FrameError, match="are composites, whose n_eff counts the model too"):
        of.poststratify(composites, MARGINS, BOOK)
    raked = of.poststratify(composites, MARGINS, BOOK, observed=observed(people.with_columns(same=1.0), "same"))
    assert raked["std_error"].null_count() == 0


def test_errors_that_cannot_be_are_refused(people):
    human = of.reference(people, BOOK, ["sex & zone"])
    with pytest.raises(FrameError, match="12 of 12 standard errors are negative or infinite, e.g. .'trust', 'sex=F"):
        of.poststratify(human.with_columns(std_error=pl.lit(-1.0)), CELLS, BOOK)
    with pytest.raises(FrameError, match="std_error is String, no number"):
        of.poststratify(human.with_columns(std_error=pl.lit("small")), CELLS, BOOK)
