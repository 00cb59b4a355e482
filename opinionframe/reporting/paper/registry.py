"""The paper's tables and figures by their numbers: what each is titled, and the function that makes it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase

from opinionframe.figures import Figure
from opinionframe.reporting.paper import described, group_tables, scored_tables
from opinionframe.reporting.paper.results import PaperResults, UnmadeError
from opinionframe.tables import Table

DATASET_TABLES = ("8", "9", "10")
IN_DOMAIN, FEW, UNSEEN = ("protocol",), ("few_protocol",), ()
"""What tells how scores are calibrated: attributes of PaperResults, or the table itself."""


@dataclass(frozen=True)
class Item:
    """One table or figure of the paper.

    Attributes:
        kind: `Table` or `Figure`.
        number: As the paper numbers it.
        title: What it shows.
        make: Makes it, or raises an OpinionFrameError that says why not.
        protocol: By what its scores are calibrated: as in IN_DOMAIN; None where there are no scores.
    """

    kind: str
    number: str
    title: str
    make: Callable[[PaperResults], Table | Figure]
    protocol: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """As the paper names it: `Table 7`."""
        return f"{self.kind} {self.number}"

    @property
    def stem(self) -> str:
        """The name of its files, without ending."""
        return f"{self.kind.lower()}-{self.number}"


def items(paper: PaperResults) -> list[Item]:
    """All tables and figures in the order of their numbers; surveys beyond the third have tables 10b and on."""
    pairs = "before and after calibration"
    triple = "Alignment of original, {} and calibrated distributions"
    tables = [
        ("1", f"Alignment {pairs}, main models", scored_tables.main_settings, IN_DOMAIN),
        ("2", triple.format("chain-of-thought"), scored_tables.cot_triples, IN_DOMAIN),
        ("3", f"Alignment {pairs} for one attribute per dataset", group_tables.featured_groups, IN_DOMAIN),
        ("4", triple.format("few-shot prompted"), scored_tables.few_shot_triples, FEW),
        (
            "5",
            "Groups that lose most alignment by learning from few examples",
            group_tables.degraded_groups,
            IN_DOMAIN + FEW,
        ),
        ("6", f"Alignment {pairs}, log-probabilities", scored_tables.logprob_settings, IN_DOMAIN),
        ("7", f"Alignment {pairs}, all models", scored_tables.all_settings, IN_DOMAIN),
        *_of_datasets(paper),
        ("11", f"Alignment {pairs} on the other datasets", scored_tables.out_of_domain_settings, UNSEEN),
        (
            "12",
            f"Alignment {pairs} on the other datasets, log-probabilities",
            scored_tables.out_of_domain_logprob,
            UNSEEN,
        ),
        ("13", "Datasets, questions and groups", described.surveys, None),
        ("14", "Base prompts", described.base_prompts, None),
        ("15", "Sociodemographic prompts", described.sd_prompts, None),
        ("16", "Prompt variations", described.variant_prompts, None),
        ("17", "Percent of distributions extracted", described.extracted, None),
    ]
    figures = [
        ("2", "Standard deviation against alignment", described.spread_figure, IN_DOMAIN),
        ("3", "Error by the number of examples", described.learning_figure, IN_DOMAIN),
        ("4", "Alignment by stage of training", described.stages_figure, IN_DOMAIN),
    ]
    return [Item("Table", *row) for row in tables] + [Item("Figure", *row) for row in figures]


def _of_datasets(paper: PaperResults) -> list[tuple[str, str, Callable[[PaperResults], Table], tuple[str, ...]]]:
    """Tables 8 to 10, one per survey in the order of the study."""
    numbers = [*DATASET_TABLES, *(f"10{letter}" for letter in ascii_lowercase[1:])]
    rows = [
        (
            number,
            f"Alignment before and after calibration by group, {dataset}",
            partial(group_tables.groups_of_dataset, dataset=dataset),
            IN_DOMAIN,
        )
        for number, dataset in zip(numbers, paper.datasets, strict=False)
    ]
    missing = DATASET_TABLES[len(rows) :]
    return rows + [
        (number, "Alignment before and after calibration by group", _no_survey, IN_DOMAIN) for number in missing
    ]


def _no_survey(paper: PaperResults) -> Table:
    """Raises: UnmadeError, for a table of a survey that the study lacks."""
    count = len(paper.datasets)
    raise UnmadeError(f"The study has {count} survey{'s' if count > 1 else ''}, and this would be another's.")
