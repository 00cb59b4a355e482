"""`rectify`: a model's opinions and a sample of people go in; estimates of every group with intervals come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.methods.registry import Method, calibrators_of
from opinionframe.errors import FrameError, OptionError, check_conf, check_number, check_option
from opinionframe.estimation.cross_fitting import Folds, cross_fitted, units_of, with_folds
from opinionframe.estimation.estimated import SIMULTANEOUS, Uncertainty, estimate_rows
from opinionframe.estimation.known_shares import DIFFERENCE, REGRESSION, TUNED
from opinionframe.estimation.population import population as known_population
from opinionframe.estimation.sampled import parts_of
from opinionframe.estimation.sources import COMPOSITE, SURVEY, Sample, rectified
from opinionframe.microdata.reference import human_opinions
from opinionframe.microdata.weighting import Designs, Weight, weighted_parts
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.demographic import ALL, attribute_of
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import HUMAN

METHODS = (COMPOSITE, SURVEY, DIFFERENCE, TUNED, REGRESSION)


@takes_frames
def rectify(  # noqa: PLR0913  each keyword is a choice that an estimate has to declare
    opinions: AnyFrame | None,
    sample: AnyFrame,
    codebook: AnyFrame,
    *,
    method: str = COMPOSITE,
    population: AnyFrame | None = None,
    by: str | Sequence[str] | None = None,
    weight: Weight = None,
    blank: str = "not asked",
    design: Designs = None,
    conf: float = 0.95,
    simultaneous: str = "none",
    calibrator: Method | None = None,
    folds: int = 5,
    seed: int | None = None,
) -> pl.DataFrame:
    """Estimates of what groups of a population answer, from a model's predictions and a sample of people. Collects.

    A prediction that is one distribution for a whole group tells nothing of who in the group answers what. Two things
    can be made of it. Where the population's shares of groups within a larger one are known, the larger one's estimate
    is corrected for the groups that the sample has too many or too few of, at a weight per question and choice
    (`difference`, `tuned`, `regression`); this is unbiased, or nearly so, however bad the model is. And each group's
    own estimate can be averaged with its prediction, at a weight that rests on the error of predictions in the other
    questions (`composite`): the mean squared error over groups falls, most where few or no people were asked, but the
    estimate of a single group leans towards its prediction. Noise in place of a model cost `tuned` and `composite` at
    most 1.3% of squared error in samples of 50 to 500 people (reports/estimation); groups gain by leaning on their
    question's total even then, so that a source of noise, or `uniform`, beside a model's shows what the model adds.

    Args:
        opinions: Predictions, Opinions of one or several sources; rows of source `human` are left aside. Without any
            (None), the survey estimates come out alone, under source `human`.
        sample: One row per respondent, as in `reference`; the attributes of the demographics are columns.
        codebook: Codebook of the questions.
        method: `composite` (the tuned estimate where shares are known, then averaged with the prediction), `survey`
            (no model), `difference` (the prediction's weight is 1), `tuned` (PPI++: the weight in [0, 1] of least
            variance) or `regression` (GREG: the slope of answers on predictions).
        population: Margins: the `share` of each group of one attribute or intersection that all have predictions;
            with a column `n` where the shares rest on so many people.
        by: Attributes or intersections to estimate, as in `reference`, beside `all`. Where it is not given: the
            demographics of `opinions`.
        weight: As in `reference`.
        blank: As in `reference`.
        design: As in `reference`. Without one, respondents count as drawn independently of each other.
        conf: Coverage of the intervals.
        simultaneous: The intervals that hold at once, by Bonferroni: `none`, those of a `cell`, or all of a `source`.
        calibrator: A method of `calibrate` that is to learn from this very sample: `opinions` are then raw rows of
            models, and each respondent is held beside predictions of a fit that saw neither them nor the question.
            Leave it out where `opinions` are calibrated on other people.
        folds: Into how many folds people are dealt for it.
        seed: Deals them; required with `calibrator`.

    Returns: Estimates, source `…|rectified`, with the calibrator's name before it. A cell that nobody was asked has its
        prediction, which follows the composite of its question's total where that is predicted too, and the error of
        other questions' predictions. `std_error` of a composite is the root of its mean
        squared error, over groups; of a choice that nobody or everybody of a group gave, which shows no error of its
        own, it is the standard deviation of what its interval has the quantiles of: as many people as the cell's
        design counts for, with half an answer more on either side.
    Raises: FrameError for a broken frame, respondents outside the groups of `population`, groups without
        prediction, or composites with predictions that are the sample's own shares; OptionError.
    Reference: Särndal, Swensson and Wretman (1992), chapter 6; Fay and Herriot (1979); Rao and Molina (2015), Small
        Area Estimation; Angelopoulos et al. (2023), Prediction-powered inference; Angelopoulos, Duchi and Zrnic
        (2023), PPI++; Zrnic and Candès (2024), Cross-prediction-powered inference.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> sample = pl.DataFrame({"sex": ["F", "F", "F", "M"], "q": [1, 1, 2, 2]})
    >>> predictions = pl.DataFrame({"question": "q", "demographic": ["sex=F", "sex=F", "sex=M", "sex=M", "all", "all"],
    ...     "choice": [1, 2] * 3, "source": "model", "prob": [0.8, 0.2, 0.2, 0.8, 0.5, 0.5]})
    >>> shares = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "share": [0.5, 0.5]})
    >>> estimates = rectify(predictions, sample, codebook, method="difference", population=shares)
    >>> estimates.filter(demographic="all").select("source", "choice", pl.col("prob").round(3)).rows()
    [('model|rectified', 1, 0.35), ('model|rectified', 2, 0.65)]
    """
    _check_options(method, conf, simultaneous, population)
    book = codebook_border(codebook)
    predictions = _predictions(opinions, book)
    groups = _attributes(predictions, by)
    table = sample.lazy().collect() if isinstance(sample, pl.DataFrame | pl.LazyFrame) else sample
    people = human_opinions(table, book, groups, weight=weight, blank=blank, design=design)
    if calibrator is not None and predictions is not None:
        fits = calibrators_of(calibrator)
        if len(fits) != 1:
            raise OptionError(f"calibrator names {len(fits)} methods. Name one, and call rectify(…) once for each.")
        check_number("folds", folds, whole=True)
        dealt = Folds(folds, _seeded(seed), units_of(design))
        table = with_folds(table, dealt)

        def human(train: pl.DataFrame) -> pl.DataFrame:
            return human_opinions(train, book, groups, weight=weight, blank=blank)

        predictions = cross_fitted(predictions, table, book, fits[0], dealt, human)
    choices = dict(book.group_by("question").len().rows())
    asked = Sample(
        parts_of(weighted_parts(table, book, weight, design)), people.select(GROUP).unique().sort(GROUP), choices
    )
    known = None if population is None else known_population(population)
    parts = rectified(predictions, asked, known, method)
    return estimate_rows(parts, book, Uncertainty(conf, simultaneous))


def _seeded(seed: int | None) -> int:
    """The seed. Raises: OptionError where there is none."""
    if seed is None:
        raise OptionError("calibrator deals people into folds and needs a seed to be repeatable: pass seed=1.")
    check_number("seed", seed, whole=True)
    if seed < 0:
        raise OptionError(f"seed={seed} is below 0. Any whole number from 0 on will do, such as seed=1.")
    return seed


def _check_options(method: str, conf: float, simultaneous: str, population: AnyFrame | None) -> None:
    """Raises: OptionError."""
    check_option("method", method, METHODS)
    check_option("simultaneous", simultaneous, SIMULTANEOUS)
    check_conf(conf)
    if method in (DIFFERENCE, TUNED, REGRESSION) and population is None:
        raise OptionError(
            f"method={method!r} corrects by known shares of groups: pass population=…, or use method='composite'."
        )


def _predictions(opinions: AnyFrame | None, book: pl.DataFrame) -> pl.DataFrame | None:
    """The rows of models; None where there is to be no model. Raises: FrameError."""
    if opinions is None:
        return None
    rows = opinions_border(opinions, book).collect().filter(pl.col("source") != HUMAN)
    if not len(rows):
        raise FrameError(
            f"opinions hold no prediction, only rows of {HUMAN!r} or none. Elicit or calibrate some, or pass None for "
            "the survey estimates alone."
        )
    return rows


def _attributes(predictions: pl.DataFrame | None, by: str | Sequence[str] | None) -> list[str]:
    """The attributes and intersections to estimate, beside everybody."""
    if by is not None or predictions is None:
        if not isinstance(by, str | Sequence | None):
            raise OptionError(f"by={by!r} is no name of a column, nor a list of names. Write by=['sex', 'sex & age'].")
        return [by] if isinstance(by, str) else list(by or ())
    kinds = {attribute_of(name) for name in predictions["demographic"].unique()}
    return sorted(kinds - {ALL})
