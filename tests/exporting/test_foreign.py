"""Frames of other programs come in whole, or are refused with the reason."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.exporting import from_popfidelity

CELLS = pl.DataFrame(
    {
        "cell_id": ["Female|18-29"] * 4 + ["Male|65+"] * 4,
        "question": "ideo",
        "option": ["Left", "Right"] * 4,
        "share": [0.7, 0.3, 0.9, 0.1, 0.4, 0.6, 0.9, 0.1],
        "n": [120.0, 120.0, 25.0, 25.0] * 2,
        "source": ["survey", "survey", "ollama-x", "ollama-x"] * 2,
        "mode": [None, None, "ntp", "ntp"] * 2,
        "replicate": [1] * 8,
    }
)
OPTIONS = {"ideo": ["Left", "Right"]}


def test_popfidelity_cells_align() -> None:
    opinions, codebook = from_popfidelity(CELLS, OPTIONS, ["gender", "age"], texts={"ideo": "Where are you?"})
    assert opinions["source"].unique().sort().to_list() == ["human", "ollama-x|logprob|sd|standard"]
    assert opinions.filter(source="human")["n_eff"].unique().to_list() == [120]
    assert codebook["text"].unique().to_list() == ["Where are you?"]
    aligned = of.align(opinions, codebook).sort("demographic")
    assert aligned["demographic"].to_list() == ["gender=Female & age=18-29", "gender=Male & age=65+"]
    assert aligned["alignment"].to_list() == pytest.approx([0.8, 0.5])


def test_popfidelity_refusals() -> None:
    with pytest.raises(OptionError, match=r"cell_id has \[2\] parts and attributes names 1"):
        from_popfidelity(CELLS, OPTIONS, ["gender"])
    with pytest.raises(OptionError, match=r"options lacks 1 of them, e.g. \('ideo', 'Right'\)"):
        from_popfidelity(CELLS, {"ideo": ["Left", "Centre"]})
    with pytest.raises(FrameError, match="2 replicates"):
        from_popfidelity(CELLS.with_columns(replicate=pl.Series([1, 2] * 4)), OPTIONS)
    with pytest.raises(FrameError, match="lacks 1 of its columns: share"):
        from_popfidelity(CELLS.drop("share"), OPTIONS)
