"""Data sets: what may be read, how validation is split off."""

import gzip
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawings import drawn
from PIL import Image
from tiny_training import (
    RECIPE,
    REFUSING,
    ink_lines,
    printed_digits,
    training_digits,
    write_idx,
    write_ink,
    write_recipe,
    write_refusing_recipe,
)

from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import grey_png
from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.image import SUFFIXES
from inkdigits.ink import Ink
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training import datasets, mixture, mnist
from inkdigits.training.config import TrainingConfig, load_config, parse_config
from inkdigits.training.labelled_ink import read_ink
from inkdigits.training.lines import Lines

LABELS = tuple("0123456789")


def test_training_and_validation_are_normalised_and_apart(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    training, validation = training_digits(config)
    assert (len(training), len(validation)) == (240, 80)
    assert training.patches.shape == (240, 28, 28, 1)
    images, labels = printed_digits(320, seed=320)
    expected = {
        normalize(image).tobytes(): int(label) for image, label in zip(images, labels, strict=True)
    }
    for part in (training, validation):
        for patch, label in zip(part.patches, part.labels, strict=True):
            assert expected[patch.tobytes()] == label


def test_a_limit_takes_an_even_part(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    limited = config.model_copy(update={"dataset": config.dataset.model_copy(update={"limit": 80})})
    training, validation = training_digits(limited)
    assert (len(training), len(validation)) == (60, 20)
    assert set(np.bincount(training.labels, minlength=10)) <= {5, 6, 7}


def test_the_same_digits_are_the_same_from_idx_pictures_and_ink(tmp_path: Path) -> None:
    images, labels = printed_digits(20, seed=1)
    write_idx(tmp_path / "my-images", images)
    write_idx(tmp_path / "my-labels", labels)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "pictures" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(folder / f"{number:02d}.png"),
            255 - cv2.copyMakeBorder(image, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=0),
        )
    idx = datasets.load_digits(tmp_path / "my-images", LABELS)
    pictures = datasets.load_digits(tmp_path / "pictures", LABELS)
    order = np.argsort(idx.labels, kind="stable")
    np.testing.assert_array_equal(pictures.labels, idx.labels[order])
    assert np.abs(pictures.patches - idx.patches[order]).mean() < 0.01
    for patch, path in zip(pictures.patches, sorted(tmp_path.rglob("*.png")), strict=True):
        np.testing.assert_array_equal(patch[..., 0], prepare(path)[0])


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".webp", ".tiff", ".gif"])
def test_every_kind_of_picture_counts_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    (image,), _ = printed_digits(1, seed=1)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "notes.txt").write_text("not a picture", encoding="utf-8")
    Image.fromarray(255 - image).save(tmp_path / "0" / f"picture{suffix}")
    assert suffix.lower() in SUFFIXES
    assert datasets.load_digits(tmp_path, LABELS).labels.tolist() == [0]


def test_ink_files_count_as_drawings_of_their_folders_label(tmp_path: Path) -> None:
    (image,), _ = printed_digits(1, seed=1)
    for label in "74":
        (tmp_path / label / "more").mkdir(parents=True)
        (tmp_path / label / "more" / "a.JSON").write_text(drawn(label).to_json(), encoding="utf-8")
    Image.fromarray(255 - image).save(tmp_path / "7" / "b.png")
    digits = datasets.load_digits(tmp_path, LABELS)
    assert digits.labels.tolist() == [4, 7, 7]
    ours = [drawn("4"), tmp_path / "7" / "b.png", drawn("7")]
    for patch, source in zip(digits.patches, ours, strict=True):
        np.testing.assert_array_equal(patch[..., 0], prepare(source)[0])
    (tmp_path / "4" / "settings.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataUnavailable, match=r"4/settings\.json: "):
        datasets.load_digits(tmp_path, LABELS)


def test_ink_lines_are_read_compressed_or_not(tmp_path: Path) -> None:
    strokes = [[[0, 0], [3, 50]]]
    lines = json.dumps({"label": 1, "writer": 3, "strokes": strokes}) + "\n\n"
    (tmp_path / "ink.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "ink.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for name in ("ink.jsonl", "ink.jsonl.gz"):
        digits = datasets.load_digits(tmp_path / name, LABELS)
        assert digits.labels.tolist() == [1]
        np.testing.assert_array_equal(digits.patches[0, ..., 0], normalize(Ink(strokes).render()))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"label": 1}', "line 1"),
        ('{"strokes": [[[1, 2]]]}', "line 1"),
        ('{"label": 1, "strokes": [[[1, 2]]]}\n{"label"', "line 2"),
        ('{"label": "x", "strokes": [[[1, 2]]]}', "label 'x' is not one of 0, 1"),
        ("", "holds no labelled images"),
    ],
)
def test_bad_ink_lines_are_named(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "ink.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(DataUnavailable, match=message):
        datasets.load_digits(tmp_path / "ink.jsonl", LABELS)


def test_what_is_no_data_set_is_told_what_would_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(DataUnavailable, match="not a kind of data known here"):
        datasets.load_digits(tmp_path / "notes.txt", LABELS)
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        datasets.load_digits(tmp_path / "nothing", LABELS)
    with pytest.raises(DataUnavailable, match="holds no labelled images"):
        datasets.load_digits(tmp_path, LABELS)


def test_missing_own_data_are_noticed_before_training(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    datasets.ensure(config)
    (tmp_path / "test-images-idx3-ubyte").unlink()
    with pytest.raises(DataUnavailable, match=r"test-images.*\(dataset\.test\)"):
        datasets.ensure(config)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("train-images-idx3-ubyte", "dataset.parts.0.data"),
        ("digits.jsonl", "dataset.parts.1.data"),
        ("letters.jsonl.gz", "outliers.parts.0.data"),
        ("test-images-idx3-ubyte", "dataset.test"),
    ],
)
def test_a_part_that_is_missing_is_noticed_before_anything_is_trained_or_written(
    name: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inkdigits.training import network
    from inkdigits.training.train import train

    def fail(_: TrainingConfig) -> None:
        raise AssertionError("the network was built first")

    monkeypatch.setattr(network, "build", fail)
    config = load_config(write_refusing_recipe(tmp_path))
    datasets.ensure(config)
    (tmp_path / name).unlink()
    with pytest.raises(DataUnavailable, match=f"{name}: no such file or folder .{place}."):
        train(config, tmp_path / "run")


def test_ink_to_be_fetched_is_looked_for_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_refusing_recipe(tmp_path)
    path = tmp_path / "named.yaml"
    path.write_text(REFUSING.replace("letters.jsonl.gz", "unipen_1b_upper"), encoding="utf-8")
    config = load_config(path)
    with pytest.raises(DataUnavailable, match="inkdigits data fetch unipen"):
        datasets.ensure(config)
    with pytest.raises(DataUnavailable, match="inkdigits data fetch unipen"):
        read_ink("unipen_1b_upper")
    (tmp_path / "ink").mkdir()
    write_ink(tmp_path / "ink" / "unipen_1b_upper.jsonl.gz", ink_lines("letters", 50, seed=1))
    datasets.ensure(config)
    letters = read_ink("unipen_1b_upper", Lines({"label": ["E", "H"]}))
    assert set(letters.labels) == {"M", "W", "X"}
    assert letters.name == "unipen_1b_upper"
    digits = datasets.load_digits("unipen_1b_upper", tuple("EHMWX"))
    assert len(digits) == 50


def test_to_look_for_the_data_opens_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(write_refusing_recipe(tmp_path))

    def fail(self: Path) -> bytes:
        raise AssertionError(f"{self} was opened")

    monkeypatch.setattr(Path, "read_bytes", fail)
    datasets.ensure(config)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "data: letters.jsonl.gz",
            "data: mnist-train",
            r"outliers\.parts\.0\.data: mnist-train is",
        ),
        ("data: letters.jsonl.gz", "data: .", r"outliers\.parts\.0\.data: .* is not ink"),
        (
            "weight: 0.5",
            "leave_out: {contributor: [ibm]}",
            r"dataset\.parts\.0\.leave_out: contributor: of data other than ink",
        ),
    ],
)
def test_a_part_that_cannot_be_used_as_it_is_meant_is_named(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    write_refusing_recipe(tmp_path)
    path = tmp_path / "wrong.yaml"
    path.write_text(REFUSING.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidConfig, match=message):
        datasets.ensure(load_config(path))


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("mnist", "mnist-train"),
        ("MNIST-test", "mnist-train"),
        ("pendigits_test", "pendigits_train"),
        ("ink/pendigits_test.jsonl.gz", "pendigits_train"),
    ],
)
def test_nothing_is_learned_from_a_test_set(
    source: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    write_refusing_recipe(tmp_path)
    (tmp_path / "ink").mkdir()
    write_ink(tmp_path / "ink" / "pendigits_test.jsonl.gz", ink_lines("digits", 50, seed=1))
    recipes = {
        "dataset.train": RECIPE.replace("train: train-images-idx3-ubyte", f"train: {source}"),
        "dataset.parts.1.data": REFUSING.replace("data: digits.jsonl", f"data: {source}"),
    }
    if source.startswith(("pendigits", "ink")):
        strange = REFUSING.replace("data: letters.jsonl.gz", f"data: {source}")
        recipes["outliers.parts.0.data"] = strange
    for place, recipe in recipes.items():
        path = tmp_path / "wrong.yaml"
        path.write_text(recipe.replace(", leave_out: {contributor: [careless]}", ""))
        message = rf"{place}: .* is a test set, .*\(did you mean '{meant}'\?\)"
        with pytest.raises(InvalidConfig, match=message):
            datasets.ensure(load_config(path))
    path.write_text(REFUSING.replace("test: test-images-idx3-ubyte", f"test: {source}"))
    monkeypatch.setattr(mnist, "ensure", lambda: None)
    datasets.ensure(load_config(path))  # to be tested on is what it is for


def test_examples_come_from_the_first_part(tmp_path: Path) -> None:
    few = datasets.examples(load_config(write_refusing_recipe(tmp_path)))
    assert few.name == "train-images-idx3-ubyte"
    assert few.labels.tolist() == list(range(10))


def test_a_recipe_without_labels_takes_those_of_its_data(tmp_path: Path) -> None:
    write_ink(tmp_path / "letters.jsonl", ink_lines("letters", 100, seed=1))
    dataset = "dataset: {name: letters, train: letters.jsonl, test: letters.jsonl}"
    start, end = RECIPE.index("dataset:"), RECIPE.index("validation:")
    recipe = RECIPE[:start] + dataset + "\n" + RECIPE[end:]
    path = tmp_path / "letters.yaml"
    path.write_text(recipe.replace("units: 10", "units: 5"), encoding="utf-8")
    config = datasets.with_labels(load_config(path).changed(seed=3))
    assert config.dataset.labels == ("E", "H", "M", "W", "X")
    assert config.dataset.classes == 5
    assert parse_config(config.to_yaml()) == config
    assert datasets.with_labels(config) == config
    training, held = training_digits(config)
    assert (len(training), len(held)) == (80, 20)  # by writer
    path.write_text(recipe, encoding="utf-8")
    message = r"the labels of the data, E, H, M, W, X: .*units: 10, but dataset.classes is 5"
    with pytest.raises(InvalidConfig, match=message):
        datasets.with_labels(load_config(path))
    write_ink(tmp_path / "letters.jsonl", [{"label": "E", "strokes": [[[1, 2]]]}])
    with pytest.raises(InvalidConfig, match="all of the data are labelled E; a model needs two"):
        datasets.with_labels(load_config(path))


def test_a_part_of_corrections_is_of_ink_and_of_pictures(tmp_path: Path) -> None:
    images, labels = printed_digits(30, seed=1)
    with CorrectionStore(f"sqlite:///{tmp_path}/mine.sqlite") as store:
        for image, label in zip(images, labels, strict=True):
            store.add(Correction(grey_png(255 - image), str(label)))
            store.add(Correction(drawn(str(label), slant=float(image.mean()) / 1000), str(label)))
    write_refusing_recipe(tmp_path)
    part = f"{{data: 'sqlite:///{tmp_path}/mine.sqlite', limit: 20}}"
    path = tmp_path / "mine.yaml"
    path.write_text(REFUSING.replace("{data: train-images-idx3-ubyte, weight: 0.5}", part))
    config = load_config(path)
    datasets.ensure(config)
    parts, held = mixture.read(config)
    pictures, inks = parts.parts[:2]
    assert isinstance(pictures, mixture.Pictures)
    assert isinstance(inks, mixture.Inks)
    assert abs(len(pictures) + len(inks) - 20) <= 1
    assert min(len(pictures.digits), len(inks.inks)) > 5
    assert next(iter(held.parts)) == "corrections"
    again = Lines(held_out=datasets.held_out(f"sqlite:///{tmp_path}/mine.sqlite", config))
    found = datasets.load_digits(tmp_path / "mine.sqlite", LABELS, again)
    np.testing.assert_array_equal(found.patches, held.digits.patches[held.parts["corrections"]])
