"""Training the model of lines: strings, batches, a whole run, and one that was broken off."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_training import ink_lines, printed_digits, weights_of, write_idx, write_ink

from inkdigits.errors import DataUnavailable, InkdigitsError, InvalidConfig
from inkdigits.image import load_image
from inkdigits.reading.line_model import LineModel
from inkdigits.training import checkpoint
from inkdigits.training.config import NumbersConfig, load_config, load_recipe, parse_recipe
from inkdigits.training.numbers import finish, fitting
from inkdigits.training.numbers.composing import compose
from inkdigits.training.numbers.epochs import MARKS, batches
from inkdigits.training.numbers.glyphs import Glyphs, Pen, Picture, Strokes
from inkdigits.training.numbers.preview import preview
from inkdigits.training.numbers.sources import read_glyphs
from inkdigits.training.numbers.strips import Strip, line_scene, strip
from inkdigits.training.numbers.texts import OTHER, SEPARATORS, number
from inkdigits.training.numbers.writing import LABELS, write_strings
from inkdigits.training.train import Run, train

RECIPE = """
name: tiny-numbers
model:
  type: CTC
  layers:
    - Conv2D: {filters: 8, kernel_size: 3, strides: 2, padding: same, use_bias: false}
    - BatchNormalization: {momentum: 0.8}
    - Activation: relu
    - MaxPooling2D: {pool_size: [4, 1]}
    - Conv2D: {filters: 16, kernel_size: [4, 1], activation: relu}
training: {epochs: 2, batch_size: 16, optimizer: adamw, learning_rate: 0.01}
strings:
  count: 64
  validation: 24
  digits: [{data: train-images-idx3-ubyte}, {data: digits.jsonl}]
  others: [{data: letters.jsonl}]
  allographs: 30
validation: {fraction: 0.25}
schedule: {kind: one_cycle}
weight_averaging: {from_epoch: 2, batch_norm_images: 32}
"""


def write_recipe(folder: Path, recipe: str = RECIPE) -> Path:
    images, labels = printed_digits(200, seed=3)
    write_idx(folder / "train-images-idx3-ubyte", images)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    write_ink(folder / "digits.jsonl", _by_ten_writers())
    write_ink(folder / "letters.jsonl", ink_lines("letters", 60, seed=2))
    path = folder / "numbers.yaml"
    path.write_text(recipe, encoding="utf-8")
    return path


def _by_ten_writers() -> list[dict[str, object]]:
    entries = ink_lines("digits", 200, seed=1)
    for place, entry in enumerate(entries):
        entry["writer"] = place // 20  # each writes all digits twice
    return entries


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> NumbersConfig:
    found = load_recipe(write_recipe(tmp_path_factory.mktemp("numbers")))
    assert isinstance(found, NumbersConfig)
    return found


@pytest.fixture(scope="module")
def glyphs(config: NumbersConfig) -> Glyphs:
    return read_glyphs(config)[0]


@pytest.fixture(autouse=True)
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finish, "SCENES", 12)


@pytest.fixture(scope="module")
def run(config: NumbersConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One unbroken run, for all tests that look at one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "SCENES", 12)
        return train(config, tmp_path_factory.mktemp("run") / "run")


def test_writers_are_learned_from_or_held_out(config: NumbersConfig) -> None:
    learned, held = read_glyphs(config)
    assert (len(learned.by_writer), len(held.by_writer)) == (8, 2)
    assert len(learned.pictures["3"]) + len(held.pictures["3"]) == 20
    assert len(held.pictures["3"]) == 5
    assert learned.allographs
    assert not held.allographs


def test_numbers_are_written_as_people_write_them() -> None:
    rng = np.random.default_rng(1)
    texts = [number(rng) for _ in range(2000)]
    assert {mark for text in texts for mark in text} == set("0123456789" + SEPARATORS)
    assert max(map(len, texts)) <= 11
    assert 0.5 < np.mean([text.isdigit() for text in texts]) < 0.8


def test_a_text_is_composed_from_left_to_right(glyphs: Glyphs) -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        made = compose(glyphs, "20.26", 40.0, rng)
        assert made.text == "20.26"
        middles = made.boxes[:, 0] + made.boxes[:, 2] / 2
        assert (np.diff(middles) > -8).all(), "no mark before the one before it"
        assert 0 <= made.top < made.bottom <= len(made.ink)
        digits = made.boxes[[0, 1, 3, 4]]
        assert digits[:, 1].min() == pytest.approx(made.top)
        for x, y, width, height in made.boxes:
            assert x >= 0
            assert y >= 0
            assert x + width <= made.ink.shape[1]
            assert y + height <= made.ink.shape[0]


def test_a_pen_is_as_wide_as_it_is(glyphs: Glyphs) -> None:
    strokes = Strokes(np.array([[0, 0], [0, 100]], np.float32), (2,))
    for width in (0.05, 0.1, 0.2):
        drawn = strokes.draw(100, Pen(width, 0, 1))
        assert (drawn > 127).sum(axis=1).max() == pytest.approx(100 * width, abs=2.5)
    picture = Picture(glyphs.pictures["0"][0])
    thin, thick = ((picture.draw(60, Pen(width, 0, 1)) > 127).mean() for width in (0.04, 0.2))
    assert thin < thick


def test_scenes_have_dark_ink_within_their_band(glyphs: Glyphs) -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        made = line_scene(glyphs, rng)
        assert made.grey.dtype == np.uint8
        assert made.bottom - made.top > 5
        assert set(made.text) <= set(MARKS)


def test_the_same_seed_makes_the_same_strip(glyphs: Glyphs) -> None:
    one, other = (strip(glyphs, np.random.default_rng(4)) for _ in range(2))
    assert one.text == other.text
    np.testing.assert_array_equal(one.patch, other.patch)


def test_batches_hold_strips_of_about_the_same_width(glyphs: Glyphs) -> None:
    rng = np.random.default_rng(5)
    strips = [strip(glyphs, rng) for _ in range(70)]
    shuffled = list(batches(strips, 16, rng))
    assert [len(batch.patches) for batch in shuffled] == [16] * 4
    watched = list(batches(strips, 16))
    assert sum(len(batch.patches) for batch in watched) == 70
    for batch in shuffled + watched:
        assert batch.patches.shape[2] % 16 == 0
        assert batch.patches.dtype == np.float32
        assert 0 <= batch.patches.min() <= batch.patches.max() <= 1
        assert (batch.texts[:, 0] > 0).all()
    padded = sum(batch.patches[..., 0].size for batch in shuffled)
    needed = sum(one.patch[..., 0].size for one in strips)
    assert padded < 1.6 * needed


def test_a_run_ends_in_a_model_that_reads_lines(config: NumbersConfig, run: Run) -> None:
    report = json.loads((run.folder / "report.json").read_text())
    assert report["training"]["epochs"] == 2
    assert report["training"]["backend"] == "tensorflow"
    assert 0 <= report["accuracy"] <= 1
    lines = LineModel(run.folder / "model")
    assert lines.config.kind == "lines"
    assert "".join(lines.config.labels) == MARKS
    assert set(lines.config.trust) >= {"pictures.line", "pictures.digits", "pictures.none"}
    frames = lines.frames(np.zeros((32, 70, 2), np.uint8))
    assert frames.shape == (35, len(MARKS) + 1)
    np.testing.assert_allclose(frames.sum(axis=1), 1)
    card = (run.folder / "model" / "README.md").read_text()
    assert "connectionist temporal classification" in card
    assert parse_recipe((run.folder / "model" / "recipe.yaml").read_text()) == config
    assert len((run.folder / "history.csv").read_text().splitlines()) == 3
    assert "Tested on" in run.summary()


def test_a_run_that_is_broken_off_ends_with_the_same_weights(
    config: NumbersConfig, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = fitting.fit

    def broken(*given: object, keep: object, **named: object) -> object:
        def and_stop(progress: checkpoint.Progress) -> None:
            keep(progress)  # type: ignore[operator]
            raise KeyboardInterrupt

        return fit(*given, keep=and_stop, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("inkdigits.training.numbers.run.fit", broken)
    with pytest.raises(Exception, match="--resume"):
        train(config, tmp_path / "run")
    monkeypatch.undo()
    monkeypatch.setattr(finish, "SCENES", 12)
    resumed = train(config, tmp_path / "run", resume=True)
    for one, other in zip(weights_of(run.folder), weights_of(resumed.folder), strict=True):
        # TensorFlow adds up in another order once it has traced strips of several widths
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_preview_is_a_picture(config: NumbersConfig, tmp_path: Path) -> None:
    assert preview(config, tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("pool_size: [4, 1]", "pool_size: [2, 1]", "1 × 32 are needed"),
        ("kernel_size: [4, 1]", "kernel_size: [9, 1]", "does not fit"),
    ],
)
def test_layers_that_do_not_end_in_one_row_are_refused(
    before: str, after: str, word: str, tmp_path: Path
) -> None:
    recipe = load_recipe(write_recipe(tmp_path, RECIPE.replace(before, after)))
    with pytest.raises(InvalidConfig, match=word):
        train(recipe, tmp_path / "run")


def test_what_a_recipe_of_lines_may_not_say(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"strings\.digits"):
        parse_recipe(RECIPE.replace("digits: [{data: train", "digit: [{data: train"))
    with pytest.raises(InvalidConfig, match="model of lines"):
        load_config(write_recipe(tmp_path))


def test_nobody_has_written_a_digit(config: NumbersConfig) -> None:
    pictures = config.strings.digits[:1]
    poor = config.model_copy(
        update={"strings": config.strings.model_copy(update={"digits": pictures})}
    )
    with pytest.raises(DataUnavailable, match="ink of writers"):
        read_glyphs(poor)


def test_letters_are_told_apart(glyphs: Glyphs) -> None:
    rng = np.random.default_rng(6)
    texts = [strip(glyphs, rng).text for _ in range(300)]
    assert 0.03 < np.mean([OTHER in text for text in texts]) < 0.2


def _ink_rows(patch: NDArray[np.uint8]) -> NDArray[np.intp]:
    return np.flatnonzero((patch[:, :, 0] > 127).any(axis=1))


def test_a_band_fills_the_middle_of_the_patch() -> None:
    from inkdigits.reading.line import BAND, HEIGHT, line_patch

    grey = np.full((200, 300), 230, np.uint8)
    grey[60:140, 100:110] = 20
    patch = line_patch(grey, 60, 140)
    rows = _ink_rows(patch)
    assert rows[0] == pytest.approx((HEIGHT - BAND) / 2, abs=1)
    assert rows[-1] == pytest.approx((HEIGHT + BAND) / 2 - 1, abs=1)
    assert isinstance(Strip(patch, "1").patch, np.ndarray)


def test_strings_are_written_with_what_they_say(glyphs: Glyphs, tmp_path: Path) -> None:
    texts = list(write_strings(glyphs, 30, tmp_path / "strings", seed=5))
    with (tmp_path / "strings" / LABELS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == texts
    for row in rows:
        grey = load_image(tmp_path / "strings" / row["file"])
        assert -len(grey) < float(row["top"]) < float(row["bottom"]) < 2 * len(grey)
    again = list(write_strings(glyphs, 30, tmp_path / "again", seed=5))
    assert again == texts
    first = rows[0]["file"]
    assert (tmp_path / "again" / first).read_bytes() == (tmp_path / "strings" / first).read_bytes()
    with pytest.raises(InkdigitsError, match="empty folder"):
        list(write_strings(glyphs, 1, tmp_path / "strings", seed=5))
