"""Does an allocation by `allocate` err less than equal numbers, and by as much as it says? On TV16, by race or age.

python reports/estimation/allocation.py [draws]    writes allocation.csv and allocation.md here

A pilot of 100 people answers all nine questions. Further answers are then allocated to questions and groups, or dealt
in equal numbers to all, and everything known is put into composites.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from populations import Population, tv16

import opinionframe as of
from opinionframe.estimation.arrays import Floats, by_cell, one_hot
from opinionframe.estimation.composed_cells import TOTAL, composed_cells
from opinionframe.schemas.demographic import ATTRIBUTE

HERE = Path(__file__).parent
DRAWS = 100
PILOT = 100
FURTHER = {"race": (360, 1_800), "age": (360, 1_800)}
"""Answers after the pilot, by attribute: 10 and 50 for each of 36 cells."""


def simulated(population: Population, attribute: str, budget: int, draws: int) -> dict:
    """One row: squared errors of both allocations, and what was said beforehand."""
    people, book = population.people
    kind = population.cells.select(ATTRIBUTE).to_series()
    kept = ((kind == attribute) | (kind == "all")).to_numpy()
    cells = population.cells.filter(pl.Series(kept))
    true, total = population.true[kept], (cells["demographic"] == "all").to_numpy()
    predictions = population.opinions.filter(source="no-model").join(cells, on=["question", "demographic"], how="semi")
    rng, said, errors = np.random.default_rng(budget), [], {"allocated": [], "equal": []}
    for draw in range(draws):
        pilot = people.sample(PILOT, seed=draw)
        estimates = of.rectify(predictions, pilot, book).filter(pl.col("demographic") != "all")
        plan = of.allocate(estimates, budget)
        said.append(plan["saving"][0])
        human = of.reference(pilot, book, attribute)
        counts = np.nan_to_num(by_cell(human.with_columns(prob=pl.col("prob") * pl.col("n_eff")), cells, true.shape[1]))
        numbers = cells.join(plan, on=["question", "demographic"], how="left", maintain_order="left")["n"].fill_null(0)
        for name, more in (("allocated", numbers.to_numpy()), ("equal", np.where(total, 0, budget // (~total).sum()))):
            final = counts + rng.multinomial(more, true / true.sum(axis=1, keepdims=True))
            estimate = composed(final, by_cell(predictions, cells, true.shape[1]), cells, total)
            errors[name].append(((estimate - true) ** 2).sum(axis=1)[~total].mean())
    allocated, equal = np.mean(errors["allocated"]), np.mean(errors["equal"])
    saved = np.array(errors["allocated"]) - np.array(errors["equal"])
    return {
        "attribute": attribute, "further": budget, "allocated": allocated, "equal": equal,
        "saving": 1 - allocated / equal, "saving_error": saved.std(ddof=1) / np.sqrt(draws) / equal,
        "said": float(np.mean(said)), "draws": draws,
    }  # fmt: skip


def composed(counts: Floats, predictions: Floats, cells: pl.DataFrame, total: Floats) -> Floats:
    """The composites of all cells."""
    size = counts.sum(axis=1)
    shares = counts / np.maximum(size, 1)[:, None]
    names = {name: number for number, name in enumerate(cells["question"].unique().sort())}
    question = one_hot(cells["question"].replace_strict(names).to_numpy(), len(names))
    group = cells.select(pl.col("demographic").rank("dense").cast(pl.Int64)).to_series().to_numpy()
    return composed_cells(shares, size, predictions, question, np.where(total, TOTAL, 1), group).estimate


ABOVE = """# Does an allocation err less than equal numbers?

{draws} pilots of {pilot} people of TV16, nine questions each; further answers allocated by `allocate` or dealt in equal
numbers to all questions and groups at the same cost; composites of everything known. `said` is the saving that
`allocate` expected. Made by `python reports/estimation/allocation.py`.

| attribute | further answers | squared error, allocated | equal numbers | saving | its error | said |
|---|---:|---:|---:|---:|---:|---:|
"""
BELOW = """
An allocation saves where a pilot leaves groups unequally well known: by race, few people of small groups were asked,
and the fewer further answers there are, the more it matters who gives them. Ages were asked about alike, their people
differ by about as much (1 - sum p^2 is 0.64 to 0.83 in eight of ten cells), and answers cost the same: equal numbers
are then the best allocation but for noise, and 8 percent cannot be had. Costs and importance that differ between cells
add to what is saved.
"""


def note(table: pl.DataFrame) -> str:
    """The results in words and a table."""
    columns = ["attribute", "further", "allocated", "equal", "saving", "saving_error", "said"]
    lines = [f"| {' | '.join(str(each) for each in row)} |\n" for row in table.select(columns).rows()]
    return ABOVE.format(draws=table["draws"][0], pilot=PILOT) + "".join(lines) + BELOW


def main(draws: int = DRAWS) -> None:
    """Writes allocation.csv and allocation.md."""
    population = tv16()
    rows = [
        simulated(population, attribute, budget, draws) for attribute, several in FURTHER.items() for budget in several
    ]
    table = pl.DataFrame(rows).with_columns(pl.selectors.float().round(5))
    table.write_csv(HERE / "allocation.csv")
    (HERE / "allocation.md").write_text(note(table), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
