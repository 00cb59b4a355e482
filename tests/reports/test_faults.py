"""Plans of faults lose no answer, ask none twice and invent none: some of those in reports/faults."""

import importlib
from pathlib import Path

import pytest
from script import importable

FOLDER = Path(__file__).parents[2] / "reports" / "faults"


@pytest.mark.parametrize(
    ("plan", "answered"),
    [
        ("429 with Retry-After, twice", 40),
        ("reset within the answer", 40),
        ("JSON cut short", 40),
        ("an error within 200", 40),
        ("content filter", 27),
        ("402 midway", 40),
    ],
)
def test_a_fault_costs_nothing_that_was_answered(monkeypatch: pytest.MonkeyPatch, plan: str, answered: int) -> None:
    importable(FOLDER, monkeypatch)
    row = importlib.import_module("faults").trial(plan)
    assert [row[name] for name in ("lost", "asked twice", "wrong", "hung")] == [0, 0, 0, 0]
    assert (row["answered"], row["failed"]) == (answered, 40 - answered)
    assert row["requests"] > 40 or answered < 40
