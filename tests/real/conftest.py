"""Published answers, where they lie beside the checkout or in the folder that the environment names."""

import os
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

import opinionframe as of

BESIDE = Path(__file__).parents[3] / "shared"


class Answers(NamedTuple):
    """Human distributions of 486 questions in 12 groups, and 18 sources that answer 98 of them."""

    codebook: pl.DataFrame
    human: pl.DataFrame
    llm: pl.DataFrame
    opinions: pl.DataFrame


def folder(variable: str, default: Path) -> Path:
    """The folder of some published files, or a skipped test."""
    place = Path(os.environ.get(variable, default))
    if not place.is_dir():
        pytest.skip(f"no folder {place}; see tests/real/README.md")
    return place


@pytest.fixture(scope="session")
def oqa() -> Answers:
    place = folder("OPINIONFRAME_OQA100", BESIDE / "data" / "oqa100")
    codebook, human, llm = (pl.read_parquet(place / f"{name}.parquet") for name in ("codebook", "human", "llm"))
    return Answers(codebook, human, llm, pl.concat([human, llm], how="diagonal"))


@pytest.fixture(scope="session")
def oqa_aligned(oqa: Answers) -> pl.DataFrame:
    return oqa.opinions.pipe(of.baselines, oqa.codebook).pipe(of.align, oqa.codebook)


@pytest.fixture(scope="session")
def transcription() -> Path:
    """The paper's result tables, transcribed."""
    return folder("OPINIONFRAME_PAPER", BESIDE / "paper") / "published.csv"
