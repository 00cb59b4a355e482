"""The registry of calibrators: a name or an object goes in, the calibrator comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.methods.calibrator import Calibrator, CalibratorAdapter, is_calibrator
from opinionframe.calibration.methods.cellwise import Cellwise
from opinionframe.calibration.methods.cumulative import fit_cumulative, predict_cumulative
from opinionframe.calibration.methods.dirichlet import fit_dirichlet, predict_dirichlet
from opinionframe.calibration.methods.forest import Forest
from opinionframe.calibration.methods.kriging.kriging import Kriging
from opinionframe.calibration.methods.lines import Lines
from opinionframe.calibration.methods.paper import Selection
from opinionframe.calibration.methods.power import fit_power, predict_power
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.source import SEPARATOR

Method = str | Calibrator
"""A calibrator, or the name of one."""

DEFAULT = "default"
"""The keyword that picks the package's own calibrator, which is called kriging."""

NO_MODEL = "no-model"
"""The method that a model has to beat: the same calibrator without the model's answers."""

SHIPPED = (
    Kriging(DEFAULT),
    Kriging("kriging"),
    Kriging(NO_MODEL, human_only=True),
    Lines("linear"),
    Lines("ridge"),
    Lines("lasso"),
    Forest(),
    Selection(),
    Cellwise("power", "power and mixture", fit_power, predict_power),
    Cellwise("dirichlet", "Dirichlet calibration", fit_dirichlet, predict_dirichlet),
    Cellwise("cumulative", "isotonic distribution function", fit_cumulative, predict_cumulative),
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
    if own.name in {shipped.name for shipped in SHIPPED}:
        raise OptionError(f"{own.name!r} is a calibrator of the package. Give yours another name.")
    _REGISTRY[own.name] = own


def calibrators() -> pl.DataFrame:
    """One row per calibrator that can be named, with what it can do.

    Returns: `name`; `title`, what it is called in print; `keeps_parameters`, whether `fit` and `apply` take it;
        `needs_people`, whether it looks up human answers to other questions; `in_engine`, whether it fits relations.

    >>> calibrators().filter(name="ridge").row(0)
    ('ridge', 'ridge regression', True, False, True)
    """
    rows = [
        (each.name, each.title, each.keeps_parameters, each.needs_people, isinstance(each, Lines))
        for each in _REGISTRY.values()
    ]
    return pl.DataFrame(rows, ["name", "title", "keeps_parameters", "needs_people", "in_engine"], orient="row")


def calibrator_of(method: Method) -> Calibrator:
    """The calibrator of a name, or of an object that can calibrate.

    Raises: OptionError for an unknown name, listing the allowed ones, or an object that cannot calibrate.
    """
    if isinstance(method, str):
        check_option("method", method, _REGISTRY)
        return _REGISTRY[method]
    if not is_calibrator(method):
        raise OptionError(
            f"method={method!r} is neither a name nor a calibrator. Subclass of.Calibrator, or name one of "
            f"{', '.join(sorted(_REGISTRY))}."
        )
    if not method.name or SEPARATOR in method.name:
        raise OptionError(f"A calibrator needs a name without '|', not {method.name!r}: its source ends in it.")
    return method if isinstance(method, Calibrator) else CalibratorAdapter(method)


def calibrators_of(method: Method | Sequence[Method]) -> list[Calibrator]:
    """The calibrators of one method or of several, in a list.

    Raises: OptionError, as `calibrator_of`.
    """
    methods = list(method) if isinstance(method, list | tuple) else [method]
    return [calibrator_of(one) for one in methods]  # type: ignore[arg-type]  # anything else is refused there


def fitted(method: Method) -> Calibrator:
    """The calibrator of `method`, one that keeps its parameters.

    Raises: OptionError where it keeps none, listing those that do.
    """
    calibrator = calibrator_of(method)
    if not calibrator.keeps_parameters:
        check_option("method", calibrator.name, [name for name, each in _REGISTRY.items() if each.keeps_parameters])
    return calibrator


def lines_of(calibrator: Calibrator) -> Lines:
    """The calibrator as Lines, which fit sums that another engine made.

    Raises: OptionError where it needs rows, listing those that fit sums.
    """
    if not isinstance(calibrator, Lines):
        check_option("method", calibrator.name, [name for name, each in _REGISTRY.items() if isinstance(each, Lines)])
        raise OptionError(f"method={calibrator.name!r} cannot fit a relation.")
    return calibrator
