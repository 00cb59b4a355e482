"""Asks SmolLM2-135M-Instruct the GSS 2018 spending items and keeps its answers in data/. Minutes, and run by hand.

python reports/ask_gss2018.py
"""

import json
from pathlib import Path

import opinionframe as of

DATA = Path(__file__).parent / "data"


def main() -> None:
    """Writes the model's rows, raw and uncalibrated, and which model gave them."""
    survey = of.load("gss2018")
    model = of.LocalModel()
    opinions = of.elicit(survey.opinions, survey.codebook, model, elicitation="logprob", prompt=["base", "sd"], seed=1)
    rows = opinions.filter(opinions["source"] != "human").sort("source", "question", "demographic", "choice")
    DATA.mkdir(exist_ok=True)
    rows.write_parquet(DATA / "gss2018-answers.parquet", compression="zstd")
    about = {"model": model.name, "revision": model.revision, "opinionframe": of.__version__, "seed": 1}
    (DATA / "gss2018-model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
