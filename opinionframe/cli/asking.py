"""`opinionframe elicit`: human opinions go in; the same with a model's answers, or what asking would cost, come out."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from opinionframe.cli.codebooks import read_codebook
from opinionframe.cli.column_values import assigned
from opinionframe.cli.consoles import KEPT, bars, notes, refusals
from opinionframe.cli.frames import given, read_frame, write_frame
from opinionframe.cli.printing import Format
from opinionframe.cli.steps import Book, Form, Output, Rows
from opinionframe.errors import OptionError
from opinionframe.schemas.frames import HUMAN, Groups, Opinions

if TYPE_CHECKING:
    from opinionframe.study.model_settings import ModelSettings

FEW_SHOT = "few_shot"
OWN_OPTIONS = ("kind", "name", "base_url", "elicitation", "variant", "max_tokens")
"""Keys of a `[[model]]` table that are options here."""


def elicit(  # noqa: PLR0913  an option for each of the verb's
    opinions: Rows,
    *,
    codebook: Book,
    seed: Annotated[int, typer.Option(help="Fixes the draws of sampled answers, and deals few-shot examples.")],
    model: Annotated[str | None, typer.Option(help="Hub id, folder or GGUF file; the server's name for it.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of an OpenAI-compatible server.")] = None,
    kind: Annotated[str | None, typer.Option(help="local, api (where there is an address), or fake.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="key=value of a study file's [[model]], such as thinking=true.")
    ] = None,
    groups: Annotated[Path | None, typer.Option(help="Groups: how classes are said in prompts.")] = None,
    elicitation: Annotated[list[str] | None, typer.Option(help="logprob, verbalized, …; several times.")] = None,
    prompt: Annotated[list[str] | None, typer.Option(help="base or sd; both if not given.")] = None,
    variant: Annotated[list[str] | None, typer.Option(help="standard, few_shot or cot; several times.")] = None,
    orders: Annotated[str | None, typer.Option(help="given, both or balanced.")] = None,
    wording: Annotated[str | None, typer.Option(help="The name of a wording, or a file.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens of an answer.")] = None,
    parser: Annotated[str | None, typer.Option(help="strict, or paper.")] = None,
    split: Annotated[str, typer.Option(help="Of few-shot examples, as in calibrate.")] = "question",
    folds: Annotated[int, typer.Option(help="Of few-shot examples, as in calibrate.")] = 10,
    journal: Annotated[Path, typer.Option(help="Folder that keeps every answer.")] = Path("journal"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say calls, tokens and cost, and ask nothing.")] = False,
    output: Output = "-",
    form: Form = None,
) -> None:
    """Ask a model about every cell of people's opinions, and append its answers.

    Answers are kept in the journal: what is on record is not asked, or paid for, again. A key for
    a server comes from the environment, as in a study file.

    Example: `opinionframe elicit human.csv --codebook book.csv --base-url http://localhost:8000/v1 --model my-model
    --seed 1 -o asked.csv`
    """
    import opinionframe as of
    from opinionframe.calibration import deal_folds
    from opinionframe.study.models import load_model

    with refusals(KEPT), notes():
        rows, book = read_frame(opinions, "opinions", Opinions), read_codebook(codebook)
        settings = _settings(model, base_url, kind, setting or [])
        asked = given(
            {
                "elicitation": elicitation,
                "prompt": prompt,
                "variant": variant,
                "orders": orders,
                "wording": wording,
                "groups": None if groups is None else read_frame(str(groups), "groups", Groups),
                "folds": deal_folds(rows.filter(source=HUMAN), book, split, folds, seed)
                if FEW_SHOT in (variant or ())
                else None,
            }
        )
        if dry_run:
            _print_plan(of.prompts(rows, book, **asked, seed=seed), settings, journal, max_tokens, seed, form)
            return
        with bars() as tell:
            answered = of.elicit(
                rows,
                book,
                load_model(settings, seed),
                seed=seed,
                journal=journal,
                progress=lambda part: tell(f"asking {model or settings.kind}", part.done, part.total),
                **asked,
                **given({"max_tokens": max_tokens, "parser": parser}),
            )
        write_frame(answered, output, form, "Opinions, the model's last")


def _settings(name: str | None, base_url: str | None, kind: str | None, texts: Sequence[str]) -> "ModelSettings":
    """The model that the options describe, as a table `[[model]]` would. Raises: OptionError, StudyError."""
    from opinionframe.study.settings import model_table

    table: dict[str, Any] = given(
        {"kind": kind or ("api" if base_url else "local"), "name": name, "base_url": base_url}
    )
    for key, value in map(assigned, texts):
        if value is None or key in OWN_OPTIONS:
            raise OptionError(
                f"--set {key}: write key=value, of a key that is no option itself. Options are "
                "--model, --base-url, --kind, --elicitation, --variant and --max-tokens."
            )
        table[key] = _value(value)
    return model_table(table, "The command line")


def _value(text: str) -> Any:
    """A value as TOML has it, or a text without quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _print_plan(
    prompts: pl.DataFrame,
    settings: "ModelSettings",
    journal: Path,
    max_tokens: int | None,
    seed: int,
    form: Format | None,
) -> None:
    """Prints what would be asked, without what is on record."""
    import opinionframe as of
    from opinionframe.cli.plan import print_plan
    from opinionframe.study.models import load_model, model_name

    on_record = any(journal.glob("answers-*.jsonl")) or settings.kind != "local"
    plan = of.dry_run(
        prompts,
        model=load_model(settings, seed) if on_record else None,
        journal=journal if on_record else None,
        prices=settings.prices,
        max_tokens=max_tokens,
        seed=seed,
    )
    print_plan(plan.select(pl.lit(model_name(settings)).alias("model"), pl.all()), form or Format.TABLE)
