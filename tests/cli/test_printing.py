"""What commands print for other programs is what these read."""

import json

import polars as pl

from opinionframe.cli.printing import Format, print_data


def refuse(word: str) -> None:
    raise ValueError(word)


def test_json_has_null_for_what_it_has_no_number_for(capsys) -> None:
    print_data(pl.DataFrame({"source": ["m"] * 3, "skill": [float("nan"), float("-inf"), 0.5]}), Format.JSON)
    rows = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert [row["skill"] for row in rows] == [None, None, 0.5]
