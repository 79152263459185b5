"""Checking data: what is wrong with them is found and named, and nothing stops it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.datasets import load_digits
from tiny_training import LETTERS, ink_lines, printed_digits, write_ink, write_refusing_recipe

from inkdigits.cli import main
from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.normalize import normalize
from inkdigits.training import own
from inkdigits.training.checking import suspects
from inkdigits.training.checking.advice import advise
from inkdigits.training.checking.check import Check, check
from inkdigits.training.checking.report import as_json
from inkdigits.training.checking.sheet import draw

IMAGES, NUMBERS = printed_digits(400, seed=3)
RNG = np.random.default_rng(1)


def noisy(images: Any) -> Any:
    """No two alike."""
    return np.clip(images + RNG.normal(0, 12, images.shape) * (images > 0), 0, 255).astype(np.uint8)


def write_npz(path: Path, images: Any, labels: Any, **more: Any) -> Path:
    np.savez(path, images=images, labels=labels, **more)
    return path


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 1, 2 and 3 of which some are broken, blank, the same or under a wrong label."""
    folder = tmp_path_factory.mktemp("dirty") / "set"
    chosen = [index for index in range(400) if 1 <= NUMBERS[index] <= 3]
    images = noisy(IMAGES[chosen])
    for number, (index, image) in enumerate(zip(chosen, images, strict=True)):
        label = {50: "1", 51: "3"}.get(number, str(NUMBERS[index]))  # these are a 3 and a 1
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(folder / label / f"{number:03}.png")
    first = (folder / "1" / "000.png").read_bytes()
    (folder / "1" / "copy.png").write_bytes(first)
    second = next(path for path in sorted((folder / "2").iterdir()))
    (folder / "3" / "conflict.png").write_bytes(second.read_bytes())
    (folder / "2" / "broken.png").write_bytes(b"no picture")
    (folder / "2" / "empty.png").write_bytes(b"")
    Image.new("L", (40, 30), 250).save(folder / "3" / "white.png")
    return folder


def test_what_is_wrong_is_found(dirty: Path) -> None:
    found = check([dirty])
    assert {Path(place).name for place, _ in found.unreadable} == {"broken.png", "empty.png"}
    assert [Path(one.place).name for one in found.blank] == ["white.png"]
    assert [[Path(one.place).name for one in group] for group in found.duplicates] == [
        ["000.png", "copy.png"]
    ]
    assert found.same_content == 1
    assert [{one.label for one in group} for group in found.conflicts] == [{"2", "3"}]
    assert {"050.png", "051.png"} <= {Path(one.place).name for one in found.suspected}
    assert len(found.suspected) <= 4
    assert found.kinds == {"dark on light": 126}
    assert found.sizes[40, 30] == 1
    assert found.writers is None
    assert not found.is_usable  # for training stops at the broken ones
    told = " ".join(one.text for one in advise(found))
    for words in (
        "2 entries cannot be read",
        "1 image seems blank to the program",
        "1 image is there under",
    ):
        assert words in told
    assert draw(found)[:4] == b"\x89PNG"


def test_the_command_reports_for_a_person_and_a_program(dirty: Path, tmp_path: Path) -> None:
    test = tmp_path / "test"
    (test / "1").mkdir(parents=True)
    (test / "1" / "broken.png").write_bytes(b"no picture")
    (test / "1" / "old.png").write_bytes((dirty / "1" / "000.png").read_bytes())
    command = ["data", "check", str(dirty), "--test", str(test), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    words = " ".join(done.output.split())
    assert "1 image of the test set would be learned from, too" in words
    assert "1 entry of the test set cannot be read" in words
    assert "The data cannot be learned from as they are." in words
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8") as file:
        kinds = [row["finding"] for row in csv.DictReader(file)]
    assert set(kinds) == {"unreadable", "blank", "conflict", "duplicate", "in test", "suspected"}
    assert json.loads((tmp_path / "out" / "check.json").read_text())["test_labels"] == {"1": 1}
    with Image.open(tmp_path / "out" / "sheet.png") as sheet:
        assert min(sheet.size) > 100


def test_what_cannot_be_learned_from_ends_with_1(tmp_path: Path) -> None:
    one = write_npz(tmp_path / "one.npz", IMAGES[:30], ["1"] * 30)
    runner = CliRunner()
    done = runner.invoke(main, ["data", "check", str(one), "--json"])
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert not report["usable"]
    assert "needs two labels" in report["advice"][0]["text"]
    assert runner.invoke(main, ["data", "check"]).exit_code == 2


def test_a_source_that_cannot_be_opened_is_no_entry_that_cannot_be_read(tmp_path: Path) -> None:
    good = write_npz(tmp_path / "good.npz", IMAGES[:40], ["a", "b"] * 20)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    found = check([good, empty])
    assert (found.unreadable, found.is_usable) == ([], False)
    told = " ".join(one.text for one in advise(found))
    assert f"1 data set cannot be opened: {empty}: the file is empty. Training stops" in told
    assert "save them anew" not in told
    assert as_json(found)["findings"][0]["place"] == str(empty)


def test_what_cannot_be_opened_is_one_line_as_in_training(tmp_path: Path) -> None:
    good = write_npz(tmp_path / "good.npz", IMAGES[:40], ["a", "b"] * 20)
    wrong = str(tmp_path / "nowhere")
    (tmp_path / "junk.npz").write_bytes(b"junk")
    (tmp_path / "empty.csv").write_bytes(b"")
    run = CliRunner().invoke
    told = f"inkdigits: {wrong}: no such file or folder"
    for source in (wrong, f"{tmp_path}/junk.npz", f"{tmp_path}/empty.csv", f"sqlite:///{wrong}"):
        done = run(main, ["data", "check", source])
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == run(main, ["train", source]).stderr
        assert done.stderr.count("\n") == 1
    for command in (["--test", wrong, str(good)], [wrong, wrong]):
        done = run(main, ["data", "check", *command])
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(told)
        assert done.stderr.count("\n") == 1
    done = run(main, ["data", "check", str(good), wrong, "--json"])
    assert done.exit_code == 1
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
    assert json.loads(done.stdout)["findings"][0]["place"] == wrong


@pytest.mark.parametrize("source", ["mnist", "pendigits_test"])
def test_a_test_set_is_refused_as_in_training(source: str) -> None:
    run = CliRunner().invoke
    done = run(main, ["data", "check", source])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing may be learned" in done.stderr
    assert done.stderr == run(main, ["train", source]).stderr


def test_one_is_singular(tmp_path: Path) -> None:
    one = write_npz(tmp_path / "one.npz", IMAGES[:1], ["1"])
    done = CliRunner().invoke(main, ["data", "check", str(one)])
    assert "\n1 image, 1 label: 1 light on dark" in done.stdout


def test_the_verdict_is_that_of_training(tmp_path: Path) -> None:
    labels = ["a"] * 20 + ["b"] * 19 + ["c"]
    path = write_npz(tmp_path / "x.npz", IMAGES[:40], labels)
    done = CliRunner().invoke(main, ["data", "check", str(path)])
    assert done.exit_code == 1
    assert "1 label has but one image: c." in " ".join(done.output.split())
    with pytest.raises(DataUnavailable, match="but one image"):
        own.recipe_for(str(path))
    path = write_npz(tmp_path / "x.npz", IMAGES[:39], labels[:39])
    done = CliRunner().invoke(main, ["data", "check", str(path)])
    assert done.exit_code == 0
    assert "The data can be learned from." in done.output
    assert own.recipe_for(str(path)).dataset.labels == ("a", "b")


def test_what_seems_blank_may_be_an_enlarged_digit(tmp_path: Path) -> None:
    """Its edges are as soft as a shadow's: to be looked at, not to be thrown away."""
    digits = load_digits().images[:40]
    for number, image in enumerate(digits):
        small = Image.fromarray((255 - 15 * image).astype(np.uint8))
        for side, kind in ((8, "small"), (100, "large")):
            (tmp_path / kind / "d").mkdir(parents=True, exist_ok=True)
            path = tmp_path / kind / "d" / f"{number}.png"
            small.resize((side, side), Image.Resampling.BICUBIC).save(path)
    assert not check([tmp_path / "small"]).blank
    large = check([tmp_path / "large"])
    assert len(large.blank) > 20
    told = " ".join(one.text for one in advise(large))
    assert "Look at them. Take out what shows nothing; few pixels that were enlarged" in told


def write_pictures(folder: Path, names: list[str]) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - IMAGES[number]).save(folder / name, "PNG")
    return folder


def test_files_that_are_not_read_are_named(tmp_path: Path) -> None:
    names = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"]
    beside = ["b/photo.heic", "a/sub/scan.svg", "loose.png"]
    aside = ["a/.hidden.xcf", ".git/x.svg", "a/notes.txt", "labels.csv", "not_a_digit/1.svg"]
    folder = write_pictures(tmp_path / "set", [*names, *beside, *aside])
    found = check([folder])
    assert {Path(place).name for place, _ in found.passed_over} == {
        *("photo.heic", "scan.svg", "loose.png")
    }
    assert found.is_usable
    assert "3 files are not among the images" in " ".join(one.text for one in advise(found))
    for kind, why in ((".png", "lies in no folder named by its label"), (".heic", "are read from")):
        flat = write_pictures(tmp_path / f"flat{kind}", [f"1{kind}", f"2{kind}"])
        with pytest.raises(DataUnavailable, match=rf"holds no pictures in folders.*{why}"):
            own.recipe_for(str(flat))
        with pytest.raises(DataUnavailable, match=why):
            check([flat])


def test_a_recipe_stands_for_all_its_data(tmp_path: Path) -> None:
    recipe = write_refusing_recipe(tmp_path)
    found = check([recipe])
    assert [Path(source).name for source in found.sources] == [
        *("train-images-idx3-ubyte", "digits.jsonl")
    ]
    assert found.is_usable
    assert found.test_counts is not None
    assert found.between == 0
    lines = [{**line, "contributor": "me"} for line in ink_lines("digits", 200, seed=2)]
    write_ink(tmp_path / "digits.jsonl", [*lines, {**lines[0], "label": "x"}])
    text = recipe.read_text(encoding="utf-8").replace(
        "parts:", "parts:\n    - {data: digits.jsonl}", 1
    )
    recipe.write_text(text, encoding="utf-8")
    found = check([recipe])
    assert found.between > 0
    assert "units: 10, but dataset.classes is 11" in (found.misfit or "")
    assert not found.is_usable
    recipe.write_text(text.replace("name: drawn", "name: drawn\n  classes: 10"), encoding="utf-8")
    found = check([recipe])
    assert found.unknown == ["x"]
    assert not found.is_usable
    assert not found.unreadable
    told = " ".join(one.text for one in advise(found))
    for words in ("1 label is not known to the recipe: x", "in several of"):
        assert words in told
    with pytest.raises(InvalidConfig, match="checked by itself"):
        check([recipe, tmp_path / "digits.jsonl"])


def test_writers_who_cannot_be_held_out_whole_are_told(tmp_path: Path) -> None:
    lines = ink_lines("letters", 100, seed=1)
    for line in lines:
        line["writer"] = sorted(LETTERS).index(line["label"])
    write_ink(tmp_path / "x.jsonl", lines)
    told = " ".join(one.text for one in advise(check([tmp_path / "x.jsonl"])))
    assert "share of each label is held out instead of whole writers" in told


def test_ink_of_many_writers_and_letters(tmp_path: Path) -> None:
    lines = [*ink_lines("letters", 100, seed=1), {"label": "E"}]
    write_ink(tmp_path / "letters.jsonl", lines)
    found = check([tmp_path / "letters.jsonl"])
    assert list(found.counts) == sorted(LETTERS)
    assert found.writers == 10
    assert found.kinds == {"strokes": 100}
    assert found.unreadable == [
        (f"{tmp_path}/letters.jsonl, line 101", "not labelled ink (Ink in JSON is an object like"
         ' {"strokes": [[[x, y], [x, y]]]}.).')
    ]  # fmt: skip
    assert "10 writers are told" in " ".join(one.text for one in advise(found))


def test_strange_labels_few_images_and_uneven_ones_are_told(tmp_path: Path) -> None:
    labels = ["漢"] * 100 + ["$a$"] * 4 + ["/"] * 2
    path = write_npz(tmp_path / "odd.npz", noisy(IMAGES[:106]), labels)
    test = write_npz(tmp_path / "test.npz", noisy(IMAGES[:2]), ["new", "/"])
    found = check([path], test)
    assert found.agreement is None
    assert found.not_judged == ["$a$", "/", "漢"]
    assert draw(found)[:4] == b"\x89PNG"
    told = " ".join(one.text for one in advise(found))
    for words in ("2 labels have fewer than 20", "uneven: 100", "not judged", "learned: new"):
        assert words in told
    json.dumps(as_json(found))


def test_nothing_at_all_is_told_too() -> None:
    found = Check(["nothing"])
    assert not found.is_usable
    assert [one.weight for one in advise(found)] == ["problem"]
    assert draw(found)[:4] == b"\x89PNG"


def test_a_report_is_not_written_into_the_data(tmp_path: Path) -> None:
    """Its sheet would be an image of the data next time."""
    for label in "12":
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(255 - IMAGES[number]).save(tmp_path / "set" / label / f"{number}.png")
    recipe = write_refusing_recipe(tmp_path)
    recipe.write_text(recipe.read_text().replace("- {data: digits.jsonl", "- {data: set"))
    data, beside = str(tmp_path / "set"), str(tmp_path / "set-check")
    for arguments in (
        [data, "--out", data],
        [data, "--out", f"{data}/check"],
        [data, "--out", f"{beside}/../set/a/b"],
        [str(recipe), "--out", f"{data}/check"],
        [str(tmp_path / "digits.jsonl"), "--test", data, "--out", f"{data}/check"],
    ):
        done = CliRunner().invoke(main, ["data", "check", *arguments])
        assert done.exit_code == 2
        assert "this is inside the data" in done.stderr
        assert not (tmp_path / "set" / "check").exists()
    CliRunner().invoke(main, ["data", "check", data, "--out", beside])
    assert (tmp_path / "set-check" / "sheet.png").is_file()


def test_labels_that_were_exchanged_are_suspected() -> None:
    patches = np.stack([255 * normalize(image) for image in noisy(IMAGES)]).astype(np.uint8)
    labels = NUMBERS.astype(np.int64)
    wrong = RNG.choice(400, 12, replace=False)
    labels[wrong] = (labels[wrong] + RNG.integers(1, 10, 12)) % 10
    judged = suspects.judge(patches, labels)
    assert judged is not None
    found = set(judged.indices[judged.suspected])
    assert len(found & set(wrong)) >= 10
    assert len(found - set(wrong)) <= 3
    truth = NUMBERS[judged.indices[judged.suspected]]
    assert np.mean(judged.other[judged.suspected] == truth) > 0.8
    assert suspects.judge(patches[:20], labels[:20]) is None


def test_a_large_set_is_judged_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "MOST", 200)
    patches = np.stack([255 * normalize(image) for image in IMAGES]).astype(np.uint8)
    judged = suspects.judge(patches, NUMBERS.astype(np.int64))
    assert judged is not None
    assert np.bincount(NUMBERS[judged.indices]).tolist() == [20] * 10
