"""Opinions in, Opinions with calibrated rows out: every cell predicted by a fit that saw none of its fold."""

from collections.abc import Iterable, Sequence

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.fit_influence import fit_influence, refittable
from opinionframe.calibration.held_out_people import crossfitted
from opinionframe.calibration.in_engine import calibrate_relation
from opinionframe.calibration.methods.blend.blend import Blend
from opinionframe.calibration.methods.registry import Method, calibrators_of, refuse_unordered
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.stacking.pooled import Mixtures, Pool, pools, warn_of_partial_cells, with_mixtures
from opinionframe.calibration.stacking.together import Together
from opinionframe.calibration.supervision import Plan, fit_keys, refuse_repeated, supervise, with_folds
from opinionframe.calibration.watching import OnProgress, Watch
from opinionframe.errors import OptionError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.doors import takes_relations
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.fit_splits import with_splits
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import with_own
from opinionframe.schemas.source import calibrated_name
from opinionframe.schemas.to_polars import is_relation
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, FIT_SPLIT, HUMAN


@takes_relations
def calibrate(  # noqa: PLR0913  each says one thing of the fit
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: Method | Iterable[Method] = "default",
    split: str = "question",
    folds: int = 10,
    by: str | Sequence[str] | None = None,
    reference: str = HUMAN,
    refits: bool = True,
    together: Mixtures | None = None,
    seed: int,
) -> Frame:
    """Appends out-of-fold calibrated rows, source `…|method`, to every elicited source. Collects.

    Every cell is predicted by a fit that saw no row of its fold; penalties are tuned inside the training folds.
    Predictions are distributions: clipped and renormalised, or on the simplex by construction.

    Args:
        opinions: Opinions with rows of `reference` and of sources `model|elicitation|prompt|variant`; for `linear`,
            `ridge` and `lasso` also a DuckDB or PySpark relation of such rows.
        codebook: Codebook of its questions. With a column `embedding`, a vector for each question from any model of
            sentences, `kriging`, `no-model` and `default` tell how alike wordings are from it too, as far as that
            predicts questions left out. Without it they go by character n-grams.
        method: One or several, by name or as objects of your own (`Calibrator`). The package's own: `default`, which
            is called `blend`: a mixture of `kriging`, `dirichlet`, `power`, `ridge`, `no-model`, the raw answer and
            uniform, by weights that questions held out inside the training folds give each source, so that none of
            them has to be right; labels in fewer than four folds leave the weights at fixed ones, of which the raw
            answer has most. `kriging` predicts from human answers to other questions, weighted by wording and answer
            labels, corrected by the model's answers (which stay raw where a single labelled question is left to learn
            from); `no-model` is the same without the model. Of nominal questions, which `kriging` by that name
            refuses, the blend has `power` twice, and `no-model` predicts the mean of other questions with the same
            labels. On whole distributions: `power` (a temperature and a mixture with uniform), `dirichlet` (log-ratios)
            and `cumulative` (a monotone map of the distribution function, for ordinal questions). Choice by choice, as
            in the paper: `linear`, `ridge`, `lasso`, `forest`, and `paper`, which chooses among the four on a
            development fold; with `split="dataset"`, or fewer than ten folds of your own, on ninths of the questions of
            the others, all of which it then learns from.
        split: What is held out together: `question` (the default), `row` (the paper's, through which the same
            question's other groups leak), `demographic` (with `all`, intersections and parts of these that hold its
            people; everybody is predicted from the groups there are), `battery` (questions of a dataset whose wordings
            are almost alike, such as items under one stem), `topic`, `dataset`, or a column of your own folds.
            Siblings on both sides of a split by question are part of what it scores: report `topic` beside it.
        folds: How many folds the units are dealt into.
        by: What shares a fit: a column, a part of the source, `dataset` of the codebook, or several. Where it is not
            given, a source, and where the codebook has several datasets, a source in each of them, as in the paper;
            `by="source"` pools them, and so do `split="dataset"` and folds of your own that are datasets, which learn
            from the others. The human answers that `kriging` weighs by wording are those of all datasets.
        reference: The source that supervises.
        refits: Whether to hold out every pair of folds too, which lets intervals cover new fits. With ten folds it
            takes about five times as long, and two to three times for `linear`, `ridge` and `lasso`, whose fits are
            made from sums. With `False` rows are the same, without `fit_influence`: where none are compared, as for
            `export`, nothing is lost.
        together: The name of one source that all elicited ones are mixed into and that alone is calibrated; or several
            by name, each with its members, as in `{"all": ["gpt-4o|*", "llama3-70b|*", "no-model"]}`: sources,
            patterns with `*` for any text (in raw sources; where they fit none, in calibrated ones), and anchors, which
            are `no-model` and `label-mean`, fitted out of fold (`uniform` always takes part). Its rows
            `name|mixed|mixed|mixed` (what all members share stands there, as in `stack`) are the plain mean of the
            members that answered a cell. For every fold they are mixed anew, by weights fitted to the others, and
            calibrated; in cells that a member lacks it is taken to differ from the others as it does in the question's
            other groups. `member_weights` lists the weights. It takes one fit for each fold; with `refits` as many for
            each fold again.
        seed: Deals the folds and grows the forests.

    Returns:
        Opinions: `opinions` and the calibrated rows, which keep the raw rows' `nonresponse`, with `fit_influence`, by
        which `compare` and `intervals` know how far other training questions would have moved the scores, and
        `fit_split`, by which `prediction_regions` knows what their fits did not see; for a relation one of the same
        engine, in which it is predicted when it is read, without these columns.

    Raises:
        FrameError: A broken frame, nothing to calibrate, or nominal questions for a method that reads the order of
            choices. OptionError: an unknown method or split.

    Reference: the paper's section 3.6; Hastie, Tibshirani and Friedman (2009), 7.10, for cross-fitting.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.calibrate(asked, survey.codebook, method="linear", seed=1)["source"].n_unique()
    3
    """
    calibrators = calibrators_of(method)
    book = codebook_border(codebook)
    if is_relation(opinions):
        if together is not None:
            raise OptionError("together= mixes rows in Polars, not in another engine. Bring them there first.")
        plan = Plan(fit_keys(by, book, split), reference, split, folds, seed)
        return calibrate_relation(opinions, book, calibrators, plan)  # type: ignore[no-any-return]  # of its own kind
    rows = with_splits(with_influences(opinions_border(opinions, book).collect(), "opinions"), "opinions")
    plan = Plan(fit_keys(by, book, split, rows), reference, split, folds, seed)
    if together is not None:
        mixtures = pools(rows, together, reference)
        warn_of_partial_cells(mixtures)
        joint = calibrated_together(rows, book, calibrators, plan, mixtures, refits=refits)
        return same_kind(joint.lazy(), opinions)
    return same_kind(calibrated(rows, book, calibrators, plan, refits=refits).lazy(), opinions)


def calibrated_together(
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    calibrators: Sequence[Calibrator],
    plan: Plan,
    mixtures: Sequence[Pool],
    *,
    refits: bool = True,
) -> pl.DataFrame:
    """Checked `opinions` with the rows of every mixture, and of every calibrator of it."""
    names = pl.Series([mixture.name for mixture in mixtures])
    refuse_repeated(pl.concat([opinions["source"].unique(), names]), [calibrator.name for calibrator in calibrators])
    pooled = with_mixtures(opinions, mixtures, plan)
    joint = calibrated(pooled, codebook, [Together(each, mixtures) for each in calibrators], plan, refits=refits)
    return pl.concat([opinions, joint.filter(pl.col("source") != plan.reference)], how="diagonal")


def calibrated(
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    calibrators: Sequence[Calibrator],
    plan: Plan,
    *,
    refits: bool = True,
    progress: OnProgress | None = None,
) -> pl.DataFrame:
    """Checked `opinions` with the rows of every calibrator appended, and their `fit_influence` with `refits`.

    `progress` is told how many fits are done, and of how many.
    """
    refuse_repeated(opinions["source"].unique(), [calibrator.name for calibrator in calibrators])
    supervision = supervise(opinions, codebook, plan)
    refuse_unordered(calibrators, supervision.rows["question"], codebook)
    watch = Watch(progress)
    folded = watch.watched(with_folds(supervision, plan))
    fits = refittable(folded) if refits else None
    watch.begin(folded, fits, len(calibrators))
    rows = {}
    for calibrator in sorted(calibrators, key=lambda each: not isinstance(each, Blend)):  # its members' fits serve them
        predicted = onto_simplex(crossfitted(calibrator, folded, plan.seed).lazy()).collect()
        own = with_own(predicted, opinions).drop(FIT_INFLUENCE, FIT_SPLIT, strict=False)
        own = own.with_columns(pl.lit(plan.split).alias(FIT_SPLIT))
        if refits:
            own = own.with_columns(fit_influence(predicted, fits, calibrator, plan.seed))
        rows[calibrator.name] = own.with_columns(calibrated_name(calibrator.name).alias("source"))
        watch.next_method()
    return pl.concat([opinions, *(rows[calibrator.name] for calibrator in calibrators)], how="diagonal")
