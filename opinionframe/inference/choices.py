"""The options of a test: keyword arguments go in; checked clusters, coverage, draws and seed come out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from opinionframe.errors import OptionError, as_names, check_conf, check_option, check_whole


@dataclass(frozen=True)
class Choices:
    """How a method tests.

    Attributes:
        cluster: The column whose values are independent of each other, or two for two-way clusters.
        conf: Coverage of the intervals, in (0, 1).
        draws: Number of random draws, where a method draws.
        seed: Fixes the draws; None where nothing is drawn.
    """

    cluster: tuple[str, ...] = ("question",)
    conf: float = 0.95
    draws: int = 9_999
    seed: int | None = None

    def seeded(self) -> int:
        """The seed. Raises: OptionError where there is none."""
        if self.seed is None:
            raise OptionError("This draws random numbers and needs a seed to be repeatable: pass seed=1.")
        return self.seed

    def one_way(self, what: str) -> str:
        """The one cluster column. Raises: OptionError where there are two, which `what` cannot take."""
        if len(self.cluster) > 1:
            raise OptionError(
                f"{what} takes one cluster column, not {', '.join(self.cluster)}. "
                "Two work with method='cluster-robust t' and method='cluster bootstrap'."
            )
        return self.cluster[0]


def checked_choices(cluster: str | Sequence[str], conf: float, draws: int, seed: int | None) -> Choices:
    """The options of a test. Raises: OptionError for a coverage, number of draws or clusters that cannot be."""
    columns = as_names("cluster", cluster)
    check_conf(conf)
    check_whole("draws", draws, 1)
    if seed is not None:
        check_whole("seed", seed, 0)
    if not 1 <= len(columns) <= 2:
        raise OptionError(f"cluster={cluster!r} must name one column, or two different ones.")
    return Choices(columns, conf, draws, seed)


def checked_methods(method: str | Sequence[str], allowed: Collection[str]) -> tuple[str, ...]:
    """The methods of a test. Raises: OptionError for one that does not exist, or for none."""
    methods = as_names("method", method)
    for name in methods or ("",):
        check_option("method", name, allowed)
    return methods
