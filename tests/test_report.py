"""A report as files: what is in them, that they agree, and that each key is documented."""

import json
import re
from dataclasses import fields, replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from told import Row, Told, told_digits, told_outliers

from inkdigits.training.cost import Cost
from inkdigits.training.evaluate import evaluate_digits, write_report
from inkdigits.training.markdown import escaped
from inkdigits.training.report import Bin, Misread, OutlierFigures, RejectionPoint, Report
from inkdigits.training.report_text import PICTURES, as_json, as_markdown, as_text

ROOT = Path(__file__).parents[1]
COST = Cost(1234, 567_890, 4096, 0.125, 0.375, "Abacus 3000")
ROWS: list[Row] = [
    ([8.0, 0.0, 0.0], 0),
    ([0.0, 6.0, 0.0], 1),
    ([0.0, 6.0, 0.0], 2),
    ([1.0, 1.1, 0.0], 1),
    ([0.0, 0.0, 0.0], 2),
]


def a_report(rows: list[Row] = ROWS, *, outliers: bool = True, cost: Cost | None = COST) -> Report:
    sets = [told_outliers([[1.0, 0.0, 0.0]] * 3, "letters", left_out=7)] if outliers else []
    return evaluate_digits(Told(), told_digits(rows), sets, cost)  # type: ignore[arg-type]


def read(folder: Path) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = (folder / "report.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def test_the_folder_holds_the_report_with_its_pictures(tmp_path: Path) -> None:
    report = a_report()
    written = write_report(report, tmp_path / "deep" / "report", {"more": 1}, "Before.")
    folder = tmp_path / "deep" / "report"
    assert {path.name for path in folder.iterdir()} == {
        "report.md",
        "report.json",
        "classification_report.txt",
        *PICTURES.values(),
        "misread.png",
    }
    assert read(folder) == written
    assert written == json.loads(json.dumps({**report.as_json(), "more": 1}))
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert text == as_markdown(report, "Before.")
    assert set(re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)) == {
        *PICTURES.values(),
        "misread.png",
    }


def test_the_json_has_a_line_for_each_record() -> None:
    content = {"a": 1, "rows": ((1, 2), (3, 4)), "records": [{"b": None}], "by": {"x": {"ü": 1}}}
    content |= {"none": [], "shares": {"x": 0.5}, "pair": (0.1, 0.2)}
    text = as_json(content)
    assert json.loads(text) == json.loads(json.dumps(content))
    assert "    [1, 2],\n    [3, 4]\n" in text
    assert '    "x": {"ü": 1}\n' in text
    assert '  "shares": {"x": 0.5},\n  "pair": [0.1, 0.2]\n}' in text
    with pytest.raises(ValueError, match="JSON"):
        as_json({"auroc": float("nan")})


def test_pictures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    wrong: Row = ([0.0, 6.0, 0.0], 2)
    many = a_report([wrong] * 801)
    assert len(write_report(many, tmp_path)["misread"]) == 801
    pages = {"misread.png", "misread-2.png", "misread-3.png"}
    assert {path.name for path in tmp_path.glob("misread*")} == pages
    assert pages <= set(re.findall(r"\(([^)]+)\)", as_markdown(many)))
    write_report(a_report([([0.0, 6.0, 0.0], 1)], outliers=False), tmp_path)
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {*PICTURES.values()} - {"outliers.png"}
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(([^)]+\.png)\)", text)) == names
    assert "## Misread digits\n\nNone." in text
    assert "What is not a digit" not in text


def test_a_model_that_refuses_nothing_and_is_always_blank_is_still_json(tmp_path: Path) -> None:
    write_report(a_report([([0.0, 0.0, 0.0], 0)] * 2), tmp_path)
    content = read(tmp_path)
    assert content["outliers"][0]["auroc"] == 0
    assert content["refused"]["blank"] == 1


def test_the_markdown_says_what_the_figures_are() -> None:
    report = a_report()
    text = as_markdown(report, "Before.")
    assert text.startswith("# told 1.0.0 on told\n\nBefore.\n\n| figure | value |")
    low, high = report.accuracy_interval
    low_refused, high_refused = report.outliers[0].refused_keeping_99_interval
    for line in (
        "| images | 5 |",
        f"| accuracy | **60.00%** (95 % interval {low:.2%} to {high:.2%}) |",
        "| errors | 2 |",
        f"| calibration error | {report.calibration_error:.4f} |",
        f"| calibration error of the answers given | {report.calibration_error_of_answers:.4f} |",
        "| refused | 20.00% blank, 0.00% not_a_digit, 20.00% unsure |",
        f"| 1 | {report.per_label['1']['precision']:.4f} | 1.0000 | 0.8000 | 2 |",
        f"| letters (7 look-alikes left out) | 3 | {report.outliers[0].auroc:.4f} | 0.00% (95 %"
        f" interval {low_refused:.2%} to {high_refused:.2%}) | 0.00% blank, 0.00% not_a_digit,"
        " 100.00% unsure |",
        "| parameters | 1,234 |",
        "| multiply-adds a digit | 567,890 |",
        "| bytes on disk | 4,096 |",
        "| from strokes to the answer | 0.38 ms |",
        "| of it the network | 0.12 ms |",
    ):
        assert line in text.splitlines(), line
    assert "(Abacus 3000)" in text
    assert "## Cost" not in as_markdown(a_report(cost=None))


def test_a_report_on_letters_speaks_of_letters() -> None:
    report = replace(a_report(), labels=("A", "B", "C"))
    text = as_markdown(report)
    assert "digit" not in text.replace("not_a_digit", "")
    for words in (
        "All letters are in it that are not blank",
        "## What is not a letter",
        "refused when 99 % of the letters are kept",
        "probability that a letter has more evidence",
        "![Evidence of letters and outliers]",
        "## Misread letters",
        "![Misread letters](misread.png)",
        "| multiply-adds a letter |",
    ):
        assert words in text, words
    assert "refused when 99 % of the letters are kept" in as_text(report)
    assert "## Misread signs\n\nNone." in as_markdown(
        replace(report, labels=("a b", "x/y", "ü"), misread=())
    )


def test_names_are_told_in_markdown_as_they_are() -> None:
    names = ["a|b<b>", "<!-- x", "$x$ *y* `z` &lt; [l](m) \\|", "_a_ b_c ~~d~~", "a\n| b"]
    report = a_report()
    rows = dict(zip(names, [report.per_label["1"]] * len(names), strict=True))
    text = as_markdown(replace(report, per_label=rows, dataset="a|<i>b"), escaped("<u>"))
    html = MarkdownIt().enable(["table", "strikethrough"]).render(text)
    cells = [unescape(cell) for cell in re.findall(r"<tr>\s*<td>(.*?)</td>", html)]
    assert set(cells) > {*names[:-1], "a | b"}
    assert html.startswith("<h1>told 1.0.0 on a|&lt;i&gt;b</h1>\n<p>&lt;u&gt;</p>")
    assert escaped("unipen_1a_digits, MNIST-2.0 (new)") == "unipen_1a_digits, MNIST-2.0 (new)"


def test_one_image_and_one_error_are_one() -> None:
    text = as_text(a_report([([0.0, 6.0, 0.0], 2)]))
    assert "told 1.0.0 on told, 1 image\n" in text
    assert ", 1 error\n" in text


def test_the_text_says_the_same_in_a_terminal() -> None:
    report = a_report()
    text = as_text(report)
    assert text.startswith(
        "told 1.0.0 on told, 5 images\n\naccuracy           60.00% (95 % interval"
    )
    assert "precision    recall  f1-score   support" in text
    assert "letters, 3 images (7 look-alikes left out): AUROC" in text
    assert "1,234 parameters, 567,890 multiply-adds, 4,096 bytes" in text
    assert "outliers" not in as_text(a_report(outliers=False))
    unknown = as_text(a_report(cost=Cost(1, None, 2, 3.0, 4.0, "x")))
    assert "unknown multiply-adds" in unknown


@pytest.mark.parametrize(
    "record", [Report, Bin, RejectionPoint, Misread, OutlierFigures, Cost], ids=lambda r: r.__name__
)
def test_every_key_of_the_json_is_documented(record: Any) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z0-9_.\[\]]+)`", page, re.MULTILINE))
    inside = {
        Report: "",
        Bin: "reliability[].",
        RejectionPoint: "rejection[].",
        Misread: "misread[].",
        OutlierFigures: "outliers[].",
        Cost: "cost.",
    }
    found = {inside[record] + field.name for field in fields(record)} - {"measured"}
    assert found <= documented
    if record is Report:
        assert {key for key in documented if "." not in key} == found
    else:
        prefix = inside[record]
        assert {key for key in documented if key.startswith(prefix)} == found
