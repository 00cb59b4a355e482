"""What a file of respondents does not say: people go in; notes that count who is in no group, or gave no answer."""

import polars as pl

from opinionframe.cli.consoles import say
from opinionframe.errors import examples
from opinionframe.microdata import respondents
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.microdata.weighting import Weight, weight_columns
from opinionframe.surveys.labelled_people import People


def note_lost(people: People, by: list[str], weight: Weight, blank: str) -> None:
    """Prints what the reader noted, then how many answers are none, and who has no class or a weight of zero."""
    for note in people.notes:
        say(note)
    rows = people.microdata
    questions = people.codebook["question"].unique(maintain_order=True).to_list()
    no_answer, blanks = (sum(counts.row(0)) for counts in _counts(rows, questions))
    unasked = "nonresponse too" if blank == "nonresponse" else "questions not asked"
    if no_answer or blanks:
        say(
            f"of {rows.height * len(questions):,} answers of {rows.height:,} respondents to {len(questions)} questions "
            f"{no_answer:,} are nonresponse, and {blanks:,} are blank: {unasked}."
        )
    attributes, _ = group_labels(by, everyone=True)
    without = {name: rows[name].null_count() for name in attributes if rows[name].null_count()}
    if without:
        counts = ", ".join(f"{count:,} no class of {name}" for name, count in without.items())
        say(f"of {rows.height:,} respondents {counts}: they are in none of its groups.")
    for name in weight_columns(weight):
        if zeros := rows.filter(pl.col(name) == 0).height:
            say(f"of {rows.height:,} respondents {zeros:,} have a weight {name} of 0, and do not count.")


def note_suppressed(people: People, by: list[str], weight: Weight, blank: str, min_n: int) -> None:
    """Prints how many groups of how many questions have too few answers, and no cell."""
    counts = respondents(people.microdata, people.codebook, by, weight=weight, blank=blank, min_n=min_n)
    left_out = counts.filter("suppressed")
    if left_out.height:
        shown = examples(left_out.select("question", "demographic", "n").rows())
        say(
            f"{left_out.height:,} of {counts.height:,} cells have fewer than {min_n} answers and are left out, "
            f"e.g. {shown}."
        )


def _counts(rows: pl.DataFrame, questions: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of each question, the answers that are nonresponse and those that are blank."""
    return rows.select(pl.col(questions) == NO_ANSWER).sum(), rows.select(questions).null_count()
