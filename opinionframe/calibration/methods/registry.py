"""The registry of calibrators: a name or an object goes in, the calibrator comes out."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.blend.blend import Blend
from opinionframe.calibration.methods.by_scale import ByScale, nominal_questions
from opinionframe.calibration.methods.cellwise import Cellwise, without_each
from opinionframe.calibration.methods.cumulative import fit_cumulative, predict_cumulative
from opinionframe.calibration.methods.dirichlet import fit_dirichlet, predict_dirichlet
from opinionframe.calibration.methods.forests.forest import Forest
from opinionframe.calibration.methods.kriging.kriging import Kriging
from opinionframe.calibration.methods.label_mean import LabelMean
from opinionframe.calibration.methods.lines import Lines
from opinionframe.calibration.methods.power import fit_power, predict_power
from opinionframe.calibration.methods.selection.selection import Selection
from opinionframe.calibration.own_calibrator import OwnCalibrator, is_calibrator
from opinionframe.errors import FrameError, OptionError, check_option, examples
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN, UNIFORM

Method = str | Calibrator
"""A calibrator, or the name of one."""

DEFAULT = "default"
"""The keyword that picks the package's own calibrator, which is called `blend`."""

NO_MODEL = "no-model"
"""The method that a model has to beat: kriging without the model's answers."""

RESERVED = (HUMAN, UNIFORM, "raw", "few_shot", "mean-of-labels")
"""Names that stand beside those of calibrators in results."""

POWER = Cellwise("power", "power and mixture", fit_power, predict_power)

DIRICHLET = Cellwise("dirichlet", "Dirichlet calibration", fit_dirichlet, predict_dirichlet)

_KRIGING = Kriging("kriging")
_RIDGE = Lines("ridge")
_WITHOUT_MODEL = ByScale(Kriging(NO_MODEL, human_only=True), LabelMean())
_MEMBERS = {
    ByScale(_KRIGING, POWER): 0.25,
    DIRICHLET: 0.15,
    POWER: 0.1,
    _WITHOUT_MODEL: 0.1,
    _RIDGE: 0.05,
}
_FREE = {"raw": 0.3, UNIFORM: 0.05}
_TITLE = "blend of kriging, Dirichlet, power, ridge and what is free"

SHIPPED = (
    Blend(DEFAULT, _TITLE, members=_MEMBERS, free=_FREE),
    Blend("blend", _TITLE, members=_MEMBERS, free=_FREE),
    _KRIGING,
    _WITHOUT_MODEL,
    Lines("linear"),
    _RIDGE,
    Lines("lasso"),
    Forest(),
    Selection(),
    POWER,
    DIRICHLET,
    Cellwise(
        "cumulative",
        "isotonic distribution function",
        without_each(fit_cumulative),
        predict_cumulative,
        needs_order=True,
    ),
)

_REGISTRY: dict[str, Calibrator] = {calibrator.name: calibrator for calibrator in SHIPPED}


def register_calibrator(calibrator: Calibrator) -> None:
    """Registers a calibrator under its name, so that study files and every `method=` can name it.

    Args:
        calibrator: A Calibrator with a `name` of its own. Registering another under the same name replaces it.

    Raises: OptionError, for an object that is none, an unfit name or that of a calibrator of the package.

    >>> import opinionframe as of
    >>> class Same(of.Calibrator):
    ...     name = "same"
    ...
    ...     def crossfit(self, supervision, seed):
    ...         return supervision.rows
    >>> of.register_calibrator(Same())
    >>> of.calibrators().filter(name="same")["keeps_parameters"].item()
    False
    """
    own = calibrator_of(calibrator)
    if not isinstance(own, OwnCalibrator):
        raise OptionError(f"{own.name!r} is a calibrator of the package already.")
    _REGISTRY[own.name] = own


def calibrators() -> pl.DataFrame:
    """One row per calibrator that can be named, with what it can do.

    Returns: `name`; `title`, what it is called in print; `keeps_parameters`, whether `fit` and `apply` take it;
        `needs_people`, whether it looks up human answers to other questions; `in_engine`, whether it fits relations;
        `needs_order`, whether it reads the order of choices, and so refuses nominal questions.

    >>> calibrators().filter(name="ridge").row(0)
    ('ridge', 'ridge regression', True, False, True, False)
    """
    rows = [
        (each.name, each.title, each.keeps_parameters, each.needs_people, isinstance(each, Lines), each.needs_order)
        for each in _REGISTRY.values()
    ]
    columns = ["name", "title", "keeps_parameters", "needs_people", "in_engine", "needs_order"]
    return pl.DataFrame(rows, columns, orient="row")


def refuse_unordered(calibrators: Iterable[Calibrator], questions: pl.Series, codebook: pl.DataFrame) -> None:
    """Raises a FrameError where some of `questions` are nominal and a calibrator needs an order."""
    names = [calibrator.name for calibrator in calibrators if calibrator.needs_order]
    nominal = nominal_questions(codebook).to_frame().filter(pl.col("question").is_in(questions.unique().implode()))
    if names and nominal.height:
        others = sorted(name for name, each in _REGISTRY.items() if not each.needs_order)
        raise FrameError(
            f"method={', '.join(map(repr, names))} reads the order of choices, and {nominal.height} questions are "
            f"nominal, e.g. {examples(nominal.rows())}: listing their choices in another order would change what is "
            f"predicted. Use one that takes them ({', '.join(others)}), or leave them out with .filter(…)."
        )


def calibrator_of(method: Method) -> Calibrator:
    """The calibrator of a name, or of an object that can calibrate, whose results are then checked.

    Raises: OptionError for an unknown name, listing the allowed ones, or an object that cannot calibrate.
    """
    if isinstance(method, str):
        check_option("method", method, _REGISTRY)
        return _REGISTRY[method]
    if isinstance(method, OwnCalibrator) or any(method is shipped for shipped in SHIPPED):
        return method
    if isinstance(method, type):
        raise OptionError(f"method={method.__name__} is a class. Give an object of it, as {method.__name__}().")
    if not is_calibrator(method):
        raise OptionError(
            f"method={method!r} is neither a name nor a calibrator, which has crossfit, or fit and predict. Subclass "
            f"of.Calibrator, or name one of {', '.join(sorted(_REGISTRY))}."
        )
    registered = _REGISTRY.get(method.name)
    if isinstance(registered, OwnCalibrator) and registered.own is method:
        return registered
    _refuse_name(method.name)
    return OwnCalibrator(method)


def calibrators_of(method: Method | Iterable[Method]) -> list[Calibrator]:
    """The calibrators of one method or of several, in a list.

    Raises: OptionError, as `calibrator_of`, for a name that stands there twice, or for none.
    """
    one = isinstance(method, str | Calibrator) or not isinstance(method, Iterable)
    methods: list[Any] = [method] if one else list(method)  # type: ignore[arg-type]  # iterable, or one
    if not methods:
        raise OptionError("method is an empty list, by which nothing would be calibrated. Name one or several methods.")
    calibrators = [calibrator_of(each) for each in methods]
    names = [calibrator.name for calibrator in calibrators]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise OptionError(f"method has {len(repeated)} names more than once, e.g. {repeated[0]!r}. Give each once.")
    return calibrators


def fitted(method: Method) -> Calibrator:
    """The calibrator of `method`, one that keeps its parameters.

    Raises: OptionError where it keeps none, listing those that do.
    """
    calibrator = calibrator_of(method)
    if calibrator.keeps_parameters:
        return calibrator
    allowed = [name for name, each in _REGISTRY.items() if each.keeps_parameters]
    raise OptionError(
        f"method={calibrator.name!r} keeps no parameters: it has no fit and predict, and only predicts out of fold, "
        f"with calibrate(…). Those that do: {', '.join(sorted(allowed))}."
    )


def appliable(method: Method) -> Calibrator:
    """The same, one that `apply` will find by its name.

    Raises: OptionError as `fitted`, and for an object that is not the one registered under its name.
    """
    calibrator = fitted(method)
    if _REGISTRY.get(calibrator.name) is calibrator:
        return calibrator
    raise OptionError(
        f"method={calibrator.name!r} is not registered, and apply finds a calibrator by its name. Call "
        "of.register_calibrator(…) with the object first."
    )


def lines_of(calibrator: Calibrator) -> Lines:
    """The calibrator as Lines, which fit sums that another engine made.

    Raises: OptionError where it needs rows, listing those that fit sums.
    """
    if isinstance(calibrator, Lines):
        return calibrator
    allowed = [name for name, each in _REGISTRY.items() if isinstance(each, Lines)]
    if not isinstance(calibrator, OwnCalibrator):
        check_option("method", calibrator.name, allowed)
    raise OptionError(
        f"method={calibrator.name!r} cannot be fitted in another engine, only {', '.join(sorted(allowed))} can. Bring "
        "the rows to Polars first, such as with .pl()."
    )


def _refuse_name(name: str) -> None:
    """Raises an OptionError for a name that could not end a source, or that means something else."""
    if not name.strip() or name != name.strip() or SEPARATOR in name or not name.isprintable():
        raise OptionError(f"A calibrator needs a name without '|' and outer spaces, not {name!r}: sources end in it.")
    if name in {shipped.name for shipped in SHIPPED}:
        raise OptionError(f"{name!r} is a calibrator of the package. Give yours another name.")
    if name in RESERVED:
        raise OptionError(f"{name!r} means something else where results are listed. Give the calibrator another name.")
