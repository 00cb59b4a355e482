"""Synthetic files: the real headers, codes and traps of the three big surveys, and a handful of invented rows.

No respondent of the surveys is in them. Row i of a file answers `answers[i]`; what a test does not name is blank.
"""

import csv

import polars as pl
import xlsxwriter

WGM_HEADER = """
    WP5 wgt PROJWT FIELD_DATE YEAR_CALENDAR Q1 Q2 Q3 Q4 Q5A Q5B Q5C Q6 Q7 Q8 Q9 Q10A Q10B
    Q11A Q11B Q11C Q11D Q11E Q11F Q11G Q12 Q13 Q14A Q14B Q15A Q15B Q16 Q17 Q18 Q19 Q20 Q21 Q22 Q23 Q24 Q25 Q26
    Q27 Q28 D1 Q29 Q30 WGM_Index WGM_Indexr ViewOfScience Age AgeCategories Gender Education Urban_Rural
    Household_Income Regions_Report Subjective_Income WBI EMP_2010
""".split()  # noqa: SIM905  sixty quoted names would hide them
WGM_PERSON = {
    "WP5": 1, "wgt": 1.0, "PROJWT": 1000.0, "AgeCategories": 1, "Gender": 1, "Education": 2, "Urban_Rural": 1,
    "Household_Income": 3, "Regions_Report": 7, "EMP_2010": 6,
}  # fmt: skip
TRUST_CODES = "1=A lot, 2=Some, 3=Not much, 4=Not at all, 98=(DK), 99=(Refused)"
SEX_CODES = "1=Male, 2=Female"
WVS_COLUMNS = """
    B_COUNTRY_ALPHA W_WEIGHT S018 Q260 Q263 Q270 Q273 Q275 Q279 Q288R Q289 X003R
    Q1 Q2 Q3 Q4 Q5 Q6 Q27 Q28 Q29 Q30 Q31 Q32 Q33_3 Q34_3 Q35_3 Q36 Q37 Q38 Q39 Q40 Q41 Q46 Q47 Q48 Q49 Q50
    Q58 Q59 Q60 Q61 Q62 Q63 Q64 Q65 Q66 Q67 Q68 Q69 Q70 Q71 Q72 Q73 Q74 Q75 Q76 Q77 Q78 Q79 Q80 Q81 Q131
    Q158 Q159 Q160 Q161 Q162 Q164 Q177 Q178 Q179 Q180 Q181 Q182 Q183 Q184 Q185 Q186 Q187 Q188 Q189 Q190 Q191
    Q192 Q193 Q194 Q195 Q199 Q235 Q236 Q237 Q238 Q240
""".split()  # noqa: SIM905  as above
WVS_PERSON = dict.fromkeys(WVS_COLUMNS, -4) | {
    "B_COUNTRY_ALPHA": "AND", "W_WEIGHT": 1.0, "S018": 1.0, "Q260": 1, "Q263": 1, "Q270": 2, "Q273": 1, "Q275": 3,
    "Q279": 1, "Q288R": 2, "Q289": 0, "X003R": 1, "Q1": 1,
}  # fmt: skip
OQA_DEMOGRAPHICS = {
    "CREGION": ["Northeast", "Midwest", "South", "West"],
    "AGE": ["18-29", "30-49", "50-64", "65+"],
    "SEX": ["Male", "Female"],
    "EDUCATION": ["Less than high school", "High school graduate", "Some college, no degree", "Associate's degree"],
    "MARITAL": ["Married", "Divorced"],
    "RELIG": ["Protestant", "Roman Catholic"],
    "POLPARTY": ["Republican", "Democrat", "Independent", "Other"],
    "INCOME": ["Less than $30,000", "$30,000-$50,000"],
    "POLIDEOLOGY": ["Very conservative", "Conservative", "Moderate"],
    "RACE": ["White", "Black", "Asian", "Hispanic", "Other"],
}
OQA_PERSON = {column: options[0] for column, options in OQA_DEMOGRAPHICS.items()}
OQA_QUESTIONS = {
    "SAFECRIME": ("How safe, if at all?", ["Very safe", "Somewhat safe", "Not too safe"], "[1.0, 2.0, 3.0]"),
    "WORLDDANGER": ("Compared to then?", ["A safer world", "A more dangerous world", "Neither"], "[1.0, 2.0, 1.5]"),
    "GUN": ("Do you own any guns?", ["Yes, I own a gun", "No, I don't own any guns", "Not sure"], "[1.0, 2.0]"),
    "REASON": ("Which reason?", ["Protection", "Hunting", "My job"], "[1, 1, 1]"),
    "MISSING": ("Any?", ["Some", "Unclear", "None"], "[1.0, nan, 2.0]"),
}  # fmt: skip


def wgm_writer(tmp_path):
    """Writes WGM people as xlsx (two sheets), CSV or Parquet; returns the path."""

    def write(answers, suffix=".xlsx", sheet="Full dataset", header=WGM_HEADER, codes=TRUST_CODES, sexes=SEX_CODES):
        rows = [[(WGM_PERSON | answer).get(column, " ") for column in header] for answer in answers]
        path = tmp_path / f"wgm2018{suffix}"
        if suffix == ".xlsx":
            _workbook(
                path,
                {
                    sheet: [header, *rows],
                    "Data dictionary": [["Variable Name", "Codes"], ["Q11C", codes], ["Gender", sexes]],
                },
            )
        elif suffix == ".csv":
            _csv(path, header, rows, ";")
        else:
            pl.DataFrame([list(map(str, row)) for row in rows], schema=header, orient="row").write_parquet(path)
        return path

    return write


def wvs_writer(tmp_path):
    """Writes WVS people as CSV or .sav; returns the path."""

    def write(answers, suffix=".csv", separator=",", without=(), spell=str):
        header = [name for name in WVS_COLUMNS if name not in without]
        rows = [[(WVS_PERSON | answer)[column] for column in header] for answer in answers]
        path = tmp_path / f"WVS_Cross-National_Wave_7{suffix}"
        if suffix == ".csv":
            _csv(path, [spell(name) for name in header], rows, separator)
        else:
            import pandas as pd
            import pyreadstat

            missing = {name: [{"lo": -5, "hi": -1}] for name in header[3:]}
            pyreadstat.write_sav(pd.DataFrame(rows, columns=header), str(path), missing_ranges=missing)
        return path

    return write


def oqa_writer(tmp_path):
    """Writes one OpinionQA wave; returns the folder that holds the waves."""

    def write(answers, wave=26, questions=OQA_QUESTIONS, weight="WEIGHT_W{wave}"):
        folder = tmp_path / "human_resp" / f"American_Trends_Panel_W{wave}"
        folder.mkdir(parents=True)
        info = [
            [
                place,
                f"{key}_W{wave}",
                str({float(code): label for code, label in enumerate(labels, 1)} | {99.0: "Refused"}),
                text,
                str([*labels, "Refused"]),
                ordinal,
            ]
            for place, (key, (text, labels, ordinal)) in enumerate(questions.items())
        ]
        _csv(folder / "info.csv", ["", "key", "option_mapping", "question", "references", "option_ordinal"], info, ",")
        metadata = [[place, key, str(options)] for place, (key, options) in enumerate(OQA_DEMOGRAPHICS.items())]
        _csv(folder / "metadata.csv", ["", "key", "options"], metadata, ",")
        keys = [f"{key}_W{wave}" for key in questions]
        header = ["QKEY", weight.format(wave=wave), *OQA_DEMOGRAPHICS, *keys]
        people = [
            OQA_PERSON | {f"{key}_W{wave}": value for key, value in answer.items()} | answer for answer in answers
        ]
        rows = [
            [100 + i, person.get("weight", 1.0), *(person.get(key, "") for key in header[2:])]
            for i, person in enumerate(people)
        ]
        _csv(folder / "responses.csv", header, rows, ",")
        return folder.parent

    return write


def _csv(path, header, rows, separator):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(header)
        writer.writerows(rows)


def _workbook(path, sheets):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
