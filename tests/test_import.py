import subprocess
import sys
from importlib import import_module

import pytest

HEAVY = (
    "torch",
    "transformers",
    "openai",
    "altair",
    "great_tables",
    "statsmodels",
    "sklearn",
    "scipy",
    "huggingface_hub",
    "typer",
)


@pytest.mark.parametrize("module", ["opinionframe", "opinionframe.cli"])
def test_importing_loads_nothing_heavy(module):
    heavy = [name for name in HEAVY if not (module.endswith("cli") and name == "typer")]
    code = f"import {module}, sys; print([m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_importing_takes_less_than_four_and_a_half_times_as_long_as_polars():
    """In time of the processor, the best of three, beside Polars: neither a busy nor a slow machine is to decide.

    Without SQLAlchemy, which dataframely loads where it finds it: a plain installation has none, the site's tools do.
    """
    plain = "import sys, time; sys.modules['sqlalchemy'] = None; a = time.process_time(); "
    code = plain + "import {}; print(time.process_time() - a)"
    seconds = {
        name: min(
            float(
                subprocess.run(
                    [sys.executable, "-c", code.format(name)], capture_output=True, text=True, check=True
                ).stdout
            )
            for _ in range(3)
        )
        for name in ("polars", "opinionframe")
    }
    assert seconds["opinionframe"] < 4.5 * seconds["polars"]


def test_rooms_of_print_are_loaded_when_they_are_asked_for():
    code = (
        "import sys, opinionframe as of; before = [room for room in ('tables', 'figures', 'reporting', 'inference') "
        "if f'opinionframe.{room}' in sys.modules]; "
        "print(before, all(callable(verb) for verb in (of.report, of.tables.alignment, of.figures.ranked)), "
        "{'tables', 'figures', 'report'} <= set(dir(of)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["[]", "True", "True"]
    with pytest.raises(AttributeError, match="module 'opinionframe' has no attribute 'tabels'"):
        getattr(import_module("opinionframe"), "tabels")  # noqa: B009  a name that is not there
