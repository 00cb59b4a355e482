"""What came back: a model's answers go in; how many were readable is told, with an example, or none is an error."""

from pathlib import Path

import polars as pl

from opinionframe.elicitation.losses import LONGEST_RAW, why_lost
from opinionframe.errors import StudyError
from opinionframe.study.progress import Progress


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
        """Tells how many answers of the model `name` were readable, with one of them, and why the others were not."""
        readable = answers.filter(status="answered")
        self._n_readable += readable.height
        sentence = (
            f"{name}: {prompts.height:,} prompts, {answers.height:,} answers, {readable.height:,} "
            f"({readable.height / max(answers.height, 1):.0%}) readable"
        )
        texts = readable["raw"].drop_nulls()
        example = f"; one raw answer: {texts[0][:LONGEST_RAW]!r}" if len(texts) else ""
        lost = why_lost(answers, self._journal) or f"All answers are in {self._journal}."
        sentence = f"{sentence}{example}. {lost}"
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
