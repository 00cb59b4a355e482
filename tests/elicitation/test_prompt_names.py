"""Names of wordings, questions and groups never run into the marks between the parts of a source or a prompt's id."""

from pathlib import Path

import polars as pl
import pytest

from opinionframe.elicitation import FakeModel, elicit, prompts, read_wording
from opinionframe.errors import OptionError


@pytest.mark.parametrize("name", ["wellbalanced", "both", "paperback", "paper2"])
def test_the_name_of_a_wording_is_no_mark_of_something_else(
    name: str, human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.toml").write_text("")
    sources = [
        elicit(human, codebook, FakeModel(seed=1), wording=wording, orders=orders, prompt="sd", seed=1)["source"][-1]
        for wording, orders in ((tmp_path / f"{name}.toml", "given"), (tmp_path / f"{name}.toml", "both"))
    ]
    assert sources == [f"fake+{name}|logprob|sd|standard", f"fake+{name}+both|logprob|sd|standard"]
    given = prompts(human, codebook, wording=tmp_path / f"{name}.toml")
    assert given["template"].unique().to_list() == [f"{name}/logprob"]


def test_a_wording_whose_name_has_a_mark_is_refused(tmp_path: Path) -> None:
    for name in ("my/own", "a|b", "paper+both", ""):
        (tmp_path / "own.toml").write_text(f"name = '{name}'")
        with pytest.raises(OptionError, match="is empty or has one of"):
            read_wording(tmp_path / "own.toml")


@pytest.mark.filterwarnings("ignore::opinionframe.elicitation.GroupWordsWarning")
def test_names_with_separators_give_prompts_of_their_own(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    names = {"tea|x=1": "y=2", "tea": "x=1|y=2"}
    first, group = human["question"][0], human["demographic"][0]
    book = [codebook.filter(question=first).with_columns(question=pl.lit(name)) for name in names]
    cell = human.filter(question=first, demographic=group)
    rows = [cell.with_columns(question=pl.lit(name), demographic=pl.lit(names[name])) for name in names]
    ids = prompts(pl.concat(rows), pl.concat(book), prompt="sd")["prompt_id"].to_list()
    assert ids == [r"tea\|x=1|y=2|logprob|sd|standard|paper/logprob", r"tea|x=1\|y=2|logprob|sd|standard|paper/logprob"]
