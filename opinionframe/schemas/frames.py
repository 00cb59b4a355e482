"""The column vocabulary: one schema per frame.

Columns beyond a schema's own are allowed everywhere and travel along. What makes a frame sound is said in `rules` and
`row_rules`.
"""

from typing import Any, ClassVar

import dataframely as dy
import polars as pl

from opinionframe.errors import OpinionFrameError
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CELL, CHOICE, GROUP, ROW
from opinionframe.schemas.laws import AlignmentLaws, Laws, OpinionsLaws, RowLaws
from opinionframe.schemas.lazy import same_kind
from opinionframe.schemas.row_rules import ANSWERS, CODEBOOK, GROUPS, PROMPT_ROWS
from opinionframe.schemas.rules import where_broken
from opinionframe.schemas.vocabulary import (
    ELICITATIONS,
    HUMAN,
    OPTIONAL,
    PROMPTS,
    SCALES,
    SMALLEST_SAMPLE,
    STATUSES,
    UNIFORM,
    VARIANTS,
)

__all__ = [
    "CELL",
    "CHOICE",
    "ELICITATIONS",
    "GROUP",
    "HUMAN",
    "OPTIONAL",
    "PROMPTS",
    "ROW",
    "SCALES",
    "SMALLEST_SAMPLE",
    "STATUSES",
    "UNIFORM",
    "VARIANTS",
    "Alignment",
    "Answers",
    "Codebook",
    "Groups",
    "Opinions",
    "Prompts",
    "Schema",
]


class Schema(dy.Schema):
    """A schema whose `validate`, `is_valid` and `filter` ask the same laws as the verbs that take such a frame.

    Columns whose type can become the schema's without loss are cast, whatever `cast` says, and further ones travel
    along.
    """

    laws: ClassVar[Laws] = RowLaws()

    @classmethod
    @takes_frames
    def validate(  # type: ignore[override]  # takes the codebook too
        cls,
        df: AnyFrame,
        /,
        *,
        cast: bool = True,  # noqa: ARG003  dataframely's
        eager: bool | None = None,
        codebook: AnyFrame | None = None,
    ) -> Any:
        """`df` with its columns in their types, refused where it breaks a law.

        Opinions and Alignment that are lazy are refused on collect, all others at once.

        Args:
            df: A DataFrame or LazyFrame.
            cast: Kept for users of dataframely.
            eager: Whether a DataFrame comes out. Where it is not given: what went in.
            codebook: The Codebook that Opinions have to fit; without one, a question's largest choice stands for K.

        Raises: FrameError, with counts, examples and the remedy.

        >>> import opinionframe as of
        >>> survey = of.load("gss2018")
        >>> of.schemas.Opinions.validate(survey.opinions, codebook=survey.codebook).height
        2538
        """
        sound = cls._laws(codebook).sound(df, cls, cls._called())
        if eager is None:
            return same_kind(sound, df)  # type: ignore[type-var]  # refused above where it is no frame
        return sound.collect() if eager else sound

    @classmethod
    @takes_frames
    def is_valid(  # type: ignore[override]  # takes the codebook too
        cls,
        df: AnyFrame,
        /,
        *,
        cast: bool = True,  # noqa: ARG003  as above
        codebook: AnyFrame | None = None,
    ) -> bool:
        """Whether `validate` accepts `df`. Collects."""
        try:
            cls.validate(df, eager=True, codebook=codebook)
        except OpinionFrameError:
            return False
        return True

    @classmethod
    @takes_frames
    def filter(  # type: ignore[override]  # a plain tuple
        cls,
        df: AnyFrame,
        /,
        *,
        cast: bool = True,  # noqa: ARG003  as above
        codebook: AnyFrame | None = None,
    ) -> tuple[pl.DataFrame, dy.FailureInfo]:
        """The rows of `df` that break no law, and the others with the laws that each breaks. Collects."""
        rows, rules, measures = cls._laws(codebook).judged(df, cls, cls._called())
        kept = {rule: ~broken for rule, broken in where_broken(rules, measures).items()}
        judged = rows.with_columns(**kept).collect()
        sound = pl.all_horizontal(*kept)
        return judged.filter(sound).drop(*kept), dy.FailureInfo(judged.filter(~sound).lazy(), list(kept))

    @classmethod
    def sample(cls, *args: Any, **options: Any) -> Any:
        """A random frame as dataframely makes it, refused where it breaks a law that dataframely does not know."""
        return cls.validate(super().sample(*args, **options))

    @classmethod
    def _laws(cls, codebook: AnyFrame | None) -> Laws:
        """The laws of a frame that is held to a Codebook, itself checked, or to none."""
        return cls.laws if codebook is None else cls.laws.within(Codebook.validate(codebook, eager=True))

    @classmethod
    def _called(cls) -> str:
        """What a frame of this schema is called where verbs take one."""
        return "aligned" if cls is Alignment else cls.__name__.lower()


class Opinions(Schema):
    """One row per choice of a cell (question, demographic, source); `prob` sums to 1 over a cell.

    Two optional columns are constant within a cell: `n_eff`, the effective number of respondents
    or draws behind it, and `nonresponse`, the share refused, don't know or not parsed, in [0, 1].
    """

    laws = OpinionsLaws()

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    choice = dy.UInt8(primary_key=True)
    source = dy.String(primary_key=True)
    prob = dy.Float64()


class Codebook(Schema):
    """One row per choice of a question, choices numbered 1..K in scale order.

    `position` is the place on the scale (null for a nominal question); distances use it. An optional column
    `embedding` is a vector that says what the text means, the same for all choices of a question; `kriging` reads it.
    """

    laws = RowLaws(CODEBOOK, order=("question", "choice"))

    question = dy.String(primary_key=True)
    choice = dy.UInt8(primary_key=True)
    label = dy.String()
    position = dy.Float64(nullable=True)
    text = dy.String()
    scale = dy.String()
    topic = dy.String(nullable=True)
    dataset = dy.String(nullable=True)


class Groups(Schema):
    """One row per class of an attribute: what it is called in print, where it stands, how it is said in a prompt.

    `class` is spelled as in `demographic`; `place` is 1 for the first class of its attribute, in its natural order.
    `phrase` goes on after "Imagine": `you are a woman`, or `your party is Labour`; null where nobody said how. An
    optional column `name` is what the attribute is called in a sentence and in print.
    """

    laws = RowLaws(GROUPS, order=("attribute", "place"))

    attribute = dy.String(primary_key=True)
    class_ = dy.String(primary_key=True, alias="class")
    label = dy.String()
    place = dy.UInt16()
    phrase = dy.String(nullable=True)


class Prompts(Schema):
    """One row per text to be asked; a base prompt has a null demographic.

    `options` are the labels in the order in which the text lists them, `order` their choices.
    """

    laws = RowLaws(PROMPT_ROWS)

    prompt_id = dy.String(primary_key=True)
    question = dy.String()
    demographic = dy.String(nullable=True)
    elicitation = dy.String()
    prompt = dy.String()
    variant = dy.String()
    template = dy.String()
    text = dy.String()
    n_choices = dy.UInt8()
    options = dy.List(dy.String())
    order = dy.List(dy.UInt8())


class Answers(Schema):
    """One row per answer of a model to a prompt and draw, the raw text kept.

    `status` is `answered`, `refused`, `cut off` (at the ceiling of tokens, or inside a thought), `filtered` (by the
    provider), `unparsable` or `failed`; `finish` is why the text ended, as the model says (`stop`, `length`,
    `content_filter`), null where it is not known.
    `option_mass` is the probability in [0, 1] that fell on the options (log-probability only);
    `probs` the K normalised option probabilities in the order of the prompt's `options`, or null, and
    `raw_sum` what they summed to before; `reason` says why there are none; `parser` is the version of
    the parser that read the raw text; `seconds` the wall time of the request.
    """

    laws = RowLaws(ANSWERS)

    model = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    draw = dy.UInt16(primary_key=True)
    status = dy.String()
    raw = dy.String(nullable=True)
    finish = dy.String(nullable=True)
    probs = dy.List(dy.Float64(), nullable=True)
    raw_sum = dy.Float64(nullable=True)
    option_mass = dy.Float64(nullable=True)
    reason = dy.String(nullable=True)
    parser = dy.UInt8()
    tokens_in = dy.UInt32(nullable=True)
    tokens_out = dy.UInt32(nullable=True)
    seconds = dy.Float64(nullable=True)


class Alignment(Schema):
    """One row per cell of every source but the reference; all scores in [0, 1].

    `metric` names the distance that `alignment` is 1 less, null where it is not known: scores of two metrics are never
    averaged, compared or printed together. A cell may be there once for each.

    Two optional columns: `baseline` is the score of the uniform distribution on the same cell, `ceiling` the expected
    score of a perfect model, which answers as the population does; both are null where they are not known.
    Columns `n_eff` (of the reference) and `nonresponse` (of the source) travel along where they are known.
    """

    laws = AlignmentLaws()

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    source = dy.String(primary_key=True)
    alignment = dy.Float64()
    metric = dy.String(nullable=True)
