"""What came back: a model's answers go in; how many were readable is told, with an example, or none is an error."""

from pathlib import Path

import polars as pl

from opinionframe.errors import StudyError
from opinionframe.study.progress import Progress

LONGEST = 200
"""Characters of a raw answer that are shown."""


class Readable:
    """What the models of a study answered.

    Args:
        tell: Told of each model's answers.
        journal: The folder that keeps them.
    """

    def __init__(self, tell: Progress, journal: Path) -> None:
        self._tell, self._journal = tell, journal
        self._n_readable = 0
        self._sentences: list[str] = []

    def add(self, name: str, answers: pl.DataFrame, prompts: pl.DataFrame) -> None:
        """Tells how many answers of the model `name` were readable, with one of them, or why none was."""
        readable = answers.filter(status="answered")
        self._n_readable += readable.height
        shown, reasons = readable, ""
        if readable.is_empty():
            shown, reasons = answers, f": {_counts(answers, 'status')}. Reasons: {_counts(answers, 'reason')}"
        sentence = (
            f"{name}: {prompts.height:,} prompts, {answers.height:,} answers, {readable.height:,} "
            f"({readable.height / max(answers.height, 1):.0%}) readable{reasons}{_example(shown)}. "
            f"All answers are in {self._journal}."
        )
        self._sentences.append(sentence)
        self._tell(sentence, 0, 0)

    def refuse_none(self) -> None:
        """Refuse answers of which no model's could be read.

        Raises: StudyError.
        """
        if not self._n_readable:
            raise StudyError(
                f"No answer could be read. {' '.join(self._sentences)} "
                "Ask otherwise (elicit.elicitation, elicit.prompt), or give [[model]] what the model needs."
            )


def _example(answers: pl.DataFrame) -> str:
    texts = answers["raw"].drop_nulls()
    return f"; one raw answer: {texts[0][:LONGEST]!r}" if len(texts) else ""


def _counts(answers: pl.DataFrame, column: str) -> str:
    """The three commonest values with their counts."""
    counts = answers[column].drop_nulls().value_counts(sort=True).sort("count", column, descending=[True, False])
    return ", ".join(f"{value} ({count:,})" for value, count in counts.head(3).rows()) or "none given"
