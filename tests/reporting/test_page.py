"""The page of a report in a real browser: what is in its first screen, whom it reaches, and that it is true."""

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.elicitation import Reply
from opinionframe.tables.browser import BROWSERS

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser is installed")

OVERFLOWING = (
    "[...document.querySelectorAll('main *')].filter(each => each.scrollWidth > each.clientWidth + 1 "
    "&& ['auto', 'hidden', 'scroll'].includes(getComputedStyle(each).overflowX))"
)
"""Elements whose content is wider than they are, and is cut or scrolls."""

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
HOSTILE = "</style></pre><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">&amp;"


class Wordy:
    """Says nearly always something else than an option, and of the options always the same."""

    name, revision = "wordy", "1"

    def __init__(self, raw="I", mass=0.014):
        self.parameters = {"raw": raw}
        self._raw, self._mass = raw, mass

    def answer(self, requests):
        for request in requests:
            yield Reply(request, raw=self._raw, masses=(0.5 * self._mass, 0.35 * self._mass, 0.15 * self._mass))


@pytest.fixture(scope="module")
def gss():
    """The shipped survey, by sex and degree and for everybody."""
    survey = of.load("gss2018")
    kept = pl.col("demographic").str.contains(r"^(all$|sex=|degree=)")
    return of.Survey(**{**vars(survey), "opinions": survey.opinions.filter(kept)})


def asked(survey, model, **settings):
    """Opinions with the model's rows, its answers, and their prompts."""
    prompts = of.prompts(survey.opinions, survey.codebook, elicitation="logprob", groups=survey.groups, **settings)
    answers = of.ask(prompts, model, seed=1)
    rows = of.to_opinions(answers, prompts, survey.codebook, cells=survey.opinions)
    return pl.concat([survey.opinions, rows], how="diagonal_relaxed"), answers, prompts


@pytest.fixture(scope="module")
def report(gss, tmp_path_factory):
    """A report with everything in it, of a model of which little can be said."""
    opinions, answers, prompts = asked(gss, Wordy())
    calibrated = of.calibrate(opinions, gss.codebook, method="ridge", folds=9, seed=1)
    diagnosis = of.diagnose(opinions, gss.codebook, method="ridge", folds=9, seed=1)
    return of.report(
        tmp_path_factory.mktemp("report"),
        calibrated,
        gss,
        title="Spending priorities",
        answers=answers,
        prompts=prompts,
        diagnosis=diagnosis,
        models=[Wordy()],
        split="question",
        folds=9,
        seed=1,
    )


@pytest.fixture(scope="module")
def demo(small_model, tmp_path_factory):
    """The folder that `opinionframe demo` leaves."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "opinionframe.cli", "demo", "--output", "out"]
    subprocess.run(command, cwd=folder, check=True, timeout=900, capture_output=True)
    return folder / "out"


@pytest.fixture(scope="module")
def chromium():
    """A browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Opens a page in a window of its own, and closes it afterwards."""
    contexts = []

    def open_page(path: Path, viewport=DESKTOP, **settings):
        contexts.append(chromium.new_context(viewport=viewport, **settings))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def text_of(path: Path) -> str:
    """The words of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).split())


@needs_browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_must_not_be_missed_is_in_the_first_screen(report, opened, viewport):
    page = opened(report.files[0], viewport)
    for text in ("which uses no model", "1.4% of the probability", "Only 18 questions", "95% interval"):
        element = page.locator("main :is(p, li)", has_text=text).first
        box = element.bounding_box()
        assert box["y"] >= 0, text
        assert box["y"] + box["height"] <= viewport["height"], text
        assert box["x"] >= 0, text
        assert box["x"] + box["width"] <= viewport["width"], text


@needs_browser
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_never_scrolls_sideways_but_wide_tables_do_by_keyboard(report, opened, width):
    page = opened(report.files[0], {"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(f"{OVERFLOWING}.map(each => [each.tabIndex, each.getAttribute('aria-label')])")
    assert all(index == 0 and label for index, label in wide)
    assert width > 390 or wide


@needs_browser
def test_nothing_is_cut_in_print(report, opened):
    page = opened(report.files[0], {"width": 1280, "height": 1000})
    page.emulate_media(media="print")
    hidden = page.evaluate(f"{OVERFLOWING}.map(each => each.outerHTML.slice(0, 80))")
    assert hidden == []
    assert not page.locator("nav").is_visible()
    heights = page.eval_on_selector_all("img", "each => each.map(image => image.getBoundingClientRect().height)")
    assert max(heights) <= 225 / 25.4 * 96, "a picture is higher than an A4 page between its margins and a caption"


@needs_browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(report, opened, viewport, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(report.files[0], viewport, color_scheme=scheme, bypass_csp=True)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert lightness < 60 if scheme == "dark" else lightness > 220
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert [(each["id"], each["nodes"][0]["html"][:100]) for each in found.response["violations"]] == []
    assert len(found.response["passes"]) > 10


@needs_browser
def test_it_asks_for_nothing_from_elsewhere_and_runs_no_script(report, chromium):
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    requests, said = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(report.files[0].as_uri(), wait_until="networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [report.files[0].as_uri()]
    assert said == []
    assert page.locator("script").count() == 0
    assert page.evaluate("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    context.close()


@needs_browser
def test_links_lead_somewhere_and_pictures_say_what_they_show(report, opened):
    page = opened(report.files[0])
    links = page.eval_on_selector_all("a", "each => each.map(link => link.getAttribute('href'))")
    assert {"alignment.tex", "ranked.svg", "data/manifest.json", "data/opinions.csv", "#scores"} <= set(links)
    for link in links:
        found = page.locator(f"[id='{link[1:]}']").count() if link.startswith("#") else (report.folder / link).is_file()
        assert found, link
    alternatives = page.eval_on_selector_all("img", "each => each.map(image => image.alt)")
    assert len(alternatives) == 4
    assert all(re.search(r"\d", text) for text in alternatives)
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "each => each.map(heading => Number(heading.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_sentence_says_what_the_verbs_say(report):
    data = report.folder / "data"
    aligned = pl.read_parquet(data / "aligned.parquet")
    means = of.intervals(aligned).filter(pl.col("source").str.contains("|", literal=True))
    best = means.sort("alignment", "source", descending=[True, False]).row(0, named=True)
    test = of.compare(aligned, pair=[(best["source"], "label-mean")], method="cluster-robust t").row(0, named=True)
    text = text_of(report.files[0])
    assert (
        f"scores {100 * best['alignment']:.1f}% ({100 * best['conf_low']:.1f} to {100 * best['conf_high']:.1f})" in text
    )
    signed = [
        f"{100 * test[name]:+.1f}".replace("-", "\N{MINUS SIGN}") for name in ("estimate", "conf_low", "conf_high")
    ]
    assert f"The difference of {signed[0]} points has the 95% interval {signed[1]} to {signed[2]}" in text
    assert report.files[0] == report.folder / "index.html"
    assert_frame_equal(
        pl.read_csv(data / "intervals.csv").select("source"),
        of.intervals(aligned).select("source"),
        check_row_order=False,
    )


def test_it_says_how_much_was_readable_and_what_was_held_out(report):
    text = text_of(report.files[0])
    assert "Whole questions were held out in 9 folds in calibration" in text
    assert "All 162 answers could be read" in text  # 18 questions, to nobody in particular and to 8 groups
    assert "ridge regression (ridge)" in text
    assert "wordy (revision 1)" in text
    assert "@misc{gss2018," in text
    assert "@software{opinionframe," in text
    assert "Imagine you" in text


def test_the_sentence_on_groups_counts_those_whose_interval_leaves_out_0(report):
    aligned = pl.read_parquet(report.folder / "data/aligned.parquet")
    tests = pl.read_parquet(report.folder / "data/against_baseline_by_group.parquet")
    pair = [(tests["source"][0], "label-mean")]
    again = of.compare(
        aligned, pair=pair, method="cluster-robust t", by="demographic", adjust="none", simultaneous=True, seed=1
    )
    values = ["demographic", "estimate", "conf_low", "conf_high"]
    assert_frame_equal(tests.select(values), again.select(values), check_row_order=False, rel_tol=1e-6)
    apart = again.filter((pl.col("conf_low") > 0) | (pl.col("conf_high") < 0)).height
    highest = again.sort("estimate")[-1]
    text = text_of(report.files[0])
    assert apart == 0
    assert "In none of 7 groups and everybody is the best source told apart from the label mean" in text
    assert f"{100 * highest['estimate'].item():+.1f}) and lowest in" in text.replace("\N{MINUS SIGN}", "-")


def two_groups(survey):
    """The survey by sex alone."""
    kept = pl.col("demographic").str.starts_with("sex=")
    return of.Survey(**{**vars(survey), "opinions": survey.opinions.filter(kept)})


@needs_browser
def test_what_users_and_models_wrote_is_text_and_nothing_else(gss, opened, tmp_path):
    renamed = gss.codebook.with_columns(
        pl.when(pl.col("choice") == 1).then(pl.lit(HOSTILE)).otherwise("label").alias("label"),
        text=pl.concat_str("text", pl.lit(HOSTILE)),
    )
    small = two_groups(gss)
    groups = small.groups.with_columns(label=pl.concat_str("label", pl.lit(HOSTILE)))
    own = {"codebook": renamed, "groups": groups, "citation": HOSTILE, "title": HOSTILE, "licence": HOSTILE}
    survey = of.Survey(**{**vars(small), **own, "url": HOSTILE, "name": "a" + HOSTILE.replace("|", "")})
    model = Wordy(raw=HOSTILE)
    model.name = "m" + HOSTILE
    opinions, answers, prompts = asked(survey, model)
    report = of.report(
        tmp_path / "out", opinions, survey, title=HOSTILE, answers=answers, prompts=prompts, models=[model], seed=1
    )
    page = opened(report.files[0])
    page.wait_for_timeout(200)
    assert page.title().strip() == HOSTILE
    assert page.locator("script").count() == 0
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("h1").inner_text() == HOSTILE
    assert HOSTILE in page.locator("#asked pre").nth(1).inner_text()
    assert page.locator("style").count() >= 1
    assert page.locator("footer").is_visible()


def test_one_source_without_calibration_or_answers_says_what_is_not_known(gss, tmp_path):
    small = two_groups(gss)
    human = small.opinions.drop("n_eff")
    opinions = of.elicit(human, small.codebook, of.FakeModel(seed=1), elicitation="self_random", prompt="base", seed=1)
    report = of.report(tmp_path / "out", opinions, small, seed=1)
    text = text_of(report.files[0])
    assert "Worse than the label mean, which uses no model" in text
    assert "The source, fake (self-random, base prompt, raw), scores" in text
    assert "Readable answers are not on record here" in text
    assert "What calibration gained" not in text
    assert "What was asked" not in text
    assert "calibrated on human answers" not in text
    assert "probability fell on the answer options" not in text
    assert "held out" not in text
    assert not (report.folder / "diagnosis.html").exists()
    assert report.diagnosis.is_empty()


def test_a_source_that_knows_people_is_said_to_be_better_and_that_it_was_chosen(gss, tmp_path):
    small = two_groups(gss)
    share = 1 / pl.len().over("question", "demographic")
    sources = [
        small.opinions.with_columns(
            prob=(1 - blur) * pl.col("prob") + blur * share, source=pl.lit(f"m|logprob|{prompt}|standard")
        )
        for prompt, blur in (("base", 0.3), ("sd", 0.1))
    ]
    text = text_of(of.report(tmp_path / "out", pl.concat([small.opinions, *sources]), small, seed=1).files[0])
    assert "Better than the label mean, which uses no model" in text
    assert "The best of 2 sources, m (log-prob., sociodemographic prompt, raw)" in text
    number = r"\+(\d+\.\d)"
    chosen = rf"95% interval {number} to {number}; as the best of 2 was chosen, {number} to {number}"
    found = re.search(chosen, text)
    low, high, low_at_once, high_at_once = map(float, found.groups())
    assert low_at_once <= low < high <= high_at_once
    assert "better in 2 of 2 groups than the label mean, with intervals that hold for all at once" in text


def test_a_calibration_whose_split_is_not_given_is_not_said_to_be_held_out(gss, tmp_path):
    small = two_groups(gss)
    opinions = of.elicit(small.opinions, small.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    calibrated = of.calibrate(opinions, small.codebook, method="ridge", split="row", folds=5, seed=1)
    text = text_of(of.report(tmp_path / "out", calibrated, small, seed=1).files[0])
    assert "What was held out is not on record here: give of.report the split of the calibration" in text
    text = text_of(of.report(tmp_path / "out", calibrated, small, split="row", folds=5, seed=1).files[0])
    assert "Single cells were held out in 5 folds in calibration: every question was seen in other groups" in text


@pytest.mark.parametrize(("method", "by_meaning"), [("no-model", True), ("ridge", False)])
def test_methods_say_where_kriging_read_embeddings(method, by_meaning, gss, tmp_path):
    small = two_groups(gss)
    direction = pl.concat_list(pl.col("question").rank("dense").cast(pl.Float64), pl.lit(1.0))
    book = small.codebook.with_columns(embedding=direction)
    opinions = of.elicit(small.opinions, book, of.FakeModel(seed=1), prompt="base", seed=1)
    calibrated = of.calibrate(opinions, book, method=method, folds=5, refits=False, seed=1)
    survey = of.Survey(**{**vars(small), "codebook": book})
    text = text_of(of.report(tmp_path, calibrated, survey, split="question", folds=5, seed=1).files[0])
    assert ("from the embeddings in the codebook" in text) is by_meaning


def test_one_question_gives_no_verdict(gss, tmp_path):
    small = two_groups(gss)
    one = small.opinions.filter(question="natspac")
    survey = of.Survey(**{**vars(small), "opinions": one, "codebook": small.codebook.filter(question="natspac")})
    opinions = of.elicit(one, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    text = text_of(of.report(tmp_path / "out", opinions, survey, seed=1).files[0])
    assert "Not tested against the label mean" in text
    assert "Only 1 question in 2 groups" in text
    assert "No interval can be made from 1 cluster" in text
    assert "Differences to the label mean by group have no intervals" in text
    assert "at once" not in text
    assert (
        "95% interval" not in text.partition("What came out")[2].partition("Table of scores")[0].partition("Scores")[0]
    )


def test_datasets_and_metrics_have_a_section_each(gss, tmp_path):
    small = two_groups(gss)
    items = {
        f"pick{number}": {"text": f"Which is best in place {number}?", "labels": ["A", "B", "C"], "scale": "nominal"}
        for number in range(4)
    }
    book = of.codebook(items, dataset="town")
    people = pl.DataFrame({"sex": ["Female", "Male"] * 30, **{name: [1, 2, 3, 1, 1, 2] * 10 for name in items}})
    rows = people.cast(dict.fromkeys(items, pl.UInt8)).pipe(of.reference, book, by=["sex"])
    town = of.Survey("town", "Town panel", rows, book, ("sex",))
    both = of.combine([small, town])
    opinions = of.elicit(both.opinions, both.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    report = of.report(tmp_path / "out", opinions, both, seed=1)
    text = text_of(report.files[0])
    for name in ("gss2018, wasserstein", "town, total variation"):
        assert text.count(name) >= 3, name
    assert "Only 18 questions" in text
    assert "Only 4 questions" in text
    page = report.files[0].read_text(encoding="utf-8")
    assert page.rindex('class="verdict"') < page.index("data:image"), "all verdicts stand before the first picture"
    names = {path.name for path in report.files}
    assert {"ranked-gss2018-wasserstein.svg", "ranked-town-total_variation.svg"} <= names
    assert all((report.folder / path).is_file() for path in report.files)
    listed = pl.read_parquet(report.folder / "data/intervals.parquet")
    assert set(listed["dataset"]) == {"gss2018", "town"}
    again = of.report(tmp_path / "out", opinions.filter(~pl.col("question").str.contains("pick")), small, seed=1)
    left = {path.name for path in again.folder.iterdir()}
    assert "ranked.svg" in left
    assert not any("town" in name for name in left)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.filter(pl.col("source") != "human"), "no row of 'human'"),
        (lambda rows: rows.filter(source="human"), "no model's answers"),
    ],
)
def test_opinions_of_one_side_alone_are_refused(gss, tmp_path, change, says):
    small = two_groups(gss)
    opinions = of.elicit(small.opinions, small.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    with pytest.raises(of.OpinionFrameError, match=says):
        of.report(tmp_path / "out", change(opinions), small, seed=1)
    assert not (tmp_path / "out").exists()


def test_answers_without_prompts_and_a_diagnosis_of_others_are_refused(report, gss, tmp_path):
    opinions, answers, _ = asked(two_groups(gss), of.FakeModel(seed=1))
    with pytest.raises(of.OpinionFrameError, match="answers without the prompts"):
        of.report(tmp_path / "out", opinions, gss, answers=answers, seed=1)
    with pytest.raises(of.OpinionFrameError, match="2 sources that opinions has no scores of"):
        of.report(tmp_path / "out", opinions, gss, diagnosis=report.diagnosis, seed=1)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_demo_says_first_what_must_not_be_missed(demo, opened, viewport):
    page = opened(demo / "index.html", viewport)
    for text in ("No better than the label mean, which uses no model", "of the probability fell", "Only 18 questions"):
        box = page.locator("main :is(p, li)", has_text=text).first.bounding_box()
        assert box["y"] >= 0, text
        assert box["y"] + box["height"] <= viewport["height"], text
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def blurred(rows, model, blur):
    """Answers of a model that knows people, but for a share that it spreads evenly."""
    share = 1 / pl.len().over("question", "demographic")
    mixed = (1 - blur) * pl.col("prob") + blur * share
    return rows.with_columns(prob=mixed, source=pl.lit(f"{model}|logprob|sd|standard"))


@pytest.mark.filterwarnings("ignore::opinionframe.CommonCellsWarning")
@pytest.mark.parametrize(("cells", "blurs", "named"), [("common", (0.1, 0.8), "all"), ("own", (0.8, 0.1), "some")])
def test_scores_their_difference_and_its_questions_are_of_the_same_cells(gss, tmp_path, cells, blurs, named):
    small = two_groups(gss)
    five = small.opinions["question"].unique().sort()[:5].to_list()
    part = small.opinions.filter(pl.col("question").is_in(five))
    opinions = pl.concat([small.opinions, blurred(small.opinions, "all", blurs[0]), blurred(part, "some", blurs[1])])
    report = of.report(tmp_path / "out", opinions, small, cells=cells, seed=1)
    scores = pl.read_parquet(report.folder / "data/aligned.parquet").filter(pl.col("question").is_in(five))
    mean = dict(scores.group_by("source").agg(100 * pl.col("alignment").mean()).rows())
    best, bar = mean[f"{named}|logprob|sd|standard"], mean["label-mean"]
    text = text_of(report.files[0])
    assert "Only 5 questions in 2 groups" in text
    assert f"scores {best:.1f}% (" in text
    same = " on the same cells" if cells == "own" else ""
    assert f"as many choices, {bar:.1f}%{same}." in text or f"same answer labels, {bar:.1f}%{same}." in text
    assert f"The difference of {best - bar:+.1f} points" in text
    assert "5 questions in 2 groups (by sex)" not in text  # of the study: some source was asked all
    assert "18 questions in 2 groups (by sex)" in text


def test_methods_and_limits_are_of_what_was_asked(gss, tmp_path):
    five = gss.opinions["question"].unique().sort()[:5].to_list()
    part = gss.opinions.filter(pl.col("question").is_in(five), pl.col("demographic").str.starts_with("sex="))
    text = text_of(
        of.report(tmp_path / "out", pl.concat([gss.opinions, blurred(part, "m", 0.1)]), gss, seed=1).files[0]
    )
    assert ": 5 questions in 2 groups (by sex)." in text
    assert "Results are of 5 questions of" in text
    assert f"in the mean cell {100 * part['nonresponse'].mean():.1f}% of people gave none" in text


def test_a_source_with_many_methods_has_a_report_that_draws_the_best(tmp_path, gss):
    """A cell has looks for five methods beside people and raw answers; the page says how many others there are."""
    raw = "m|logprob|base|standard"
    human = gss.opinions.drop("n_eff", "nonresponse", strict=False)
    uniform = (1 / pl.len().over("question", "demographic")).alias("uniform")
    mixed = [
        human.with_columns(uniform, source=pl.lit(f"{raw}|method {number}" if number else raw)).select(
            *human.columns[:3], "source", prob=pl.col("prob") * number / 10 + pl.col("uniform") * (1 - number / 10)
        )
        for number in range(8)
    ]
    written = of.report(tmp_path, pl.concat([human.select(mixed[0].columns), *mixed]), gss, seed=1)
    page, drawn = (written.folder / name for name in ("index.html", "cell-highest.svg"))
    assert "Drawn are the 5 methods of the best means; 2 others are in data/." in page.read_text(encoding="utf-8")
    names = re.findall(r"calibrated: (method \d)", drawn.read_text(encoding="utf-8"))
    assert sorted(set(names)) == [f"method {number}" for number in range(3, 8)]
    data = pl.read_parquet(written.folder / "data" / "opinions.parquet")
    assert data.filter(pl.col("source").str.starts_with(raw))["source"].n_unique() == 8
