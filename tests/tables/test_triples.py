"""Triples: the marks of all three pairs, the omnibus p in its own column, and bold for what beats both others."""

import numpy as np
import polars as pl
import pytest
from printed_cells import seen

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

RAW, COT, CALIBRATED = "standard", "cot", "standard|ridge"
COLUMNS = [f"base|verbalized|{part}" for part in ("standard|", "cot|", "standard|ridge", "omnibus|ridge")]


def scores(means: dict[str, float], noise: float = 0.02) -> pl.DataFrame:
    """Forty questions of one group; the mean of each condition is as given."""
    rng = np.random.default_rng(1)
    rows = [
        (f"q{number}", f"m|verbalized|base|{name}", float(np.clip(mean + rng.normal(0, noise), 0, 1)))
        for name, mean in means.items()
        for number in range(40)
    ]
    frame = pl.DataFrame(rows, ["question", "source", "alignment"], orient="row")
    return frame.with_columns(demographic=pl.lit("sex=F"))


SIGNS = "↑↓⇑⇓△▽⊕⊖"
BOTH = ["paired t", "cluster-robust t"]


def printed(means: dict[str, float], marks=BOTH, bold="significant", **options) -> tuple[list[str], list[str]]:
    """The three scores and the omnibus p as they are seen, bold in stars; and the notes."""
    aligned = scores(means, **options)
    table = of.tables.triples(aligned, of.anova(aligned, variant="cot"), variant="cot", marks=marks, bold=bold)
    cells = table.cells.filter(label="m").select(COLUMNS).row(0)
    return [seen(cell) for cell in cells], list(table.notes)


def test_each_pair_has_its_mark_and_bold_beats_both():
    cells, notes = printed({RAW: 0.8, COT: 0.7, CALIBRATED: 0.9})
    assert cells == ["80.0", "69.7↓▽", "*90.0*↑⇑△⊕", "<0.001 / <0.001"]
    assert [note.split(":")[0] for note in notes if note[0] in SIGNS] == [
        "↑ higher, ↓ lower than raw by paired t",
        "⇑ higher than CoT by paired t",
        "△ higher, ▽ lower than raw by cluster-robust t",
        "⊕ higher than CoT by cluster-robust t",
    ]
    assert not any("ANOVA" in note for note in notes if note[0] in SIGNS)
    clustered, notes = printed({RAW: 0.8, COT: 0.7, CALIBRATED: 0.9}, marks=None)
    assert clustered == ["80.0", "69.7↓", "*90.0*↑⇑", "<0.001"]
    assert not any("paired t" in note or "ANOVA" in note for note in notes)


def test_a_pair_that_does_not_differ_has_no_mark():
    cells, _ = printed({RAW: 0.8, COT: 0.9, CALIBRATED: 0.801})
    assert cells == ["80.0", "*89.7*↑△", "80.1⇓⊖", "<0.001 / <0.001"]


def test_nothing_is_bold_where_two_are_best_and_nothing_marked_where_none_differs():
    cells, notes = printed({RAW: 0.7, COT: 0.9, CALIBRATED: 0.9})
    assert not any("*" in cell for cell in cells)
    none, _ = printed({RAW: 0.8, COT: 0.8, CALIBRATED: 0.8}, noise=0.1)
    assert not any(sign in cell for cell in none for sign in "*" + SIGNS)
    assert float(none[3].split(" / ")[0]) > 0.05
    assert any("significantly better than both others" in note for note in notes)


def test_raw_may_beat_both():
    cells, _ = printed({RAW: 0.9, COT: 0.7, CALIBRATED: 0.8})
    assert cells[0].startswith("*")
    assert not cells[2].startswith("*")


def test_prompts_stand_one_above_the_other():
    of_base, of_sd = ({RAW: 0.8, COT: 0.7, CALIBRATED: 0.9}, {RAW: 0.6, COT: 0.85, CALIBRATED: 0.7})
    both = pl.concat([scores(of_base), scores(of_sd).with_columns(pl.col("source").str.replace(r"\|base\|", "|sd|"))])
    table = of.tables.triples(both, of.anova(both, variant="cot"), variant="cot", bold="significant")
    assert list(table.labels.values()) == ["", "Raw", "CoT", "Cal.", "p"]
    assert [label for label, _ in table.spanners] == ["Verbalized"]
    assert table.cells["section"].unique(maintain_order=True).to_list() == [
        "All questions: base prompt",
        "All questions: sociodemographic prompt",
    ]
    shown = table.cells.filter(label="m").select(pl.exclude("section", "label").str.extract(r"(\d+\.\d)")).rows()
    assert [[float(cell) for cell in row] for row in shown] == [
        pytest.approx([100 * mean for mean in means.values()] + [0.0], abs=0.7) for means in (of_base, of_sd)
    ]
    alone, _ = printed(of_base)
    base = table.cells.filter(pl.col("section").str.ends_with(": base prompt"), label="m").row(0)[2:]
    bold = [seen(cell).startswith("*") for cell in base]
    assert bold == [cell.startswith("*") for cell in alone] == [False, False, True, False]


def test_bold_is_the_highest_unless_the_paper_s_is_asked_for():
    means = {RAW: 0.8, COT: 0.8, CALIBRATED: 0.805}
    assert [cell.startswith("*") for cell in printed(means, noise=0.1, bold="best")[0]] == [False, False, True, False]
    assert not any(cell.startswith("*") for cell in printed(means, noise=0.1)[0])
    with pytest.raises(FrameError, match=r"bold='significant' needs tests of triples.*of\.anova"):
        of.tables.triples(scores(means), bold="significant")
    with pytest.raises(OptionError, match="bold='row' is not known"):
        of.tables.triples(scores(means), bold="row")


def test_without_tests_the_highest_is_bold_and_tests_of_another_variant_are_refused():
    aligned = scores({RAW: 0.8, COT: 0.7, CALIBRATED: 0.9})
    table = of.tables.triples(aligned, variant="cot")
    assert "*" in seen(table.cells.filter(label="m")[COLUMNS[2]].item())
    assert COLUMNS[3] not in table.cells.columns
    tests = of.anova(aligned, variant="cot").with_columns(pair=pl.lit("triple few_shot"))
    with pytest.raises(FrameError, match="no triples of cot"):
        of.tables.triples(aligned, tests, variant="cot")
