"""`sample_size`: the Estimates of a pilot go in; how many people a goal takes, with and without the model, come out."""

from collections.abc import Iterable, Sequence

import polars as pl

from opinionframe.errors import OptionError, check_number
from opinionframe.estimation.sources import COMPOSITE, PREDICTION
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.estimates import Estimates
from opinionframe.schemas.keys import CELL, ROW

HALF_WIDTH, DIFFERENCE = "half-width", "difference"


@takes_frames
def sample_size(
    estimates: AnyFrame,
    *,
    half_width: float | Sequence[float] = (),
    difference: float | Sequence[float] = (),
    conf: float = 0.95,
    power: float = 0.8,
) -> pl.DataFrame:
    """How many respondents of a group an estimate of each share takes, without the model and with it. Collects.

    A pilot tells the design effect, and what the model is worth. Of estimates corrected by known shares, it is a
    factor: the pilot's `gain`. Of composites, it is a number of people, whom the prediction stands for: as many as a
    sample as precise as the prediction would have. It does not grow with the sample, so that a model is worth most
    where few people are asked.

    Args:
        estimates: Estimates of a pilot, as `rectify` makes them.
        half_width: Half the width that an interval may have, one or several, in (0, 1).
        difference: Distances, in (0, 1), of people's share from a given one, such as the model's, of which a test is to
            find at least `power`. The composite has the prediction in it and cannot be tested against it.
        conf: Coverage of the interval; one less the level of the two-sided test.
        power: Probability of finding the difference.

    Returns: question, demographic, source, choice, `goal` (`half-width` or `difference`), `size` (its value),
        `n_survey` and `n_model` (respondents with a choice, from normal approximations), `worth` (the effective people
        that a composite's prediction stands for). Null where the pilot does not tell.
    Raises: FrameError for a broken frame; OptionError for goals, a power or a coverage that cannot be.
    Reference: Cochran (1977), Sampling Techniques, section 4.4; Lohr (2021), section 2.7.

    >>> import opinionframe as of
    >>> codebook = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    >>> pilot = of.rectify(None, pl.DataFrame({"q": [1, 2] * 10}), codebook)
    >>> sample_size(pilot, half_width=0.05, difference=0.1).filter(choice=1).select("goal", "n_survey").rows()
    [('half-width', 385), ('difference', 197)]
    """
    from scipy import stats

    widths, differences = _listed("half_width", half_width), _listed("difference", difference)
    _check_options(widths, differences, conf, power)
    rows = checked(estimates, Estimates, "estimates")
    z = float(stats.norm.isf((1 - conf) / 2))
    goals = [(HALF_WIDTH, size, size / z) for size in widths]
    goals += [(DIFFERENCE, size, size / (z + float(stats.norm.ppf(power)))) for size in differences]
    frame = pl.DataFrame(goals, {"goal": pl.String, "size": pl.Float64, "error": pl.Float64}, orient="row")
    needed = pl.col("prob") * (1 - pl.col("prob")) / pl.col("error") ** 2  # effective people
    is_composite = pl.col("method").is_in([COMPOSITE, PREDICTION])
    effect = pl.when(pl.col("n") > 0).then(pl.col("n") * pl.col("gain") / pl.col("n_eff")).otherwise(1.0)
    with_model = (
        pl.when(is_composite & (pl.col("goal") == HALF_WIDTH))
        .then(effect * (needed - pl.col("worth")).clip(lower_bound=0))
        .when(~is_composite)
        .then(effect * needed / pl.col("gain"))
    )
    return (
        rows.with_columns(pl.when(is_composite).then(_worth()).alias("worth"))
        .join(frame, how="cross", maintain_order="left_right")
        .select(
            *CELL,
            "choice",
            "goal",
            "size",
            _people(effect * needed).alias("n_survey"),
            _people(with_model).alias("n_model"),
            "worth",
        )
        .sort(*ROW, pl.col("goal") != HALF_WIDTH, "size")
    )


def _worth() -> pl.Expr:
    """The effective people that a prediction stands for: what a composite's size has beyond the survey's own."""
    own = pl.when(pl.col("n") > 0).then(pl.col("n_eff") / pl.col("gain")).otherwise(0.0)
    return (pl.col("n_eff") - own).clip(lower_bound=0)


def _people(number: pl.Expr) -> pl.Expr:
    """Whole people, up; rounding of floats is not a person."""
    whole = (number - 1e-9).ceil().clip(lower_bound=0)
    return pl.when(whole.is_finite()).then(whole).cast(pl.UInt64)


def _listed(option: str, sizes: float | Sequence[float]) -> list[float]:
    listed = list(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str) else [sizes]
    for size in listed:
        check_number(option, size)
    return [float(size) for size in listed]


def _check_options(widths: list[float], differences: list[float], conf: float, power: float) -> None:
    """Raises: OptionError."""
    if not widths and not differences:
        raise OptionError("Say what the sample is for: half_width=0.05, or difference=0.1, one or several.")
    if wrong := [size for size in (*widths, *differences) if not 0 < size < 1]:
        raise OptionError(
            f"{len(wrong)} sizes are not in (0, 1), e.g. {wrong[0]}. Shares are in [0, 1]: 5 points are 0.05."
        )
    check_number("conf", conf)
    check_number("power", power)
    if not 0 < conf < 1 or not 1 - conf < power < 1:
        raise OptionError(f"power={power} must be below 1 and above 1 - conf, and conf={conf} between 0 and 1.")
