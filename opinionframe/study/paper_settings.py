"""The `[paper]` table of a study file: which of the paper's experiments are made, and of which models."""

from typing import Annotated

from pydantic import Field

from opinionframe.study.model_settings import Count, Elicitation, Section


class PaperSettings(Section):
    """The paper's tables and figures: its table in a study file is enough, and each key has a default.

    Models are named by their `label`, or by their name where they have none.

    Attributes:
        main: The models of Tables 1, 3, 8 to 10 and Figure 3, in this order; all if not given.
        stages: The models of Figure 4, first to last stage of training; without them it is not made.
        elicitation: The one of tables by group, of the learning curves and of Figure 4.
        out_of_domain: Whether to calibrate on the other datasets too, for Tables 11 and 12.
        few: How many examples calibration by few of them learns from, for Tables 4 and 5; 0 leaves it out.
        draws: How many random samples of examples are averaged, also in learning curves.
        shown: How many of these samples few-shot prompts show; they are asked that often.
        learning: Whether to draw learning curves, for Figure 3.
        sizes: How many examples these learn from; the paper's, up to 1,200, if not given.
    """

    main: Annotated[list[str], Field(min_length=1)] | None = None
    stages: list[str] = Field(default_factory=list)
    elicitation: Elicitation = "verbalized"
    out_of_domain: bool = True
    few: Annotated[int, Field(ge=0)] = 5
    draws: Count = 10
    shown: Count = 3
    learning: bool = True
    sizes: Annotated[list[Count], Field(min_length=1)] | None = None
