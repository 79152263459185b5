"""What an epoch is made of: as much of each part as promised, and nothing that is held out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn
from tiny_training import (
    REFUSING,
    ink_lines,
    printed_digits,
    training_digits,
    write_idx,
    write_ink,
    write_recipe,
    write_refusing_recipe,
)

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.recognizer import prepare
from inkdigits.training import datasets, mixture
from inkdigits.training.allographs import ALLOGRAPHS
from inkdigits.training.config import TrainingConfig, load_config
from inkdigits.training.labelled_ink import read_ink
from inkdigits.training.lines import Lines
from inkdigits.training.mixture import (
    OUTLIER,
    Allographs,
    HeldOut,
    Inks,
    Mixture,
    Pictures,
    Synthetic,
)
from inkdigits.training.sections import PartConfig
from inkdigits.training.unlabelled import load_unlabelled

LABELS = tuple("0123456789")


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> TrainingConfig:
    return load_config(write_refusing_recipe(tmp_path_factory.mktemp("refusing")))


@pytest.fixture(scope="module")
def drawn_from(refusing: TrainingConfig) -> tuple[Mixture, HeldOut]:
    return mixture.read(refusing)


def test_each_part_gives_as_many_as_its_weight_and_limit_say(
    refusing: TrainingConfig, drawn_from: tuple[Mixture, HeldOut]
) -> None:
    parts, held_out = drawn_from
    # 240 of 320 pictures at 0.5; 160 of 200 inks at 1.25 (two of ten writers are held out)
    assert [len(part) for part in parts.parts] == [120, 200, 60, 50]
    assert [type(part) for part in parts.parts] == [Pictures, Inks, Inks, Synthetic]
    assert len(parts) == 430
    patches, labels = parts.draw(refusing, 0)
    assert patches.shape == (430, 28, 28, 1)
    assert patches.dtype == np.float32
    assert labels.dtype == np.int64
    assert (labels == OUTLIER).sum() == 60 + 50
    assert (np.bincount(labels[labels >= 0], minlength=10) > 20).all()
    assert list(held_out.parts) == ["train-images-idx3-ubyte", "digits"]
    assert held_out.parts["digits"] == slice(80, 120)
    assert len(held_out.digits) == 120


def test_the_digest_is_that_of_what_is_drawn_from_wherever_it_lies(
    refusing: TrainingConfig, drawn_from: tuple[Mixture, HeldOut], tmp_path: Path
) -> None:
    digest = drawn_from[0].digest()
    copy = load_config(write_refusing_recipe(tmp_path))
    assert mixture.read(copy)[0].digest() == digest
    letters = ink_lines("letters", 100, seed=2)
    letters[0]["strokes"][0][0][0] += 1  # one point of one ink
    write_ink(tmp_path / "letters.jsonl.gz", letters)
    strokes = mixture.read(copy)[0].digest()
    write_refusing_recipe(tmp_path)
    lines = (tmp_path / "digits.jsonl").read_text(encoding="utf-8").splitlines()
    first, second, *rest = map(json.loads, lines)
    first["label"], second["label"] = second["label"], first["label"]
    write_ink(tmp_path / "digits.jsonl", [first, second, *rest])
    labels = mixture.read(copy)[0].digest()
    write_refusing_recipe(tmp_path)
    write_idx(tmp_path / "train-images-idx3-ubyte", printed_digits(320, seed=0)[0])
    pictures = mixture.read(copy)[0].digest()
    assert len({digest, strokes, labels, pictures}) == 4


def test_an_epoch_follows_from_seed_and_number_alone(
    refusing: TrainingConfig, drawn_from: tuple[Mixture, HeldOut]
) -> None:
    parts, _ = drawn_from
    patches, labels = parts.draw(refusing, 3)
    np.random.default_rng().random(5)
    for again in (parts.draw(refusing, 3), mixture.read(refusing)[0].draw(refusing, 3)):
        np.testing.assert_array_equal(patches, again[0])
        np.testing.assert_array_equal(labels, again[1])
    few, names = parts.draw(refusing, 3, limit=17)
    np.testing.assert_array_equal(few, patches[:17])
    np.testing.assert_array_equal(names, labels[:17])
    for other in (parts.draw(refusing, 4), parts.draw(refusing.changed(seed=9), 3)):
        assert not np.array_equal(labels, other[1])
        assert not {patch.tobytes() for patch in patches[labels == OUTLIER]} & {
            patch.tobytes() for patch in other[0][other[1] == OUTLIER] if patch.any()
        }


@pytest.mark.parametrize(("weight", "limit"), [(1.0, None), (2.5, None), (0.3, None), (1.0, 7)])
def test_each_of_a_part_is_seen_as_often_as_the_others(weight: float, limit: int | None) -> None:
    count = 40
    patches = np.arange(count, dtype=np.float32)[:, None, None, None] * np.ones((28, 28, 1), "f4")
    digits = datasets.Digits(patches, np.arange(count), "numbers")
    part = Pictures(digits, PartConfig(data="x", weight=weight, limit=limit))
    seen = np.zeros(count, int)
    for epoch in range(100):
        found, labels = part.draw(_plain(), np.random.default_rng([1, epoch]))
        assert len(found) == len(labels) == len(part)
        np.testing.assert_array_equal(found[:, 0, 0, 0], labels)
        times = np.bincount(labels, minlength=count)
        assert np.ptp(times) <= 1, "within an epoch the most often is once more than the least"
        seen += times
    expected = 100 * len(part) / count
    assert expected == pytest.approx(100 * (weight if limit is None else limit / count))
    assert np.abs(seen - expected).max() < 5 * np.sqrt(expected) + 1


def test_pictures_without_a_part_of_their_own_all_come_once() -> None:
    digits = datasets.Digits(np.zeros((5, 28, 28, 1), np.float32), np.arange(5), "five")
    assert len(Pictures(digits)) == 5
    assert Pictures(digits).draw(_plain(), np.random.default_rng(0))[1].tolist() == [0, 1, 2, 3, 4]


def test_a_weight_that_is_next_to_nothing_is_one_after_all() -> None:
    digits = datasets.Digits(np.zeros((5, 28, 28, 1), np.float32), np.arange(5), "five")
    assert len(Pictures(digits, PartConfig(data="x", weight=0.01))) == 1


def test_held_out_writers_and_copies_of_their_drawings_are_not_learned_from(
    tmp_path: Path,
) -> None:
    entries = ink_lines("digits", 100, seed=5)
    held = [entry for entry in entries if entry["writer"] % 5 == 4]
    assert 0 < len(held) < len(entries)
    copies = [{**entry, "writer": 1} for entry in held[:7]]
    write_refusing_recipe(tmp_path)
    write_ink(tmp_path / "digits.jsonl", entries + copies)
    write_ink(tmp_path / "letters.jsonl.gz", ink_lines("letters", 100, seed=2))
    recipe = REFUSING.replace(", leave_out: {contributor: [careless]}", "")
    path = tmp_path / "copies.yaml"
    path.write_text(recipe, encoding="utf-8")
    parts, held_out = mixture.read(load_config(path))
    digits = parts.parts[1]
    assert isinstance(digits, Inks)
    learned = {ink.strokes for ink in digits.inks}
    assert len(learned) == len(digits.inks) == len(entries) - len(held)
    assert not learned & {_ink(entry).strokes for entry in held}
    place = held_out.parts["digits"]
    np.testing.assert_array_equal(
        held_out.digits.patches[place, ..., 0], [prepare(_ink(entry))[0] for entry in held]
    )
    assert held_out.digits.labels[place].tolist() == [int(entry["label"]) for entry in held]
    letters = parts.parts[2]
    assert isinstance(letters, Inks)
    strange = [
        _ink(entry) for entry in ink_lines("letters", 100, seed=2) if entry["writer"] % 5 == 4
    ]
    assert not {ink.strokes for ink in letters.inks} & {ink.strokes for ink in strange}
    np.testing.assert_array_equal(
        held_out.outliers[: len(strange), ..., 0], [prepare(ink)[0] for ink in strange]
    )
    synthetic = parts.parts[3]
    assert isinstance(synthetic, Synthetic)
    assert {ink.strokes for _, ink in synthetic.digits} == learned


def test_what_is_made_up_is_no_digit_and_drawn_as_digits_are(refusing: TrainingConfig) -> None:
    digits = [(label, drawn(label)) for label in LABELS * 3]
    made = Synthetic(300, digits)
    patches, labels = made.draw(refusing, np.random.default_rng(1))
    assert len(patches) == len(labels) == len(made) == 300
    assert set(labels) == {OUTLIER}
    assert (patches.max(axis=(1, 2, 3)) > 0).mean() > 0.9
    again, _ = made.draw(refusing, np.random.default_rng(1))
    np.testing.assert_array_equal(patches, again)
    without, _ = Synthetic(100, []).draw(refusing, np.random.default_rng(1))
    assert (without.max(axis=(1, 2, 3)) > 0).mean() > 0.8


def test_no_blank_patch_is_among_the_outliers_held_out(
    drawn_from: tuple[Mixture, HeldOut],
) -> None:
    outliers = drawn_from[1].outliers
    assert 20 < len(outliers) <= 20 + 50
    assert (outliers.max(axis=(1, 2, 3)) > 0).all()


def test_a_recipe_of_one_data_set_is_a_mixture_of_one(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    parts, held_out = mixture.read(config)
    training, validation = training_digits(config)
    assert len(parts) == len(training) == 240
    np.testing.assert_array_equal(held_out.digits.patches, validation.patches)
    assert held_out.outliers.shape == (0, 28, 28, 1)
    order = np.argsort(parts.draw(config, 0)[1], kind="stable")
    assert sorted(parts.draw(config, 0)[1]) == sorted(training.labels)
    assert not np.array_equal(order, np.arange(240)), "the order is a new one"


def test_a_data_set_that_comes_twice_is_held_out_under_two_names(tmp_path: Path) -> None:
    write_refusing_recipe(tmp_path)
    path = tmp_path / "twice.yaml"
    twice = "    - {data: digits.jsonl, leave_out: {contributor: [careless]}}\n"
    path.write_text(REFUSING.replace("outliers:\n", f"{twice}outliers:\n"), encoding="utf-8")
    _, held_out = mixture.read(load_config(path))
    assert list(held_out.parts) == ["train-images-idx3-ubyte", "digits", "digits (3)"]
    one, two = held_out.parts["digits"], held_out.parts["digits (3)"]
    np.testing.assert_array_equal(held_out.digits.labels[one], held_out.digits.labels[two])


def test_each_data_set_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config(write_refusing_recipe(tmp_path))
    opened: list[str] = []
    open_source = datasets.open_source

    def noted(source: str, labels: tuple[str, ...], wanted: Lines) -> datasets.Source:
        opened.append(source)
        return open_source(source, labels, wanted)

    monkeypatch.setattr(datasets, "open_source", noted)
    held_out = mixture.read(config)[1]
    assert opened == [part.data for part in datasets.digit_parts(config)]
    assert held_out.by_writer == tuple(data for data in opened if data.endswith("digits.jsonl"))


SIGNED, UNSIGNED, MIXED = (lambda n: n, lambda _: -1, lambda n: n if n % 3 else -1)


@pytest.mark.parametrize("writer", [SIGNED, UNSIGNED, MIXED], ids=["signed", "unsigned", "mixed"])
def test_what_a_recipe_holds_out_can_be_read_again(
    writer: Callable[[int], int], tmp_path: Path
) -> None:
    config = load_config(write_refusing_recipe(tmp_path))
    for name, some in (("digits.jsonl", "digits"), ("letters.jsonl.gz", "letters")):
        entries = ink_lines(some, 150, seed=4)
        for entry in entries:
            entry["writer"] = writer(entry["writer"])
        careless = {**entries[0], "contributor": "careless"}
        copies = [{**entry, "writer": writer(1)} for entry in entries[20:30]]
        write_ink(tmp_path / name, [careless, *entries, *copies])
    parts, kept = mixture.read(config)

    def again(source: Path) -> Lines:
        return Lines(held_out=datasets.held_out(source, config))

    for part, (name, place) in zip(_parts(config), kept.parts.items(), strict=True):
        found = datasets.load_digits(part.data, LABELS, again(Path(part.data)))
        assert found.name == f"{name}, held out"
        np.testing.assert_array_equal(found.patches, kept.digits.patches[place])
        np.testing.assert_array_equal(found.labels, kept.digits.labels[place])
    letters = tmp_path / "letters.jsonl.gz"
    strange = load_unlabelled(letters, lines=again(letters)).patches
    np.testing.assert_array_equal(strange, kept.outliers[: len(strange), ..., 0])
    learned = parts.parts[2]
    assert isinstance(learned, Inks)
    assert len(learned.inks) + len(strange) <= 161
    assert len(strange) > 10


def test_what_a_recipe_of_one_data_set_holds_out_can_be_read_again(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    for limit in (None, 80):
        wanted = config.dataset.model_copy(update={"limit": limit})
        some = config.model_copy(update={"dataset": wanted})
        source = tmp_path / ".." / tmp_path.name / "train-images-idx3-ubyte"
        held = datasets.held_out(source, some)
        found = datasets.load_digits(source, LABELS, Lines(held_out=held))
        validation = training_digits(some)[1]
        np.testing.assert_array_equal(found.patches, validation.patches)
    assert datasets.held_out(tmp_path / "test-images-idx3-ubyte", config) is None
    assert datasets.held_out("mnist-train", config) is None


def test_what_one_part_holds_out_and_another_learns_from_is_not_held_out(tmp_path: Path) -> None:
    entries = ink_lines("digits", 150, seed=4)
    for entry in entries:
        del entry["writer"]
        entry["contributor"] = "careless" if entry["label"] == "3" else "careful"
    write_refusing_recipe(tmp_path)
    write_ink(tmp_path / "digits.jsonl", entries)
    path = tmp_path / "twice.yaml"
    path.write_text(REFUSING.replace("outliers:\n", "    - {data: digits.jsonl}\noutliers:\n"))
    config = load_config(path)
    parts, _ = mixture.read(config)
    learned: set[Ink] = set()
    for part in parts.parts[1:3]:
        assert isinstance(part, Inks)
        learned.update(part.inks)
    held = datasets.held_out(tmp_path / "digits.jsonl", config)
    found = read_ink(tmp_path / "digits.jsonl", Lines(held_out=held))
    assert found.inks
    assert not learned & set(found.inks)


def test_ink_of_held_out_writers_counts_though_its_label_is_left_out(tmp_path: Path) -> None:
    write_refusing_recipe(tmp_path)
    path = tmp_path / "labels.yaml"
    leave_out = "letters.jsonl.gz, leave_out: {label: [E], contributor: [careless]}"
    path.write_text(REFUSING.replace("letters.jsonl.gz", leave_out))
    entries = [
        {**entry, "contributor": "careless" if number % 4 == 0 else "careful"}
        for number, entry in enumerate(ink_lines("letters", 100, seed=2))
    ]
    write_ink(tmp_path / "letters.jsonl.gz", entries)
    assert datasets.held_out(tmp_path / "letters.jsonl.gz", load_config(path)) == frozenset(
        number
        for number, entry in enumerate(entries, 1)
        if entry["writer"] in (4, 9) and entry["contributor"] == "careful"
    )


@pytest.mark.parametrize("kind", ["digits", "outliers"])
@pytest.mark.parametrize(
    ("writers", "message"),
    [([3, 3], r"2 drawings \(writers: 1\) are too few"), ([4, 4], "too few"), ([], "")],
)
def test_a_part_that_is_too_small_to_be_split_is_told(
    kind: str, writers: list[int], message: str, tmp_path: Path
) -> None:
    few = [
        {"label": "1", "writer": writer, "strokes": [[[0, index], [5, 50]]]}
        for index, writer in enumerate(writers)
    ]
    write_refusing_recipe(tmp_path)
    name = {"digits": "digits.jsonl", "outliers": "letters.jsonl.gz"}[kind]
    write_ink(tmp_path / name, few)
    path = tmp_path / "few.yaml"
    path.write_text(REFUSING.replace(", leave_out: {contributor: [careless]}", ""))
    with pytest.raises(DataUnavailable, match=f"^{name.split('.')[0]}: .*{message}"):
        mixture.read(load_config(path))


def test_an_unknown_label_is_told_among_digits_and_ignored_among_outliers(tmp_path: Path) -> None:
    path = write_refusing_recipe(tmp_path)
    mixture.read(load_config(path))  # letters are no labels of the recipe
    write_ink(tmp_path / "digits.jsonl", ink_lines("letters", 50, seed=1))
    path.write_text(REFUSING.replace(", leave_out: {contributor: [careless]}", ""))
    with pytest.raises(DataUnavailable, match=r"digits: label 'E' is not one of 0, 1, 2"):
        mixture.read(load_config(path))


def _plain() -> TrainingConfig:
    from inkdigits.training.config import parse_config

    return parse_config(
        "model: {layers: [Flatten, {Dense: {units: 10, activation: softmax}}]}\n"
        "training: {epochs: 1}"
    )


def _ink(entry: dict[str, Any]) -> Ink:
    return Ink.from_json(entry)


def test_what_is_held_out_is_as_it_is_recognised(
    refusing: TrainingConfig, drawn_from: tuple[Mixture, HeldOut]
) -> None:
    """No augmentation, no other pen: the patches are the recogniser's."""
    ink = read_ink(Path(_parts(refusing)[1].data), Lines({"contributor": ["careless"]}))
    _, left = ink.split(refusing)
    place = drawn_from[1].parts["digits"]
    wanted = np.stack([prepare(ink.inks[index])[0] for index in left])
    np.testing.assert_array_equal(drawn_from[1].digits.patches[place, ..., 0], wanted)


def _parts(config: TrainingConfig) -> tuple[PartConfig, ...]:
    assert config.dataset.parts is not None
    return config.dataset.parts


def test_digits_made_up_have_the_numbers_of_their_labels() -> None:
    made = Allographs(70, LABELS)
    patches, labels = made.draw(_plain(), np.random.default_rng(0))
    assert patches.shape == (70, 28, 28, 1)
    assert (patches.max(axis=(1, 2, 3)) == 1).all()
    ways = len(ALLOGRAPHS)
    np.testing.assert_array_equal(labels[:ways], labels[ways : 2 * ways])
    assert set(labels) == {int(way.label) for way in ALLOGRAPHS.values()}
    backwards = Allographs(70, LABELS[::-1]).draw(_plain(), np.random.default_rng(0))[1]
    np.testing.assert_array_equal(backwards, 9 - labels)
    letters = Allographs(70, ("a", "b"))
    assert len(letters) == 0
    assert letters.draw(_plain(), np.random.default_rng(0))[0].shape == (0, 28, 28, 1)


def test_a_recipe_may_ask_for_digits_made_up(refusing: TrainingConfig) -> None:
    wanted = refusing.dataset.model_copy(update={"allographs": 30})
    config = refusing.model_copy(update={"dataset": wanted})
    parts, held_out = mixture.read(config)
    assert [type(part) for part in parts.parts] == [Pictures, Inks, Allographs, Inks, Synthetic]
    assert len(parts) == 460
    assert len(held_out.digits) == 120, "none of them is held out"


def test_ink_may_keep_its_shape(refusing: TrainingConfig) -> None:
    """Drawn as it was written it differs by the pen alone, whatever the recipe bends."""
    ink = drawn("4", slant=0.1)
    told = {"pen": (0.1, 0.1), "resolution": (48.0, 48.0), "slant": 30.0, "wobble": 0.05}
    config = refusing.model_copy(update={"ink": refusing.ink.model_copy(update=told)})
    wanted = PartConfig(data="some", weight=30)
    found = []
    for as_written in (True, False):
        part = Inks([ink], np.zeros(1, np.int64), wanted, as_written=as_written)
        patches, _ = part.draw(config, np.random.default_rng(1))
        assert len(patches) == 30
        assert (
            any(np.array_equal(patch[..., 0], prepare(ink)[0]) for patch in patches) is as_written
        )
        found.append(len(np.unique(patches, axis=0)))
    assert found == [2, 30]  # by the pen that the model likes best, and by that of the recipe
